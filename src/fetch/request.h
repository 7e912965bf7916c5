/* The request: what goes out, and where to.
 *
 * request_shared_init once for what all requests of a worker have in common, request_shared_apply for each easy handle;
 * request_keep for each request, which copies it, then request_apply; request_release and request_shared_release at the
 * end, after the handles. Context: a worker's only thread. */
#ifndef FETCH_REQUEST_H
#define FETCH_REQUEST_H

#include "base/buffer.h"
#include "fetch/fetcher.h"
#include "fetch/message.h"
#include "fetch/request_lines.h"

#include <curl/curl.h>

struct request_shared {
    const struct fetch_options *options;
    struct request_lines named;   /* for origins that the user named */
    struct request_lines foreign; /* for all others */
    struct curl_slist *connect_to;
};

struct request {
    unsigned flags;
    uint16_t port;
    struct buffer url;
    struct buffer host;
    struct buffer etag;
    struct buffer last_modified;
    uint64_t max_bytes;
    uint64_t resume_at;
    uint64_t resume_total;
    struct request_lines own; /* of a request that says more than all others do */
    const struct request_lines *lines;
};

/* False when memory is out. */
bool request_shared_init(struct request_shared *shared, const struct fetch_options *options);
void request_shared_apply(const struct request_shared *shared, CURL *easy);
void request_shared_release(struct request_shared *shared);

/* False when memory is out. */
bool request_keep(struct request *r, const struct request_shared *shared, const struct fetch_request *from);
bool request_apply(const struct request *r, const struct request_shared *shared, CURL *easy);
void request_release(struct request *r);

#endif
