/* How tasks end. Each way out of the pool passes here exactly once for each task. */
#include "multiproc/pool_internal.h"
#include "multiproc/result.h"

#include <stdlib.h>

void finish_count(struct mp_pool *pool)
{
    uint64_t ended = atomic_load_explicit(&pool->ended, memory_order_relaxed);
    atomic_store_explicit(&pool->ended, ended + 1, memory_order_release);
}

/* The task is given back before the callback runs, which may submit or terminate. */
static void finish_call(struct mp_pool *pool, struct task *task, const struct mp_outcome *outcome, bool taken)
{
    mp_callback_fn *callback = task->as.call.callback;
    void *context = task->as.call.context;
    struct mp_result *result = task->as.call.result;
    task_free(pool, task);
    finish_count(pool);
    struct mp_outcome kept = *outcome;
    if (result) {
        if (taken)
            result_put_taken(result, 0, outcome);
        else
            result_put(result, 0, outcome);
        result_settle(result, &kept);
    }
    if (callback)
        callback(&kept, context);
    if (result)
        result_finish(result);
    else if (taken)
        free((void *)outcome->data);
}

void finish_job(struct mp_pool *pool, struct job *job)
{
    struct mp_outcome outcome;
    finish_count(pool);
    result_settle(job->result, &outcome);
    if (job->callback) {
        outcome.data = NULL;
        outcome.len = 0;
        job->callback(&outcome, job->context);
    }
    result_finish(job->result);
    free(job);
}

/* COUNT more items of the range that is first in the slot's list have their results. */
static void advance_range(struct mp_pool *pool, struct slot *slot, size_t count)
{
    struct task *task = slot->held.first;
    struct job *job = task->as.range.job;
    task->deaths = 0;
    task->as.range.first += count;
    task->as.range.count -= count;
    if (task->as.range.count == 0) {
        list_remove(&slot->held, task);
        task_free(pool, task);
    }
    job->unfinished -= count;
    if (job->unfinished == 0)
        finish_job(pool, job);
}

size_t finish_records(struct mp_pool *pool, struct slot *slot, const char *bytes, size_t len)
{
    const struct task *task = slot->held.first;
    size_t taken;
    size_t count =
        result_put_records(task->as.range.job->result, task->as.range.first, task->as.range.count, bytes, len, &taken);
    if (count == 0)
        return 0;
    slot->finished += count;
    pool->done += count;
    advance_range(pool, slot, count);
    return taken;
}

static void finish_range_item(struct mp_pool *pool, struct slot *slot, const struct mp_outcome *outcome, bool taken)
{
    struct task *task = slot->held.first;
    struct job *job = task->as.range.job;
    const size_t index = task->as.range.first;
    if (taken)
        result_put_taken(job->result, index, outcome);
    else
        result_put(job->result, index, outcome);
    advance_range(pool, slot, 1);
}

void finish_item(struct mp_pool *pool, struct slot *slot, const struct mp_outcome *outcome, bool taken)
{
    struct task *task = slot->held.first;
    if (task->work == WORK_RANGE) {
        finish_range_item(pool, slot, outcome, taken);
        return;
    }
    list_remove(&slot->held, task);
    finish_call(pool, task, outcome, taken);
}

static void finish_items(struct mp_pool *pool, struct job *job, size_t first, size_t count,
                         const struct mp_outcome *outcome)
{
    for (size_t i = 0; i < count; i++)
        result_put(job->result, first + i, outcome);
    job->unfinished -= count;
    if (job->unfinished == 0)
        finish_job(pool, job);
}

static void finish_submit(struct mp_pool *pool, struct task *task, enum mp_status status, int code)
{
    mp_part_fn *on_part = task->as.submit.on_part;
    void *context = task->as.submit.context;
    unsigned slot = task->slot < 0 ? 0 : (unsigned)task->slot;
    task_free(pool, task);
    finish_count(pool);
    on_part(&(struct mp_part){.status = status, .last = true, .slot = slot, .code = code}, context);
}

void finish_task(struct mp_pool *pool, struct task *task, enum mp_status status, int code)
{
    const struct mp_outcome outcome = {.status = status, .code = code};
    struct job *job = task->work == WORK_MAP ? task->as.map.job : task->as.range.job;
    const size_t first = task->as.range.first, count = task->as.range.count;
    switch ((enum work)task->work) {
    case WORK_CALL:
        finish_call(pool, task, &outcome, false);
        break;
    case WORK_SUBMIT:
        finish_submit(pool, task, status, code);
        break;
    case WORK_RANGE:
        task_free(pool, task);
        finish_items(pool, job, first, count, &outcome);
        break;
    case WORK_MAP:
        task_free(pool, task);
        finish_items(pool, job, job->next, job->count - job->next, &outcome);
        break;
    }
}
