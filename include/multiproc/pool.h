/* A pool of worker processes.
 *
 * mp_pool_new, then apply, apply_async, map or map_async as often as wanted, mp_pool_close (or mp_pool_terminate),
 * mp_pool_join, mp_pool_free. Workers are forked by a nursery, a process that mp_pool_new forks before anything else:
 * a worker sees the memory of the caller as it was then, so a task function, and whatever its argument points to, must
 * have been there by then. Create a pool before the first thread where you can. When the nursery itself is killed,
 * its workers die with it, and another is forked: what its workers see is the memory of that moment.
 *
 * A worker ignores SIGINT and SIGHUP, which a terminal sends to every process: there the parent decides. Handlers of
 * the parent's are reset. A worker leaves by _exit and flushes stdout and stderr before; exit handlers do not run in
 * it, for in C those of the parent cannot be told from its own. The nursery is a child of the caller's process and
 * shows up in its wait(-1).
 *
 * Each worker is joined to the parent by two single-producer single-consumer rings in shared memory and to no other
 * worker, so a worker that is killed can corrupt nothing. What it held goes to another worker, and the task that ran
 * goes alone; one whose workers died MP_DEATHS times while it ran ends as MP_WORKER_LOST. Every task ends exactly once.
 * When workers cannot be replaced any more (the system has no processes or descriptors for a while, or sixty workers in
 * a row died without doing anything), all tasks end as MP_WORKER_LOST and the pool takes no more.
 *
 * A thread of the pool in the parent moves messages and runs callbacks, one at a time. multiproc/executor.h has the
 * other way to use a pool: without that thread, with the caller's own loop in the parent and its own loop in the
 * worker.
 *
 * Context: the process that created the pool, any thread, unless a function says otherwise. Not async-signal-safe. */
#ifndef MULTIPROC_POOL_H
#define MULTIPROC_POOL_H

#include <multiproc/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct mp_pool;
struct mp_result;
struct mp_reply;
struct mp_worker;

/* MP_SILENT: the wait status, which is never negative, of a worker that mp_pool_options.silence_ms had killed. */
enum { MP_DEATHS = 3, MP_SILENT = -1 };

/* A task: runs in a worker. Returns 0 and its result is what it wrote to REPLY, or any other value and the task ends as
 * MP_TASK_FAILED with that value as its code and what it wrote as the report. ARG is LEN bytes, aligned for any type,
 * and lasts for the call. */
typedef int mp_task_fn(const void *arg, size_t len, struct mp_reply *reply);

/* Add LEN bytes to the result. Returns MP_OK, MP_TOO_BIG (a result may have 2 GiB), MP_NO_MEMORY or MP_DISCONNECTED.
 * Context: a task function. Blocks while the parent is behind. */
enum mp_status mp_reply_write(struct mp_reply *reply, const void *data, size_t len);

/* How a task ended. DATA is aligned for any type that fits and lasts for the callback, or as long as the mp_result it
 * came from. For a callback without an mp_result it may lie in memory that the worker can still write. */
struct mp_outcome {
    enum mp_status status; /* MP_OK, MP_TASK_FAILED, MP_WORKER_LOST, MP_CANCELLED, or MP_NO_MEMORY: it was not kept */
    int code; /* what the function returned, or the wait status of the last worker that was lost, or MP_SILENT */
    const void *data;
    size_t len;
};

/* Called once for each task, in the parent, by the pool's thread, before anyone who waits for the task is woken. It may
 * submit more tasks and terminate the pool; it must not wait for a task, nor join or free the pool. */
typedef void mp_callback_fn(const struct mp_outcome *outcome, void *context);

/* An executor: what a worker does instead of calling task functions. See multiproc/executor.h. */
typedef int mp_executor_fn(struct mp_worker *worker, void *arg);

/* Zero is the default of every field. */
struct mp_pool_options {
    unsigned workers;              /* number of workers; 0: one for each processor that is online */
    unsigned max_tasks_per_worker; /* replace a worker after so many tasks; 0: never */
    void (*initializer)(void *);   /* runs once in each worker before its first task */
    void *initializer_arg;
    size_t task_ring_bytes;   /* a power of two; 0: 256 KiB */
    size_t result_ring_bytes; /* a power of two; 0: 2 MiB */
    mp_executor_fn *executor; /* NULL: call task functions */
    void *executor_arg;
    bool driven; /* no thread in the parent: the caller drives the pool, see multiproc/executor.h */

    /* Kill a worker that owes something and has given no sign of life for about so long; 0: never. It counts as any
     * worker that died. A worker owes something while it has tasks, after it was told that no more will come, and, when
     * tasks wait, until its initializer has run. A task function gives a sign when it begins and at each
     * mp_reply_write, so none may compute for longer than this between two; an executor, at each function of
     * multiproc/executor.h that takes, arms, sends or flushes. Waiting for room in the result ring is no silence. Time
     * in which the parent was stopped or did not turn its pool hardly counts. */
    unsigned silence_ms;
};

