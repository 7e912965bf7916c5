/* Numbers in comments are those of the list of behaviours of Python's multiprocessing. */
#include "unit/multiproc/children.h"

#include <multiproc/lock.h>
#include <multiproc/queue.h>
#include <multiproc/thread.h>
#include <stdio.h>
#include <string.h>

#define QUEUE_TEST(name) Test(queue, name, .timeout = 60)

static struct mp_queue *make_queue(size_t max_items, size_t capacity_bytes)
{
    struct mp_queue *q = NULL;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){max_items, capacity_bytes}, &q), MP_OK);
    return q;
}

static enum mp_status put_text(struct mp_queue *q, const char *text, int timeout_ms)
{
    return mp_queue_put(q, text, strlen(text), timeout_ms);
}

static void expect_text(struct mp_queue *q, const char *text)
{
    char *msg = NULL;
    size_t len = 0;
    cr_assert_eq(mp_queue_take(q, &msg, &len, PATIENCE_MS), MP_OK);
    cr_assert_str_eq(msg, text);
    cr_assert_eq(len, strlen(text));
    free(msg);
}

static bool is_empty(struct mp_queue *q)
{
    bool empty = false;
    cr_assert_eq(mp_queue_is_empty(q, &empty), MP_OK);
    return empty;
}

static bool is_full(struct mp_queue *q)
{
    bool full = false;
    cr_assert_eq(mp_queue_is_full(q, &full), MP_OK);
    return full;
}

static size_t size(struct mp_queue *q)
{
    size_t items = 1000;
    cr_assert_eq(mp_queue_size(q, &items), MP_OK);
    return items;
}

/* 26, 27, 28 */
QUEUE_TEST(a_full_queue_refuses_at_once_or_when_the_time_is_up)
{
    struct mp_queue *q = make_queue(2, 0);
    cr_assert(is_empty(q));
    cr_assert_not(is_full(q));
    cr_assert_eq(put_text(q, "1", 0), MP_OK);
    cr_assert_eq(put_text(q, "2", -1), MP_OK);
    cr_assert(is_full(q));
    int64_t begin = now_ms();
    cr_assert_eq(put_text(q, "3", 0), MP_FULL);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(put_text(q, "3", 200), MP_FULL);
    cr_assert_geq(now_ms() - begin, 199);
    expect_text(q, "1");
    cr_assert_eq(put_text(q, "3", 0), MP_OK);
    mp_queue_free(q);
}

/* 29 */
QUEUE_TEST(an_empty_queue_refuses_at_once_or_when_the_time_is_up)
{
    struct mp_queue *q = make_queue(0, 0);
    char buffer[8], *msg = NULL;
    size_t len = 77;
    int64_t begin = now_ms();
    cr_assert_eq(mp_queue_get(q, buffer, sizeof(buffer), &len, 0), MP_EMPTY);
    cr_assert_eq(mp_queue_take(q, &msg, &len, 0), MP_EMPTY);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(mp_queue_get(q, buffer, sizeof(buffer), &len, 200), MP_EMPTY);
    cr_assert_geq(now_ms() - begin, 199);
    cr_assert_null(msg);
    cr_assert_eq(len, 77);
    mp_queue_free(q);
}

/* 31 */
QUEUE_TEST(its_size_follows_put_and_get)
{
    struct mp_queue *q = make_queue(0, 0);
    cr_assert_eq(size(q), 0);
    put_text(q, "a", -1);
    cr_assert_eq(size(q), 1);
    put_text(q, "b", -1);
    cr_assert_eq(size(q), 2);
    expect_text(q, "a");
    cr_assert_eq(size(q), 1);
    expect_text(q, "b");
    cr_assert_eq(size(q), 0);
    mp_queue_free(q);
}

static int put_ten_to_nineteen(void *q)
{
    end_with_test();
    for (int i = 10; i < 20; i++)
        if (mp_queue_put(q, &i, sizeof(i), -1) != MP_OK)
            return 1;
    return 0;
}

