/* The crawl: everything that one forage_run needs, and the path of a job through it.
 *
 * feed (crawl/list: lists to jobs), admit (jobs to the frontier, past robots.txt), dispatch (crawl/frontier: jobs to
 * workers), answer (what came back), verdict (follow, keep, try again, fail), naming and landing (files), report
 * (counts, callbacks, crawl/outputs). Each file's functions are declared here in that order; data flows down the list,
 * and goes up only where answer gives a job back to admit.
 *
 * With --recursive crawl/discovery closes the circle: verdict gives it what a page says of itself and where it leads.
 * What passes crawl/scope waits in store/backlog and enters at admit again, and so do pages that are due (due.h). When
 * the run has ended crawl/convert makes the copy browsable (browsable.h).
 *
 * Beside them stand what is known for longer than one job: record.h (pages), seen.h (URLs of this run), gate.h
 * (robots.txt), memory.h (state and lock), identity.h (cookies and the like). crawl/inspect looks at all of that from
 * outside of a run.
 *
 * Context: the thread that calls forage_run, unless a comment says otherwise. */
#ifndef CRAWL_CRAWL_H
#define CRAWL_CRAWL_H

#include "crawl/claims.h"
#include "crawl/config.h"
#include "crawl/due.h"
#include "crawl/exit_status.h"
#include "crawl/frontier/frontier.h"
#include "crawl/frontier/retry.h"
#include "crawl/frontier/window.h"
#include "crawl/job.h"
#include "crawl/list/list.h"
#include "crawl/memory.h"
#include "crawl/outputs/outputs.h"
#include "crawl/record.h"
#include "crawl/seen.h"
#include "crawl/spill.h"
#include "fetch/message.h"
#include "store/lock.h"
#include "store/name/name.h"
#include "store/name/site.h"
#include "store/pages/pages.h"
#include "store/state/state.h"
#include "web/pattern.h"

#include <forage/forage.h>
#include <multiproc/executor.h>
#include <stdio.h>

struct discovery;
struct identity;

/* A list or a URL that was added, in the order in which it was. */
struct source {
    struct source *next;
    bool is_list;
    struct list *list; /* while it is being read */
    char text[];
};

/* How a host did in this run. */
enum host_class {
    HOST_UNMET,
    HOST_WELL,
    HOST_WITH_ERRORS, /* it answered, and not always well */
    HOST_UNREACHABLE, /* it never answered */
    HOST_CLASSES
};

/* How fast lists are read. */
struct feed_pace {
    int64_t began_ms; /* of the second that is being counted */
    unsigned lines;   /* that were read in it because there was room */
    bool is_slow;     /* the second before */
};

/* Why a run ends. */
enum end {
    END_NOT_YET,
    END_DONE,    /* all that was asked for has been done */
    END_STOPPED, /* forage_stop */
    END_TIME,    /* --max-time */
    END_QUOTA,   /* --quota */
    END_PAGES,   /* --max-pages */
    END_TROUBLE, /* a disk that is full, a state that cannot be written: going on would only repeat it */
};

struct crawl {
    struct config config;
    struct mp_pool *pool;
    unsigned *load;          /* jobs that each worker has */
    struct buffer answer;    /* texts of the one that is being read */
    unsigned folders_opened; /* by each of the threads that write */
    unsigned broken_off;     /* pages that wait for their rest, each with a file open */
    struct window window;

    struct source *sources, **sources_end;
    struct seen seen;        /* URLs that were offered */
    struct seen named_hosts; /* hosts that the user named; these may have addresses that are not public */
    struct job *parked, **parked_end;
    unsigned parked_count;
    struct frontier frontier;
    struct spill spill;
    struct feed_pace pace;

    struct folder_lock lock;
    bool locked;
    struct state *state; /* NULL: nothing is remembered */
    struct state_run run;
    int64_t last_success_ms; /* when a complete run of this folder last ended with exit status 0 */
    bool memory_failed;
    char damage[512]; /* what became of a database that was damaged */
    struct due_policy due;
    struct buffer pruned; /* files to take away when the rows say that they are gone */
    struct identity *identity;
    struct discovery *discovery; /* NULL: links are not followed */
    size_t *links_waiting;       /* bytes of link records of each worker's answers that are not complete */
    size_t links_kept;           /* of pages that are being written, for the user's callback */
    uint64_t asked;              /* pages that were given to workers */
    uint64_t received;           /* bytes of bodies, on the wire or decoded, whichever is more; also of failures */
    uint64_t random;