/* Make a pool and wait until every worker runs. OPTIONS may be NULL.
 * Returns MP_OK, MP_INVALID, MP_NO_MEMORY or MP_SYSTEM; on failure nothing is left behind, *POOL is untouched. */
enum mp_status mp_pool_new(const struct mp_pool_options *options, struct mp_pool **pool);

/* Call FN(ARG, LEN) in a worker and wait. *RESULT, which may be NULL, gets the result; free it with mp_result_free.
 * A driven pool is driven meanwhile. Returns the task's status, or without a result: MP_NOT_RUNNING after close or
 * terminate, MP_DEADLOCK in a callback, or as apply_async. */
enum mp_status mp_pool_apply(struct mp_pool *pool, mp_task_fn *fn, const void *arg, size_t len,
                             struct mp_result **result);

/* The same without waiting. ARG is copied. CALLBACK and RESULT may each be NULL; with neither, an error is lost.
 * Returns MP_OK, MP_NOT_RUNNING, MP_TOO_BIG (over 64 KiB of argument), MP_NO_MEMORY, or MP_INVALID for a pool with an
 * executor. Does not block. */
enum mp_status mp_pool_apply_async(struct mp_pool *pool, mp_task_fn *fn, const void *arg, size_t len,
                                   mp_callback_fn *callback, void *context, struct mp_result **result);

/* Call FN for each of COUNT items of SIZE bytes at ITEMS, in chunks of CHUNKSIZE (MP_CHUNK_AUTO: the pool chooses).
 * Results keep the order of the items. One failed item does not stop the others; the status is that of the first
 * failed. ITEMS is borrowed until the task has ended. mp_pool_map waits for that. The callback of mp_pool_map_async
 * gets the status of the whole and no data: read the results from RESULT, which may then not be NULL.
 * A chunk is what a worker is given at once, at most 64 KiB of items; MP_TOO_BIG when one item does not fit.
 * Returns as apply and apply_async do, and MP_INVALID for a CHUNKSIZE of 0 or, async, without a RESULT. */
#define MP_CHUNK_AUTO ((size_t)-1)
enum mp_status mp_pool_map(struct mp_pool *pool, mp_task_fn *fn, const void *items, size_t count, size_t size,
                           size_t chunksize, struct mp_result **result);
enum mp_status mp_pool_map_async(struct mp_pool *pool, mp_task_fn *fn, const void *items, size_t count, size_t size,
                                 size_t chunksize, mp_callback_fn *callback, void *context, struct mp_result **result);

/* Wait at most TIMEOUT_MS (-1: for ever, 0: not at all) for the end of a task and fill *OUTCOME, which may be NULL.
 * Returns MP_TIMEOUT while the task runs (it goes on, ask again), else the task's status; as often as wanted. A driven
 * pool is not driven by this: turn it, or do not wait. */
enum mp_status mp_result_get(struct mp_result *result, int timeout_ms, struct mp_outcome *outcome);

/* Wait only: MP_OK when the task has ended, whatever its status, or MP_TIMEOUT. */
enum mp_status mp_result_wait(struct mp_result *result, int timeout_ms);
bool mp_result_ready(struct mp_result *result);

/* Whether an ended task ended as MP_OK. Returns MP_RUNNING while it has not ended, else MP_OK and *SUCCESSFUL. */
enum mp_status mp_result_successful(struct mp_result *result, bool *successful);

/* The number of items of a map (1 for any other task), and one item's outcome; MP_NOT_FOUND past the end, MP_RUNNING
 * before the end of the whole. The map's callback may read them already. */
size_t mp_result_count(const struct mp_result *result);
enum mp_status mp_result_item(struct mp_result *result, size_t index, struct mp_outcome *outcome);

/* Let go of a result, ended or not; the task itself goes on. NULL is fine. Valid after the pool is gone. */
void mp_result_free(struct mp_result *result);

/* Take no more tasks; those accepted are finished. Again is fine. */
void mp_pool_close(struct mp_pool *pool);

/* Kill the workers at once; every pending task ends as MP_CANCELLED before this returns. Again is fine.
 * Another thread waits for a callback that is running. In a callback this may be called too: the callbacks of the
 * cancelled tasks then run within it. */
void mp_pool_terminate(struct mp_pool *pool);

/* Wait until the workers have ended; a driven pool is driven meanwhile. Returns MP_OK (again: at once), MP_RUNNING
 * before close or terminate, or MP_DEADLOCK in a callback. */
enum mp_status mp_pool_join(struct mp_pool *pool);

/* The number of workers, and the process id of the one in SLOT (0 while it is being replaced). */
unsigned mp_pool_workers(const struct mp_pool *pool);
pid_t mp_pool_worker_pid(struct mp_pool *pool, unsigned slot);

/* Terminate and join if that was not done, and free. NULL is fine. */
void mp_pool_free(struct mp_pool *pool);

#endif
