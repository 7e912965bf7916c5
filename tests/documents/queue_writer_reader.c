/* Two processes and a queue: one writes, the other reads. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <stdio.h>
#include <string.h>

struct exchange {
    struct mp_queue *queue;
    int report; /* the reader writes what it got to this pipe */
};

static int offer_hello(void *queue)
{
    end_with_test();
    return mp_queue_put(queue, "Hello World", 11, -1);
}

Test(queue, a_child_puts_and_the_parent_gets, .timeout = 60)
{
    struct mp_queue *q;
    char *msg;
    cr_assert_eq(mp_queue_new(NULL, &q), MP_OK);
    struct mp_process *p = start(offer_hello, q);
    cr_assert_eq(mp_queue_take(q, &msg, NULL, PATIENCE_MS), MP_OK);
    cr_assert_str_eq(msg, "Hello World");
    free(msg);
    cr_assert_eq(finish(p), 0);
    mp_queue_free(q);
}

static int offer_ten(void *arg)
{
    struct exchange *e = arg;
    end_with_test();
    for (int i = 0; i < 10; i++) {
        char text[32];
        int len = snprintf(text, sizeof(text), "Hello World%d", i);
        if (mp_queue_put(e->queue, text, (size_t)len, -1) != MP_OK)
            return 1;
    }
    return 0;
}

static int get_ten(void *arg)
{
    struct exchange *e = arg;
    end_with_test();
    for (int i = 0; i < 10; i++) {
        char *msg;
        if (mp_queue_take(e->queue, &msg, NULL, PATIENCE_MS) != MP_OK)
            return 1;
        dprintf(e->report, "%s\n", msg);
        free(msg);
    }
    return 0;
}

Test(queue, one_process_writes_ten_and_another_reads_them_in_order, .timeout = 60)
{
    struct event report = event_new();
    struct exchange e = {.report = report.fds[1]};
    cr_assert_eq(mp_queue_new(NULL, &e.queue), MP_OK);
    struct mp_process *reader = start(get_ten, &e), *writer = start(offer_ten, &e);
    cr_assert_eq(finish(writer), 0);
    cr_assert_eq(finish(reader), 0);
    bool empty = false;
    cr_assert_eq(mp_queue_is_empty(e.queue, &empty), MP_OK);
    cr_assert(empty);
    char got[400] = "", expected[400] = "";
    cr_assert_gt(read(report.fds[0], got, sizeof(got) - 1), 0);
    for (int i = 0; i < 10; i++)
        sprintf(expected + strlen(expected), "Hello World%d\n", i);
    cr_assert_str_eq(got, expected);
    mp_queue_free(e.queue);
}
