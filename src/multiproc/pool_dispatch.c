/* Which worker gets what.
 *
 * A worker of the default executor is given a few tasks ahead, so that its ring never runs dry: two at first, more as
 * long as it finishes them quickly. What was given but not begun can be taken back: the parent marks the message in the
 * ring as revoked, unless the worker was first and marked it as claimed. It is taken back when another worker idles, or
 * when the worker has not finished anything for a while. Executors get all that is meant for them, as far as their ring
 * has room. */
#include "multiproc/pool_internal.h"

#include <string.h>

enum { STALLED_NS = 10 * 1000 * 1000 };

/* ---- Taking back ---- */

/* The message of a held task. It is intact while the producer, this process, has not gone once around the ring. */
static struct ring_header *message_of(struct slot *slot, const struct task *task)
{
    struct ring *ring = &slot->link->tasks;
    if (ring->head - task->start > ring->capacity)
        return NULL;
    return (void *)(ring->data + (task->start & (ring->capacity - 1)));
}

/* Take back at most COUNT tasks, the newest first, up to one that the worker has begun with. */
static size_t take_back(struct mp_pool *pool, struct slot *slot, size_t count)
{
    size_t taken = 0;
    while (taken < count && slot->held.last) {
        struct task *task = slot->held.last;
        struct ring_header *message = message_of(slot, task);
        uint32_t waiting = TASK_WAITING;
        if (!message || !atomic_compare_exchange_strong(&message->kind, &waiting, TASK_REVOKED))
            break;
        list_remove(&slot->held, task);
        task->holder = NULL;
        list_prepend(&pool->queue, task);
        slot->given--;
        taken++;
    }
    return taken;
}

static void take_back_from_stalled(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];
        if (!slot->link || slot->held.count < 2 || pool->now_ns - slot->progress_ns < STALLED_NS)
            continue;
        take_back(pool, slot, slot->held.count - 1);
        slot->window = 1;
    }
}

/* ---- Giving ---- */

static bool is_last_of_life(const struct mp_pool *pool, const struct slot *slot)
{
    return pool->options.max_tasks_per_worker && slot->given >= pool->options.max_tasks_per_worker;
}

/* Write a message into the task ring. False: no room; the worker will ring when there is some. */
static bool put(struct slot *slot, struct task *task, uint32_t kind, size_t len, void **data)
{
    struct ring *ring = &slot->link->tasks;
    enum mp_status status;
    do
        status = ring_reserve(ring, len, kind, task ? task->id : 0, data);
    while (status == MP_FULL && !ring_producer_arm(ring, len));
    if (status == MP_PROTOCOL)
        slot->condemned = true;
    return status == MP_OK;
}

static void say_no_more(struct slot *slot)
{
    void *nothing;
    if (slot->leaving || !slot->link || !put(slot, NULL, TASK_NO_MORE, 0, &nothing))
        return;
    ring_commit(&slot->link->tasks, 0);
    slot->leaving = slot->unflushed = true;
}

static void write_order(void *data, const struct task *task)
{
    struct order *order = data;
    const void *arguments = task->payload;
    *order = (struct order){.count = 1, .size = task->len};
    size_t len = task->len;
    if (task->work == WORK_RANGE) {
        const struct job *job = task->as.range.job;
        order->fn = job->fn;
        order->count = task->as.range.count;
        order->size = job->size;
        arguments = job->items + task->as.range.first * job->size;
        len = task->as.range.count * job->size;
    } else {
        order->fn = task->as.call.fn;
    }
    if (len)
        memcpy(order + 1, arguments, len);
}

static size_t message_len(const struct task *task)
{
    if (task->work == WORK_SUBMIT)
        return task->len;
    if (task->work == WORK_RANGE)
        return sizeof(struct order) + task->as.range.count * task->as.range.job->size;
    return sizeof(struct order) + task->len;
}

/* Give TASK, which is in no list. False: there is no room for it. */
static bool give(struct mp_pool *pool, struct slot *slot, struct task *task)
{
    void *data;
    const size_t len = message_len(task);
    if (!put(slot, task, TASK_WAITING, len, &data))
        return false;
    if (task->work != WORK_SUBMIT)
        write_order(data, task);
    else if (len)
        memcpy(data, task->payload, len);
    task->start = slot->link->tasks.head;
    ring_commit(&slot->link->tasks, len);
    task->holder = slot;
    task->slot = (int)slot->index;
    if (slot->held.count == 0)
        slot->progress_ns = pool->now_ns;
    list_append(&slot->held, task);
    slot->given++;
    slot->unflushed = true;
    if (is_last_of_life(pool, slot))
        say_no_more(slot);
    return true;
}

/* Cut the next range off a map. NULL when memory is out. */
static struct task *cut_range(struct mp_pool *pool, struct job *job)
{
    struct task *task = task_new(pool);
    if (!task)
        return NULL;
    size_t left = job->count - job->next;
    size_t count = left < job->chunk ? left : job->chunk;
    task->work = WORK_RANGE;
    task->as.range.job = job;
    task->as.range.first = job->next;
    task->as.range.count = count;
    job->next += count;
    return task;
}

/* Take the next task from the queue. A map stays at its front until it is all cut up. */
static struct task *next_task(struct mp_pool *pool)
{
    struct task *task = pool->queue.first;
    if (!task || task->work != WORK_MAP)
        return list_pop(&pool->queue);
    struct job *job = task->as.map.job;
    struct task *range = cut_range(pool, job);
    if (range && job->next == job->count) {
        list_remove(&pool->queue, task);
        task_free(pool, task);
    }
    return range;
}

static bool takes_tasks(const struct slot *slot)
{
    return slot->ready && slot->link && !slot->leaving && !slot->condemned && !slot->silenced;
}

