#include "fetch/transfer.h"

#include "base/clock.h"
#include "fetch/answer.h"
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

unsigned transfer_status(const struct transfer *t)
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
    unsigned status = transfer_status(t);
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

/* A short page is sent from where libcurl has it, not copied to wait for the end of the transfer: over HTTP/1 that can
 * tell nothing more about a body that is complete. */
static bool may_answer(const struct transfer *t)
{
    long version = 0;
    curl_easy_getinfo(t->easy, CURLINFO_HTTP_VERSION, &version);
    return version <= CURL_HTTP_VERSION_1_1 && !t->stopped && body_is_complete(t);
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    bool taken = body_take(t, data, len);
    if (taken && may_answer(t)) {
        answer_send(t, CURLE_OK);
        return len;
    }
    return body_keep(t) && taken ? len : 0;
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

/* libcurl gives up after five connections that died before they were used again (RFC 9112 section 9.3.1 is about
 * one). */
bool transfer_try_fresh(struct transfer *t, CURLcode result)
{
    if (result != CURLE_SEND_ERROR || t->error || t->fresh || t->head.bytes)
        return false;
    t->fresh = true;
    return curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
}

static void reset(struct transfer *t)
{
    head_begin(&t->head);
    body_begin(t);
    t->links = (struct links_out){0};
    t->error = FETCH_OK;
    t->detail = NULL;
    t->resumed = t->stopped = t->fresh = t->answered = false;
    t->address[0] = '\0';
    t->window_bytes = 0;
}

void transfer_finish(struct transfer *t, CURLcode result)
{
    if (!t->answered)
        answer_send(t, result);
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
