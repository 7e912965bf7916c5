/* Who waits for whom on a queue. The state is guarded by a robust mutex; whoever must wait sleeps on the word of a bell
 * and not on a condition variable, which loses signals when a sleeper is killed. */
#include "multiproc/queue.h"

#include "base/clock.h"
#include "queue_ring.h"
#include "shared_mutex.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    PAGE_BYTES = 64 * 1024, /* a multiple of the page size of any machine */
    LOCK_PATIENCE_MS = 1000
};
#define DEFAULT_CAPACITY ((size_t)1 << 30)

/* AWAITED is set by who goes to sleep and cleared by who wakes all; a sleeper that is killed leaves it set, which costs
 * one system call. Guarded by the mutex, but for the word that the kernel compares. */
struct bell {
    _Atomic uint32_t rung;
    uint32_t awaited;
};

struct queue_shared {
    pthread_mutex_t mutex;
    struct bell item;     /* a message was put */
    struct bell room;     /* a message was taken */
    struct bell all_done; /* no task is unfinished */
    struct queue_ring ring;
};

struct mp_queue {
    struct queue_shared *shared;
    unsigned char *data; /* of the ring, in the same mapping */
    size_t mapped_bytes;
    _Atomic bool closed; /* in this process */
};

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

enum mp_status mp_queue_new(const struct mp_queue_options *options, struct mp_queue **queue)
{
    size_t capacity = options && options->capacity_bytes ? options->capacity_bytes : DEFAULT_CAPACITY;
    if (capacity > (size_t)PTRDIFF_MAX / 2)
        return MP_INVALID;
    capacity = round_up(capacity, 2 * RECORD_ALIGN);
    struct mp_queue *q = calloc(1, sizeof(*q));
    if (!q)
        return MP_NO_MEMORY;
    enum mp_status status = MP_SYSTEM;
    size_t head = round_up(sizeof(*q->shared), PAGE_BYTES);
    q->mapped_bytes = head + round_up(capacity, PAGE_BYTES);
    q->shared = shared_memory_new(q->mapped_bytes);
    if (!q->shared || (status = shared_mutex_init(&q->shared->mutex)) != MP_OK) {
        mp_queue_free(q);
        return status;
    }
    q->data = (unsigned char *)q->shared + head;
    q->shared->ring.capacity = capacity;
    q->shared->ring.max_items = options ? options->max_items : 0;
    *queue = q;
    return MP_OK;
}