/* 30, 36, 84 */
QUEUE_TEST(items_of_parent_and_child_arrive_in_order_after_the_child_has_ended)
{
    struct mp_queue *q = make_queue(0, 0);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(mp_queue_put(q, &i, sizeof(i), -1), MP_OK);
    cr_assert_eq(run_in_child(put_ten_to_nineteen, q), 0);
    for (int i = 0; i < 20; i++) {
        int item = -1;
        size_t len = 0;
        cr_assert_eq(mp_queue_get(q, &item, sizeof(item), &len, 0), MP_OK);
        cr_assert_eq(len, sizeof(item));
        cr_assert_eq(item, i);
    }
    cr_assert(is_empty(q));
    mp_queue_free(q);
}

/* 34, 35, 37 */
QUEUE_TEST(after_close_every_use_is_refused_and_closing_again_is_fine)
{
    struct mp_queue *q = make_queue(0, 0);
    put_text(q, "left", -1);
    mp_queue_close(q);
    mp_queue_close(q);
    char c;
    size_t len;
    bool answer;
    char *msg;
    cr_assert_eq(put_text(q, "x", -1), MP_CLOSED);
    cr_assert_eq(mp_queue_get(q, &c, 1, &len, -1), MP_CLOSED);
    cr_assert_eq(mp_queue_take(q, &msg, NULL, -1), MP_CLOSED);
    cr_assert_eq(mp_queue_size(q, &len), MP_CLOSED);
    cr_assert_eq(mp_queue_is_empty(q, &answer), MP_CLOSED);
    cr_assert_eq(mp_queue_is_full(q, &answer), MP_CLOSED);
    cr_assert_eq(mp_queue_task_done(q), MP_CLOSED);
    cr_assert_eq(mp_queue_join(q, -1), MP_CLOSED);
    mp_queue_free(q);
}

static int close_after_put(void *q)
{
    end_with_test();
    put_text(q, "last words", -1);
    mp_queue_close(q);
    return put_text(q, "x", 0) == MP_CLOSED ? 0 : 1;
}

/* 34, 36 */
QUEUE_TEST(closing_it_in_one_process_leaves_messages_and_other_processes_alone)
{
    struct mp_queue *q = make_queue(0, 0);
    cr_assert_eq(run_in_child(close_after_put, q), 0);
    expect_text(q, "last words");
    cr_assert_eq(put_text(q, "x", 0), MP_OK);
    mp_queue_free(q);
}

struct waiter {
    struct mp_queue *queue;
    enum mp_status status;
};

static void take_one(void *arg)
{
    struct waiter *w = arg;
    char *msg = NULL;
    w->status = mp_queue_take(w->queue, &msg, NULL, -1);
    if (w->status == MP_OK)
        free(msg);
}

QUEUE_TEST(closing_it_ends_the_wait_of_other_threads_of_the_process)
{
    struct waiter w = {make_queue(0, 0), MP_OK};
    struct mp_thread *t;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = take_one, .arg = &w}, &t), MP_OK);
    cr_assert_eq(mp_thread_start(t), MP_OK);
    cr_assert_eq(mp_thread_join(t, 50), MP_TIMEOUT);
    mp_queue_close(w.queue);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    cr_assert_eq(w.status, MP_CLOSED);
    mp_thread_free(t);
    mp_queue_free(w.queue);
}

static int put_from_grandchild(void *q)
{
    end_with_test();
    return put_text(q, "grandchild", -1);
}

static int put_and_pass_on(void *q)
{
    end_with_test();
    struct mp_process *p;
    if (put_text(q, "child", -1) ||
        mp_process_new(&(struct mp_process_options){.fn = put_from_grandchild, .arg = q}, &p))
        return 1;
    return mp_process_start(p);
}

/* 38 */
QUEUE_TEST(a_child_can_hand_it_on_to_a_grandchild)
{
    struct mp_queue *q = make_queue(0, 0);
    cr_assert_eq(run_in_child(put_and_pass_on, q), 0);
    expect_text(q, "child");
    expect_text(q, "grandchild");
    mp_queue_free(q);
}

