#include "fetch/body.h"

#include "fetch/decode.h"
#include "fetch/transfer.h"

#include <string.h>

enum {
    SHORT_BYTES = 64 * 1024,        /* a body up to this crosses in one part, with the answer */
    DISCARD_BYTES_MAX = 256 * 1024, /* read so much of a body that is not kept, to save the connection; then cut it */
    UNWANTED_BYTES_MAX = 16 * 1024, /* and of one that is not wanted, which can be large, only when it is no longer */
    BLANK_BYTES_MAX = 1024,         /* what begins with more blanks than that is no HTML */
    WIRE_SPARE_BYTES = 64 * 1024,   /* a coding adds less to any body than this and */
    WIRE_SPARE_PART = 64,           /* such a part of it */
    BODY_BUFFER_KEPT = 32 * 1024,   /* a larger body buffer is given back between requests */
};

static void give_back(struct transfer *t)
{
    harvest_pool_give(&t->setup->harvests, t->body.harvest);
    t->body.harvest = NULL;
}

void body_begin(struct transfer *t)
{
    struct buffer waiting = t->body.waiting;
    give_back(t);
    decoder_free(t->body.decoder);
    if (waiting.capacity > BODY_BUFFER_KEPT)
        buffer_release(&waiting);
    buffer_clear(&waiting);
    t->body = (struct body){.waiting = waiting};
}

void body_release(struct transfer *t)
{
    give_back(t);
    decoder_free(t->body.decoder);
    buffer_release(&t->body.waiting);
}

static bool out_of_memory(struct transfer *t)
{
    transfer_abort(t, FETCH_IO, "out of memory");
    return false;
}

/* ---- To the parent ---- */

static bool stream_bytes(struct transfer *t, const void *data, size_t len)
{
    char kind = t->request.flags & (FETCH_LINKS | FETCH_SITEMAP) ? FETCH_PART_BODY : 0;
    if (stream_write(&t->setup->stream, t->task, kind, data, len))
        return true;
    t->setup->disconnected = true;
    return false;
}

bool body_send(struct transfer *t)
{
    struct body *b = &t->body;
    bool ok = stream_bytes(t, b->waiting.data, b->waiting.len) && stream_bytes(t, b->tail.data, b->tail.len);
    buffer_clear(&b->waiting);
    b->tail = (struct text){0};
    b->streams = true;
    return ok;
}

bool body_keep(struct transfer *t)
{
    struct body *b = &t->body;
    struct text tail = b->tail;
    b->tail = (struct text){0};
    b->run = NULL;
    return !tail.len || buffer_append(&b->waiting, tail.data, tail.len) || out_of_memory(t);
}

/* What comes from libcurl as it is can be the end of the body, and is not copied then. */
static bool wait_for_answer(struct body *b, const char *data, size_t len)
{
    if (data != b->run)
        return buffer_append(&b->waiting, data, len);
    b->tail = (struct text){data, len};
    return true;
}

static bool give(struct transfer *t, const char *data, size_t len)
{
    struct body *b = &t->body;
    if (!b->streams && b->waiting.len + len > SHORT_BYTES && !body_send(t))
        return false;
    if (b->streams ? !stream_bytes(t, data, len) : !wait_for_answer(b, data, len)) {
        if (!t->setup->disconnected)
            transfer_abort(t, FETCH_IO, "out of memory");
        return false;
    }
    b->bytes += len;
    return true;
}

/* ---- Limits ---- */

static bool too_large(struct transfer *t, const char *detail)
{
    transfer_abort(t, FETCH_TOO_LARGE, detail);
    return false;
}

/* What a body decodes to says nothing of its length: behind the end of a coding, in members and in frames without
 * content there is room for any number of bytes. */
static uint64_t wire_limit(uint64_t limit)
{
    uint64_t spare = limit / WIRE_SPARE_PART + WIRE_SPARE_BYTES;
    return limit < UINT64_MAX - spare ? limit + spare : UINT64_MAX;
}

