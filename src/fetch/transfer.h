/* One transfer: an easy handle of libcurl that is used again and again, and what is known of the request that it carries.
 *
 * transfer_new once; transfer_start for each request, add transfer->easy to a multi handle; when libcurl reports it done,
 * take it out and call transfer_finish, which sends the answer; transfer_free at the end.
 *
 * Context: a worker's only thread. */
#ifndef FETCH_TRANSFER_H
#define FETCH_TRANSFER_H

#include "base/buffer.h"
#include "fetch/error.h"
#include "fetch/fetcher.h"
#include "fetch/framing.h"
#include "fetch/message.h"
#include "fetch/poller.h"
#include "fetch/stream.h"

#include <curl/curl.h>

/* What all transfers of a worker share; outlives them. */
struct transfer_setup {
    const struct fetch_options *options;
    struct mp_worker *worker;
    struct curl_slist *named_headers;   /* for origins that the user named */
    struct curl_slist *foreign_headers; /* for all others */
    struct curl_slist *connect_to;
    struct poller poller;
    struct stream stream;  /* closed before anything else is sent */
    struct buffer message; /* where answers are encoded */
    bool disconnected;     /* the parent is gone */
};

struct decoder;

struct transfer {
    CURL *easy;
    struct transfer_setup *setup;
    struct transfer *prev, *next; /* the fetcher's list of transfers in flight, or of free ones */
    uint64_t task;

    /* The request. */
    unsigned flags;
    struct buffer url;
    struct buffer host;
    uint16_t port;

    /* The answer so far. */
    struct buffer location;
    struct buffer type;
    struct buffer codings;
    struct framing framing;
    struct buffer body; /* decoded bytes that have not been sent to the parent */
    struct decoder *decoder;
    enum fetch_error error; /* our own verdict, made in a callback; libcurl then only knows that we aborted */
    const char *detail;     /* words for that verdict */
    bool fresh;             /* it has gone out on a connection of its own */
    bool body_began;
    bool streams; /* the body is a long one: its bytes go to the parent as they come */
    bool kept;
    bool discarded; /* so much of a discarded body had come that the transfer was cut off; no error */
    uint64_t body_bytes;
    uint64_t wire_bytes;
    size_t header_bytes;

    /* Progress, for the idle timeout. */
    int64_t started_ms;
    int64_t window_began_ms;
    uint64_t window_bytes;
    char words[CURL_ERROR_SIZE]; /* libcurl's */
};

/* NULL when memory is out. */
struct transfer *transfer_new(struct transfer_setup *setup);

/* Prepare for REQUEST, the task's. FETCH_OK, or the error with which the task must be answered (transfer_answer_error). */
enum fetch_error transfer_start(struct transfer *t, uint64_t task, const struct fetch_request *request);

/* Whether the transfer has made too little progress; it is then marked as timed out, the caller takes it out. */
bool transfer_is_idle(struct transfer *t, int64_t now_ms);

/* Whether a request was never delivered, because each connection that was tried for it turned out to be closed by the server:
 * then the transfer is made ready to go out once more, on a connection of its own. */
bool transfer_try_fresh(struct transfer *t, CURLcode result);

/* Send the answer and make the transfer ready for its next request. RESULT is libcurl's. */
void transfer_finish(struct transfer *t, CURLcode result);

/* Answer TASK with an error and nothing else. */
void transfer_answer_error(struct transfer_setup *setup, uint64_t task, enum fetch_error error, const char *detail);

void transfer_free(struct transfer *t);

#endif
