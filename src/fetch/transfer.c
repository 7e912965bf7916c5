#include "fetch/transfer.h"

#include "base/clock.h"
#include "fetch/decode.h"
#include "fetch/guard.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    SHORT_BYTES = 64 * 1024,        /* a body up to this crosses in one part, with the answer */
    HEADER_BYTES_MAX = 256 * 1024,  /* of all header lines of an answer, 1xx answers and trailers included */
    DISCARD_BYTES_MAX = 256 * 1024, /* read so much of a body that is not kept, to save the connection; then cut it */
    BODY_BUFFER_KEPT = 32 * 1024,   /* a larger body buffer is given back between requests */
    RECEIVE_BYTES = 128 * 1024,
    PROGRESS_BYTES_PER_SECOND = 64, /* less than that over the idle timeout is no progress */
};

static size_t abort_with(struct transfer *t, enum fetch_error error, const char *detail)
{
    t->error = error;
    t->detail = detail;
    return 0;
}

static bool is_kept(const struct transfer *t, long status)
{
    return (status >= 200 && status < 300) || (status >= 400 && t->setup->options->keep_errors);
}

/* ---- Header lines ---- */

/* The value of the header NAME if LINE is one, trimmed. */
static bool header_value(const char *line, size_t len, const char *name, struct text *value)
{
    size_t n = strlen(name);
    if (len <= n || line[n] != ':' || strncasecmp(line, name, n) != 0)
        return false;
    const char *begin = line + n + 1, *end = line + len;
    while (begin < end && strchr(" \t", *begin))
        begin++;
    while (end > begin && strchr(" \t\r\n", end[-1]))
        end--;
    *value = (struct text){begin, (size_t)(end - begin)};
    return true;
}

static void keep_value(struct buffer *b, struct text value, size_t max)
{
    buffer_clear(b);
    buffer_append(b, value.data, value.len < max ? value.len : max);
}

static void forget_headers(struct transfer *t)
{
    buffer_clear(&t->location);
    buffer_clear(&t->type);
    buffer_clear(&t->codings);
    framing_forget(&t->framing);
}

/* The error that the header makes, or FETCH_OK. */
static enum fetch_error read_header(struct transfer *t, const char *line, size_t len)
{
    struct text value;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) /* the next answer after a 1xx one, or after a proxy's */
        forget_headers(t);
    else if (header_value(line, len, "Location", &value) && !memchr(value.data, '\0', value.len))
        keep_value(&t->location, value, FETCH_LOCATION_MAX);
    else if (header_value(line, len, "Content-Type", &value) && !memchr(value.data, '\0', value.len))
        keep_value(&t->type, value, FETCH_TYPE_MAX);
    else if (header_value(line, len, "Content-Encoding", &value)) {
        buffer_append_text(&t->codings, t->codings.len ? "," : "");
        buffer_append(&t->codings, value.data, value.len);
    } else if (header_value(line, len, "Content-Length", &value))
        return framing_length(&t->framing, value.data, value.len) ? FETCH_OK : FETCH_PROTOCOL;
    else if (header_value(line, len, "Transfer-Encoding", &value))
        return framing_coding(value.data, value.len) ? FETCH_OK : FETCH_PROTOCOL;
    return FETCH_OK;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    t->header_bytes += len;
    t->window_bytes += len;
    if (t->header_bytes > HEADER_BYTES_MAX)
        return abort_with(t, FETCH_PROTOCOL, "more than 256 KiB of headers");
    if (!t->body_began && read_header(t, line, len) != FETCH_OK)
        return abort_with(t, FETCH_PROTOCOL, "the headers do not say where the body ends");
    return len;
}

/* ---- The body ---- */

static bool stream_bytes(struct transfer *t, const void *data, size_t len)
{
    if (stream_write(&t->setup->stream, t->task, data, len))
        return true;
    t->setup->disconnected = true;
    return false;
}

