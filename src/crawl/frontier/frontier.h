/* The frontier: what is to be fetched, one queue a host, and which host may be asked next.
 *
 * Only the frontier decides when a host is asked: a job goes out through frontier_next, which takes one of the host's
 * places, and frontier_leave gives the place back. The host with the fewest jobs out goes next, and those with as many
 * take turns: a long queue of one does not hold up the others, a slow one does not collect places, and a connection
 * that has become idle is used before another one is opened. With per_ip, the hosts that share an address go as one,
 * and share places and starts.
 *
 * A host's promises: never more than its places at once; at least its delay between two starts; nothing while it cools
 * down; nothing but robots.txt while it is closed. A start is when the request goes out, not when the job is given to a
 * worker: see frontier_started. When a delay comes up in the middle of a run, what went out before it counts from when
 * it was given out, and once it has left, from then.
 *
 * frontier_init; frontier_add and its kin; then for each job frontier_next, frontier_started if it is wanted,
 * frontier_heard, frontier_leave; frontier_release. Times are milliseconds of base/clock.h, passed in. Context: the
 * crawl's thread. */
#ifndef CRAWL_FRONTIER_H
#define CRAWL_FRONTIER_H

#include "base/heap.h"
#include "base/name_table.h"
#include "crawl/frontier/host.h"
#include "crawl/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group;
struct turn;

struct frontier_options {
    unsigned per_host;    /* jobs out at once; 0: no limit */
    unsigned per_ip;      /* the same for hosts that share an address; 0: addresses do not matter */
    int delay_ms;         /* between two starts; -1: auto (crawl/frontier/pace.h) */
    unsigned host_errors; /* failures to reach a host in a row, after which it is given up; 0: never */
    int max_wait_ms;      /* the longest that a host is cooled down */
    unsigned idle_hosts;  /* hosts without jobs that are remembered; 0: 65,536 */
    void (*free_robots)(void *robots);
};

struct host_list {
    struct host *first, *last;
};

/* Who may be asked now: a ring for each number of jobs out, the last one for so many and more. */
enum { READY_RINGS = 8 };

struct ready {
    struct turn *rings[READY_RINGS];
};

struct frontier {
    size_t queued; /* jobs that wait, for whatever reason */
    size_t in_flight;

    /* The rest is the frontier's own. */
    struct frontier_options options;
    int64_t now_ms; /* the latest time that was passed in */
    struct name_table hosts, groups;
    struct ready ready;
    struct heap waiting;   /* turns that time alone holds back */
    struct heap later;     /* jobs that are not due yet */
    struct heap suspects;  /* jobs whose workers died twice, in the order in which they came */
    struct job *suspect;   /* the one that was let into its host's queue; only it is blamed for the next death */
    int64_t suspect_count; /* that ever were */
    struct host_list busy; /* hosts with jobs, and closed ones */
    struct host_list idle; /* hosts to be forgotten, the least recently used first */
    struct heap held;      /* idle hosts with promises, by when these end */
    size_t idle_count;     /* of both kinds */
};

void frontier_init(struct frontier *f, const struct frontier_options *options);

/* The host that URL belongs to, made if need be. NULL when memory is out. */
struct host *frontier_host(struct frontier *f, const struct url *url);

/* ---- Jobs that come. False when memory is out: the job is the caller's still ---- */

/* Queue JOB at its host, behind all others. */
bool frontier_add(struct frontier *f, struct job *job);

/* Queue JOB before all others of its host, and let it out although the host is closed: for robots.txt. It keeps this
 * right when it is added once more by any function but frontier_add. */
bool frontier_add_first(struct frontier *f, struct job *job);

/* Queue JOB when DUE_MS has come. */
bool frontier_add_later(struct frontier *f, struct job *job, int64_t due_ms);

/* Queue a job whose workers keep dying: it is let into its host's queue, in front, when there is no other such job in a
 * queue or out. */
bool frontier_add_suspect(struct frontier *f, struct job *job);

/* ---- Jobs that go ---- */

/* Take the next job that may be asked for now; NULL when there is none. */
struct job *frontier_next(struct frontier *f, int64_t now_ms);

/* Whether frontier_next would give one. */
bool frontier_has_next(struct frontier *f, int64_t now_ms);

