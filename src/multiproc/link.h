/* The parent's end of what joins it to one worker: two rings, a bell to the worker and one from it.
 *
 * link_new makes everything and gives the worker's half as descriptors, which the caller passes on and closes;
 * link_retire ends it. A link with messages still held lives on until the last is released.
 *
 * The bell to the worker is a socket and not an eventfd: a worker that clears O_NONBLOCK on a shared eventfd and fills
 * it could make the parent's write block. The bell from the worker is an eventfd that the parent never reads: it polls
 * it edge-triggered.
 *
 * Room in the result ring is given back in order: up to the oldest message still held, or up to what the driver has
 * published as consumed. LOCK guards the holds and both of these positions, so that any thread can give room back.
 *
 * Context: the driver's thread, but link_release (any thread of the parent). Nothing blocks. */
#ifndef MULTIPROC_LINK_H
#define MULTIPROC_LINK_H

#include "multiproc/ring.h"

#include <pthread.h>
#include <stdbool.h>

struct link;

/* A message of the result ring that stays where it is. */
struct mp_hold {
    struct link *link;
    struct mp_hold *next; /* in order of START, or in the list of spare ones */
    uint64_t start;
    bool kept;
    bool released;
};

struct hold_slab;

struct link {
    struct ring tasks;   /* the parent produces */
    struct ring results; /* the parent consumes; the tail in it is the driver's cursor */
    int bell;
    int rung;
    pthread_mutex_t lock;
    uint64_t consumed; /* the driver is done with everything before this but the holds */
    uint64_t released; /* the tail that the worker sees */
    struct mp_hold *oldest;
    struct mp_hold *newest;
    struct mp_hold *spare;
    struct hold_slab *slabs;
    bool retired;
    struct link *next; /* among those that wait to be retired */
};

/* What the worker gets, in the order of the array that link_new fills. */
enum link_fd { LINK_TASKS, LINK_RESULTS, LINK_BELL, LINK_RUNG, LINK_FDS };

/* Returns MP_OK, MP_NO_MEMORY or MP_SYSTEM. */
enum mp_status link_new(size_t task_bytes, size_t result_bytes, struct link **link, int theirs[LINK_FDS]);

/* Wake the worker. */
void link_ring_bell(struct link *link);

/* Wake the worker if it sleeps until there are tasks. */
void link_flush_tasks(struct link *link);

/* Give back the room of what the driver has advanced over. */
void link_publish(struct link *link);

/* The same when there is enough of it to be worth the while. */
static inline void link_publish_some(struct link *link)
{
    if (link->results.tail - link->consumed >= link->results.capacity / 4)
        link_publish(link);
}

/* A hold that holds nothing yet, for link_keep. NULL when memory is out. */
struct mp_hold *link_spare_hold(struct link *link);

/* Keep the message at hold->start, the one that the driver is looking at. */
void link_keep(struct mp_hold *hold);

void link_release(struct mp_hold *hold);

/* End the link: its descriptors now, its memory when its last hold is released. */
void link_retire(struct link *link);

#endif
