/* What the parent and a worker say to each other about one fetch.
 *
 * The parent encodes a fetch_request as a task; the worker decodes it. The worker answers with any number of parts that
 * are nothing but body bytes, and one last part that is an encoded fetch_answer, whose body bytes follow those parts.
 * One task is one request on the wire: a redirect is an answer, and what to do about it is the parent's decision.
 *
 * Decoding checks every length against what arrived; strings are checked to hold no NUL and are given with their length,
 * since an answer's bytes lie in memory that the worker can still write. */
#ifndef FETCH_MESSAGE_H
#define FETCH_MESSAGE_H

#include "base/buffer.h"
#include "fetch/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fetch_request_flags {
    FETCH_PUBLIC_ONLY = 1, /* refuse addresses that are not public */
    FETCH_FOREIGN = 2,     /* another origin than the one that the user named: send no custom header */
    FETCH_ALL_FLAGS = 3,
};

struct text {
    const char *data;
    size_t len;
};

struct fetch_request {
    unsigned flags;
    uint16_t port;
    struct text host; /* of URL, as web/url.h gives it: lower case, an IPv6 address in brackets */
    struct text url;  /* canonical, without a fragment */
};

/* The longest answer without its body. Longer header values are cut by the worker before they get here. */
enum { FETCH_LOCATION_MAX = 64 * 1024, FETCH_TYPE_MAX = 255, FETCH_DETAIL_MAX = 255 };

struct fetch_answer {
    enum fetch_error error;
    unsigned status;      /* of HTTP; 0: none arrived */
    unsigned elapsed_ms;  /* from the start of the transfer */
    uint64_t body_bytes;  /* decoded bytes in all parts */
    uint64_t wire_bytes;  /* body bytes as they were transferred */
    bool kept;            /* the body was sent along; false: it was discarded because of its status */
    struct text location; /* raw, as the server sent it; resolve it before use */
    struct text type;     /* raw Content-Type */
    struct text detail;   /* libcurl's or our own words about the error */
    struct text body;     /* the last bytes of the body */
};

bool fetch_request_encode(const struct fetch_request *request, struct buffer *out);
bool fetch_request_decode(struct fetch_request *request, const void *data, size_t len);

/* Encode all but the body into OUT; the body's bytes must follow directly. */
bool fetch_answer_encode(const struct fetch_answer *answer, struct buffer *out);
bool fetch_answer_decode(struct fetch_answer *answer, const void *data, size_t len);

#endif