QUEUE_TEST(a_message_of_any_length_from_nothing_to_the_whole_capacity_is_kept)
{
    struct mp_queue *q = make_queue(0, 1024);
    char in[1024], out[1024];
    size_t len;
    for (size_t i = 0; i < sizeof(in); i++)
        in[i] = (char)(i * 7);
    for (size_t n = 0; n <= 1016; n++) {
        cr_assert_eq(mp_queue_put(q, in, n, 0), MP_OK);
        cr_assert_eq(mp_queue_get(q, out, sizeof(out), &len, 0), MP_OK);
        cr_assert_eq(len, n);
        cr_assert_arr_eq(out, in, n);
    }
    cr_assert_eq(mp_queue_put(q, in, 1017, 0), MP_TOO_BIG);
    cr_assert_eq(mp_queue_put(q, in, SIZE_MAX, -1), MP_TOO_BIG);
    mp_queue_free(q);
}

QUEUE_TEST(messages_go_round_the_end_of_the_memory_when_it_is_never_empty)
{
    struct mp_queue *q = make_queue(0, 200);
    char in[64], out[64];
    size_t len;
    cr_assert_eq(mp_queue_put(q, "\0", 1, 0), MP_OK);
    for (int i = 1; i < 500; i++) {
        memset(in, i, sizeof(in));
        cr_assert_eq(mp_queue_put(q, in, (size_t)(i % 64 + 1), 0), MP_OK);
        cr_assert_eq(mp_queue_get(q, out, sizeof(out), &len, 0), MP_OK);
        memset(in, i - 1, sizeof(in));
        cr_assert_eq(len, (i - 1) % 64 + 1);
        cr_assert_arr_eq(out, in, len);
    }
    mp_queue_free(q);
}

QUEUE_TEST(bytes_that_do_not_fit_wait_for_room)
{
    struct mp_queue *q = make_queue(0, 96);
    char text[40] = "";
    cr_assert_eq(mp_queue_put(q, text, 40, 0), MP_OK);
    cr_assert_eq(mp_queue_put(q, text, 40, 0), MP_OK);
    cr_assert_eq(mp_queue_put(q, text, 0, 50), MP_FULL);
    cr_assert_not(is_full(q), "there is no limit of items");
    size_t len;
    cr_assert_eq(mp_queue_get(q, text, sizeof(text), &len, 0), MP_OK);
    cr_assert_eq(mp_queue_put(q, text, 40, 0), MP_OK);
    mp_queue_free(q);
}

QUEUE_TEST(a_message_longer_than_the_buffer_stays_and_tells_its_length)
{
    struct mp_queue *q = make_queue(0, 0);
    char buffer[4];
    size_t len = 0;
    put_text(q, "12345", -1);
    cr_assert_eq(mp_queue_get(q, buffer, sizeof(buffer), &len, 0), MP_TOO_BIG);
    cr_assert_eq(len, 5);
    expect_text(q, "12345");
    mp_queue_free(q);
}

/* Pages of this process's shared memory that are there. */
static long shared_kib(void)
{
    long pages = 0, resident = 0, shared_pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    int n = fscanf(f, "%ld %ld %ld", &pages, &resident, &shared_pages);
    fclose(f);
    return n == 3 ? shared_pages * sysconf(_SC_PAGESIZE) / 1024 : -1;
}

QUEUE_TEST(memory_is_taken_only_for_the_messages_that_are_there)
{
    enum { MESSAGE = 100000, ROUNDS = 2000 }; /* 200 MB go through it */
    struct mp_queue *q = make_queue(0, 64 << 20);
    char *msg = malloc(MESSAGE);
    size_t len;
    memset(msg, 'x', MESSAGE);
    long before = shared_kib();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(mp_queue_put(q, msg, MESSAGE, 0), MP_OK);
    for (int i = 0; i < ROUNDS; i++) {
        cr_assert_eq(mp_queue_put(q, msg, MESSAGE, 0), MP_OK);
        cr_assert_eq(mp_queue_get(q, msg, MESSAGE, &len, 0), MP_OK);
        cr_assert_eq(msg[len - 1], 'x');
    }
    cr_assert_lt(shared_kib() - before, 8 * 1024);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(mp_queue_get(q, msg, MESSAGE, &len, 0), MP_OK);
    cr_assert_lt(shared_kib() - before, 3 * 1024);
    free(msg);
    mp_queue_free(q);
}

