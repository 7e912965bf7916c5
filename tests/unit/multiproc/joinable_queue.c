/* Numbers in comments are those of the list of behaviours of Python's multiprocessing. */
#include "unit/multiproc/children.h"

#include <multiproc/queue.h>

#define JOINABLE_TEST(name) Test(joinable_queue, name, .timeout = 60)

static struct mp_queue *make_queue(size_t max_items)
{
    struct mp_queue *q = NULL;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){.max_items = max_items}, &q), MP_OK);
    return q;
}

struct work {
    struct mp_queue *queue;
    int done;
};

static int work_for_ever(void *arg)
{
    struct work *w = arg;
    end_with_test();
    int item;
    size_t len;
    while (mp_queue_get(w->queue, &item, sizeof(item), &len, -1) == MP_OK && item >= 0) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        __atomic_add_fetch(&w->done, 1, __ATOMIC_SEQ_CST);
        if (mp_queue_task_done(w->queue) != MP_OK)
            return 1;
    }
    return 0;
}

/* 39, 84 */
JOINABLE_TEST(join_returns_when_every_item_is_done)
{
    struct work *w = shared(sizeof(*w));
    w->queue = make_queue(0);
    struct mp_process *all[4];
    for (int i = 0; i < 4; i++)
        all[i] = start(work_for_ever, w);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(mp_queue_put(w->queue, &i, sizeof(i), -1), MP_OK);
    cr_assert_eq(mp_queue_join(w->queue, PATIENCE_MS), MP_OK);
    cr_assert_eq(w->done, 10);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(mp_queue_put(w->queue, &(int){-1}, sizeof(int), -1), MP_OK);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(finish(all[i]), 0);
    mp_queue_free(w->queue);
}

/* 40 */
JOINABLE_TEST(task_done_more_often_than_put_is_an_error)
{
    struct mp_queue *q = make_queue(0);
    cr_assert_eq(mp_queue_task_done(q), MP_INVALID);
    cr_assert_eq(mp_queue_put(q, "x", 1, -1), MP_OK);
    cr_assert_eq(mp_queue_task_done(q), MP_OK);
    cr_assert_eq(mp_queue_task_done(q), MP_INVALID);
    mp_queue_free(q);
}

/* 41 */
JOINABLE_TEST(join_without_unfinished_items_returns_at_once)
{
    struct mp_queue *q = make_queue(0);
    int64_t begin = now_ms();
    cr_assert_eq(mp_queue_join(q, -1), MP_OK);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    mp_queue_free(q);
}

/* 42 */
JOINABLE_TEST(a_put_that_found_no_room_is_not_an_unfinished_item)
{
    struct mp_queue *q = make_queue(1);
    cr_assert_eq(mp_queue_put(q, "x", 1, 0), MP_OK);
    cr_assert_eq(mp_queue_put(q, "y", 1, 0), MP_FULL);
    cr_assert_eq(mp_queue_put(q, "y", 1, 20), MP_FULL);
    cr_assert_eq(mp_queue_task_done(q), MP_OK);
    cr_assert_eq(mp_queue_join(q, 0), MP_OK);
    mp_queue_free(q);
}

JOINABLE_TEST(join_waits_for_items_that_were_got_and_not_done_until_its_time_is_up)
{
    struct mp_queue *q = make_queue(0);
    char c;
    size_t len;
    cr_assert_eq(mp_queue_put(q, "x", 1, 0), MP_OK);
    cr_assert_eq(mp_queue_join(q, 0), MP_TIMEOUT);
    cr_assert_eq(mp_queue_get(q, &c, 1, &len, 0), MP_OK);
    int64_t begin = now_ms();
    cr_assert_eq(mp_queue_join(q, 100), MP_TIMEOUT);
    cr_assert_geq(now_ms() - begin, 99);
    cr_assert_eq(mp_queue_task_done(q), MP_OK);
    cr_assert_eq(mp_queue_join(q, 0), MP_OK);
    mp_queue_free(q);
}
