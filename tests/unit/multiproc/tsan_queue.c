/* Threads of one process that put, get and wait on a queue at once. ThreadSanitizer is what this program is for; by
 * itself it checks that every message arrives once. */
#include "multiproc/queue.h"
#include "multiproc/thread.h"

#include "support/check.h"

enum { THREADS = 3, ITEMS = 3000 };

static struct mp_queue *queue;
static int next_number;
static unsigned char got[THREADS * ITEMS];

static void produce(void *arg)
{
    (void)arg;
    for (int i = 0; i < ITEMS; i++) {
        int number = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
        CHECK(mp_queue_put(queue, &number, sizeof(number), -1) == MP_OK);
    }
}

static void consume(void *arg)
{
    (void)arg;
    for (int i = 0; i < ITEMS; i++) {
        int number;
        size_t len;
        CHECK(mp_queue_get(queue, &number, sizeof(number), &len, -1) == MP_OK);
        CHECK(__atomic_fetch_add(&got[number], 1, __ATOMIC_RELAXED) == 0);
        CHECK(mp_queue_task_done(queue) == MP_OK);
    }
}

static void take_until_closed(void *status)
{
    char *msg;
    *(enum mp_status *)status = mp_queue_take(queue, &msg, NULL, -1);
}

static struct mp_thread *start(mp_thread_fn *fn, void *arg)
{
    struct mp_thread *t;
    CHECK(mp_thread_new(&(struct mp_thread_options){.fn = fn, .arg = arg}, &t) == MP_OK);
    CHECK(mp_thread_start(t) == MP_OK);
    return t;
}

static void join(struct mp_thread *t)
{
    CHECK(mp_thread_join(t, 60000) == MP_OK);
    mp_thread_free(t);
}

int main(void)
{
    struct mp_thread *producers[THREADS], *consumers[THREADS];
    enum mp_status status = MP_OK;
    CHECK(mp_queue_new(&(struct mp_queue_options){.max_items = 10}, &queue) == MP_OK);
    for (int i = 0; i < THREADS; i++) {
        producers[i] = start(produce, NULL);
        consumers[i] = start(consume, NULL);
    }
    for (int i = 0; i < THREADS; i++)
        join(producers[i]);
    CHECK(mp_queue_join(queue, 60000) == MP_OK);
    for (int i = 0; i < THREADS; i++)
        join(consumers[i]);
    for (int i = 0; i < THREADS * ITEMS; i++)
        CHECK(got[i] == 1);
    struct mp_thread *waiter = start(take_until_closed, &status);
    mp_queue_close(queue);
    join(waiter);
    CHECK(status == MP_CLOSED);
    mp_queue_free(queue);
    return 0;
}
