#include "fetch/answer.h"

#include "base/clock.h"

#include <string.h>

static struct text text_of(const struct buffer *b)
{
    return (struct text){buffer_text(b), b->len};
}

/* A header line beyond 100 KiB is CURLE_OUT_OF_MEMORY to libcurl before 8.6, which would be a fault of this machine. */
static bool has_long_header(const struct transfer *t, CURLcode result)
{
    curl_off_t first_byte_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
    return result == CURLE_OUT_OF_MEMORY && first_byte_us > 0 && !t->head.closed;
}

static enum fetch_error verdict(struct transfer *t, CURLcode result)
{
    if (t->error)
        return t->error;
    if (t->address[0]) /* an address was looked for and found, so that no socket was given */
        return FETCH_OK;
    if (t->stopped) {
        if (t->body.cut)
            body_end(t);
        return t->error;
    }
    if (result != CURLE_OK) {
        long os_errno = 0;
        if (has_long_header(t, result)) {
            transfer_abort(t, FETCH_PROTOCOL, "a header line is too long");
            return FETCH_PROTOCOL;
        }
        curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
        return fetch_error_of_curl(result, os_errno, t->words, t->head.closed);
    }
    if (t->head.closed)
        body_end(t);
    else /* libcurl takes a head that ends with the connection for a whole one */
        transfer_abort(t, FETCH_TRUNCATED, "the headers end early");
    return t->error;
}

/* Once the parent is gone, or cannot be told something, it must not be told anything else: it would take a body without
 * its middle for a whole one, or an end for the server's fault. REST follows the answer's body. */
static void send_answer(struct transfer_setup *setup, uint64_t task, const struct fetch_answer *answer,
                        struct text rest)
{
    if (setup->disconnected)
        return;
    stream_close(&setup->stream);
    buffer_clear(&setup->message);
    struct fetch_answer whole = *answer;
    whole.body.len += rest.len;
    fetch_answer_encode(&whole, &setup->message);
    struct iovec pieces[] = {
        {setup->message.data, setup->message.len},
        {(void *)(uintptr_t)answer->body.data, answer->body.len},
        {(void *)(uintptr_t)rest.data, rest.len},
    };
    if (mp_worker_send(setup->worker, task, true, pieces, sizeof pieces / sizeof *pieces) != MP_OK)
        setup->disconnected = true;
}

void answer_error(struct transfer_setup *setup, uint64_t task, enum fetch_error error, const char *detail)
{
    struct fetch_answer answer = {.error = error, .detail = {detail, strlen(detail)}};
    send_answer(setup, task, &answer, (struct text){0});
}

static unsigned first_byte_ms(const struct transfer *t)
{
    curl_off_t out_us = 0, first_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &out_us);
    curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_us);
    return first_us > out_us ? (unsigned)((first_us - out_us) / 1000) : 0;
}

static struct text address_of(const struct transfer *t)
{
    const char *address = t->address;
    if (t->setup->options->proxy)
        return (struct text){"", 0};
    if (!*address && curl_easy_getinfo(t->easy, CURLINFO_PRIMARY_IP, &address) != CURLE_OK)
        address = "";
    return (struct text){address, strnlen(address, FETCH_ADDRESS_MAX)};
}

_Static_assert(FETCH_LOCATION_MAX + FETCH_HEADERS_MAX + FETCH_ANSWER_SMALL_MAX <= MP_PART_MAX, "an answer is one part");

/* The rest of a body that was kept goes along even with an error, so that what the parent has is what had come. It goes
 * alone when the headers need the room; and so do the links when the body does. */
static void send_finished(struct transfer *t, struct fetch_answer *answer)
{
    struct body *b = &t->body;
    size_t room = MP_PART_MAX - answer->location.len - answer->headers.len - FETCH_ANSWER_SMALL_MAX;
    if (b->waiting.len + b->tail.len > room && !body_send(t))
        return;
    answer->body = text_of(&b->waiting);
    answer->links = links_out_take(t, room - b->waiting.len - b->tail.len);
    send_answer(t->setup, t->task, answer, b->tail);
}

/* The links that are known when a body is over, and what else there is to say of it. */
static void reap(struct transfer *t, unsigned status, struct fetch_answer *answer)
{
    const struct body *b = &t->body;
    struct harvest_result result = {.detail = ""};
    if (status < 200 || status > 299)
        return;
    if (b->harvest)
        harvest_links(b->harvest, &result);
    if (t->request.flags & FETCH_LINKS && !(t->request.flags & FETCH_SITEMAP))
        links_out_add_headers(t);
    answer->robots = result.robots;
    answer->links_cut = result.cut || b->barren || t->links.cut;
    if (*result.detail)
        answer->detail = (struct text){result.detail, strnlen(result.detail, FETCH_DETAIL_MAX)};
}

/* What is held back because nobody knows yet what it is has no use any more. */
static void drop_undecided(struct body *b)
{
    if (!b->use.undecided)
        return;
    b->use = (struct use){0};
    buffer_clear(&b->waiting);
}

void answer_send(struct transfer *t, CURLcode result)
{
    unsigned status = transfer_status(t);
    enum fetch_error error = verdict(t, result);
    drop_undecided(&t->body);
    const char *detail = t->detail ? t->detail : error ? t->words[0] ? t->words : curl_easy_strerror(result) : "";
    struct fetch_answer answer = {
        .error = error,
        .status = status,
        .elapsed_ms = (unsigned)(clock_ms() - t->started_ms),
        .first_byte_ms = first_byte_ms(t),
        .kept = t->body.use.kept,
        .unwanted = t->body.use.unwanted && !error,
        .cut = t->body.cut && !error,
        .resumed = t->resumed,
        .body_bytes = t->body.bytes,
        .wire_bytes = t->body.wire_bytes,
        .total_bytes = head_total(&t->head, status),
        .location = text_of(&t->head.location),
        .type = text_of(&t->head.type),
        .detail = {detail, strnlen(detail, FETCH_DETAIL_MAX)},
        .headers = text_of(&t->head.forwarded),
        .address = address_of(t),
    };
    if (!error)
        reap(t, status, &answer);
    send_finished(t, &answer);
    buffer_clear(&t->setup->records);
    t->answered = true;
}
