/* full, empty and size of a queue, and what put and get do when they may not wait, or only for a while. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>

Test(queue, full_empty_and_size_follow_put_and_get, .timeout = 60)
{
    struct mp_queue *q;
    bool full = false, empty = true;
    size_t size = 0;
    int item;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){.max_items = 5}, &q), MP_OK);
    for (int i = 1; i <= 5; i++)
        cr_assert_eq(mp_queue_put(q, &i, sizeof(i), 0), MP_OK);
    cr_assert_eq(mp_queue_is_full(q, &full), MP_OK);
    cr_assert_eq(mp_queue_size(q, &size), MP_OK);
    cr_assert(full);
    cr_assert_eq(size, 5);
    cr_assert_eq(mp_queue_get(q, &item, sizeof(item), &size, 2000), MP_OK);
    cr_assert_eq(item, 1);
    cr_assert_eq(mp_queue_is_empty(q, &empty), MP_OK);
    cr_assert_not(empty);
    mp_queue_free(q);
}

Test(queue, get_from_an_empty_and_put_to_a_full_queue_fail_at_once_or_after_the_timeout, .timeout = 60)
{
    struct mp_queue *q;
    int item = 0;
    size_t len;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){.max_items = 1}, &q), MP_OK);
    int64_t begin = now_ms();
    cr_assert_eq(mp_queue_get(q, &item, sizeof(item), &len, 0), MP_EMPTY);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(mp_queue_get(q, &item, sizeof(item), &len, 200), MP_EMPTY);
    cr_assert_geq(now_ms() - begin, 199);
    cr_assert_eq(mp_queue_put(q, &item, sizeof(item), 0), MP_OK);
    begin = now_ms();
    cr_assert_eq(mp_queue_put(q, &item, sizeof(item), 0), MP_FULL);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(mp_queue_put(q, &item, sizeof(item), 200), MP_FULL);
    cr_assert_geq(now_ms() - begin, 199);
    mp_queue_free(q);
}

static int put_slowly(void *queue)
{
    end_with_test();
    for (int i = 0; i < 3; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        if (mp_queue_put(queue, &i, sizeof(i), -1) != MP_OK)
            return 1;
    }
    return 0;
}

/* In the tutorial the reader, which does not wait, ends with an exception of its own. */
static int get_hastily(void *queue)
{
    end_with_test();
    for (int i = 0; i < 3; i++) {
        int item;
        size_t len;
        if (mp_queue_get(queue, &item, sizeof(item), &len, 0) == MP_EMPTY)
            return 1;
    }
    return 0;
}

Test(queue, a_reader_that_does_not_wait_for_a_slow_writer_finds_it_empty, .timeout = 60)
{
    struct mp_queue *q;
    size_t size = 0;
    cr_assert_eq(mp_queue_new(NULL, &q), MP_OK);
    struct mp_process *writer = start(put_slowly, q), *reader = start(get_hastily, q);
    cr_assert_eq(finish(reader), 1);
    cr_assert_eq(finish(writer), 0);
    cr_assert_eq(mp_queue_size(q, &size), MP_OK);
    cr_assert_geq(size, 1);
    mp_queue_free(q);
}
