#include "fetch/body.h"

#include "fetch/decode.h"
#include "fetch/transfer.h"

enum {
    SHORT_BYTES = 64 * 1024,        /* a body up to this crosses in one part, with the answer */
    DISCARD_BYTES_MAX = 256 * 1024, /* read so much of a body that is not kept, to save the connection; then cut it */
    BODY_BUFFER_KEPT = 32 * 1024,   /* a larger body buffer is given back between requests */
};

void body_begin(struct body *b)
{
    struct buffer waiting = b->waiting;
    decoder_free(b->decoder);
    if (waiting.capacity > BODY_BUFFER_KEPT)
        buffer_release(&waiting);
    buffer_clear(&waiting);
    *b = (struct body){.waiting = waiting};
}

void body_release(struct body *b)
{
    decoder_free(b->decoder);
    buffer_release(&b->waiting);
}

/* ---- To the parent ---- */

static bool stream_bytes(struct transfer *t, const void *data, size_t len)
{
    if (stream_write(&t->setup->stream, t->task, data, len))
        return true;
    t->setup->disconnected = true;
    return false;
}

bool body_send(struct transfer *t)
{
    struct body *b = &t->body;
    bool ok = stream_bytes(t, b->waiting.data, b->waiting.len);
    buffer_clear(&b->waiting);
    b->streams = true;
    return ok;
}

static bool give(struct transfer *t, const void *data, size_t len)
{
    struct body *b = &t->body;
    if (!b->streams && b->waiting.len + len > SHORT_BYTES && !body_send(t))
        return false;
    if (b->streams ? !stream_bytes(t, data, len) : !buffer_append(&b->waiting, data, len)) {
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

/* Take decoded bytes. False when the transfer must end. */
static bool take_decoded(const void *data, size_t len, void *arg)
{
    struct transfer *t = arg;
    struct body *b = &t->body;
    if (b->exact && len > b->exact - b->bytes) {
        transfer_abort(t, FETCH_PROTOCOL, "the body is longer than its Content-Range");
        return false;
    }
    if (len <= b->limit - b->bytes)
        return give(t, data, len);
    if (!(t->request.flags & FETCH_CUT))
        return too_large(t, "the body is larger than --max-size");
    b->cut = t->stopped = true;
    if (b->limit > b->bytes)
        give(t, data, b->limit - b->bytes);
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
        transfer_abort(t, FETCH_CODING, "the content coding is unknown or damaged");
        break;
    }
    return false;
}

/* ---- From libcurl ---- */

bool body_open(struct transfer *t, bool kept, uint64_t limit, uint64_t exact)
{
    struct body *b = &t->body;
    b->kept = kept;
    b->limit = limit;
    b->exact = exact;
    if (!kept || t->request.flags & FETCH_CUT || t->head.codings.len || t->head.chunked)
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
    if (!b->kept || !t->head.codings.len)
        return true;
    return decoded(t, decoder_new(buffer_text(&t->head.codings), take_decoded, t, &b->decoder));
}

bool body_take(struct transfer *t, const char *data, size_t len)
{
    struct body *b = &t->body;
    if (!b->began && !begin(t))
        return false;
    b->wire_bytes += len;
    t->window_bytes += len;
    if (!b->kept) {
        t->stopped = b->wire_bytes > DISCARD_BYTES_MAX;
        return !t->stopped;
    }
    return b->decoder ? decoded(t, decoder_write(b->decoder, data, len)) : take_decoded(data, len, t);
}

bool body_end(struct transfer *t)
{
    struct body *b = &t->body;
    if (b->exact && b->bytes != b->exact) {
        transfer_abort(t, FETCH_TRUNCATED, "the body is shorter than its Content-Range");
        return false;
    }
    return !b->decoder || decoded(t, decoder_finish(b->decoder));
}