/* A task that was blamed for a death goes alone from then on. A worker that broke the rules cannot be believed about
 * what it had finished, so the first task that it held is blamed, which may have stood before the guilty one: once, but
 * not until it is given up. */
static bool is_suspect(const struct task *task)
{
    return task->deaths > 0;
}

/* Whether the next task in the queue may be given to a worker with what it holds. */
static bool may_be_next(const struct slot *slot, const struct task *task)
{
    return task && (slot->held.count == 0 || (!is_suspect(slot->held.first) && !is_suspect(task)));
}

static size_t room_for_tasks(const struct mp_pool *pool, const struct slot *slot)
{
    if (!takes_tasks(slot) || slot->held.count >= slot->window)
        return 0;
    size_t room = slot->window - slot->held.count;
    const unsigned most = pool->options.max_tasks_per_worker;
    if (most && most - slot->given < room)
        room = most - slot->given;
    return room;
}

/* About how many tasks the queue will yield: exact unless several maps wait. */
static size_t queue_length(const struct mp_pool *pool)
{
    const struct task *first = pool->queue.first;
    if (!first || first->work != WORK_MAP)
        return pool->queue.count;
    const struct job *job = first->as.map.job;
    return pool->queue.count - 1 + (job->count - job->next + job->chunk - 1) / job->chunk;
}

/* A worker that is quick enough to have emptied its window gets a larger one. */
static void widen(struct slot *slot)
{
    if (slot->fruitful && slot->held.count <= slot->window / 4 && slot->window < WINDOW_MAX)
        slot->window *= 2;
}

/* Each worker gets its fair share of what waits; where it starts rotates. */
static void share_out(struct mp_pool *pool)
{
    const unsigned workers = pool->options.workers;
    const unsigned start = pool->rotation++;
    for (unsigned i = 0; i < workers && pool->queue.count; i++) {
        struct slot *slot = &pool->slots[(start + i) % workers];
        widen(slot);
        size_t share = (queue_length(pool) + workers - i - 1) / (workers - i);
        size_t room = room_for_tasks(pool, slot);
        for (size_t n = share < room ? share : room; n > 0 && may_be_next(slot, pool->queue.first); n--) {
            struct task *task = next_task(pool);
            if (!task)
                return;
            if (!give(pool, slot, task)) {
                list_prepend(&pool->queue, task);
                break;
            }
        }
    }
}

static struct slot *busiest(const struct mp_pool *pool)
{
    struct slot *found = NULL;
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->link && slot->held.count >= 2 && (!found || slot->held.count > found->held.count))
            found = slot;
    }
    return found;
}

static bool idles(const struct mp_pool *pool, const struct slot *slot)
{
    return slot->held.count == 0 && room_for_tasks(pool, slot) > 0;
}

/* When nothing waits and somebody idles, take half of what the busiest has not begun. */
static void balance(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers && pool->queue.count == 0; i++) {
        if (!idles(pool, &pool->slots[i]))
            continue;
        struct slot *from = busiest(pool);
        if (!from || take_back(pool, from, from->held.count / 2) == 0)
            return;
        struct task *task;
        struct slot *to = &pool->slots[i];
        while (room_for_tasks(pool, to) && (task = list_pop(&pool->queue)))
            if (!give(pool, to, task)) {
                list_prepend(&pool->queue, task);
                break;
            }
    }
}

/* ---- Executors ---- */

static struct slot *least_busy(struct mp_pool *pool)
{
    const unsigned workers = pool->options.workers;
    const unsigned start = pool->rotation++;
    struct slot *found = NULL;
    for (unsigned i = 0; i < workers; i++) {
        struct slot *slot = &pool->slots[(start + i) % workers];
        if (!found || slot->held.count + slot->queue.count < found->held.count + found->queue.count)
            found = slot;
    }
    return found;
}

static void feed_executor(struct mp_pool *pool, struct slot *slot)
{
    while (slot->queue.count && takes_tasks(slot)) {
        struct task *task = list_pop(&slot->queue);
        if (!give(pool, slot, task)) {
            list_prepend(&slot->queue, task);
            break;
        }
    }
}

/* ---- All ---- */

void dispatch_accept(struct mp_pool *pool)
{
    struct task *task;
    while ((task = list_pop(&pool->fresh))) {
        if (task->work == WORK_SUBMIT) {
            struct slot *slot = task->slot == MP_ANY_WORKER ? least_busy(pool) : &pool->slots[task->slot];
            list_append(&slot->queue, task);
        } else if (task->work == WORK_MAP && task->as.map.job->count == 0) {
            struct job *job = task->as.map.job;
            task_free(pool, task);
            finish_job(pool, job);
        } else {
            list_append(&pool->queue, task);
        }
    }
}

void dispatch(struct mp_pool *pool)
{
    if (pool->options.executor) {
        for (unsigned i = 0; i < pool->options.workers; i++)
            feed_executor(pool, &pool->slots[i]);
    } else {
        take_back_from_stalled(pool);
        if (pool->queue.count)
            share_out(pool);
        if (pool->queue.count == 0)
            balance(pool);
    }
    for (unsigned i = 0; i < pool->options.workers; i++) {
        struct slot *slot = &pool->slots[i];
        if (slot->link && slot->ready && is_last_of_life(pool, slot))
            say_no_more(slot);
        if (slot->unflushed && slot->link)
            link_flush_tasks(slot->link);
        slot->unflushed = false;
    }
}

void dispatch_no_more(struct mp_pool *pool)
{
    for (unsigned i = 0; i < pool->options.workers; i++)
        say_no_more(&pool->slots[i]);
}
