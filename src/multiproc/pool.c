#include "multiproc/pool_internal.h"

#include "base/quiet_thread.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    TASK_RING_DEFAULT = 256 * 1024,
    TASK_RING_LEAST = 128 * 1024,
    RESULT_RING_DEFAULT = 2 * 1024 * 1024,
    RESULT_RING_LEAST = 512 * 1024,
    RING_MOST = 1 << 30,
    WORKERS_MOST = 10000,
};

/* ---- Creation ---- */

static bool is_ring_size(size_t bytes, size_t least)
{
    return bytes >= least && bytes <= RING_MOST && (bytes & (bytes - 1)) == 0;
}

static bool complete(struct mp_pool_options *options)
{
    if (options->workers == 0) {
        long online = sysconf(_SC_NPROCESSORS_ONLN);
        options->workers = online > 0 ? (unsigned)online : 1;
    }
    if (options->task_ring_bytes == 0)
        options->task_ring_bytes = TASK_RING_DEFAULT;
    if (options->result_ring_bytes == 0)
        options->result_ring_bytes = RESULT_RING_DEFAULT;
    return options->workers <= WORKERS_MOST && is_ring_size(options->task_ring_bytes, TASK_RING_LEAST) &&
           is_ring_size(options->result_ring_bytes, RESULT_RING_LEAST);
}

static void close_link(const struct link *link)
{
    close(link->bell);
    close(link->rung);
}

/* Context: a new nursery. The rings are not mapped in it; these would be left. */
static void close_in_nursery(void *context)
{
    struct mp_pool *pool = context;
    close(pool->epoll);
    close(pool->wake);
    close(pool->timer);
    close(pool->ticker);
    for (unsigned i = 0; i < pool->options.workers; i++)
        if (pool->slots[i].link)
            close_link(pool->slots[i].link);
    for (const struct link *link = pool->graveyard; link; link = link->next)
        close_link(link);
}

static bool watch(struct mp_pool *pool, int fd, uint32_t events, uint64_t data)
{
    struct epoll_event event = {.events = events, .data.u64 = data};
    return epoll_ctl(pool->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static enum mp_status allocate(struct mp_pool *pool)
{
    pool->slots = calloc(pool->options.workers, sizeof *pool->slots);
    pool->active = calloc(pool->options.workers, sizeof *pool->active);
    if (!pool->slots || !pool->active || !inbox_init(&pool->inbox))
        return MP_NO_MEMORY;
    for (unsigned i = 0; i < pool->options.workers; i++)
        pool->slots[i].index = i;
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pool->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    pool->ticker = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (pool->epoll < 0 || pool->wake < 0 || pool->timer < 0 || pool->ticker < 0)
        return MP_SYSTEM;
    bool watched = watch(pool, pool->wake, EPOLLIN | EPOLLET, UINT64_MAX - 1) &&
                   watch(pool, pool->timer, EPOLLIN | EPOLLET, UINT64_MAX - 2) &&
                   watch(pool, pool->ticker, EPOLLIN | EPOLLET, TICKER_EVENT);
    return watched ? MP_OK : MP_SYSTEM;
}

/* Fork the nursery and, through it, the workers; the first failure ends it. */
static enum mp_status populate(struct mp_pool *pool)
{
    pool->plan = (struct nursery_plan){&pool->options, close_in_nursery, pool};
    enum mp_status status = nursery_start(&pool->nursery, &pool->plan);
    if (status != MP_OK)
        return status;
    if (!watch(pool, pool->nursery.control, EPOLLIN, UINT64_MAX))
        return MP_SYSTEM;
    unsigned running = 0;
    for (int64_t wait_ns = 0; running < pool->options.workers; wait_ns = pool->nursery_silent ? 0 : -1) {
        pool_round(pool, wait_ns);
        running = 0;
        for (unsigned i = 0; i < pool->options.workers; i++)
            running += atomic_load(&pool->slots[i].pid) != 0 || pool->slots[i].serial > 1;
        if (pool->failures || pool->broken) {
            errno = pool->spawn_errno;
            return MP_SYSTEM;
        }
    }
    return MP_OK;
}

/* Signals are the business of the caller's threads. */
static enum mp_status start_thread(struct mp_pool *pool)
{
    pool->has_thread = true;
    int error = quiet_thread_start(&pool->thread, "multiproc-pool", pool_thread, pool);
    pool->has_thread = error == 0;
    errno = error;
    return error == 0 ? MP_OK : MP_SYSTEM;
}

/* Free a pool whose workers and thread are gone. */
static void release(struct mp_pool *pool)
{
    const int fds[] = {pool->epoll, pool->wake, pool->timer, pool->ticker};
    workers_bury(pool);
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    for (unsigned i = 0; pool->slots && i < pool->options.workers; i++)
        buffer_release(&pool->slots[i].pieces);
    inbox_release(&pool->inbox);
    free(pool->slots);
    free(pool->active);
    free(pool);
}

enum mp_status mp_pool_new(const struct mp_pool_options *options, struct mp_pool **out)
{
    struct mp_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return MP_NO_MEMORY;
    if (options)
        pool->options = *options;
    pool->epoll = pool->wake = pool->timer = pool->ticker = pool->nursery.control = -1;
    if (!complete(&pool->options)) {
        free(pool);
        return MP_INVALID;
    }
    enum mp_status status = allocate(pool);
    if (status == MP_OK)
        status = populate(pool);
    if (status == MP_OK && !pool->options.driven)
        status = start_thread(pool);
    if (status == MP_OK) {
        *out = pool;
        return MP_OK;
    }
    int saved = errno;
    if (pool->nursery.pid)
        workers_end(pool, MP_CANCELLED);
    release(pool);
    errno = saved;
    return status;
}

/* ---- The end ---- */

/* Move on to PHASE, never back, and let the driver know. Returns the phase before. */
static enum phase advance(struct mp_pool *pool, enum phase phase)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    enum phase before = inbox->phase;
    if (before < phase)
        inbox->phase = phase;
    inbox->asleep = false;
    pthread_mutex_unlock(&inbox->lock);
    if (before < phase)
        inbox_ring(pool);
    return before;
}

void mp_pool_close(struct mp_pool *pool)
{
    advance(pool, PHASE_CLOSING);
}

static void await_end(struct mp_pool *pool)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    while (inbox->phase != PHASE_OVER)
        pthread_cond_wait(&inbox->over, &inbox->lock);
    pthread_mutex_unlock(&inbox->lock);
}

