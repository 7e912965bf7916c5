/* Births and deaths.
 *
 * A slot's life: empty; asked for (alive, with a link); running (its pid is known), ready (the initializer has run);
 * perhaps leaving or condemned; dead, and empty again. A life has a serial number, so that a late report cannot be
 * taken for one of the next life's. */
#include "multiproc/pool_internal.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { STARTING_MAX = 32, FAILURES_MAX = 8, RETRY_MS = 20, RETRY_MS_MAX = 1000, GONE_MS = 1000 };

void workers_bury(struct mp_pool *pool)
{
    while (pool->graveyard) {
        struct link *link = pool->graveyard;
        pool->graveyard = link->next;
        link_retire(link);
    }
}

void workers_activate(struct mp_pool *pool, struct slot *slot)
{
    if (!slot->active)
        pool->active[pool->active_count++] = slot;
    slot->active = true;
}

static void drop_link(struct mp_pool *pool, struct slot *slot)
{
    struct link *link = slot->link;
    epoll_ctl(pool->epoll, EPOLL_CTL_DEL, link->rung, NULL);
    link->next = pool->graveyard;
    pool->graveyard = link;
    slot->link = NULL;
    slot->hold = NULL;
    slot->ready = false;
    atomic_store(&slot->pid, 0);
    if (slot->pieces.data)
        buffer_clear(&slot->pieces);
}

/* ---- Births ---- */

static void retry_later(struct mp_pool *pool)
{
    const int64_t now_ns = clock_ns();
    pool->failures++;
    int64_t ms = RETRY_MS << (pool->failures < 7 ? pool->failures : 6);
    if (ms > RETRY_MS_MAX)
        ms = RETRY_MS_MAX;
    const struct itimerspec when = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}};
    timerfd_settime(pool->timer, 0, &when, NULL);
    pool->retry_ns = now_ns + ms * 1000000;
}

static bool anybody_alive(const struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++)
        if (pool->slots[i].alive)
            return true;
    return false;
}

static void birth_failed(struct mp_pool *pool, int error)
{
    pool->spawn_errno = error;
    retry_later(pool);
    if (pool->failures >= FAILURES_MAX && !anybody_alive(pool))
        pool->broken = true;
}

static void begin_life(struct slot *slot, struct link *link)
{
    slot->link = link;
    slot->alive = true;
    slot->ready = slot->leaving = slot->condemned = slot->silenced = slot->fruitful = slot->unflushed = false;
    slot->given = 0;
    slot->finished = 0;
    slot->window = WINDOW_FIRST;
    slot->pulse = slot->silent_ticks = 0;
}

static bool spawn(struct mp_pool *pool, struct slot *slot)
{
    int theirs[LINK_FDS];
    struct link *link;
    enum mp_status status = link_new(pool->options.task_ring_bytes, pool->options.result_ring_bytes, &link, theirs);
    if (status != MP_OK) {
        birth_failed(pool, status == MP_NO_MEMORY ? ENOMEM : errno);
        return false;
    }
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = slot->index};
    slot->serial++;
    bool asked = epoll_ctl(pool->epoll, EPOLL_CTL_ADD, link->rung, &event) == 0;
    int error = errno;
    if (asked && nursery_spawn(&pool->nursery, slot->index, slot->serial, theirs) != MP_OK) {
        error = errno;
        asked = false;
        pool->nursery_silent = true;
    }
    for (int i = 0; i < LINK_FDS; i++)
        close(theirs[i]);
    if (!asked) {
        link_retire(link);
        birth_failed(pool, error);
        return false;
    }
    begin_life(slot, link);
    pool->starting++;
    /* The ring starts out unarmed: look at it in each round until it was found empty. */
    workers_activate(pool, slot);
    return true;
}

void workers_spawn(struct mp_pool *pool)
{
    if (pool->now_ns < pool->retry_ns || (pool->phase == PHASE_CLOSING && atomic_load(&pool->ended) == pool->submitted))
        return;
    for (unsigned i = 0; i < pool->options.workers && pool->starting < STARTING_MAX; i++) {
        struct slot *slot = &pool->slots[i];
        if (!slot->alive && !spawn(pool, slot))
            return;
    }
}

