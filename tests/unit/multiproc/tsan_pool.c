/* The pool's thread, threads that submit and wait, callbacks that submit, results that are freed early, and threads
 * that release holds: all at once, under the thread sanitizer. */
#include <multiproc/executor.h>

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, TASKS = 1500, PARTS = 400 };

static void check(bool fine, const char *what)
{
    if (fine)
        return;
    fprintf(stderr, "failed: %s\n", what);
    exit(1);
}

static int square(const void *arg, size_t len, struct mp_reply *reply)
{
    long value;
    (void)len;
    memcpy(&value, arg, sizeof value);
    value *= value;
    mp_reply_write(reply, &value, sizeof value);
    return 0;
}

struct shared {
    struct mp_pool *pool;
    long sum; /* written by callbacks only, one at a time */
    _Atomic long again;
};

static void add(const struct mp_outcome *outcome, void *context)
{
    struct shared *shared = context;
    long value;
    check(outcome->status == MP_OK && outcome->len == sizeof value, "an outcome");
    memcpy(&value, outcome->data, sizeof value);
    shared->sum += value;
    if (value == 4 && atomic_fetch_add(&shared->again, 1) < 50)
        check(mp_pool_apply_async(shared->pool, square, &(long){2}, sizeof(long), add, shared, NULL) == MP_OK, "again");
}

static void *submit(void *context)
{
    struct shared *shared = context;
    long items[64];
    for (long i = 0; i < 64; i++)
        items[i] = i;
    for (long i = 0; i < TASKS; i++) {
        struct mp_result *result = NULL;
        check(mp_pool_apply_async(shared->pool, square, &i, sizeof i, add, shared, i % 3 ? &result : NULL) == MP_OK,
              "submit");
        if (i % 3 == 1)
            check(mp_result_get(result, -1, NULL) == MP_OK, "get");
        mp_result_free(result);
        if (i % 200 == 0) {
            check(mp_pool_map(shared->pool, square, items, 64, sizeof *items, 5, &result) == MP_OK, "map");
            struct mp_outcome last;
            check(mp_result_item(result, 63, &last) == MP_OK && *(const long *)last.data == 63 * 63, "the last item");
            mp_result_free(result);
        }
        (void)mp_pool_pending(shared->pool);
        (void)mp_pool_worker_pid(shared->pool, 0);
    }
    return NULL;
}

static void task_functions(void)
{
    struct shared shared = {0};
    pthread_t threads[THREADS];
    check(mp_pool_new(&(struct mp_pool_options){.workers = 2, .max_tasks_per_worker = 700, .silence_ms = 20000},
                      &shared.pool) == MP_OK,
          "new");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, submit, &shared);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    while (mp_pool_pending(shared.pool) > 0)
        poll(NULL, 0, 1);
    mp_pool_close(shared.pool);
    check(mp_pool_join(shared.pool) == MP_OK, "join");
    long expected = 50 * 4;
    for (long i = 0; i < TASKS; i++)
        expected += THREADS * i * i;
    check(shared.sum == expected, "the sum of all results");
    mp_pool_free(shared.pool);
}

/* ---- An executor whose parts are held by one thread and released by another ---- */

static int send_parts(struct mp_worker *worker, void *arg)
{
    static char bytes[50000];
    struct iovec piece = {bytes, sizeof bytes};
    struct mp_task task;
    enum mp_status status;
    (void)arg;
    while ((status = mp_worker_next(worker, &task)) != MP_CLOSED) {
        struct pollfd fd = {.fd = mp_worker_fd(worker), .events = POLLIN};
        for (int i = 0; status == MP_OK && i < PARTS; i++)
            mp_worker_send(worker, task.id, i + 1 == PARTS, &piece, 1);
        mp_worker_flush(worker);
        if (status == MP_EMPTY && mp_worker_arm(worker) == MP_OK)
            poll(&fd, 1, -1);
    }
    return 0;
}

struct holds {
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct mp_hold *queue[16 * PARTS];
    int count;
    int taken;
    _Atomic int ends;
};

static void keep(const struct mp_part *part, void *context)
{
    struct holds *holds = context;
    check(part->status == MP_OK && part->len == 50000, "a part");
    pthread_mutex_lock(&holds->lock);
    holds->queue[holds->count++] = mp_part_keep(part);
    pthread_cond_signal(&holds->more);
    pthread_mutex_unlock(&holds->lock);
    holds->ends += part->last;
}

static void *release(void *context)
{
    struct holds *holds = context;
    for (;;) {
        pthread_mutex_lock(&holds->lock);
        while (holds->taken == holds->count && holds->taken < 16 * PARTS)
            pthread_cond_wait(&holds->more, &holds->lock);
        struct mp_hold *hold = holds->taken < 16 * PARTS ? holds->queue[holds->taken++] : NULL;
        pthread_cond_signal(&holds->more);
        pthread_mutex_unlock(&holds->lock);
        if (!hold)
            return NULL;
        mp_hold_release(hold);
    }
}

static void executor(bool driven)
{
    static struct holds holds;
    pthread_t threads[2];
    struct mp_pool *pool;
    memset(&holds, 0, sizeof holds);
    pthread_mutex_init(&holds.lock, NULL);
    pthread_cond_init(&holds.more, NULL);
    check(mp_pool_new(&(struct mp_pool_options){.workers = 2, .executor = send_parts, .driven = driven}, &pool) ==
              MP_OK,
          "new");
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, release, &holds);
    for (int i = 0; i < 16; i++)
        check(mp_pool_submit(pool, i % 3 - 1, "x", 1, keep, &holds) == MP_OK, "submit");
    while (driven && mp_pool_pending(pool) > 0)
        mp_pool_turn(pool, 1000);
    mp_pool_close(pool);
    check(mp_pool_join(pool) == MP_OK, "join");
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    check(holds.ends == 16, "every task ends");
    mp_pool_free(pool);
}

/* ---- Terminating while others submit and wait ---- */

static int for_ever(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len, (void)reply;
    while (poll(NULL, 0, -1) < 0)
        ;
    return 0;
}

static void *wait_for_ever(void *context)
{
    enum mp_status status;
    do
        status = mp_pool_apply(context, for_ever, NULL, 0, NULL);
    while (status == MP_OK);
    check(status == MP_CANCELLED || status == MP_NOT_RUNNING, mp_status_text(status));
    return NULL;
}

static void terminate(void)
{
    pthread_t threads[THREADS];
    struct mp_pool *pool;
    check(mp_pool_new(&(struct mp_pool_options){.workers = 2}, &pool) == MP_OK, "new");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, wait_for_ever, pool);
    while (mp_pool_pending(pool) < 2)
        poll(NULL, 0, 1);
    mp_pool_terminate(pool);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    mp_pool_free(pool);
}

int main(void)
{
    task_functions();
    executor(false);
    executor(true);
    terminate();
    return 0;
}