/* The earliest time when something that waits becomes due; INT64_MAX when only answers can change anything. A time that
 * has passed means that frontier_next or frontier_has_next should be called. */
int64_t frontier_due_ms(const struct frontier *f);

/* Whether the worker that gets JOB, which is out, is to tell when the request goes out, for frontier_started: there is
 * a delay, and until then, or until JOB leaves, no other job of the host or its group goes out. */
bool frontier_wants_start(const struct job *job);

/* JOB's request goes out just now. Does nothing when it is not wanted, so workers may say it at any time. */
void frontier_started(struct frontier *f, struct job *job, int64_t now_ms);

/* JOB, which frontier_next gave, is asked for no more: its host has a place again. If its start was wanted and never
 * told, it counts from now: the request may have gone out until now. */
void frontier_leave(struct frontier *f, struct job *job, int64_t now_ms);

/* As frontier_leave, and JOB, which was not asked for, is queued again before all others of its host. */
void frontier_put_back(struct frontier *f, struct job *job, int64_t now_ms);

/* ---- Addresses ---- */

/* JOB, which is out, can only be asked for when its host's address is known: look it up, call frontier_set_address and
 * frontier_put_back. Until then it is the only job of the host that is out, and no one's start. False without
 * per_ip. */
bool frontier_needs_address(const struct frontier *f, const struct job *job);

/* H shares places and starts with all hosts at ADDRESS (numeric text) from now on. The gap after a start is the delay
 * of the host that was asked. An address that is known already stays. False when memory is out. */
bool frontier_set_address(struct frontier *f, struct host *h, const char *address, int64_t now_ms);

/* ---- What a host answers ---- */

struct heard {
    bool answered; /* any HTTP answer */
    /* None, because of DNS, refused, unreachable, a time-out, the TLS handshake, a reset or an empty answer. */
    bool unreachable;
    unsigned status;
    unsigned first_byte_ms;
    int64_t retry_after_ms; /* -1: none */
    uint32_t random;        /* any number, evenly distributed, for the back-off */
    int64_t asked_ms;       /* the job's asked_ms */
    const char *reason;     /* why it is unreachable; NULL: it goes without saying */
};

/* A job of H came to this end; call it before the job leaves.
 *
 * host_errors times unreachable in a row, without an answer between: the host is given up for this run. 429 and 503
 * cool it down: for as long as Retry-After says, at most max_wait_ms; without one for a back-off
 * (crawl/frontier/retry.h) that doubles with each such answer in a row. Answers to requests that were made before the
 * cooling began are no further step. */
void frontier_heard(struct frontier *f, struct host *h, const struct heard *heard, int64_t now_ms);

/* Why H is given up; NULL: it is not. The frontier goes on giving out its jobs: see frontier_sift. */
const char *frontier_given_up(const struct host *h);

typedef bool frontier_keep_fn(struct job *job, void *context);

/* Ask KEEP of each job that waits at H, in its queue or until it is due; one for which it returns false is taken out
 * and KEEP's, also if it has freed it. KEEP calls nothing of the frontier. Takes time in proportion to the jobs at
 * H. */
void frontier_sift(struct frontier *f, struct host *h, frontier_keep_fn *keep, void *context);

/* The same of all jobs that wait. */
void frontier_sift_all(struct frontier *f, frontier_keep_fn *keep, void *context);

/* ---- The worker that a host's URLs go to by preference, so that connections are reused ---- */

/* -1 before it was set. A number made of the host's name, the same in each run, is a good first guess. */
int frontier_home(const struct job *job);
void frontier_set_home(struct job *job, unsigned worker);
unsigned frontier_affinity(const struct job *job);

/* ---- The end ---- */

typedef void frontier_look_fn(const struct job *job, void *context);

/* Show LOOK all jobs that wait, whatever they wait for; it calls nothing of the frontier. */
void frontier_each(struct frontier *f, frontier_look_fn *look, void *context);

typedef void frontier_drop_fn(struct job *job, void *context);

/* Take out all jobs that wait, whatever they wait for, and give them to DROP, which calls nothing of the frontier. */
void frontier_drain(struct frontier *f, frontier_drop_fn *drop, void *context);

/* Free everything; jobs that wait are given to DROP. */
void frontier_release(struct frontier *f, frontier_drop_fn *drop, void *context);

#endif
