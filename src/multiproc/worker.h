/* A worker: the process that does the work.
 *
 * It reads its task ring, writes its result ring and owns nothing else of the pool: neither the parent's memory nor a
 * sibling's ring is mapped in it. It is forked by the nursery and dies with it. The functions for executors are in
 * multiproc/executor.h; here is what the nursery and the default executor need besides.
 *
 * Context: the worker's process, one thread. */
#ifndef MULTIPROC_WORKER_H
#define MULTIPROC_WORKER_H

#include "multiproc/executor.h"
#include "multiproc/record.h"
#include "multiproc/ring.h"

/* What goes over the task ring. The default executor marks a task as claimed before it runs it; the parent takes a task
 * back by marking it revoked. Whoever is first wins. */
enum task_kind { TASK_WAITING = 1, TASK_CLAIMED, TASK_REVOKED, TASK_NO_MORE };

/* What comes over the result ring. */
enum result_kind {
    RESULT_READY = 1, /* the initializer has run */
    RESULT_PART,      /* of an executor's answer */
    RESULT_LAST_PART,
    RESULT_RECORDS, /* of the default executor: records, one behind the other */
};

/* A task of the default executor: a function and COUNT arguments of SIZE bytes. */
struct order {
    mp_task_fn *fn;
    uint64_t size;
    uint64_t count;
    uint64_t unused; /* keeps what follows aligned to 16 bytes */
};

/* The message that is being filled with records. */
struct open_part {
    uint64_t task;
    char *bytes; /* NULL: none is open */
    size_t limit;
    size_t used;
    size_t record; /* where the unfinished item's record starts */
};

struct mp_worker {
    struct ring tasks;
    struct ring results;
    int bell;
    int rung;
    unsigned slot;
    bool armed;
    bool closed;
    bool disconnected;
    struct ring_message current; /* the task that was handed out last; header NULL: none */
    uint64_t checked;            /* the task ring's tail when the parent was last asked whether it waits for room */
    struct open_part part;
    uint64_t begun; /* items in this life; the mark of the result ring */
    uint64_t pulse;
};

/* Map the rings and take over the bells. MP_OK or MP_SYSTEM. The ring descriptors are closed. */
enum mp_status worker_open(struct mp_worker *worker, unsigned slot, const int fds[], size_t task_bytes,
                           size_t result_bytes);

/* Give a sign of life: one store, which the parent reads a few times in mp_pool_options.silence_ms. */
static inline void worker_pulse(struct mp_worker *worker)
{
    atomic_store_explicit(&worker->results.control->pulse, ++worker->pulse, memory_order_relaxed);
}

/* The next message of the task ring without a look at its kind; the one before is let go. As mp_worker_next. */
enum mp_status worker_next_message(struct mp_worker *worker);

/* Sleep until the parent rings. MP_OK or MP_DISCONNECTED. */
enum mp_status worker_sleep(struct mp_worker *worker);

/* Reserve LEN bytes in the result ring, sleeping until there is room. MP_OK, MP_PROTOCOL or MP_DISCONNECTED. */
enum mp_status worker_reserve(struct mp_worker *worker, size_t len, uint32_t kind, uint64_t id, void **data);

/* The default executor. Returns the worker's exit status. */
int worker_run_tasks(struct mp_worker *worker, void *unused);

#endif
