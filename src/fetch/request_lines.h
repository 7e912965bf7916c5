/* The header lines of requests, as libcurl takes them: a list that all requests of a worker share, or one of its own
 * for a request that says more. A later voice takes the place of an earlier one of the same name: the options, then
 * the request's lines, then the validators and ranges that its fields ask for.
 *
 * Context: a worker's only thread. */
#ifndef FETCH_REQUEST_LINES_H
#define FETCH_REQUEST_LINES_H

#include "fetch/fetcher.h"
#include "fetch/message.h"

#include <curl/curl.h>

struct request_lines {
    struct curl_slist *first, *last;
    bool ask_range;  /* one of them asks for a part: 206 is an answer */
    bool ask_change; /* one of them asks only for what is new: 304 is an answer */
};

struct request;

/* Fill LINES, which are empty, with the options' (NAMED) and the fetcher's own. False when memory is out. */
bool request_lines_share(struct request_lines *lines, const struct fetch_options *options, bool named);

/* Fill REQUEST's own lines, which are empty, from SHARED, HEADERS (fetch_request.headers) and its fields. False when
 * memory is out. */
bool request_lines_make(struct request *request, const struct request_lines *shared, struct text headers);

void request_lines_release(struct request_lines *lines);

#endif