/* The body turns out to be a long one. */
static bool begin_stream(struct transfer *t)
{
    bool ok = stream_bytes(t, t->body.data, t->body.len);
    buffer_clear(&t->body);
    t->streams = true;
    return ok;
}

/* Take decoded bytes. False when the transfer must end; its error says why. */
static bool take_body(const void *data, size_t len, void *arg)
{
    struct transfer *t = arg;
    t->body_bytes += len;
    if (t->body_bytes > t->setup->options->max_bytes) {
        abort_with(t, FETCH_TOO_LARGE, "the body is larger than --max-size");
        return false;
    }
    if (!t->streams && t->body.len + len > SHORT_BYTES && !begin_stream(t))
        return false;
    if (t->streams)
        return stream_bytes(t, data, len);
    if (!buffer_append(&t->body, data, len)) {
        abort_with(t, FETCH_IO, "out of memory");
        return false;
    }
    return true;
}

static enum fetch_error decode_error(struct transfer *t, enum decode_status s)
{
    switch (s) {
    case DECODE_OK:
        return FETCH_OK;
    case DECODE_STOPPED: /* take_body has left its verdict */
        return t->error;
    case DECODE_CUT:
        abort_with(t, FETCH_TRUNCATED, "the content coding ends early");
        return FETCH_TRUNCATED;
    case DECODE_NO_MEMORY:
        abort_with(t, FETCH_IO, "out of memory");
        return FETCH_IO;
    case DECODE_BAD:
        break;
    }
    abort_with(t, FETCH_CODING, "the content coding is unknown or damaged");
    return FETCH_CODING;
}

/* The headers are complete and the first byte of the body is here. */
static bool begin_body(struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    t->body_began = true;
    t->kept = is_kept(t, status);
    if (!t->kept)
        return true;
    curl_off_t length = -1;
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0 && !t->codings.len && (uint64_t)length > t->setup->options->max_bytes) {
        abort_with(t, FETCH_TOO_LARGE, "Content-Length is larger than --max-size");
        return false;
    }
    if (!t->codings.len)
        return true;
    return decode_error(t, decoder_new(buffer_text(&t->codings), take_body, t, &t->decoder)) == FETCH_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count;
    if (!t->body_began && !begin_body(t))
        return 0;
    t->wire_bytes += len;
    t->window_bytes += len;
    if (!t->kept) {
        t->discarded = t->wire_bytes > DISCARD_BYTES_MAX;
        return t->discarded ? 0 : len;
    }
    if (t->decoder)
        return decode_error(t, decoder_write(t->decoder, data, len)) == FETCH_OK ? len : 0;
    return take_body(data, len, t) ? len : 0;
}

/* ---- Addresses: checked when a socket is made and again when a connection is used, since a reused one makes none. ---- */

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    (void)purpose;
    if (t->flags & FETCH_PUBLIC_ONLY && !t->setup->options->proxy && !guard_sockaddr(&address->addr)) {
        t->error = FETCH_BLOCKED;
        t->detail = "the address is not a public one";
        return CURL_SOCKET_BAD;
    }
    /* A refused address does not stop libcurl from trying the host's next one, which may be fine. */
    t->error = FETCH_OK;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0)
        poller_own(&t->setup->poller, fd);
    return fd;
}

/* A connection outlives the transfer that made it, so this is told of the setup. */
static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct transfer_setup *setup = arg;
    poller_disown(&setup->poller, fd);
    return close(fd);
}

static int on_connected(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct transfer *t = arg;
    (void)local;
    (void)peer_port;
    (void)local_port;
    if (t->flags & FETCH_PUBLIC_ONLY && !t->setup->options->proxy && !guard_text(peer)) {
        abort_with(t, FETCH_BLOCKED, "the address is not a public one");
        return CURL_PREREQFUNC_ABORT;
    }
    return CURL_PREREQFUNC_OK;
}

