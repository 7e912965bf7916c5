/* A joinable queue: the parent waits until the consumers have said of every item that it is done. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>

enum { CONSUMERS = 3, ITEMS = 12 };

struct kitchen {
    struct mp_queue *queue;
    int eaten;
};

static int consume(void *arg)
{
    struct kitchen *k = arg;
    for (;;) {
        int item;
        size_t len;
        if (mp_queue_get(k->queue, &item, sizeof(item), &len, -1) != MP_OK)
            return 1;
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
        __atomic_add_fetch(&k->eaten, item, __ATOMIC_SEQ_CST);
        mp_queue_task_done(k->queue);
    }
}

Test(joinable_queue, the_parent_goes_on_when_all_items_are_done_and_daemonic_consumers_end_with_it, .timeout = 60)
{
    struct kitchen *k = shared(sizeof(*k));
    struct mp_process *consumers[CONSUMERS];
    cr_assert_eq(mp_queue_new(NULL, &k->queue), MP_OK);
    for (int i = 0; i < CONSUMERS; i++) {
        struct mp_process_options options = {.fn = consume, .arg = k, .daemon = MP_DAEMONIC_YES};
        cr_assert_eq(mp_process_new(&options, &consumers[i]), MP_OK);
        cr_assert_eq(mp_process_start(consumers[i]), MP_OK);
    }
    for (int i = 1; i <= ITEMS; i++)
        cr_assert_eq(mp_queue_put(k->queue, &i, sizeof(i), -1), MP_OK);
    cr_assert_eq(mp_queue_join(k->queue, PATIENCE_MS), MP_OK);
    cr_assert_eq(k->eaten, ITEMS * (ITEMS + 1) / 2);
    cr_assert_eq(mp_queue_task_done(k->queue), MP_INVALID, "more often than was put");
    for (int i = 0; i < CONSUMERS; i++) {
        mp_process_terminate(consumers[i]);
        cr_assert_eq(finish(consumers[i]), -SIGTERM);
    }
    mp_queue_free(k->queue);
}
