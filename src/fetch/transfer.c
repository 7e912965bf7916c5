#include "fetch/transfer.h"

#include "base/clock.h"
#include "fetch/connection.h"
#include "fetch/guard.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { PROGRESS_BYTES_PER_SECOND = 64 }; /* less than that over the idle timeout is no progress */

size_t transfer_abort(struct transfer *t, enum fetch_error error, const char *detail)
{
    t->error = error;
    t->detail = detail;
    return 0;
}

static struct text text_of(const struct buffer *b)
{
    return (struct text){buffer_text(b), b->len};
}

/* ---- The answer, as it comes ---- */

static unsigned status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return (unsigned)status;
}

/* Whether the answer goes on where an earlier one broke off: there, to the end, and of the same version. */
static bool continues(const struct transfer *t, unsigned status)
{
    const struct request *r = &t->request;
    return status == 206 && t->head.has_range && !t->head.codings.len &&
           range_continues(&t->head.range, &t->head.framing, r->resume_at, r->resume_total) &&
           head_agrees(&t->head, "etag", &r->etag) && head_agrees(&t->head, "last-modified", &r->last_modified);
}

static bool open_resumed(struct transfer *t, unsigned status)
{
    const struct request *r = &t->request;
    t->resumed = continues(t, status);
    t->stopped = !t->resumed;
    uint64_t limit = r->max_bytes > r->resume_at ? r->max_bytes - r->resume_at : 0;
    struct use use = {.kept = true};
    return t->resumed && body_open(t, status, &use, limit, t->head.range.last - t->head.range.first + 1);
}

/* The head of an answer is complete: the last one, unless it is a 1xx one or a proxy's, which has no status here. */
static bool end_of_head(struct transfer *t)
{
    unsigned status = status_of(t);
    if (status < 200) {
        head_forget(&t->head);
        return true;
    }
    head_close(&t->head);
    if (status == 304 && !t->request.lines->ask_change)
        return transfer_abort(t, FETCH_PROTOCOL, "304 to a request without validators");
    if (status == 206 && !t->request.lines->ask_range)
        return transfer_abort(t, FETCH_PROTOCOL, "206 to a request without a range");
    if (t->request.resume_at)
        return open_resumed(t, status);
    struct use use = use_of(t->setup->options, t->request.flags, status, text_of(&t->head.type));
    return body_open(t, status, &use, t->request.max_bytes, 0);
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    t->window_bytes += len;
    switch (head_line(&t->head, line, len)) {
    case HEAD_MORE:
        break;
    case HEAD_END:
        return end_of_head(t) ? len : 0;
    case HEAD_UNFRAMED:
        return transfer_abort(t, FETCH_PROTOCOL, "the headers do not say where the body ends");
    case HEAD_TOO_LARGE:
        return transfer_abort(t, FETCH_PROTOCOL, "more than 256 KiB of headers");
    }
    return len;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    size_t len = size * count;
    return body_take(arg, data, len) ? len : 0;
}

/* ---- Beginning ---- */

struct transfer *transfer_new(struct transfer_setup *setup)
{
    struct transfer *t = calloc(1, sizeof *t);
    CURL *e = t ? curl_easy_init() : NULL;
    if (!e) {
        free(t);
        return NULL;
    }
    t->setup = setup;
    t->easy = e;
    request_shared_apply(&setup->shared, e);
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->words);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    connection_watch(t);
    return t;
}

static void set_connect_timeout(struct transfer *t, int64_t more_ms)
{
    int64_t limit = t->setup->options->connect_timeout_ms + more_ms;
    curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(limit < INT_MAX ? limit : INT_MAX));
    t->given_time = more_ms;
}

static void begin_time(struct transfer *t)
{
    t->started_ms = clock_ms();
    t->stalled_before_ms = t->setup->stall.total_ms;
    t->window_began_ms = stall_now_ms(&t->setup->stall);
    if (t->given_time)
        set_connect_timeout(t, 0);
}