/* ---- Setting up ---- */

static long curl_http_version(enum fetch_http_version v)
{
    static const long of[] = {
        [FETCH_HTTP_ANY] = CURL_HTTP_VERSION_2TLS,
        [FETCH_HTTP_1_0] = CURL_HTTP_VERSION_1_0,
        [FETCH_HTTP_1_1] = CURL_HTTP_VERSION_1_1,
        [FETCH_HTTP_2] = CURL_HTTP_VERSION_2_0,
        [FETCH_HTTP_2_PRIOR] = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
    };
    return of[v];
}

static void set_callbacks(struct transfer *t)
{
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->words);
    curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, t->setup);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
}

static void set_options(CURL *e, const struct fetch_options *o)
{
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(e, CURLOPT_HTTP_VERSION, curl_http_version(o->http_version));
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent);
    curl_easy_setopt(e, CURLOPT_PROXY, o->proxy ? o->proxy : "");
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    if (o->ca_file)
        curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
}

struct transfer *transfer_new(struct transfer_setup *setup)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->setup = setup;
    t->easy = curl_easy_init();
    if (!t->easy) {
        free(t);
        return NULL;
    }
    set_callbacks(t);
    set_options(t->easy, setup->options);
    if (setup->connect_to)
        curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, setup->connect_to);
    return t;
}

static bool keep_request(struct transfer *t, const struct fetch_request *request)
{
    buffer_clear(&t->url);
    buffer_clear(&t->host);
    t->flags = request->flags;
    t->port = request->port;
    return buffer_append(&t->url, request->url.data, request->url.len) &&
           buffer_append(&t->host, request->host.data, request->host.len);
}

/* libcurl before 8.0.0 begins HTTP/2 anew on a connection without TLS that speaks it already, and the server hangs up
 * (curl/curl#10634): then each request gets a connection of its own. */
static bool must_not_share(const struct transfer *t, bool tls)
{
    return !tls && t->setup->options->http_version == FETCH_HTTP_2_PRIOR &&
           curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
}

static void choose_connection(struct transfer *t)
{
    bool tls = memcmp(t->url.data, "https:", 6) == 0;
    /* A server of TLS may speak HTTP/2: then wait for its one connection instead of opening many. */
    bool wait = tls && t->setup->options->http_version != FETCH_HTTP_1_1;
    bool alone = must_not_share(t, tls);
    curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, wait ? 1L : 0L);
    curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, alone ? 1L : 0L);
    curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, alone ? 1L : 0L);
}

/* Through a proxy only the proxy's address is seen; what can be judged then is a host that is an address itself. */
static bool is_blocked_literal(const struct transfer *t)
{
    if (!(t->flags & FETCH_PUBLIC_ONLY))
        return false;
    return guard_is_literal(buffer_text(&t->host)) && !guard_host(buffer_text(&t->host));
}

enum fetch_error transfer_start(struct transfer *t, uint64_t task, const struct fetch_request *request)
{
    t->task = task;
    if (!keep_request(t, request))
        return FETCH_IO;
    if (!guard_url_means(buffer_text(&t->url), buffer_text(&t->host), t->port))
        return FETCH_URL;
    if (is_blocked_literal(t))
        return FETCH_BLOCKED;
    bool foreign = t->flags & FETCH_FOREIGN;
    curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, foreign ? t->setup->foreign_headers : t->setup->named_headers);
    choose_connection(t);
    if (curl_easy_setopt(t->easy, CURLOPT_URL, t->url.data) != CURLE_OK)
        return FETCH_IO;
    t->words[0] = '\0';
    t->started_ms = t->window_began_ms = clock_ms();
    return FETCH_OK;
}

/* ---- Ending ---- */