static bool is_within_wire_limit(struct transfer *t)
{
    struct body *b = &t->body;
    if (b->wire_bytes <= b->wire_limit)
        return true;
    if (!(t->request.flags & FETCH_CUT))
        return too_large(t, "the coded body is larger than --max-size");
    b->cut = t->stopped = true;
    return false;
}

/* Take a piece of the converted text, which may be longer than what was served. */
static bool take_text(void *arg, const char *text, size_t len)
{
    struct transfer *t = arg;
    struct body *b = &t->body;
    uint64_t room = b->limit - b->bytes;
    if (len <= room)
        return give(t, text, len);
    if (!(t->request.flags & FETCH_CUT))
        return too_large(t, "as UTF-8 the body is larger than --max-size");
    b->cut = t->stopped = true;
    if (room)
        give(t, text, room);
    return false;
}

/* ---- What it is used for ---- */

static bool is_read(const struct body *b)
{
    return b->use.kept || b->use.finds_links || b->use.undecided;
}

static bool is_sitemap(const struct body *b)
{
    return b->use.kind == USE_SITEMAP;
}

static bool begin_harvest(struct transfer *t)
{
    struct body *b = &t->body;
    const struct buffer *url = &t->request.url;
    struct harvest_job job = {
        .kind = b->use.kind,
        .finds_links = b->use.finds_links,
        .requisites = t->request.flags & FETCH_REQUISITES,
        .converts = b->use.converts,
        .robots_agent = t->setup->options->robots_agent,
        .content_type = buffer_text(&t->head.type),
        .url = {buffer_text(url), url->len},
        .text = take_text,
        .link = links_out_add,
        .context = t,
    };
    if (!job.finds_links && !job.converts)
        return true;
    b->harvest = harvest_pool_take(&t->setup->harvests);
    if (b->harvest && harvest_begin(b->harvest, &job))
        return true;
    give_back(t);
    b->barren = true;
    return !job.converts || out_of_memory(t);
}

/* A sitemap's links go out at once, because the memory that they wait in is shared with the other transfers. */
static bool harvested(struct transfer *t, enum harvest_status s)
{
    struct body *b = &t->body;
    if (is_sitemap(b) && !links_out_flush(t))
        return false;
    switch (s) {
    case HARVEST_OK:
        return true;
    case HARVEST_STOPPED: /* take_text has left its verdict */
        return false;
    case HARVEST_NO_MEMORY:
        return out_of_memory(t);
    case HARVEST_ENOUGH:
        b->barren = !is_sitemap(b);
        t->stopped = is_sitemap(b);
        return !t->stopped;
    }
    return false;
}

static bool use_bytes(struct transfer *t, const char *data, size_t len)
{
    struct body *b = &t->body;
    if (b->harvest && !b->barren && !harvested(t, harvest_feed(b->harvest, data, len)))
        return false;
    return !b->use.kept || b->use.converts || give(t, data, len);
}

/* Now it is known whether it looks like HTML: put what was held back to its use. */
static bool decide(struct transfer *t, bool is_html)
{
    struct body *b = &t->body;
    struct buffer held = b->waiting;
    b->waiting = (struct buffer){0};
    b->use = use_decide(t->setup->options, t->request.flags, b->status, is_html);
    t->stopped = !is_read(b);
    bool ok = !t->stopped && begin_harvest(t) && (!held.len || use_bytes(t, buffer_text(&held), held.len));
    buffer_release(&held);
    return ok;
}

/* The first byte that is no blank says what a body is that has no media type. */
static bool hold(struct transfer *t, const char *data, size_t len)
{
    struct body *b = &t->body;
    if (!buffer_append(&b->waiting, data, len))
        return out_of_memory(t);
    const char *text = buffer_text(&b->waiting);
    size_t at = strspn(text, " \t\r\n\f");
    if (at == b->waiting.len && at < BLANK_BYTES_MAX)
        return true;
    return decide(t, text[at] == '<');
}

static bool put_to_use(struct transfer *t, const char *data, size_t len)
{
    t->body.taken += len;
    return t->body.use.undecided ? hold(t, data, len) : use_bytes(t, data, len);
}

