/* The fetcher: what a worker of the crawler does. It takes fetch_requests as tasks, has many transfers in flight in one
 * loop over libcurl's multi interface, and answers each with body parts and a fetch_answer (fetch/message.h).
 *
 * The role reads its task ring and its sockets, writes its result ring, and touches nothing else: no file is written,
 * no program is run (fetch/sandbox.h). A task is one request on the wire: redirects, retries, politeness and names are
 * the parent's.
 *
 * Use: a driven pool whose executor is fetcher_run and whose executor_arg is a fetch_options that was complete before
 * the pool was made. */
#ifndef FETCH_FETCHER_H
#define FETCH_FETCHER_H

#include <multiproc/executor.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fetch_http_version { FETCH_HTTP_ANY, FETCH_HTTP_1_0, FETCH_HTTP_1_1, FETCH_HTTP_2, FETCH_HTTP_2_PRIOR };

struct fetch_options {
    unsigned transfers;     /* at once in this worker; at least 1 */
    int connect_timeout_ms; /* until a connection, TLS included, is made */
    int idle_timeout_ms;    /* a transfer must make progress within each such time */
    uint64_t max_bytes;     /* of a decoded body */
    bool keep_errors;       /* send bodies of 4xx and 5xx answers, too */
    enum fetch_http_version http_version;
    const char *user_agent;
    const char *proxy;          /* NULL: none; the environment is not read */
    const char *ca_file;        /* NULL: the system's trust store */
    const char *const *headers; /* "Name: value"; sent to origins that the user named; NULL: none */
    size_t header_count;
    const char *const *connect_to; /* HOST:PORT:ADDRESS:PORT as CURLOPT_CONNECT_TO takes it; NULL: none */
    size_t connect_to_count;
    const char *const
        *types; /* media types that are wanted: "text/html", "image/<any>" with '*' for any; NULL: all are */
    size_t type_count;
    const char
        *robots_agent; /* product token that meta robots may name, such as "forage"; NULL: only "robots" counts */
    bool reads_pages;  /* FETCH_LINKS or FETCH_UTF8 will come: load now what charsets need, not later */
    bool sandbox;      /* shut the worker in once it is set up */
};

/* An mp_executor_fn; ARG is a const struct fetch_options. Returns the worker's exit status. */
int fetcher_run(struct mp_worker *worker, void *arg);

/* The name and version of libcurl and what it is made with; a constant text. */
const char *fetcher_library(void);

#endif
