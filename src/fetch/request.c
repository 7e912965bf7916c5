#include "fetch/request.h"

#include <string.h>

enum { RECEIVE_BYTES = 256 * 1024 };

/* ---- What all requests share ---- */

bool request_shared_init(struct request_shared *shared, const struct fetch_options *options)
{
    *shared = (struct request_shared){.options = options};
    bool ok =
        request_lines_share(&shared->named, options, true) && request_lines_share(&shared->foreign, options, false);
    for (size_t i = 0; ok && i < options->connect_to_count; i++) {
        struct curl_slist *longer = curl_slist_append(shared->connect_to, options->connect_to[i]);
        ok = longer;
        shared->connect_to = ok ? longer : shared->connect_to;
    }
    return ok;
}

void request_shared_release(struct request_shared *shared)
{
    request_lines_release(&shared->named);
    request_lines_release(&shared->foreign);
    curl_slist_free_all(shared->connect_to);
    shared->connect_to = NULL;
}

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

void request_shared_apply(const struct request_shared *shared, CURL *easy)
{
    const struct fetch_options *o = shared->options;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* libcurl looks names up in threads; without this, ending a transfer whose name server does not answer waits for
     * its thread, and all others with it. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, curl_http_version(o->http_version));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
    if (o->proxy) /* for CONNECT, which the lines are not for */
        curl_easy_setopt(easy, CURLOPT_USERAGENT, o->user_agent);
    curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy ? o->proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, ""); /* or the environment's list would lead around proxy and guard */
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (o->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
    if (shared->connect_to)
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, shared->connect_to);
}

/* ---- A request ---- */

static bool keep_text(struct buffer *b, struct text t)
{
    buffer_clear(b);
    return buffer_append(b, t.data, t.len);
}

bool request_keep(struct request *r, const struct request_shared *shared, const struct fetch_request *from)
{
    request_lines_release(&r->own);
    r->flags = from->flags;
    r->port = from->port;
    r->max_bytes = from->max_bytes ? from->max_bytes : shared->options->max_bytes;
    r->resume_at = from->resume_at;
    r->resume_total = from->resume_total;
    if (!keep_text(&r->url, from->url) || !keep_text(&r->host, from->host) || !keep_text(&r->etag, from->etag) ||
        !keep_text(&r->last_modified, from->last_modified))
        return false;
    r->lines = from->flags & FETCH_FOREIGN ? &shared->foreign : &shared->named;
    if (!from->headers.len && !r->resume_at && !r->etag.len && !r->last_modified.len)
        return true;
    const struct request_lines *shared_lines = r->lines;
    r->lines = &r->own;
    return request_lines_make(r, shared_lines, from->headers);
}

/* libcurl before 8.0.0 begins HTTP/2 anew on a connection without TLS that speaks it already, and the server hangs up
 * (curl/curl#10634): then each request gets a connection of its own. */
static bool must_not_share(const struct fetch_options *o, bool tls)
{
    return !tls && o->http_version == FETCH_HTTP_2_PRIOR && curl_version_info(CURLVERSION_NOW)->version_num < 0x080000;
}

static void choose_connection(const struct request *r, const struct fetch_options *o, CURL *easy)
{
    bool tls = memcmp(r->url.data, "https:", 6) == 0;
    bool looks_only = r->flags & FETCH_RESOLVE_ONLY;
    /* A server of TLS may speak HTTP/2: then wait for its one connection instead of opening many. */
    bool wait = tls && o->http_version != FETCH_HTTP_1_1 && !looks_only;
    bool alone = must_not_share(o, tls);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, wait ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, alone || looks_only ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, alone ? 1L : 0L);
}

bool request_apply(const struct request *r, const struct request_shared *shared, CURL *easy)
{
    choose_connection(r, shared->options, easy);
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, r->lines->first) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, r->url.data) == CURLE_OK;
}

void request_release(struct request *r)
{
    request_lines_release(&r->own);
    struct buffer *all[] = {&r->url, &r->host, &r->etag, &r->last_modified};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_release(all[i]);
}
