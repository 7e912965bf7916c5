/* The watch over workers that neither answer nor die: they spin for ever, or were stopped.
 *
 * A worker raises its pulse whenever it comes by. The driver looks at ticks, and kills who owes something and has the
 * pulse of TICKS ticks before. It counts ticks and not time: the ticker goes once and is wound up again by a driver
 * that runs, so when all were stopped together, or the driver itself was held up, that is one tick, and the workers
 * have the others to show that they are back.
 *
 * Everything that is read here was written by a worker. One that lies keeps itself from being killed, no more. */
#include "multiproc/pool_internal.h"

#include <sys/timerfd.h>

enum { TICKS = 8 };

static bool is_anything_owed(const struct mp_pool *pool)
{
    return atomic_load(&pool->ended) != pool->submitted;
}

static bool owes(const struct mp_pool *pool, const struct slot *slot)
{
    return slot->held.count > 0 || slot->leaving || (!slot->ready && is_anything_owed(pool));
}

/* Whether what it sent was not read yet, and may be all that it owes. It may have had no time to ring for that, so it
 * is read in this round. */
static bool has_unread(struct mp_pool *pool, struct slot *slot)
{
    const struct ring *results = &slot->link->results;
    if (atomic_load_explicit(&results->control->head, memory_order_relaxed) == results->tail)
        return false;
    workers_activate(pool, slot);
    return true;
}

static bool waits_for_room(const struct slot *slot)
{
    return atomic_load_explicit(&slot->link->results.control->producer_asleep, memory_order_relaxed) != 0;
}

/* Whether there is nothing to say against the worker, or the next move is ours. */
static bool is_fine(struct mp_pool *pool, struct slot *slot)
{
    const uint64_t before = slot->pulse;
    if (!slot->link)
        return true;
    struct ring_control *control = slot->link->results.control;
    slot->pulse = atomic_load_explicit(&control->pulse, memory_order_relaxed) +
                  atomic_load_explicit(&control->mark, memory_order_relaxed); /* a new item is a sign, too */
    return slot->pulse != before || !owes(pool, slot) || has_unread(pool, slot) || waits_for_room(slot);
}

/* A death that is not reported either is the nursery's fault, which may have been stopped, or the kernel's: the nursery
 * is replaced, and its workers with it. */
static void look_at(struct mp_pool *pool, struct slot *slot)
{
    const bool killed = slot->silenced || slot->condemned;
    if (!slot->alive || (!killed && is_fine(pool, slot))) {
        slot->silent_ticks = 0;
        return;
    }
    if (++slot->silent_ticks < TICKS)
        return;
    if (killed) {
        pool->nursery_silent = true;
    } else {
        slot->silenced = true;
        workers_kill(pool, slot);
    }
}

void watch_tick(struct mp_pool *pool)
{
    pool->ticks = false;
    for (unsigned i = 0; i < pool->options.workers; i++)
        look_at(pool, &pool->slots[i]);
}

void watch_keep(struct mp_pool *pool)
{
    if (!pool->options.silence_ms || pool->ticks || (!is_anything_owed(pool) && pool->phase == PHASE_OPEN))
        return;
    const int64_t ns = (int64_t)pool->options.silence_ms * 1000000 / TICKS;
    const struct itimerspec when = {.it_value = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000}};
    pool->ticks = timerfd_settime(pool->ticker, 0, &when, NULL) == 0;
}
