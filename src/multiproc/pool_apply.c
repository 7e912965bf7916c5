/* What submits work. */
#include "multiproc/pool_internal.h"
#include "multiproc/result.h"

#include <stdlib.h>
#include <string.h>

/* Keep a copy of DATA in a task: near for what is short, else in FAR, which came from malloc_far before the lock. */
static void copy_payload(struct task *task, const void *data, size_t len, void *far)
{
    task->len = (uint32_t)len;
    if (far)
        task->payload = far;
    else if (len)
        memcpy(task->near, data, len);
}

static enum mp_status malloc_far(const void *data, size_t len, void **far)
{
    *far = NULL;
    if (len <= TASK_NEAR_BYTES)
        return MP_OK;
    *far = malloc(len);
    if (!*far)
        return MP_NO_MEMORY;
    memcpy(*far, data, len);
    return MP_OK;
}

/* Both references to a result whose task was never submitted. */
static void forget(struct mp_result *result)
{
    mp_result_free(result);
    mp_result_free(result);
}

enum mp_status mp_pool_apply_async(struct mp_pool *pool, mp_task_fn *fn, const void *arg, size_t len,
                                   mp_callback_fn *callback, void *context, struct mp_result **out)
{
    void *far;
    struct task *task;
    if (pool->options.executor)
        return MP_INVALID;
    if (len > TASK_BYTES_MAX)
        return MP_TOO_BIG;
    struct mp_result *result = out ? result_new(1) : NULL;
    if (out && !result)
        return MP_NO_MEMORY;
    enum mp_status status = malloc_far(arg, len, &far);
    if (status == MP_OK)
        status = inbox_begin(pool, &task);
    if (status != MP_OK) {
        free(far);
        forget(result);
        return status;
    }
    task->work = WORK_CALL;
    task->as.call.fn = fn;
    task->as.call.callback = callback;
    task->as.call.context = context;
    task->as.call.result = result;
    copy_payload(task, arg, len, far);
    if (out)
        *out = result;
    inbox_commit(pool, task);
    return MP_OK;
}

/* Wait for a result; a driven pool is driven meanwhile. */
static enum mp_status await(struct mp_pool *pool, struct mp_result *result, struct mp_result **out)
{
    while (!pool->has_thread && !mp_result_ready(result))
        mp_pool_turn(pool, -1);
    enum mp_status status = mp_result_get(result, -1, NULL);
    if (out)
        *out = result;
    else
        mp_result_free(result);
    return status;
}

/* A callback that waited would wait for itself. */
static bool would_deadlock(const struct mp_pool *pool)
{
    return pool->has_thread ? pool_is_driver(pool) : pool->depth > 0;
}

enum mp_status mp_pool_apply(struct mp_pool *pool, mp_task_fn *fn, const void *arg, size_t len, struct mp_result **out)
{
    struct mp_result *result;
    if (would_deadlock(pool))
        return MP_DEADLOCK;
    enum mp_status status = mp_pool_apply_async(pool, fn, arg, len, NULL, NULL, &result);
    return status == MP_OK ? await(pool, result, out) : status;
}

/* The pool chooses: eight chunks a worker, so that the last ones do not make all wait; and no chunk that takes more
 * than a quarter of a task's room. */
static size_t choose_chunk(const struct mp_pool *pool, size_t count, size_t size, size_t wish)
{
    size_t most = size ? (TASK_BYTES_MAX - sizeof(struct order)) / size : SIZE_MAX;
    if (wish == MP_CHUNK_AUTO) {
        wish = count / (8 * (size_t)pool->options.workers) + 1;
        if (size && wish > TASK_BYTES_MAX / 4 / size + 1)
            wish = TASK_BYTES_MAX / 4 / size + 1;
    }
    return wish < most ? wish : most;
}

static struct job *job_new(struct mp_pool *pool, mp_task_fn *fn, const void *items, size_t count, size_t size,
                           size_t chunk)
{
    struct job *job = malloc(sizeof *job);
    struct mp_result *result = job ? result_new(count) : NULL;
    if (!result) {
        free(job);
        return NULL;
    }
    *job = (struct job){.fn = fn, .result = result, .items = items, .size = size, .count = count, .unfinished = count};
    job->chunk = choose_chunk(pool, count, size, chunk);
    return job;
}

enum mp_status mp_pool_map_async(struct mp_pool *pool, mp_task_fn *fn, const void *items, size_t count, size_t size,
                                 size_t chunksize, mp_callback_fn *callback, void *context, struct mp_result **out)
{
    struct task *task;
    if (pool->options.executor || chunksize == 0 || !out)
        return MP_INVALID;
    if (size > TASK_BYTES_MAX - sizeof(struct order))
        return MP_TOO_BIG;
    struct job *job = job_new(pool, fn, items, count, size, chunksize);
    if (!job)
        return MP_NO_MEMORY;
    job->callback = callback;
    job->context = context;
    enum mp_status status = inbox_begin(pool, &task);
    if (status != MP_OK) {
        forget(job->result);
        free(job);
        return status;
    }
    task->work = WORK_MAP;
    task->as.map.job = job;
    *out = job->result;
    inbox_commit(pool, task);
    return MP_OK;
}

enum mp_status mp_pool_map(struct mp_pool *pool, mp_task_fn *fn, const void *items, size_t count, size_t size,
                           size_t chunksize, struct mp_result **out)
{
    struct mp_result *result;
    if (would_deadlock(pool))
        return MP_DEADLOCK;
    enum mp_status status = mp_pool_map_async(pool, fn, items, count, size, chunksize, NULL, NULL, &result);
    return status == MP_OK ? await(pool, result, out) : status;
}

enum mp_status mp_pool_submit(struct mp_pool *pool, int slot, const void *data, size_t len, mp_part_fn *on_part,
                              void *context)
{
    void *far;
    struct task *task;
    if (!pool->options.executor || slot < MP_ANY_WORKER || slot >= (int)pool->options.workers)
        return MP_INVALID;
    if (len > TASK_BYTES_MAX)
        return MP_TOO_BIG;
    enum mp_status status = malloc_far(data, len, &far);
    if (status == MP_OK)
        status = inbox_begin(pool, &task);
    if (status != MP_OK) {
        free(far);
        return status;
    }
    task->work = WORK_SUBMIT;
    task->slot = slot;
    task->as.submit.on_part = on_part;
    task->as.submit.context = context;
    copy_payload(task, data, len, far);
    inbox_commit(pool, task);
    return MP_OK;
}