static void futex_wait(_Atomic uint32_t *word, uint32_t seen, int64_t deadline_ms)
{
    struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
    syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, deadline_ms < 0 ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* Called before the commit of what is announced, with the mutex held: the sleepers wake up to wait for the mutex, which
 * the kernel takes from a holder that is killed. After the commit, a kill would leave a message that nobody wakes up
 * for. */
static void ring_bell(struct bell *bell)
{
    if (!bell->awaited)
        return;
    atomic_fetch_add(&bell->rung, 1);
    syscall(SYS_futex, &bell->rung, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    bell->awaited = 0;
}

static enum mp_status lock_until(struct mp_queue *q, int64_t deadline_ms)
{
    bool abandoned; /* what the dead left is whole: see queue_ring.h */
    return shared_mutex_lock(&q->shared->mutex, deadline_ms, &abandoned);
}

static void unlock(struct mp_queue *q)
{
    shared_mutex_unlock(&q->shared->mutex);
}

/* Take the mutex for a call that may use the queue. The mutex is held for the length of a copy; a call that may not
 * wait for messages still waits for that, but not for a process that was stopped while it held the mutex. */
static enum mp_status enter(struct mp_queue *q, int64_t deadline_ms)
{
    if (atomic_load(&q->closed))
        return MP_CLOSED;
    if (deadline_ms >= 0 && deadline_left_ms(deadline_ms) < LOCK_PATIENCE_MS)
        deadline_ms = deadline_after(LOCK_PATIENCE_MS);
    enum mp_status status = lock_until(q, deadline_ms);
    if (status == MP_OK && atomic_load(&q->closed)) {
        unlock(q);
        status = MP_CLOSED;
    }
    return status;
}

typedef bool condition_fn(const struct queue_ring *ring, uint64_t cost);

/* Enter, and wait for BELL until CONDITION holds. On MP_OK the mutex is held. MP_TIMEOUT when it never held in time. */
static enum mp_status enter_when(struct mp_queue *q, condition_fn *condition, uint64_t cost, struct bell *bell,
                                 int timeout_ms)
{
    int64_t deadline = deadline_after(timeout_ms);
    for (;;) {
        enum mp_status status = enter(q, deadline);
        if (status != MP_OK || condition(&q->shared->ring, cost))
            return status;
        bool late = deadline_left_ms(deadline) == 0;
        bell->awaited = !late || bell->awaited;
        uint32_t seen = atomic_load(&bell->rung);
        unlock(q);
        if (late)
            return MP_TIMEOUT;
        futex_wait(&bell->rung, seen, deadline);
    }
}

enum mp_status mp_queue_put(struct mp_queue *queue, const void *msg, size_t len, int timeout_ms)
{
    struct queue_shared *s = queue->shared;
    uint64_t cost = queue_ring_cost(&s->ring, len);
    if (!cost)
        return atomic_load(&queue->closed) ? MP_CLOSED : MP_TOO_BIG;
    enum mp_status status = enter_when(queue, queue_ring_has_room, cost, &s->room, timeout_ms);
    if (status != MP_OK)
        return status == MP_TIMEOUT ? MP_FULL : status;
    queue_ring_draft_put(&s->ring, queue->data, msg, len);
    ring_bell(&s->item);
    queue_ring_commit(&s->ring);
    unlock(queue);
    return MP_OK;
}

static bool has_item(const struct queue_ring *ring, uint64_t cost)
{
    (void)cost;
    return queue_ring_state(ring)->items > 0;
}

static enum mp_status enter_with_item(struct mp_queue *q, int timeout_ms)
{
    enum mp_status status = enter_when(q, has_item, 0, &q->shared->item, timeout_ms);
    return status == MP_TIMEOUT ? MP_EMPTY : status;
}

/* Remove the oldest message, which has been copied. */
static void consume(struct mp_queue *q, size_t len)
{
    struct queue_shared *s = q->shared;
    uint64_t from = queue_ring_state(&s->ring)->head;
    queue_ring_draft_get(&s->ring, len);
    ring_bell(&s->room);
    queue_ring_commit(&s->ring);
    queue_ring_trim(&s->ring, q->data, from, from + queue_ring_cost(&s->ring, len));
}

enum mp_status mp_queue_get(struct mp_queue *queue, void *buffer, size_t size, size_t *len, int timeout_ms)
{
    enum mp_status status = enter_with_item(queue, timeout_ms);
    if (status != MP_OK)
        return status;
    *len = queue_ring_peek(&queue->shared->ring, queue->data);
    if (*len <= size) {
        queue_ring_copy(&queue->shared->ring, queue->data, buffer, *len);
        consume(queue, *len);
    } else {
        status = MP_TOO_BIG;
    }
    unlock(queue);
    return status;
}

enum mp_status mp_queue_take(struct mp_queue *queue, char **msg, size_t *len, int timeout_ms)
{
    enum mp_status status = enter_with_item(queue, timeout_ms);
    if (status != MP_OK)
        return status;
    size_t n = queue_ring_peek(&queue->shared->ring, queue->data);
    char *copy = malloc(n + 1);
    if (copy) {
        queue_ring_copy(&queue->shared->ring, queue->data, copy, n);
        consume(queue, n);
        copy[n] = '\0';
        *msg = copy;
        if (len)
            *len = n;
    } else {
        status = MP_NO_MEMORY;
    }
    unlock(queue);
    return status;
}

enum mp_status mp_queue_task_done(struct mp_queue *queue)
{
    struct queue_ring *ring = &queue->shared->ring;
    enum mp_status status = enter(queue, -1);
    if (status != MP_OK)
        return status;
    uint64_t unfinished = queue_ring_state(ring)->unfinished;
    if (unfinished > 0) {
        queue_ring_draft_done(ring);
        if (unfinished == 1)
            ring_bell(&queue->shared->all_done);
        queue_ring_commit(ring);
    } else {
        status = MP_INVALID;
    }
    unlock(queue);
    return status;
}

static bool is_all_done(const struct queue_ring *ring, uint64_t cost)
{
    (void)cost;
    return queue_ring_state(ring)->unfinished == 0;
}

enum mp_status mp_queue_join(struct mp_queue *queue, int timeout_ms)
{
    enum mp_status status = enter_when(queue, is_all_done, 0, &queue->shared->all_done, timeout_ms);
    if (status == MP_OK)
        unlock(queue);
    return status;
}

enum mp_status mp_queue_size(struct mp_queue *queue, size_t *items)
{
    enum mp_status status = enter(queue, -1);
    if (status == MP_OK) {
        *items = queue_ring_state(&queue->shared->ring)->items;
        unlock(queue);
    }
    return status;
}

enum mp_status mp_queue_is_empty(struct mp_queue *queue, bool *empty)
{
    size_t items;
    enum mp_status status = mp_queue_size(queue, &items);
    if (status == MP_OK)
        *empty = items == 0;
    return status;
}

enum mp_status mp_queue_is_full(struct mp_queue *queue, bool *full)
{
    enum mp_status status = enter(queue, -1);
    if (status == MP_OK) {
        *full = queue_ring_is_full(&queue->shared->ring);
        unlock(queue);
    }
    return status;
}

void mp_queue_close(struct mp_queue *queue)
{
    if (atomic_exchange(&queue->closed, true) || lock_until(queue, -1) != MP_OK)
        return;
    ring_bell(&queue->shared->item);
    ring_bell(&queue->shared->room);
    ring_bell(&queue->shared->all_done);
    unlock(queue);
}

void mp_queue_free(struct mp_queue *queue)
{
    if (!queue)
        return;
    int error = errno;
    if (queue->shared)
        munmap(queue->shared, queue->mapped_bytes);
    free(queue);
    errno = error;
}
