/* The messages of a queue and its counters, in shared memory; who may touch them when is queue.c's business.
 *
 * The state exists twice. A change is drafted in the copy that is not in force, and one store puts it in force: whoever
 * is killed before that store has changed nothing, and after it everything. There is nothing to repair. */
#ifndef MULTIPROC_QUEUE_RING_H
#define MULTIPROC_QUEUE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Messages lie between HEAD and TAIL, which count bytes since the ring was last empty: then both start at 0 again, so
 * that a queue that is used a little at a time stays in the same few pages. */
struct queue_state {
    uint64_t head;
    uint64_t tail;
    uint64_t items;
    uint64_t unfinished; /* messages that were put and not reported as done */
};

struct queue_ring {
    uint64_t capacity;  /* bytes, a multiple of RECORD_ALIGN */
    uint64_t max_items; /* 0: no limit */
    _Atomic uint32_t in_force;
    struct queue_state states[2];
};

enum { RECORD_ALIGN = 8 };

/* The bytes that a message of LEN takes; 0 when it never fits. */
uint64_t queue_ring_cost(const struct queue_ring *ring, size_t len);

const struct queue_state *queue_ring_state(const struct queue_ring *ring);
bool queue_ring_is_full(const struct queue_ring *ring);
bool queue_ring_has_room(const struct queue_ring *ring, uint64_t cost);

/* Draft the state after putting MSG, whose bytes are written to DATA at once, where nothing is. */
void queue_ring_draft_put(struct queue_ring *ring, unsigned char *data, const void *msg, size_t len);

/* The length of the oldest message, and its bytes. The queue is not empty. */
size_t queue_ring_peek(const struct queue_ring *ring, const unsigned char *data);
void queue_ring_copy(const struct queue_ring *ring, const unsigned char *data, void *to, size_t len);

/* Draft the state without the oldest message of LEN bytes, or with one task done. */
void queue_ring_draft_get(struct queue_ring *ring, size_t len);
void queue_ring_draft_done(struct queue_ring *ring);

/* Put the draft in force. */
void queue_ring_commit(struct queue_ring *ring);

/* Give the memory that the bytes from FROM to the head took back to the system, in large pieces. DATA is
 * page-aligned. */
void queue_ring_trim(const struct queue_ring *ring, unsigned char *data, uint64_t from, uint64_t to);

#endif
