/* A ring of messages in shared memory, from one producer to one consumer.
 *
 * ring_create makes the memory; each side calls ring_map on the descriptor and gets a view of its own, ring_unmap ends
 * it. The data area is mapped twice back to back, so that every message is one piece of memory wherever it lies.
 *
 * Positions are 64-bit counts of bytes that never wrap; both sides keep their own in private memory and check whatever
 * the other side publishes: a position must not go back and must leave no more than the capacity between the two, and a
 * length is copied once and must fit into what was published. Anything else is MP_PROTOCOL. The memory cannot be shrunk
 * (it is sealed), so no access can fault whatever the other side does.
 *
 * A ring wakes nobody. Before it sleeps a side announces that with an _arm function; after publishing, the other side
 * asks with a _must_wake function whether it has to ring. Both are read-modify-write operations on one word, so one of
 * the two always sees the other.
 *
 * Context: one thread at a time on each side; nothing blocks. */
#ifndef MULTIPROC_RING_H
#define MULTIPROC_RING_H

#include "multiproc/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_ALIGN = 16, RING_CONTROL_BYTES = 4096 };

/* Each word that one side writes often has a cache line of its own. */
struct ring_control {
    _Alignas(64) _Atomic uint64_t head; /* end of what the producer published */
    _Atomic uint64_t draft;             /* end of what ring_draft covers; means nothing when not beyond head */
    _Atomic uint64_t mark;              /* a word that the producer tells the consumer besides */
    _Alignas(64) _Atomic uint64_t tail; /* end of what the consumer released */
    _Alignas(64) _Atomic uint32_t consumer_asleep;
    _Alignas(64) _Atomic uint32_t producer_asleep;
    _Alignas(64) _Atomic uint64_t pulse; /* changes while the producer lives; nothing but a watch depends on it */
};

struct ring_header {
    uint32_t len;
    _Atomic uint32_t kind;
    uint64_t id;
};

/* One side's view. The side's own position is the truth, the other's is the last one that was seen and checked. */
struct ring {
    struct ring_control *control; /* NULL: not mapped */
    char *data;
    size_t capacity;
    uint64_t head;
    uint64_t tail;
};

/* A message as the consumer found it. */
struct ring_message {
    struct ring_header *header;
    const void *data; /* aligned to 16 bytes; valid until the message is released */
    uint32_t len;
    uint32_t kind;
    uint64_t id;
    uint64_t start;
};

/* A sealed memfd for a ring of CAPACITY bytes, a power of two and at least a page. -1 with errno on failure. */
int ring_create(size_t capacity);

/* Map a ring. DONT_FORK keeps it out of processes that the caller forks later. Borrows FD. MP_OK or MP_SYSTEM. */
enum mp_status ring_map(struct ring *r, int fd, size_t capacity, bool dont_fork);
void ring_unmap(struct ring *r);

/* ---- The producer ---- */

/* The longest message that there is room for now; 0 also when the consumer broke the protocol. */
size_t ring_room(struct ring *r);

/* Open a message of at most LEN bytes. MP_OK and *DATA, MP_FULL, or MP_PROTOCOL. Reserving again replaces it; reserving
 * more with the same kind and id keeps the bytes that are there. */
enum mp_status ring_reserve(struct ring *r, size_t len, uint32_t kind, uint64_t id, void **data);

/* Publish the first LEN bytes of the message that was reserved. */
void ring_commit(struct ring *r, size_t len);

/* The first LEN bytes of the reserved message make sense by themselves: should the producer die now, ring_salvage gives
 * them to the consumer. */
static inline void ring_draft(struct ring *r, size_t len)
{
    atomic_store_explicit(&r->control->draft, r->head + sizeof(struct ring_header) + len, memory_order_release);
}

bool ring_must_wake_consumer(struct ring *r);

/* Announce that the producer sleeps because LEN bytes do not fit. True: sleep. False: they fit now. Who is woken looks
 * again: a message longer than half of the ring may need more than that. */
bool ring_producer_arm(struct ring *r, size_t len);

/* ---- The consumer ---- */

/* The next message. MP_OK, MP_EMPTY or MP_PROTOCOL. */
enum mp_status ring_peek(struct ring *r, struct ring_message *m);

/* Go on behind M. Its room is given back later, by ring_release. */
void ring_advance(struct ring *r, const struct ring_message *m);

/* Give all room before POSITION back to the producer. */
void ring_release(struct ring *r, uint64_t position);

/* Whether the producer sleeps and half of the ring is free; ask after each release. Woken for less, the two sides would
 * take turns, a message at a time. */
bool ring_must_wake_producer(struct ring *r);

/* Announce that the consumer sleeps. True: sleep. False: look again, something is there. */
bool ring_consumer_arm(struct ring *r);

/* After the producer's death, when ring_peek found nothing more: the message that it had drafted, if any.
 * MP_OK, MP_EMPTY or MP_PROTOCOL. */
enum mp_status ring_salvage(struct ring *r, struct ring_message *m);

#endif