bool transfer_is_idle(struct transfer *t, int64_t now_ms)
{
    int timeout_ms = t->setup->options->idle_timeout_ms;
    if (now_ms - t->window_began_ms < timeout_ms)
        return false;
    if (t->window_bytes > (uint64_t)timeout_ms * PROGRESS_BYTES_PER_SECOND / 1000) {
        t->window_began_ms = now_ms;
        t->window_bytes = 0;
        return false;
    }
    abort_with(t, FETCH_TIMEOUT, "no progress within --timeout");
    return true;
}

/* A header line beyond 100 KiB is CURLE_OUT_OF_MEMORY to libcurl before 8.6, which would be a fault of this machine. */
static bool has_long_header(const struct transfer *t, CURLcode result)
{
    curl_off_t first_byte_us = 0;
    curl_easy_getinfo(t->easy, CURLINFO_STARTTRANSFER_TIME_T, &first_byte_us);
    return result == CURLE_OUT_OF_MEMORY && first_byte_us > 0 && !t->body_began;
}

/* What libcurl reports when a TLS connection ends in the middle of a body is a receive error without an errno, and when a
 * peer resets, the errno is in the words' place: both are told by whether the body had begun. */
static enum fetch_error verdict(struct transfer *t, CURLcode result)
{
    if (t->error)
        return t->error;
    if (t->discarded)
        return FETCH_OK;
    if (result != CURLE_OK) {
        long os_errno = 0;
        if (has_long_header(t, result)) {
            abort_with(t, FETCH_PROTOCOL, "a header line is too long");
            return FETCH_PROTOCOL;
        }
        curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_errno);
        return fetch_error_of_curl(result, os_errno);
    }
    return t->decoder ? decode_error(t, decoder_finish(t->decoder)) : FETCH_OK;
}

/* libcurl gives up after five connections that died before they were used again (RFC 9112 section 9.3.1 is about one). */
bool transfer_try_fresh(struct transfer *t, CURLcode result)
{
    if (result != CURLE_SEND_ERROR || t->error || t->fresh || t->header_bytes)
        return false;
    t->fresh = true;
    return curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L) == CURLE_OK;
}

static struct text text_of(const struct buffer *b)
{
    return (struct text){buffer_text(b), b->len};
}

/* Once the parent is gone, or cannot be told something, it must not be told anything else: it would take a body without its
 * middle for a whole one, or an end for the server's fault. */
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
    decoder_free(t->decoder);
    t->decoder = NULL;
    forget_headers(t);
    if (t->body.capacity > BODY_BUFFER_KEPT)
        buffer_release(&t->body);
    buffer_clear(&t->body);
    t->error = FETCH_OK;
    t->detail = NULL;
    t->fresh = t->body_began = t->streams = t->kept = t->discarded = false;
    t->body_bytes = t->wire_bytes = t->window_bytes = 0;
    t->header_bytes = 0;
}

void transfer_finish(struct transfer *t, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    enum fetch_error error = verdict(t, result);
    const char *detail = t->detail ? t->detail : error ? t->words[0] ? t->words : curl_easy_strerror(result) : "";
    struct fetch_answer answer = {
        .error = error,
        .status = (unsigned)status,
        .elapsed_ms = (unsigned)(clock_ms() - t->started_ms),
        .kept = t->body_began ? t->kept : is_kept(t, status),
        .body_bytes = t->body_bytes,
        .wire_bytes = t->wire_bytes,
        .location = text_of(&t->location),
        .type = text_of(&t->type),
        .detail = {detail, strnlen(detail, FETCH_DETAIL_MAX)},
    };
    if (!error && answer.kept)
        answer.body = text_of(&t->body);
    send_answer(t->setup, t->task, &answer);
    reset(t);
}

void transfer_free(struct transfer *t)
{
    if (!t)
        return;
    curl_easy_cleanup(t->easy);
    decoder_free(t->decoder);
    struct buffer *all[] = {&t->url, &t->host, &t->location, &t->type, &t->codings, &t->body};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_release(all[i]);
    free(t);
}