/* ---- Deaths ---- */

/* The item that was running is blamed and goes alone; the rest of its range had no part in it. */
static void blame_range(struct mp_pool *pool, struct task *task, int wait_status)
{
    struct job *job = task->as.range.job;
    struct task *rest = task->as.range.count > 1 ? task_new(pool) : NULL;
    if (rest) {
        rest->work = WORK_RANGE;
        rest->as.range.job = job;
        rest->as.range.first = task->as.range.first + 1;
        rest->as.range.count = task->as.range.count - 1;
        task->as.range.count = 1;
        list_prepend(&pool->queue, rest);
    }
    if (++task->deaths < MP_DEATHS)
        list_prepend(&pool->queue, task);
    else
        finish_task(pool, task, MP_WORKER_LOST, wait_status);
}

static void blame(struct mp_pool *pool, struct task *task, int wait_status)
{
    if (task->work == WORK_RANGE)
        blame_range(pool, task, wait_status);
    else if (++task->deaths < MP_DEATHS)
        list_prepend(&pool->queue, task);
    else
        finish_task(pool, task, MP_WORKER_LOST, wait_status);
}

/* Whether the first task that the worker holds was running. What a worker that broke the rules says of that is no
 * use. */
static bool was_running(const struct slot *slot)
{
    uint64_t begun = atomic_load_explicit(&slot->link->results.control->mark, memory_order_relaxed);
    return slot->held.first && (slot->condemned || begun > slot->finished);
}

/* Everything but a first task that was running goes back to the front of the queue, in order. */
static void give_back_held(struct mp_pool *pool, struct slot *slot, int wait_status)
{
    struct task *running = was_running(slot) ? slot->held.first : NULL;
    while (slot->held.last) {
        struct task *task = slot->held.last;
        list_remove(&slot->held, task);
        task->holder = NULL;
        if (task != running)
            list_prepend(&pool->queue, task);
    }
    drop_link(pool, slot);
    if (running) {
        slot->fruitful = true;
        blame(pool, running, wait_status);
    }
}

static void move_all(struct task_list *to, struct task_list *from)
{
    struct task *task;
    while ((task = list_pop(from)))
        list_append(to, task);
}

/* A callback may terminate the pool: then that ends the rest. */
static void end_dying(struct mp_pool *pool, enum mp_status status, int code)
{
    struct task *task;
    while ((task = list_pop(&pool->dying))) {
        task->holder = NULL;
        finish_task(pool, task, status, code);
    }
}

static void lose_held(struct mp_pool *pool, struct slot *slot, int wait_status)
{
    drop_link(pool, slot);
    move_all(&pool->dying, &slot->held);
    end_dying(pool, MP_WORKER_LOST, wait_status);
}

static void take_everything(struct mp_pool *pool, struct slot *slot, int wait_status)
{
    if (pool->options.executor)
        lose_held(pool, slot, wait_status);
    else
        give_back_held(pool, slot, wait_status);
}

static void died(struct mp_pool *pool, struct slot *slot, int wait_status)
{
    struct link *link = slot->link;
    if (slot->silenced)
        wait_status = MP_SILENT;
    if (link && !slot->condemned)
        answers_read_last(pool, slot);
    if (pool->phase == PHASE_OVER)
        return;
    if (link)
        take_everything(pool, slot, wait_status);
    if (pool->phase == PHASE_OVER)
        return;
    slot->alive = false;
    if (!slot->fruitful && !slot->leaving && ++pool->fruitless >= FRUITLESS_MAX)
        pool->broken = true;
    pool->done++;
}

void workers_kill(struct mp_pool *pool, struct slot *slot)
{
    slot->silent_ticks = 0;
    if (nursery_kill(&pool->nursery, slot->index, slot->serial) != MP_OK)
        pool->nursery_silent = true;
}

void workers_condemn(struct mp_pool *pool, struct slot *slot)
{
    slot->condemned = true;
    workers_kill(pool, slot);
}

