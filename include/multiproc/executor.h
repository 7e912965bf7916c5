/* A pool whose two ends are loops of the caller's own.
 *
 * In the worker, an executor (mp_pool_options.executor) replaces the loop that calls task functions: it takes tasks
 * when it likes, works on many at once and answers each in as many parts as it likes. In the parent, a driven pool
 * (mp_pool_options.driven) has no thread: the caller polls mp_pool_fd and calls mp_pool_turn, which runs the callbacks.
 * Each half may be used without the other.
 *
 * The parent reads what a worker sends as if an attacker had written it: a worker that breaks the framing is killed and
 * counts as dead. Bytes of a part lie in memory that the worker can still write; copy what must not change. */
#ifndef MULTIPROC_EXECUTOR_H
#define MULTIPROC_EXECUTOR_H

#include <multiproc/pool.h>
#include <sys/uio.h>

/* ---- In the worker. Context: the thread that runs the executor. ---- */

/* A task as it arrived. DATA is aligned to 16 bytes and lasts until the next mp_worker_next. */
struct mp_task {
    uint64_t id;
    const void *data;
    size_t len;
};

enum { MP_PART_MAX = 256 * 1024 + 4096 }; /* bytes in one part */

/* A descriptor that polls readable when tasks may have come, after mp_worker_arm returned MP_OK. Level-triggered, reset
 * by mp_worker_next. Owned by the worker. */
int mp_worker_fd(const struct mp_worker *worker);

/* Take the next task. MP_OK; MP_EMPTY; or MP_CLOSED: no more will come, the executor returns when it has answered
 * all. */
enum mp_status mp_worker_next(struct mp_worker *worker, struct mp_task *task);

/* Ask to be woken. MP_OK: nothing is there, mp_worker_fd will be signalled; MP_FULL: do not sleep, a task is there.
 * Must be called before each sleep on mp_worker_fd. */
enum mp_status mp_worker_arm(struct mp_worker *worker);

/* Send one part of the answer to TASK, gathered from COUNT pieces; LAST ends the task. Blocks while the parent is
 * behind: once the ring is full, until half of it is free. Returns MP_OK, MP_TOO_BIG (over MP_PART_MAX), or
 * MP_DISCONNECTED. */
enum mp_status mp_worker_send(struct mp_worker *worker, uint64_t task, bool last, const struct iovec *pieces,
                              int count);

/* Take room for one part of at most LEN bytes of the answer to TASK, and give it away with USED bytes in it; the part
 * is not the last. Saves the copy that mp_worker_send makes. Nothing may be sent, and no other task taken, in between.
 * Blocks while the parent is behind. Returns as mp_worker_send does. */
enum mp_status mp_worker_reserve(struct mp_worker *worker, uint64_t task, size_t len, void **data);
void mp_worker_commit(struct mp_worker *worker, size_t used);

/* Parts are made visible to the parent at once, but it is woken only here, or when a send must wait for room: call it
 * before each sleep. */
void mp_worker_flush(struct mp_worker *worker);

unsigned mp_worker_slot(const struct mp_worker *worker);

/* ---- In the parent. Context: the thread that drives the pool. ---- */

enum { MP_ANY_WORKER = -1 };

/* One part of an answer, or the end of a task without one (MP_WORKER_LOST, MP_CANCELLED: no data, last). */
struct mp_part {
    enum mp_status status;
    bool last;
    unsigned slot;    /* of a task that was given to nobody: 0, or what mp_pool_submit was told */
    int code;         /* MP_WORKER_LOST: the wait status of the worker that had it, or MP_SILENT; else 0 */
    const void *data; /* aligned to 16 bytes, in shared memory */
    size_t len;
    struct mp_hold *hold; /* see mp_part_keep */
};

/* Called by mp_pool_turn for each part, in the order in which the worker sent them, exactly one of them last. */
typedef void mp_part_fn(const struct mp_part *part, void *context);

/* Keep a part's bytes valid after the callback returned. Call in the callback, once; give it back with mp_hold_release.
 * NULL when memory is out, or for the end of a task that was lost or cancelled.
 * The ring's room is freed in order, so an old hold blocks its worker sooner or later; one that waits for room goes on
 * when half of the ring is free. A hold outlives its worker, not its pool. */
struct mp_hold *mp_part_keep(const struct mp_part *part);

/* Context: any thread of the parent. Wakes the driver when a worker waits for room. Does not block. */
void mp_hold_release(struct mp_hold *hold);

/* Give DATA to the worker in SLOT (MP_ANY_WORKER: the least busy) as a task; copied. ON_PART(CONTEXT) gets the answer.
 * The task is not given to another worker when its worker dies: it ends at once as MP_WORKER_LOST, and the caller
 * decides. A worker in SLOT that is being replaced gets it when it is there. Returns MP_OK, MP_TOO_BIG (over 64 KiB),
 * MP_NOT_RUNNING, MP_INVALID or MP_NO_MEMORY. Does not block. Context: any thread. */
enum mp_status mp_pool_submit(struct mp_pool *pool, int slot, const void *data, size_t len, mp_part_fn *on_part,
                              void *context);

/* Kill a worker whose answer makes no sense: its tasks end as MP_WORKER_LOST at the next turn, and it is replaced. */
void mp_pool_reject_worker(struct mp_pool *pool, unsigned slot);

/* A descriptor (epoll) that polls readable when mp_pool_turn has work. Owned by the pool. */
int mp_pool_fd(const struct mp_pool *pool);

/* Wait at most TIMEOUT_MS for work, then do what is there: deliver tasks, run callbacks, replace the dead. When so much
 * is there that it would take long, a part is left, and mp_pool_fd stays readable.
 * Returns MP_OK, MP_TIMEOUT (nothing was there), MP_SYSTEM (workers cannot be replaced any more; all tasks have ended),
 * or MP_INVALID (in a callback, or the pool has a thread). */
enum mp_status mp_pool_turn(struct mp_pool *pool, int timeout_ms);

/* Tasks that were submitted and have not ended. Context: any thread. */
size_t mp_pool_pending(const struct mp_pool *pool);

#endif