/* Take decoded bytes. False when the transfer must end. */
static bool take_decoded(const void *data, size_t len, void *arg)
{
    struct transfer *t = arg;
    struct body *b = &t->body;
    if (b->exact && len > b->exact - b->taken) {
        transfer_abort(t, FETCH_PROTOCOL, "the body is longer than its Content-Range");
        return false;
    }
    if (len <= b->limit - b->taken)
        return put_to_use(t, data, len);
    if (!(t->request.flags & FETCH_CUT))
        return too_large(t, "the body is larger than --max-size");
    b->cut = t->stopped = true;
    if (b->limit > b->taken)
        put_to_use(t, data, b->limit - b->taken);
    return false;
}

/* ---- Codings ---- */

static bool decoded(struct transfer *t, enum decode_status s)
{
    switch (s) {
    case DECODE_OK:
        return true;
    case DECODE_STOPPED: /* take_decoded has left its verdict */
        break;
    case DECODE_CUT:
        transfer_abort(t, FETCH_TRUNCATED, "the content coding ends early");
        break;
    case DECODE_NO_MEMORY:
        transfer_abort(t, FETCH_IO, "out of memory");
        break;
    case DECODE_BAD:
        transfer_abort(t, FETCH_CODING, "the content coding is unknown, damaged, or one of too many");
        break;
    }
    return false;
}

/* ---- From libcurl ---- */

/* Whether what is left of it costs less than another connection would. */
static bool is_short(const struct transfer *t)
{
    const struct framing *framing = &t->head.framing;
    return framing->has_length && !t->head.chunked && framing->length <= UNWANTED_BYTES_MAX;
}

bool body_open(struct transfer *t, unsigned status, const struct use *use, uint64_t limit, uint64_t exact)
{
    struct body *b = &t->body;
    b->status = status;
    b->use = *use;
    b->limit = limit;
    b->wire_limit = wire_limit(limit);
    b->exact = exact;
    if (use->unwanted && !is_read(b) && !is_short(t)) {
        t->stopped = true;
        return false;
    }
    if (!is_read(b) || t->request.flags & FETCH_CUT || t->head.codings.len || t->head.chunked)
        return true;
    if (t->head.framing.has_length && t->head.framing.length > limit)
        return too_large(t, "Content-Length is larger than --max-size");
    return true;
}

/* Only now, because an answer without a body may name a coding that it does not use. */
static bool begin(struct transfer *t)
{
    struct body *b = &t->body;
    b->began = true;
    if (!is_read(b))
        return true;
    if (!b->use.undecided && !begin_harvest(t))
        return false;
    return !t->head.codings.len || decoded(t, decoder_new(buffer_text(&t->head.codings), take_decoded, t, &b->decoder));
}

bool body_take(struct transfer *t, const char *data, size_t len)
{
    struct body *b = &t->body;
    if (!b->began && !begin(t))
        return false;
    b->run = b->decoder ? NULL : data;
    b->wire_bytes += len;
    t->window_bytes += len;
    if (!is_read(b)) {
        t->stopped = b->wire_bytes > DISCARD_BYTES_MAX;
        return !t->stopped;
    }
    if (!b->decoder)
        return take_decoded(data, len, t);
    return is_within_wire_limit(t) && decoded(t, decoder_write(b->decoder, data, len));
}

bool body_is_complete(const struct transfer *t)
{
    const struct framing *framing = &t->head.framing;
    return framing->has_length && !t->head.chunked && t->body.wire_bytes == framing->length;
}

/* Whether all of it is here, as far as that can be told. */
static bool is_whole(struct transfer *t)
{
    const struct body *b = &t->body;
    if (b->exact && b->taken != b->exact) {
        transfer_abort(t, FETCH_TRUNCATED, "the body is shorter than its Content-Range");
        return false;
    }
    return !b->decoder || decoded(t, decoder_finish(b->decoder));
}

bool body_end(struct transfer *t)
{
    struct body *b = &t->body;
    if (!b->cut && !is_whole(t))
        return false;
    if (b->use.undecided && !decide(t, false))
        return false;
    return !b->harvest || b->barren || harvested(t, harvest_end(b->harvest, b->cut));
}