    struct pattern *pattern;
    struct sites *sites;
    struct pages *pages;
    struct claims claims;

    struct outputs outputs; /* log, metrics, lists of failures */
    struct forage_progress counts;
    uint64_t failures[FETCH_ERROR_COUNT];
    uint64_t hosts[HOST_CLASSES];
    struct exit_status exit;
    int exit_status;            /* of the run, when it has ended */
    enum forage_status trouble; /* why the run cannot be called complete; FORAGE_OK: it can */
    int64_t started_ms, ticked_ms;
    enum end end;
    bool finishing;     /* nothing begins any more: what waited for its first request was taken out */
    bool left_rest;     /* and there was something */
    char disaster[160]; /* why nothing can be kept any more, which the user was told; "" */

    int epoll;
    int stop_fd;
    _Atomic bool stop;       /* set by forage_stop, in a signal handler or another thread */
    _Atomic int stop_status; /* by forage_stop_as: the exit status of a run that it ended; 0: not called */
    bool waits_for_list;     /* the list's descriptor is in the epoll set */
    bool broken;             /* the pool cannot replace its workers any more */
};

/* End the run in good order: nothing more is asked for. The first reason counts. */
void crawl_end_early(struct crawl *c, enum end why);

/* Whether the run has come to an end at which what has gone out is finished: a quota of bytes or pages. */
bool crawl_finishes(const struct crawl *c);

/* Random bits for back-off. */
uint32_t crawl_random(struct crawl *c);

/* ---- feed: sources to jobs ---- */

bool feed_add_source(struct crawl *c, const char *text, bool is_list);

/* Read sources until enough jobs are queued, all is read, or a list has nothing yet. */
void feed_turn(struct crawl *c);

/* Do not wait for a list: what is not read must not wake the loop. */
void feed_pause(struct crawl *c);
bool feed_is_done(const struct crawl *c);

/* Whether feed_turn would do something by itself. */
bool feed_is_due(struct crawl *c);
void feed_release(struct crawl *c);

/* Read a URL that the user gave. NULL, or what is wrong with it; then URL is empty. Its host may be one by the standard
 * and yet no name that a worker would ask for ("a{b}.example"): to say so here is to say in which line. */
const char *feed_read_url(struct url *url, const char *text, size_t len);

/* Whether the user named URL's host, so that its addresses need not be public. */
bool feed_names_host(const struct crawl *c, const struct url *url);

/* Set JOB, which was BLOCKED, aside until all sources are read, and drop what has come of its page; false, and nothing
 * has changed, when too many wait or it was here before. */
bool feed_park(struct crawl *c, struct job *job);

/* No more is read: whether a parked job's host was named is known now. */
void feed_unpark(struct crawl *c);

/* ---- admit: jobs to the frontier; each of these may end the job ---- */

/* A URL that was offered. */
void admit_new(struct crawl *c, struct job *job);

/* A job with another target than before. */
void admit_target(struct crawl *c, struct job *job);

/* A job to be tried again, not before DUE_MS. */
void admit_later(struct crawl *c, struct job *job, int64_t due_ms);

/* Take all jobs that wait at HOST out of the frontier, as a list; for ends of jobs that may themselves look at the
 * frontier. */
struct job *admit_take_waiting(struct crawl *c, struct host *host);

/* HOST has just been given up: so are its jobs. */
void admit_give_up_host(struct crawl *c, struct host *host);

/* ---- dispatch: jobs to workers ---- */

void dispatch_turn(struct crawl *c);

/* The run finishes: take out what waits and was never asked for, and leave it for the next run. */
void dispatch_leave_rest(struct crawl *c);

/* Whether dispatch_turn would send something. */
bool dispatch_is_due(struct crawl *c);

/* What was given out for JOB was not the request for its page. */
void dispatch_forget(struct crawl *c, struct job *job);

/* How long JOB's body may be. */
uint64_t dispatch_max_bytes(const struct crawl *c, const struct job *job);

/* ---- answer: what workers send ---- */

/* An mp_part_fn; CONTEXT is the job. */
void answer_part(const struct mp_part *part, void *context);