void mp_pool_terminate(struct mp_pool *pool)
{
    if (!pool_is_driver(pool)) {
        advance(pool, PHASE_TERMINATING);
        await_end(pool);
    } else if (pool->phase != PHASE_OVER) {
        workers_end(pool, MP_CANCELLED);
        if (pool->depth == 0)
            workers_bury(pool);
    }
}

enum mp_status mp_pool_join(struct mp_pool *pool)
{
    struct inbox *inbox = &pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    bool running = inbox->phase == PHASE_OPEN;
    pthread_mutex_unlock(&inbox->lock);
    if (running)
        return MP_RUNNING;
    if (!pool->has_thread) {
        while (pool->phase != PHASE_OVER && pool->depth == 0)
            mp_pool_turn(pool, -1);
        return pool->phase == PHASE_OVER ? MP_OK : MP_DEADLOCK;
    }
    if (pool_is_driver(pool))
        return MP_DEADLOCK;
    await_end(pool);
    pthread_mutex_lock(&inbox->lock);
    bool first = !inbox->joined;
    inbox->joined = true;
    pthread_mutex_unlock(&inbox->lock);
    if (first)
        pthread_join(pool->thread, NULL);
    return MP_OK;
}

void mp_pool_free(struct mp_pool *pool)
{
    if (!pool)
        return;
    mp_pool_terminate(pool);
    mp_pool_join(pool);
    release(pool);
}

/* ---- Inspection ---- */

unsigned mp_pool_workers(const struct mp_pool *pool)
{
    return pool->options.workers;
}

pid_t mp_pool_worker_pid(struct mp_pool *pool, unsigned slot)
{
    return slot < pool->options.workers ? atomic_load(&pool->slots[slot].pid) : 0;
}

int mp_pool_fd(const struct mp_pool *pool)
{
    return pool->epoll;
}

size_t mp_pool_pending(const struct mp_pool *pool)
{
    struct inbox *inbox = (struct inbox *)&pool->inbox;
    pthread_mutex_lock(&inbox->lock);
    uint64_t submitted = inbox->submitted;
    pthread_mutex_unlock(&inbox->lock);
    return (size_t)(submitted - atomic_load_explicit(&pool->ended, memory_order_acquire));
}
