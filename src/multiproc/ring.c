#include "multiproc/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t padded(size_t len)
{
    return (len + RING_ALIGN - 1) & ~(size_t)(RING_ALIGN - 1);
}

static size_t footprint(size_t len)
{
    return sizeof(struct ring_header) + padded(len);
}

static void *at(const struct ring *r, uint64_t position)
{
    return r->data + (position & (r->capacity - 1));
}

int ring_create(size_t capacity)
{
    int fd = memfd_create("multiproc-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, (off_t)(RING_CONTROL_BYTES + capacity)) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* One reservation of addresses holds the control page, the data and the data again. */
enum mp_status ring_map(struct ring *r, int fd, size_t capacity, bool dont_fork)
{
    size_t total = RING_CONTROL_BYTES + 2 * capacity;
    char *base = mmap(NULL, total, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return MP_SYSTEM;
    const int access = PROT_READ | PROT_WRITE;
    char *again = base + RING_CONTROL_BYTES + capacity;
    if (mmap(base, RING_CONTROL_BYTES + capacity, access, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
        mmap(again, capacity, access, MAP_SHARED | MAP_FIXED, fd, RING_CONTROL_BYTES) == MAP_FAILED ||
        (dont_fork && madvise(base, total, MADV_DONTFORK) != 0)) {
        int saved = errno;
        munmap(base, total);
        errno = saved;
        return MP_SYSTEM;
    }
    *r = (struct ring){.control = (void *)base, .data = base + RING_CONTROL_BYTES, .capacity = capacity};
    return MP_OK;
}

void ring_unmap(struct ring *r)
{
    if (r->control)
        munmap(r->control, RING_CONTROL_BYTES + 2 * r->capacity);
    *r = (struct ring){0};
}

/* Look at the consumer's position again. False when it makes no sense. */
static bool refresh_tail(struct ring *r)
{
    uint64_t tail = atomic_load_explicit(&r->control->tail, memory_order_acquire);
    if (tail < r->tail || tail > r->head || tail % RING_ALIGN != 0)
        return false;
    r->tail = tail;
    return true;
}

static size_t room_seen(const struct ring *r)
{
    size_t free_bytes = r->capacity - (size_t)(r->head - r->tail);
    return free_bytes <= sizeof(struct ring_header) ? 0 : free_bytes - sizeof(struct ring_header);
}

size_t ring_room(struct ring *r)
{
    return refresh_tail(r) ? room_seen(r) : 0;
}

enum mp_status ring_reserve(struct ring *r, size_t len, uint32_t kind, uint64_t id, void **data)
{
    if (footprint(len) > r->capacity - (size_t)(r->head - r->tail)) {
        if (!refresh_tail(r))
            return MP_PROTOCOL;
        if (footprint(len) > r->capacity - (size_t)(r->head - r->tail))
            return MP_FULL;
    }
    struct ring_header *header = at(r, r->head);
    atomic_store_explicit(&header->kind, kind, memory_order_relaxed);
    header->id = id;
    *data = header + 1;
    return MP_OK;
}

void ring_commit(struct ring *r, size_t len)
{
    struct ring_header *header = at(r, r->head);
    header->len = (uint32_t)len;
    r->head += footprint(len);
    atomic_store_explicit(&r->control->head, r->head, memory_order_release);
}

bool ring_must_wake_consumer(struct ring *r)
{
    return atomic_exchange(&r->control->consumer_asleep, 0) != 0;
}

bool ring_producer_arm(struct ring *r, size_t len)
{
    atomic_exchange(&r->control->producer_asleep, 1);
    if (!refresh_tail(r) || footprint(len) > r->capacity - (size_t)(r->head - r->tail))
        return true;
    atomic_store_explicit(&r->control->producer_asleep, 0, memory_order_relaxed);
    return false;
}

/* Look at the producer's position again. False when it makes no sense. */
static bool refresh_head(struct ring *r)
{
    uint64_t head = atomic_load_explicit(&r->control->head, memory_order_acquire);
    if (head < r->head || head - r->tail > r->capacity || head % RING_ALIGN != 0)
        return false;
    r->head = head;
    return true;
}

static enum mp_status message_at_tail(struct ring *r, uint64_t available, struct ring_message *m)
{
    struct ring_header *header = at(r, r->tail);
    uint32_t len = *(volatile uint32_t *)&header->len;
    if (available < sizeof *header || len > r->capacity || footprint(len) > available)
        return MP_PROTOCOL;
    *m = (struct ring_message){
        .header = header,
        .data = header + 1,
        .len = len,
        .kind = atomic_load_explicit(&header->kind, memory_order_relaxed),
        .id = *(volatile uint64_t *)&header->id,
        .start = r->tail,
    };
    return MP_OK;
}

enum mp_status ring_peek(struct ring *r, struct ring_message *m)
{
    if (r->tail == r->head) {
        if (!refresh_head(r))
            return MP_PROTOCOL;
        if (r->tail == r->head)
            return MP_EMPTY;
    }
    return message_at_tail(r, r->head - r->tail, m);
}

void ring_advance(struct ring *r, const struct ring_message *m)
{
    r->tail = m->start + footprint(m->len);
}

void ring_release(struct ring *r, uint64_t position)
{
    atomic_store_explicit(&r->control->tail, position, memory_order_release);
}

/* The side that waits may write either word; then it harms itself alone. */
bool ring_must_wake_producer(struct ring *r)
{
    uint64_t tail = atomic_load_explicit(&r->control->tail, memory_order_relaxed);
    uint64_t used = atomic_load_explicit(&r->control->head, memory_order_relaxed) - tail;
    return used <= r->capacity / 2 && atomic_exchange(&r->control->producer_asleep, 0) != 0;
}

bool ring_consumer_arm(struct ring *r)
{
    atomic_exchange(&r->control->consumer_asleep, 1);
    /* An impossible head counts as something there: the next peek reports it. */
    if (refresh_head(r) && r->head == r->tail)
        return true;
    atomic_store_explicit(&r->control->consumer_asleep, 0, memory_order_relaxed);
    return false;
}

enum mp_status ring_salvage(struct ring *r, struct ring_message *m)
{
    uint64_t draft = atomic_load_explicit(&r->control->draft, memory_order_acquire);
    if (draft <= r->head || r->tail != r->head)
        return MP_EMPTY;
    uint64_t len = draft - r->head - sizeof(struct ring_header);
    if (draft - r->head < sizeof(struct ring_header) || len > r->capacity || footprint((size_t)len) > r->capacity)
        return MP_PROTOCOL;
    r->head += footprint((size_t)len);
    struct ring_header *header = at(r, r->tail);
    *m = (struct ring_message){
        .header = header,
        .data = header + 1,
        .len = (uint32_t)len,
        .kind = atomic_load_explicit(&header->kind, memory_order_relaxed),
        .id = *(volatile uint64_t *)&header->id,
        .start = r->tail,
    };
    return MP_OK;
}