enum fetch_error transfer_start(struct transfer *t, uint64_t task, const struct fetch_request *request)
{
    const struct request *r = &t->request;
    t->task = task;
    if (!request_keep(&t->request, &t->setup->shared, request))
        return FETCH_IO;
    if (!guard_url_means(buffer_text(&r->url), buffer_text(&r->host), r->port))
        return FETCH_URL;
    if (connection_is_blocked(t))
        return FETCH_BLOCKED;
    if (!request_apply(r, &t->setup->shared, t->easy))
        return FETCH_IO;
    t->words[0] = '\0';
    begin_time(t);
    return FETCH_OK;
}

/* ---- Time ---- */

void transfer_give_time(struct transfer *t)
{
    set_connect_timeout(t, t->setup->stall.total_ms - t->stalled_before_ms);
}

/* libcurl looks at its own limit once, when that would have been over without the stall. */
static bool is_late_to_connect(const struct transfer *t, int64_t now_ms)
{
    curl_off_t connected_us = 0;
    int64_t began_ms = t->started_ms - t->stalled_before_ms;
    if (!t->given_time || now_ms - began_ms < t->setup->options->connect_timeout_ms)
        return false;
    curl_easy_getinfo(t->easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    return !connected_us;
}

bool transfer_is_idle(struct transfer *t, int64_t now_ms)
{
    int timeout_ms = t->setup->options->idle_timeout_ms;
    if (is_late_to_connect(t, now_ms)) {
        transfer_abort(t, FETCH_TIMEOUT, "no connection within --connect-timeout");
        return true;
    }
    if (now_ms - t->window_began_ms < timeout_ms)
        return false;
    if (t->window_bytes > (uint64_t)timeout_ms * PROGRESS_BYTES_PER_SECOND / 1000) {
        t->window_began_ms = now_ms;
        t->window_bytes = 0;
        return false;
    }
    transfer_abort(t, FETCH_TIMEOUT, "no progress within --timeout");
    return true;
}

/* ---- Ending ---- */

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

/* libcurl gives up after five connections that died before they were used again (RFC 9112 section 9.3.1 is about
 * one). */
bool transfer_try_fresh(struct transfer *t, CURLcode result)
{
    if (result != CURLE_SEND_ERROR || t->error || t->fresh || t->head.bytes)
        return false;
    t->fresh = true;
    return curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
}

/* Once the parent is gone, or cannot be told something, it must not be told anything else: it would take a body without
 * its middle for a whole one, or an end for the server's fault. */
static void send_answer(struct transfer_setup *setup, uint64_t task, const struct fetch_answer *answer)
{
    if (setup->disconnected)
        return;
    stream_close(&setup->stream);
    buffer_clear(&setup->message);
    fetch_answer_encode(answer, &setup->message);
    struct iovec pieces[] = {
        {setup->message.data, setup->message.len},
        {(void *)(uintptr_t)answer->body.data, answer->body.len},
    };
    if (mp_worker_send(setup->worker, task, true, pieces, answer->body.len ? 2 : 1) != MP_OK)
        setup->disconnected = true;
}

void transfer_answer_error(struct transfer_setup *setup, uint64_t task, enum fetch_error error, const char *detail)
{
    struct fetch_answer answer = {.error = error, .detail = {detail, strlen(detail)}};
    send_answer(setup, task, &answer);
}

static void reset(struct transfer *t)
{
    head_begin(&t->head);
    body_begin(t);
    t->links = (struct links_out){0};
    t->error = FETCH_OK;
    t->detail = NULL;
    t->resumed = t->stopped = t->fresh = false;
    t->address[0] = '\0';
    t->window_bytes = 0;
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
    struct buffer *waiting = &t->body.waiting;
    size_t room = MP_PART_MAX - answer->location.len - answer->headers.len - FETCH_ANSWER_SMALL_MAX;
    if (waiting->len > room && !body_send(t))
        return;
    answer->body = text_of(waiting);
    answer->links = links_out_take(t, room - waiting->len);
    send_answer(t->setup, t->task, answer);
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

void transfer_finish(struct transfer *t, CURLcode result)
{
    unsigned status = status_of(t);
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
    reset(t);
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    request_release(&t->request);
    head_release(&t->head);
    body_release(t);
    free(t);
}
