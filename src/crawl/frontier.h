/* The frontier: what is to be fetched, one queue a host, and which host may be asked next.
 *
 * Only the frontier decides when a host is asked: a job goes out through frontier_next, which takes one of the host's
 * places, and frontier_leave gives the place back. Hosts take turns, so that a long queue of one does not hold up the
 * others. A host here is a host name and a port: what one server process answers for.
 *
 * frontier_init, frontier_add, frontier_next, frontier_leave, frontier_release. Context: the crawl's thread. */
#ifndef CRAWL_FRONTIER_H
#define CRAWL_FRONTIER_H

#include "crawl/job.h"

#include <stdbool.h>
#include <stddef.h>

struct host;

struct frontier {
    unsigned per_host;
    size_t queued;
    size_t in_flight;
    struct host **buckets;
    size_t bucket_count;
    size_t host_count;
    struct host *ready;   /* a ring of the hosts that may be asked now; the next to be asked */
    struct job *suspects; /* jobs whose workers died twice: one at a time, so that only the culprit is blamed */
    bool suspect_out;
};

void frontier_init(struct frontier *f, unsigned per_host);

/* Queue JOB at its host. False when memory is out. */
bool frontier_add(struct frontier *f, struct job *job);

/* Queue a job whose workers keep dying: it goes out when no other such job is out. Its place is not its host's. */
void frontier_add_suspect(struct frontier *f, struct job *job);

/* Take the next job that may be asked for now; NULL when there is none. */
struct job *frontier_next(struct frontier *f);

/* Whether frontier_next would give one. */
bool frontier_has_next(const struct frontier *f);

/* JOB, which frontier_next gave, is asked for no more: its host has a place again. */
void frontier_leave(struct frontier *f, struct job *job);

/* The worker that JOB's host's URLs go to by preference, so that connections are reused: remembered while the host has jobs,
 * -1 before it was set. A number made of the host's name, the same in each run, is a good first guess. */
int frontier_home(const struct job *job);
void frontier_set_home(struct job *job, unsigned worker);
unsigned frontier_affinity(const struct job *job);

/* Free everything; queued jobs are given to DROP. */
void frontier_release(struct frontier *f, void (*drop)(struct job *job, void *context), void *context);

#endif
