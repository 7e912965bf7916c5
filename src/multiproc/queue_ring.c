#include "queue_ring.h"

#include <string.h>
#include <sys/mman.h>

/* A record is the message's length and the message. */
enum { HEADER_BYTES = sizeof(uint64_t), TRIM_BYTES = 1 << 20 };

uint64_t queue_ring_cost(const struct queue_ring *ring, size_t len)
{
    if (len > ring->capacity - HEADER_BYTES)
        return 0;
    uint64_t cost = HEADER_BYTES + ((uint64_t)len + RECORD_ALIGN - 1) / RECORD_ALIGN * RECORD_ALIGN;
    return cost <= ring->capacity ? cost : 0;
}

static uint32_t in_force(const struct queue_ring *ring)
{
    return atomic_load_explicit(&ring->in_force, memory_order_acquire) & 1;
}

const struct queue_state *queue_ring_state(const struct queue_ring *ring)
{
    return &ring->states[in_force(ring)];
}

static struct queue_state *draft(struct queue_ring *ring)
{
    uint32_t now = in_force(ring);
    ring->states[!now] = ring->states[now];
    return &ring->states[!now];
}

void queue_ring_commit(struct queue_ring *ring)
{
    atomic_store_explicit(&ring->in_force, !in_force(ring), memory_order_release);
}

bool queue_ring_is_full(const struct queue_ring *ring)
{
    return ring->max_items && queue_ring_state(ring)->items >= ring->max_items;
}

bool queue_ring_has_room(const struct queue_ring *ring, uint64_t cost)
{
    const struct queue_state *s = queue_ring_state(ring);
    return !queue_ring_is_full(ring) && cost <= ring->capacity - (s->tail - s->head);
}

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void write_at(const struct queue_ring *ring, unsigned char *data, uint64_t at, const void *from, size_t len)
{
    at %= ring->capacity;
    size_t first = min(len, ring->capacity - at);
    if (first)
        memcpy(data + at, from, first);
    if (len > first)
        memcpy(data, (const unsigned char *)from + first, len - first);
}

static void read_at(const struct queue_ring *ring, const unsigned char *data, uint64_t at, void *to, size_t len)
{
    at %= ring->capacity;
    size_t first = min(len, ring->capacity - at);
    if (first)
        memcpy(to, data + at, first);
    if (len > first)
        memcpy((unsigned char *)to + first, data, len - first);
}

void queue_ring_draft_put(struct queue_ring *ring, unsigned char *data, const void *msg, size_t len)
{
    struct queue_state *s = draft(ring);
    uint64_t header = len;
    write_at(ring, data, s->tail, &header, sizeof(header));
    if (len)
        write_at(ring, data, s->tail + HEADER_BYTES, msg, len);
    s->tail += queue_ring_cost(ring, len);
    s->items++;
    s->unfinished++;
}

size_t queue_ring_peek(const struct queue_ring *ring, const unsigned char *data)
{
    uint64_t len;
    read_at(ring, data, queue_ring_state(ring)->head, &len, sizeof(len));
    return len;
}

void queue_ring_copy(const struct queue_ring *ring, const unsigned char *data, void *to, size_t len)
{
    if (len)
        read_at(ring, data, queue_ring_state(ring)->head + HEADER_BYTES, to, len);
}

void queue_ring_draft_get(struct queue_ring *ring, size_t len)
{
    struct queue_state *s = draft(ring);
    s->head += queue_ring_cost(ring, len);
    s->items--;
    if (s->items == 0)
        s->head = s->tail = 0;
}

void queue_ring_draft_done(struct queue_ring *ring)
{
    draft(ring)->unfinished--;
}

/* A piece is given back when the head has left it, unless the tail has come round to it already; when the queue has
 * become empty, so is the piece where the head was, unless it is the first, where the next message goes. The last
 * piece, which ends where the ring ends, may be shorter than others. */
void queue_ring_trim(const struct queue_ring *ring, unsigned char *data, uint64_t from, uint64_t to)
{
    uint64_t tail = queue_ring_state(ring)->tail;
    if (tail == 0 && to > TRIM_BYTES)
        to += TRIM_BYTES;
    for (uint64_t at = from; at < to;) {
        uint64_t offset = at % ring->capacity;
        uint64_t begin = offset / TRIM_BYTES * TRIM_BYTES;
        uint64_t end = min(begin + TRIM_BYTES, ring->capacity);
        uint64_t next = at - offset + end;
        if (next <= to && tail <= at - offset + begin + ring->capacity)
            madvise(data + begin, end - begin, MADV_REMOVE);
        at = next;
    }
}
