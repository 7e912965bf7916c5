/* The driver. A round waits for events, takes in new tasks, reads answers, buries and replaces workers, and gives out
 * what waits. A turn of a driven pool is rounds until nothing is left; the pool's thread does rounds until the pool is
 * over.
 *
 * A result ring that was found empty is armed: the worker rings for the next message. The thread leaves the rings
 * unarmed while there is much to do and naps instead, so that workers with short tasks need no system call for each. */
#include "multiproc/pool_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>

enum { EVENTS = 64, MESSAGES_A_ROUND = 512, BUSY = 32, NAP_NS = 50 * 1000, ROUNDS_A_TURN = 8 };

bool pool_is_driver(const struct mp_pool *pool)
{
    return !pool->has_thread || pthread_equal(pthread_self(), pool->thread);
}

static void wait_for_events(struct mp_pool *pool, int64_t wait_ns)
{
    struct epoll_event events[EVENTS];
    const struct timespec wait = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
    int n = epoll_pwait2(pool->epoll, events, EVENTS, wait_ns < 0 ? NULL : &wait, NULL);
    bool reports = pool->nursery_silent, ticked = false;
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 < pool->options.workers)
            workers_activate(pool, &pool->slots[events[i].data.u64]);
        else if (events[i].data.u64 == UINT64_MAX)
            reports = true;
        else if (events[i].data.u64 == TICKER_EVENT)
            ticked = true;
    }
    if (reports)
        workers_reports(pool);
    if (ticked && pool->phase != PHASE_OVER)
        watch_tick(pool);
}

static void read_active(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->active_count; i++) {
        struct slot *slot = pool->active[i];
        if (!slot->link || slot->condemned)
            continue;
        enum mp_status status = answers_read(pool, slot, MESSAGES_A_ROUND);
        if (pool->phase == PHASE_OVER)
            return;
        if (status != MP_OK && status != MP_EMPTY)
            slot->condemned = true;
    }
    unsigned left = 0;
    for (unsigned i = 0; i < pool->active_count; i++) {
        struct slot *slot = pool->active[i];
        slot->active = slot->link != NULL;
        if (slot->active)
            pool->active[left++] = slot;
    }
    pool->active_count = left;
}

/* All tasks have ended, and no more can come: let the workers leave, and when they have left, end. */
static void wind_up(struct mp_pool *pool)
{
    if (pool->phase != PHASE_CLOSING || atomic_load(&pool->ended) != pool->submitted)
        return;
    dispatch_no_more(pool);
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->link && slot->unflushed)
            link_flush_tasks(slot->link);
        slot->unflushed = false;
        if (slot->alive)
            return;
    }
    workers_end(pool, MP_CANCELLED);
    pool->done++;
}

static void work(struct mp_pool *pool)
{
    pool->done += inbox_take(pool);
    if (pool->phase == PHASE_TERMINATING || pool->broken) {
        workers_end(pool, pool->broken ? MP_WORKER_LOST : MP_CANCELLED);
        return;
    }
    dispatch_accept(pool);
    if (pool->phase != PHASE_OVER)
        read_active(pool);
    if (pool->phase != PHASE_OVER)
        workers_sweep(pool);
    if (pool->phase == PHASE_OVER)
        return;
    workers_spawn(pool);
    dispatch(pool);
    watch_keep(pool);
    wind_up(pool);
}

size_t pool_round(struct mp_pool *pool, int64_t wait_ns)
{
    if (pool->phase == PHASE_OVER)
        return 0;
    pool->depth++;
    pool->done = 0;
    wait_for_events(pool, wait_ns);
    pool->now_ns = clock_ns();
    if (pool->phase != PHASE_OVER)
        work(pool);
    if (--pool->depth == 0)
        workers_bury(pool);
    return pool->done;
}

/* Arm the rings that are not. False: there is something to do. */
static bool settle(struct mp_pool *pool)
{
    unsigned left = 0;
    bool condemned = false;
    for (unsigned i = 0; i < pool->options.workers; i++)
        condemned |= pool->slots[i].link && pool->slots[i].condemned;
    for (unsigned i = 0; i < pool->active_count; i++) {
        struct slot *slot = pool->active[i];
        slot->active = slot->link && !ring_consumer_arm(&slot->link->results);
        if (slot->active)
            pool->active[left++] = slot;
    }
    pool->active_count = left;
    return left == 0 && !condemned && !pool->broken && !pool->nursery_silent && inbox_arm(pool);
}

void *pool_thread(void *context)
{
    struct mp_pool *pool = context;
    int64_t wait_ns = 0;
    prctl(PR_SET_TIMERSLACK, 1);
    while (pool->phase != PHASE_OVER) {
        if (pool_round(pool, wait_ns) >= BUSY)
            wait_ns = NAP_NS;
        else
            wait_ns = settle(pool) ? -1 : 0;
    }
    return NULL;
}

enum mp_status mp_pool_turn(struct mp_pool *pool, int timeout_ms)
{
    if (pool->has_thread || pool->depth > 0)
        return MP_INVALID;
    size_t done = pool_round(pool, 0);
    bool settled = settle(pool);
    if (done == 0 && settled && timeout_ms != 0 && pool->phase != PHASE_OVER) {
        done = pool_round(pool, timeout_ms < 0 ? -1 : (int64_t)timeout_ms * 1000000);
        settled = settle(pool);
    }
    for (int i = 0; !settled && i < ROUNDS_A_TURN && pool->phase != PHASE_OVER; i++) {
        done += pool_round(pool, 0);
        settled = settle(pool);
    }
    if (!settled && pool->phase != PHASE_OVER)
        inbox_ring(pool);
    if (pool->broken) {
        errno = pool->spawn_errno;
        return MP_SYSTEM;
    }
    return done ? MP_OK : MP_TIMEOUT;
}
