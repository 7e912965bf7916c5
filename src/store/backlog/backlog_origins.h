/* The origins that have something waiting or out: their chains, and whose turn it is. In memory alone; it knows of no
 * file.
 *
 * origins_init; origins_get, origins_chain and origins_waits as an entry comes; origins_turn, origins_first and
 * origins_took as one goes; origins_done; origins_release.
 *
 * Each origin is in one of three places: in the ring when something waits; parked when something waits and its share
 * was out when its turn came; in neither when nothing waits. What is parked comes back into the ring when it falls
 * below its share, and all that are parked do when the share rises. A share that falls is noticed when the next turn
 * comes. So nobody is looked at again and again in vain.
 *
 * The table grows bucket by bucket (linear hashing), so that a million origins make no pause. Context: one thread. */
#ifndef STORE_BACKLOG_ORIGINS_H
#define STORE_BACKLOG_ORIGINS_H

#include "store/backlog/backlog_record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What waits at one origin with one priority: the records from HEAD to TAIL. */
struct chain {
    struct chain *more; /* of the same origin, with a later priority */
    uint64_t head;
    uint64_t tail;
    uint64_t waiting : 56;
    uint64_t priority : 8;
};

struct turn {
    struct turn *before, *after;
};

struct origin {
    struct turn turn; /* first, so that a turn is its origin; in neither list it points to itself */
    struct origin *bucket_next;
    uint32_t hash;
    uint32_t out;
    uint32_t name_len;
    uint8_t out_level;  /* the lowest priority number of what is out, or was since nothing was */
    struct chain chain; /* with the first priority of those that wait; the others are on the heap */
    char name[];        /* scheme://host[:port], terminated */
};

struct origins {
    uint64_t waiting;
    uint64_t out;
    size_t count;
    unsigned share; /* how many of each may be out */

    /* The rest is the table's own. */
    unsigned out_max, share_min, share_max;
    unsigned share_last, last; /* of those with the priority LAST; 0: no less than of others */
    bool by_level;
    struct turn ring;   /* AFTER is next */
    struct turn parked; /* each has its share out */
    struct origin **buckets;
    size_t used; /* buckets */
    size_t room; /* for buckets */
    uint64_t seed;
};

void origins_init(struct origins *t, unsigned out_max, unsigned share_min, unsigned share_max);

/* Of entries with the priority LAST at most SHARE_LAST of an origin are out (0: as many as of others); BY_LEVEL:
 * nothing goes while something of a lower priority number is out. Before anything waits. */
void origins_order(struct origins *t, bool by_level, unsigned share_last, unsigned last);

/* The origin NAME; NULL when there is none. */
struct origin *origins_find(const struct origins *t, const struct record_origin *name);

/* The same, and it is made when there is none; NULL when memory is out. */
struct origin *origins_get(struct origins *t, const struct record_origin *name);

/* The chain of O with PRIORITY. It may be an empty one: then origins_waits or origins_forget follows. NULL when memory
 * is out. */
struct chain *origins_chain(struct origin *o, unsigned priority);

/* The record at OFFSET waits at the end of CHAIN. */
void origins_waits(struct origins *t, struct origin *o, struct chain *chain, uint64_t offset);

/* Whose turn it is, until it has been taken from; NULL when nobody's. */
struct origin *origins_turn(struct origins *t);

/* The first of O's chain, where something waits, was taken; the next one is at NEXT, if there is one. With OUT it is
 * out, and the turn goes on. False when nothing waits at O any more; then O may have been forgotten. */
bool origins_took(struct origins *t, struct origin *o, uint64_t next, bool out);

/* One less is out. O may be forgotten. */
void origins_done(struct origins *t, struct origin *o);

/* Forget O if nothing waits there or is out. */
void origins_forget(struct origins *t, struct origin *o);

bool origin_is(const struct origin *o, const struct record_origin *name);
uint64_t origin_waiting(const struct origin *o);

void origins_release(struct origins *t);

#endif
