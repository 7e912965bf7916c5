/* What the frontier's files share. frontier.c moves jobs; frontier_queues.c is where they wait; frontier_sift.c takes
 * them out; frontier_turns.c knows who may be asked when; frontier_hosts.c makes, keeps and forgets hosts;
 * frontier_address.c groups them; frontier_heard.c learns from answers; host.c is host.h.
 *
 * Whatever changes a host ends in host_changed, which brings rings, heaps and lists in line with it. */
#ifndef CRAWL_FRONTIER_INTERNAL_H
#define CRAWL_FRONTIER_INTERNAL_H

#include "crawl/frontier/frontier.h"
#include "crawl/frontier/pace.h"

/* Long before any time of the clock, and far enough from the end of the range to add to it. */
#define FRONTIER_LONG_AGO (INT64_MIN / 2)

/* One that takes turns: a host, or the hosts of an address together. At most one of the two holds: it is in a ring, or
 * in the heap of those that wait. (An idle host that is held is in the other heap, with the same node.) */
struct turn {
    struct turn *prev, *next; /* in RING; NULL: in none */
    struct turn **ring;       /* its next one to be asked */
    struct heap_node wait;
    struct job *starting; /* is out, and its start is wanted and was not told yet: no other job goes out */
    unsigned out;         /* jobs */
    bool is_group;
};

struct queue {
    struct job *first, *last;
};

enum kept { KEPT_NOT, KEPT_BUSY, KEPT_IDLE, KEPT_HELD };

struct host {
    struct turn turn;                   /* the first member */
    struct name_node name;              /* its origin */
    struct host *list_prev, *list_next; /* among the busy or the idle */
    struct queue urgent;                /* goes before jobs, and also while the host is closed */
    struct queue jobs;
    struct job *later;      /* its jobs in the frontier's heaps of those that are not due and of suspects */
    struct job *looking_up; /* is out to find the address */
    struct group *group;
    int64_t not_before_ms, last_start_ms;
    int64_t cooled_ms; /* when it was cooled down last */
    struct pace pace;
    int delay_ms;        /* the user's; -1: auto */
    unsigned cool_steps; /* in a row */
    unsigned failures;   /* to reach it, in a row */
    unsigned home;
    bool closed, given_up;
    enum kept kept;
    char *reason; /* why it is given up */
    void *robots;
    char origin[];
};

struct group {
    struct turn turn; /* the first member */
    struct name_node name;
    struct ready ready; /* those of its hosts that may be asked as far as they are concerned */
    int64_t next_start_ms;
    size_t hosts;
    char address[];
};

/* ---- frontier_queues.c ---- */

/* The one of H's queues that JOB belongs to. */
struct queue *queues_of(struct host *h, const struct job *job);
void queues_append(struct queue *q, struct job *job);
void queues_prepend(struct queue *q, struct job *job);

/* Take the first job out; there must be one. */
struct job *queues_pop(struct queue *q);

/* Let JOB wait in the heap that it belongs to. False when memory is out, which cannot be when it was there just
 * before. */
bool queues_push_later(struct frontier *f, struct host *h, struct job *job, int64_t key);
void queues_remove_later(struct frontier *f, struct host *h, struct job *job);

/* Let the next suspect into its host's queue, if no other one is about. */
void queues_let_suspect(struct frontier *f);

/* It is NOW_MS: queue the jobs that are due, and let those take turns whose time has come. */
void queues_settle(struct frontier *f, int64_t now_ms);

/* ---- frontier_turns.c ---- */

static inline void frontier_tell_time(struct frontier *f, int64_t now_ms)
{
    if (now_ms > f->now_ms)
        f->now_ms = now_ms;
}

/* The first time on a clock that is cut to whole milliseconds at which WAIT_MS have certainly passed since NOW_MS. */
static inline int64_t frontier_after(int64_t now_ms, int64_t wait_ms)
{
    return wait_ms > 0 ? now_ms + wait_ms + 1 : now_ms;
}

/* The next one to be asked; NULL: none. It is behind all others with as many jobs out from then on. */
struct turn *turns_take(struct ready *ready);
bool turns_any(const struct ready *ready);

void host_changed(struct frontier *f, struct host *h);

/* Take H out of its ring and the heap of those that wait; host_changed puts it back. */
void host_hold_back(struct frontier *f, struct host *h);

/* Let those take turns that waited for a time that has come. */
void turns_settle(struct frontier *f);

/* ---- frontier_hosts.c ---- */

/* As frontier_host; a new one is in no list before host_changed. */
struct host *hosts_get(struct frontier *f, const struct url *url);

/* Put H into the list or heap in which it belongs: BUSY, or idle with or without promises. This may forget another
 * host. */
void hosts_file(struct frontier *f, struct host *h, bool busy);
void hosts_unfile(struct frontier *f, struct host *h);
void hosts_release(struct frontier *f);

/* ---- frontier_address.c ---- */

bool address_join(struct frontier *f, struct host *h, const char *address);

/* For a host that is forgotten. */
void address_leave(struct frontier *f, struct host *h);

/* Of an IP literal the address is known. */
bool address_join_literal(struct frontier *f, struct host *h, const struct url *url);

/* After the hosts. */
void address_release(struct frontier *f);

#endif