/* End JOB, which no worker has, because there will be none for it. */
void answer_give_up(struct crawl *c, struct job *job);

/* ---- verdict: what comes of an answer ---- */

/* JOB, which has left its worker, was answered. PART holds the body. */
void verdict(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer);

/* ANSWER is an error: JOB is tried again, or ends. */
void verdict_failed(struct crawl *c, struct job *job, const struct fetch_answer *answer);

/* JOB ends with ERROR, or with FETCH_OK and the outcome that it has. What has come of its page is dropped: one that
 * waited to be tried again may have pieces. */
void verdict_end(struct crawl *c, struct job *job, enum fetch_error error, const char *detail);

/* What Retry-After says, in milliseconds from now; -1: nothing. */
int64_t verdict_retry_after(const struct fetch_answer *answer);

/* ---- naming: what a page and its file are called ---- */

/* Give JOB's page its name, if it has none yet. False when memory is out. */
bool naming_page(struct crawl *c, struct job *job);

/* Keep the name that the list gives, or that the page has from an earlier run, from all URLs that come later: whether
 * and when the page is answered has no say in whose it is. 0, or an errno: EEXIST, another URL has the name that the
 * list gives. */
int naming_reserve(struct crawl *c, struct job *job);

/* The file's name below the output folder. 0, or an errno: EEXIST, another URL's file has that name. */
int naming_file(struct crawl *c, struct job *job, char name[NAME_SIZE]);

/* Whether FILE is what JOB's page would be called, if its media type were the right one. */
bool naming_is_for(struct crawl *c, struct job *job, const char *file);

const char *naming_error_text(int error);

/* ---- landing: pages to files ---- */

/* Take BYTES, a piece of a body, which lie in PART. When there is no way to keep it, the page's end says why; unless no
 * page can be kept any more, as on a full disk: that ends the run. */
void landing_piece(struct crawl *c, struct job *job, const struct mp_part *part, struct text bytes);

/* Whether JOB, whose transfer was dropped because the run ends, could not be kept because of what every page meets.
 * Then it has ended, with that error. */
bool landing_has_failed(struct crawl *c, struct job *job);

/* The page is complete: its last bytes are BODY, inside PART. Ends the job, now or when the file is in place. */
void landing_finish(struct crawl *c, struct job *job, const struct mp_part *part, struct text body);

/* Let go of the page's file; what is known of the page stays. */
void landing_drop(struct job *job);

/* Give back all that JOB holds of its answers: its file, what came in pieces, the place among those that wait for their
 * rest, links and what they count. Whoever sets a job aside, sends it out again or ends it comes past here, unless the
 * page is being kept or gone on with: job_free and dispatch assert it. */
void landing_abandon(struct job *job);

/* See which files are in place. */
void landing_turn(struct crawl *c);

/* The writers have more than they can take: give them time. The rings fill meanwhile, and the transfers pause. */
void landing_wait(struct crawl *c);

/* Wait until all that was given to the writers is in place, or has failed. */
void landing_drain(struct crawl *c);

/* A pages_done_fn; CONTEXT is the crawl. */
void landing_done(const struct pages_done *done, void *context);

/* ---- report: jobs at their end ---- */

/* JOB has succeeded, or failed with job->error or an HTTP status, or was skipped (job->outcome): count it, remember it,
 * tell the user, log it, and free it. */
void report_end(struct crawl *c, struct job *job);

/* The same for one whose file is in place, or could not be put there. */
void report_kept(struct crawl *c, struct job *job, const struct pages_done *done);

/* JOB is left for the next run, as if it had not been asked for: nothing is said of it and nothing remembered. Frees
 * it. */
void report_left(struct crawl *c, struct job *job);

void report_bad_line(struct crawl *c, const char *file, unsigned long line, const char *reason);

/* A list, an output file or the state failed: tell the user. LINE is where, 0 if that has no meaning. */
void report_file_failure(struct crawl *c, const char *file, unsigned long line, const char *reason);

/* What every other URL would meet as well, such as a full disk: tell the user once, and end the run. */
void report_disaster(struct crawl *c, const char *file, const char *reason);

/* A failure that is not one URL's: FILE for lists and the log. */
void report_trouble(struct crawl *c, enum forage_status status);
void report_tick(struct crawl *c, bool at_end);

#endif
