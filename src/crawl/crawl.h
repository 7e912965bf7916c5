/* The crawl: everything that one forage_run needs, and the path of a job through it.
 *
 * feed (lists to frontier), dispatch (frontier to workers), answer (what came back: follow, keep, fail), naming and landing
 * (files), report (counts, callbacks, log). Each file's functions are declared here in that order; data flows down the list, and
 * goes up only where answer gives a job back to the frontier.
 *
 * Context: the thread that calls forage_run, unless a comment says otherwise. */
#ifndef CRAWL_CRAWL_H
#define CRAWL_CRAWL_H

#include "crawl/config.h"
#include "crawl/frontier.h"
#include "crawl/list.h"
#include "crawl/seen.h"
#include "crawl/window.h"
#include "fetch/message.h"
#include "store/name.h"
#include "store/pages.h"
#include "store/site.h"
#include "web/pattern.h"

#include <forage/forage.h>
#include <multiproc/executor.h>
#include <stdio.h>

/* A list or a URL that was added, in the order in which it was. */
struct source {
    struct source *next;
    bool is_list;
    struct list *list; /* while it is being read */
    char text[];
};

struct crawl {
    struct config config;
    struct mp_pool *pool;
    unsigned *load; /* jobs that each worker has */
    struct window window;

    struct source *sources, **sources_end;
    struct seen seen;        /* URLs that were offered */
    struct seen named_hosts; /* hosts that the user named; these may have addresses that are not public */
    struct job *parked, **parked_end;
    struct frontier frontier;

    struct pattern *pattern;
    struct sites *sites;
    struct pages *pages;

    FILE *log;
    char *log_buffer; /* the stream's; freed after it */
    bool log_failed;
    struct forage_progress counts;
    uint64_t failures[FETCH_ERROR_COUNT];
    int exit_status;
    enum forage_status trouble; /* why the run cannot be called complete; FORAGE_OK: it can */
    int64_t started_ms, ticked_ms;

    int epoll;
    int stop_fd;
    _Atomic bool stop;   /* set by forage_stop, in a signal handler or another thread */
    bool waits_for_list; /* the list's descriptor is in the epoll set */
    bool broken;         /* the pool cannot replace its workers any more */
};

/* ---- feed: sources to jobs ---- */

bool feed_add_source(struct crawl *c, const char *text, bool is_list);

/* Read sources until enough jobs are queued, all is read, or a list has nothing yet. */
void feed_turn(struct crawl *c);
bool feed_is_done(const struct crawl *c);
void feed_release(struct crawl *c);

/* Whether the user named URL's host, so that its addresses need not be public. */
bool feed_names_host(const struct crawl *c, const struct url *url);

/* Set JOB aside until all sources are read; false when too many wait. */
bool feed_park(struct crawl *c, struct job *job);

/* ---- dispatch: jobs to workers ---- */

void dispatch_turn(struct crawl *c);

/* Whether dispatch_turn would send something. */
bool dispatch_is_due(struct crawl *c);

/* ---- answer: what workers send ---- */

/* An mp_part_fn; CONTEXT is the job. */
void answer_part(const struct mp_part *part, void *context);

/* End JOB, which no worker has, because there will be none for it. */
void answer_give_up(struct crawl *c, struct job *job);

/* ---- naming: what a page and its file are called ---- */

/* Give JOB's page its name, if it has none yet. False when memory is out. */
bool naming_page(struct crawl *c, struct job *job);

/* The file's name below the output folder. 0, or an errno. */
int naming_file(struct crawl *c, struct job *job, char name[NAME_SIZE]);

/* ---- landing: pages to files ---- */

/* Take a piece of a body. When there is no way to keep it, the page's end says why. */
void landing_piece(struct crawl *c, struct job *job, const struct mp_part *part);

/* The page is complete: its last bytes are BODY, inside PART. Ends the job, now or when the file is in place. */
void landing_finish(struct crawl *c, struct job *job, const struct mp_part *part, struct text body);

/* Drop what has come of the page; another try starts from nothing. */
void landing_abandon(struct job *job);

/* See which files are in place. */
void landing_turn(struct crawl *c);

/* A pages_done_fn; CONTEXT is the crawl. */
void landing_done(const struct pages_done *done, void *context);

/* ---- report: jobs at their end ---- */

/* JOB has succeeded, or failed with job->error or an HTTP status: count it, tell the user, log it, and free it. */
void report_end(struct crawl *c, struct job *job);
void report_bad_line(struct crawl *c, const char *file, unsigned long line, const char *reason);

/* The log could not be written, as errno says: told once, as a line 0 of the log. */
void report_log_failure(struct crawl *c);

/* A list or the log failed: tell the user. LINE is where, 0 if that has no meaning. */
void report_file_failure(struct crawl *c, const char *file, unsigned long line, const char *reason);

/* A failure that is not one URL's: FILE for lists and the log. */
void report_trouble(struct crawl *c, enum forage_status status);
void report_tick(struct crawl *c, bool at_end);

/* Write PAGE's line to LOG; false when that fails. */
bool log_line(FILE *log, const struct forage_page *page);

#endif