QUEUE_TEST(a_capacity_that_no_machine_has_is_an_error)
{
    struct mp_queue *q = NULL;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){0, SIZE_MAX}, &q), MP_INVALID);
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){0, (size_t)1 << 60}, &q), MP_SYSTEM);
    cr_assert_null(q);
    cr_assert_eq(mp_queue_new(NULL, &q), MP_OK);
    mp_queue_free(q);
}

struct item {
    int producer, number;
    char filler[60];
};

struct traffic {
    struct mp_queue *queue, *results;
    int next_producer;
};

enum { PRODUCERS = 4, CONSUMERS = 3, ITEMS = 2000 };

static int produce(void *arg)
{
    struct traffic *t = arg;
    end_with_test();
    struct item item = {.producer = __atomic_fetch_add(&t->next_producer, 1, __ATOMIC_RELAXED)};
    for (item.number = 0; item.number < ITEMS; item.number++) {
        memset(item.filler, item.number, sizeof(item.filler));
        if (mp_queue_put(t->queue, &item, sizeof(item) - (size_t)item.number % 60, -1) != MP_OK)
            return 1;
    }
    return 0;
}

static int consume(void *arg)
{
    struct traffic *t = arg;
    end_with_test();
    struct item item;
    size_t len;
    int last[PRODUCERS] = {-1, -1, -1, -1}, count = 0;
    while (mp_queue_get(t->queue, &item, sizeof(item), &len, -1) == MP_OK && len > 1) {
        if (item.number <= last[item.producer] || len != sizeof(item) - (size_t)item.number % 60)
            return 1;
        last[item.producer] = item.number;
        for (size_t i = 0; i + (sizeof(item) - sizeof(item.filler)) < len; i++)
            if (item.filler[i] != (char)item.number)
                return 2;
        count++;
    }
    return mp_queue_put(t->results, &count, sizeof(count), -1) ? 3 : 0;
}

QUEUE_TEST(many_producers_and_consumers_lose_and_mix_nothing)
{
    struct traffic *t = shared(sizeof(*t));
    *t = (struct traffic){make_queue(50, 4000), make_queue(0, 0), 0};
    struct mp_process *producers[PRODUCERS], *consumers[CONSUMERS];
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = start(produce, t);
    for (int i = 0; i < CONSUMERS; i++)
        consumers[i] = start(consume, t);
    for (int i = 0; i < PRODUCERS; i++)
        cr_assert_eq(finish(producers[i]), 0);
    for (int i = 0; i < CONSUMERS; i++)
        cr_assert_eq(mp_queue_put(t->queue, "", 1, -1), MP_OK);
    int total = 0;
    for (int i = 0; i < CONSUMERS; i++) {
        int count = 0;
        size_t len;
        cr_assert_eq(finish(consumers[i]), 0);
        cr_assert_eq(mp_queue_get(t->results, &count, sizeof(count), &len, 0), MP_OK);
        total += count;
    }
    cr_assert_eq(total, PRODUCERS * ITEMS);
    cr_assert(is_empty(t->queue));
    mp_queue_free(t->queue);
    mp_queue_free(t->results);
}

static volatile sig_atomic_t signals;

static void count_signal(int signal_number)
{
    (void)signal_number;
    signals++;
}

static int signal_parent_then_put(void *q)
{
    end_with_test();
    for (int i = 0; i < 20; i++) {
        kill(getppid(), SIGUSR1);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return put_text(q, "at last", -1);
}

/* 97 */
QUEUE_TEST(a_signal_does_not_end_a_wait_but_runs_its_handler)
{
    struct mp_queue *q = make_queue(0, 0);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count_signal}, NULL);
    struct mp_process *p = start(signal_parent_then_put, q);
    expect_text(q, "at last");
    cr_assert_gt(signals, 0);
    cr_assert_eq(finish(p), 0);
    mp_queue_free(q);
}
