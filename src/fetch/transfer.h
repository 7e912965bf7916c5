/* One transfer: an easy handle of libcurl that is used again and again, and what is known of the request that it
 * carries.
 *
 * transfer_new once; transfer_start for each request, add transfer->easy to a multi handle; when libcurl reports it
 * done, take it out and call transfer_finish; transfer_free at the end.
 *
 * What goes out is fetch/request.h, over which address fetch/connection.h; what comes back is read by fetch/head.h
 * and fetch/body.h, and what is in it goes to the parent by fetch/links_out.h and fetch/answer.h. Here is what ties
 * them together: when it begins, when the answer goes out, and when it has taken too long.
 *
 * Context: a worker's only thread. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "base/buffer.h"
#include "fetch/body.h"
#include "fetch/error.h"
#include "fetch/fetcher.h"
#include "fetch/harvest/harvest.h"
#include "fetch/head.h"
#include "fetch/links_out.h"
#include "fetch/message.h"
#include "fetch/poller.h"
#include "fetch/request.h"
#include "fetch/stall.h"
#include "fetch/stream.h"

#include <curl/curl.h>

/* What all transfers of a worker share; outlives them. */
struct transfer_setup {
    const struct fetch_options *options;
    struct mp_worker *worker;
    struct request_shared shared;
    struct poller poller;
    struct stall stall;
    struct stream stream;  /* closed before anything else is sent */
    struct buffer message; /* where answers are encoded */
    struct buffer records; /* see fetch/links_out.h */
    struct harvest_pool harvests;
    bool disconnected; /* the parent is gone */
};

struct transfer {
    CURL *easy;
    struct transfer_setup *setup;
    struct transfer *prev, *next; /* the fetcher's list of transfers in flight, or of free ones */
    uint64_t task;
    struct request request;

    /* The answer so far. */
    struct head head;
    struct body body;
    struct links_out links;
    bool resumed;
    enum fetch_error error; /* our own verdict, made in a callback; libcurl then only knows that we aborted */
    const char *detail;     /* words for that verdict */
    bool stopped;           /* we broke it off, having all that was wanted; no error */
    bool answered;          /* the answer has gone out */
    bool fresh;             /* it has gone out on a connection of its own */
    char address[FETCH_ADDRESS_MAX + 1]; /* found by FETCH_RESOLVE_ONLY */

    int64_t started_ms;
    int64_t stalled_before_ms; /* setup->stall's total then */
    bool given_time;           /* for its connection, because of a stall */

    /* Progress, for the idle timeout, by setup->stall's clock. */
    int64_t window_began_ms;
    uint64_t window_bytes;
    char words[CURL_ERROR_SIZE]; /* libcurl's */
};

/* NULL when memory is out. */
struct transfer *transfer_new(struct transfer_setup *setup);

/* Prepare for REQUEST, the task's. FETCH_OK, or the error with which the task must be answered. */
enum fetch_error transfer_start(struct transfer *t, uint64_t task, const struct fetch_request *request);

/* Leave a verdict; FETCH_OK takes it back. DETAIL is a constant. Returns 0, as callbacks do that make libcurl give
 * up. */
size_t transfer_abort(struct transfer *t, enum fetch_error error, const char *detail);

/* Whether the transfer has made too little progress at NOW_MS of setup->stall's clock; it is then marked as timed out,
 * the caller takes it out. */
bool transfer_is_idle(struct transfer *t, int64_t now_ms);

/* There was a stall: the time in which a connection has to be made is longer by as much. */
void transfer_give_time(struct transfer *t);

/* Whether a request was never delivered, because each connection that was tried for it turned out to be closed by
 * the server: then the transfer is made ready to go out once more, on a connection of its own. */
bool transfer_try_fresh(struct transfer *t, CURLcode result);

/* The status of the answer; 0: none has come. */
unsigned transfer_status(const struct transfer *t);

/* See to it that there is an answer, and make the transfer ready for its next request. RESULT is libcurl's. */
void transfer_finish(struct transfer *t, CURLcode result);

void transfer_free(struct transfer *t);

#endif