void workers_sweep(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers && pool->phase != PHASE_OVER; i++) {
        struct slot *slot = &pool->slots[i];
        if (!slot->condemned || !slot->link)
            continue;
        workers_condemn(pool, slot);
        take_everything(pool, slot, SIGKILL);
        pool->done++;
    }
}

void mp_pool_reject_worker(struct mp_pool *pool, unsigned slot)
{
    if (slot >= pool->options.workers || !pool->slots[slot].link)
        return;
    workers_condemn(pool, &pool->slots[slot]);
    inbox_ring(pool);
}

/* ---- Reports ---- */

static void take_report(struct mp_pool *pool, const struct nursery_report *report)
{
    struct slot *slot = &pool->slots[report->slot];
    if (report->serial != slot->serial || !slot->alive)
        return;
    if (report->kind == NURSERY_SPAWNED) {
        pool->starting--;
        pool->failures = 0;
        if (slot->link)
            atomic_store(&slot->pid, report->pid);
    } else if (report->kind == NURSERY_FAILED) {
        pool->starting--;
        slot->alive = false;
        if (slot->link)
            drop_link(pool, slot);
        birth_failed(pool, report->detail);
    } else {
        died(pool, slot, report->detail);
    }
}

/* The kernel kills the workers of a dead nursery, but not in the same instant: wait until they have let go of their
 * ends. */
static void await_orphans(struct mp_pool *pool)
{
    int64_t deadline = deadline_after(GONE_MS);
    for (unsigned i = 0; i < pool->options.workers; i++) {
        if (!pool->slots[i].link)
            continue;
        struct pollfd end = {.fd = pool->slots[i].link->bell, .events = POLLIN};
        while (poll(&end, 1, deadline_left_ms(deadline)) < 0 && errno == EINTR)
            ;
    }
}

static void replace_nursery(struct mp_pool *pool)
{
    pool->nursery_silent = false;
    /* A process that was forked meanwhile may have a copy of the descriptor, so closing it does not end the watch. */
    epoll_ctl(pool->epoll, EPOLL_CTL_DEL, pool->nursery.control, NULL);
    nursery_lost(&pool->nursery);
    await_orphans(pool);
    pool->starting = 0;
    for (unsigned i = 0; i < pool->options.workers; i++) {
        if (pool->slots[i].alive)
            died(pool, &pool->slots[i], SIGKILL);
        if (pool->phase == PHASE_OVER)
            return;
    }
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    if (nursery_start(&pool->nursery, &pool->plan) != MP_OK ||
        epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->nursery.control, &event) != 0) {
        pool->spawn_errno = errno;
        pool->broken = true;
    }
}

void workers_reports(struct mp_pool *pool)
{
    struct nursery_report report;
    enum mp_status status = MP_EMPTY;
    while (pool->phase != PHASE_OVER && (status = nursery_report(&pool->nursery, &report)) == MP_OK)
        take_report(pool, &report);
    if (pool->phase != PHASE_OVER && (status == MP_DISCONNECTED || pool->nursery_silent))
        replace_nursery(pool);
}

/* ---- The end ---- */

static void empty_slots(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];
        move_all(&pool->dying, &slot->held);
        move_all(&pool->dying, &slot->queue);
        if (slot->link)
            drop_link(pool, slot);
        slot->alive = slot->active = false;
    }
    pool->active_count = 0;
}

void workers_end(struct mp_pool *pool, enum mp_status status)
{
    struct inbox *inbox = &pool->inbox;
    pool->depth++;
    pool->phase = PHASE_OVER;
    nursery_end(&pool->nursery);
    empty_slots(pool);
    move_all(&pool->dying, &pool->queue);
    move_all(&pool->dying, &pool->fresh);
    pthread_mutex_lock(&inbox->lock);
    inbox->phase = PHASE_TERMINATING;
    pool->fresh = inbox->tasks;
    inbox->tasks = (struct task_list){0};
    pthread_mutex_unlock(&inbox->lock);
    move_all(&pool->dying, &pool->fresh);
    end_dying(pool, status, 0);
    pthread_mutex_lock(&inbox->lock);
    inbox->phase = PHASE_OVER;
    pthread_cond_broadcast(&inbox->over);
    pthread_mutex_unlock(&inbox->lock);
    pool->depth--;
}
