/* A queue whose users are killed with SIGKILL: at every instruction of a call, and many at once at random moments. */
#include "support/support.h"
#include "unit/multiproc/children.h"

#include <errno.h>
#include <multiproc/queue.h>
#include <multiproc/thread.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#define KILL_TEST(name) Test(queue_kill, name, .timeout = 120)

static struct mp_queue *make_queue(size_t max_items, size_t capacity_bytes)
{
    struct mp_queue *q = NULL;
    cr_assert_eq(mp_queue_new(&(struct mp_queue_options){max_items, capacity_bytes}, &q), MP_OK);
    return q;
}

static size_t size(struct mp_queue *q)
{
    size_t items = 1000;
    cr_assert_eq(mp_queue_size(q, &items), MP_OK);
    return items;
}

/* ---- One instruction after the other ---- */

typedef void step_fn(struct mp_queue *q);

enum step { STEP_KILLED, STEP_FINISHED, STEP_IMPOSSIBLE };

static bool is_stopped(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFSTOPPED(status) && WSTOPSIG(status) != SIGKILL;
}

/* Run CALL in a forked process for COUNT machine instructions, and kill it there. */
static enum step kill_after(step_fn *call, struct mp_queue *q, int count)
{
    pid_t pid = fork();
    if (pid == 0) {
        end_with_test();
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(1);
        raise(SIGSTOP);
        call(q);
        raise(SIGUSR2);
        _exit(0);
    }
    if (!is_stopped(pid))
        return STEP_IMPOSSIBLE;
    enum step result = STEP_KILLED;
    for (int i = 0; i < count && result == STEP_KILLED; i++) {
        siginfo_t info = {0};
        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || !is_stopped(pid))
            return STEP_IMPOSSIBLE;
        ptrace(PTRACE_GETSIGINFO, pid, NULL, &info);
        if (info.si_signo == SIGUSR2)
            result = STEP_FINISHED;
    }
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return result;
}

static void put_long_message(struct mp_queue *q)
{
    char msg[100];
    memset(msg, 'k', sizeof(msg));
    mp_queue_put(q, msg, sizeof(msg), -1);
}

static void get_message(struct mp_queue *q)
{
    char msg[100];
    size_t len;
    mp_queue_get(q, msg, sizeof(msg), &len, -1);
}

static void do_task(struct mp_queue *q)
{
    mp_queue_task_done(q);
}

/* The message of the killed one is there whole or not at all. Returns whether it is there. */
static bool take_if_there(struct mp_queue *q)
{
    char *msg = NULL;
    size_t len = 0;
    enum mp_status status = mp_queue_take(q, &msg, &len, 0);
    if (status == MP_EMPTY)
        return false;
    cr_assert_eq(status, MP_OK);
    cr_assert_eq(len, 100);
    for (size_t i = 0; i < len; i++)
        cr_assert_eq(msg[i], 'k');
    free(msg);
    return true;
}

/* Try every instruction, or in a slower build every few, until the call is over. */
static void kill_at_each_instruction(step_fn *call, struct mp_queue *q, void (*check)(struct mp_queue *, enum step))
{
    enum step step = STEP_KILLED;
    const int detail = (int)support_rounds(100);
    int tried = 0;
    for (int count = 0; step == STEP_KILLED && tried < 2000; count += 1 + count / detail, tried++) {
        step = kill_after(call, q, count);
        if (step == STEP_IMPOSSIBLE)
            cr_skip_test("this system does not let a process trace another");
        check(q, step);
    }
    cr_assert_eq(step, STEP_FINISHED);
    cr_assert_gt(tried, 50);
}

static int seen_before_end, seen_nothing;

static void check_put(struct mp_queue *q, enum step step)
{
    bool there = take_if_there(q);
    seen_before_end += there && step == STEP_KILLED;
    seen_nothing += !there;
    cr_assert(there || step == STEP_KILLED);
    cr_assert_eq(size(q), 0);
    if (there)
        cr_assert_eq(mp_queue_task_done(q), MP_OK);
    cr_assert_eq(mp_queue_join(q, 0), MP_OK, "the count of unfinished tasks is right");
}

KILL_TEST(a_put_that_is_killed_at_any_instruction_has_happened_or_not)
{
    struct mp_queue *q = make_queue(0, 300); /* so small that messages go round its end */
    kill_at_each_instruction(put_long_message, q, check_put);
    cr_assert_gt(seen_before_end, 0);
    cr_assert_gt(seen_nothing, 0);
    mp_queue_free(q);
}

static void check_get(struct mp_queue *q, enum step step)
{
    bool there = take_if_there(q);
    seen_before_end += !there && step == STEP_KILLED;
    seen_nothing += there;
    cr_assert(!there || step == STEP_KILLED);
    cr_assert_eq(size(q), 0);
    put_long_message(q);
}

KILL_TEST(a_get_that_is_killed_at_any_instruction_has_happened_or_not)
{
    struct mp_queue *q = make_queue(1, 300);
    put_long_message(q);
    kill_at_each_instruction(get_message, q, check_get);
    cr_assert_gt(seen_before_end, 0);
    cr_assert_gt(seen_nothing, 0);
    mp_queue_free(q);
}

static void check_done(struct mp_queue *q, enum step step)
{
    bool done = mp_queue_join(q, 0) == MP_OK;
    cr_assert(done || step == STEP_KILLED);
    seen_before_end += done && step == STEP_KILLED;
    if (done) {
        put_long_message(q);
        cr_assert(take_if_there(q));
    }
}

KILL_TEST(a_task_done_that_is_killed_at_any_instruction_has_happened_or_not)
{
    struct mp_queue *q = make_queue(0, 300);
    put_long_message(q);
    cr_assert(take_if_there(q));
    kill_at_each_instruction(do_task, q, check_done);
    cr_assert_gt(seen_before_end, 0);
    mp_queue_free(q);
}

static void take_in_thread(void *arg)
{
    char *msg = NULL;
    if (mp_queue_take(arg, &msg, NULL, PATIENCE_MS) == MP_OK)
        free(msg);
}

/* Nobody but the killed process wakes the sleeper: the size is asked for, which wakes nobody, until the sleeper has
 * taken the message, if there is one. */
static void check_that_sleeper_wakes(struct mp_queue *q, enum step step)
{
    (void)step;
    int64_t deadline = now_ms() + PATIENCE_MS / 4; /* the sleeper gives up later */
    while (size(q) > 0 && now_ms() < deadline)
        sched_yield();
    cr_assert_eq(size(q), 0, "a message is there and its waiter sleeps");
}

KILL_TEST(a_sleeper_gets_what_a_killed_put_has_left)
{
    enum { EVERY = 7 };
    struct mp_queue *q = make_queue(0, 300);
    enum step step = STEP_KILLED;
    for (int count = 0; step == STEP_KILLED; count += EVERY + count / 100) {
        struct mp_thread *t;
        cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = take_in_thread, .arg = q}, &t), MP_OK);
        cr_assert_eq(mp_thread_start(t), MP_OK);
        mp_thread_join(t, 1); /* it has time to fall asleep; nothing depends on whether it does */
        step = kill_after(put_long_message, q, count);
        if (step == STEP_IMPOSSIBLE)
            cr_skip_test("this system does not let a process trace another");
        check_that_sleeper_wakes(q, step);
        put_long_message(q); /* for a sleeper that got nothing */
        cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
        mp_thread_free(t);
        while (size(q) > 0)
            cr_assert(take_if_there(q));
    }
    mp_queue_free(q);
}

/* ---- Many at random moments ---- */

enum { KILLED = 6, ROUNDS = 25, MAX_ITEMS = 4000000, FILLER = 50 };

struct item {
    int producer, number;
    unsigned char filler[FILLER];
};

struct storm {
    struct mp_queue *queue;
    int producers, consumers;       /* how many of each there have been */
    int begun[ROUNDS * KILLED + 2]; /* by producer: puts that were called, and those that returned */
    int returned[ROUNDS * KILLED + 2];
    unsigned char *seen; /* by producer and number: how often it was got */
    int per_producer;
    int wrong;
};

static int produce_for_ever(void *arg)
{
    struct storm *s = arg;
    end_with_test();
    struct item item = {.producer = __atomic_fetch_add(&s->producers, 1, __ATOMIC_SEQ_CST)};
    for (item.number = 0; item.number < s->per_producer; item.number++) {
        memset(item.filler, item.number, FILLER);
        __atomic_store_n(&s->begun[item.producer], item.number + 1, __ATOMIC_SEQ_CST);
        if (mp_queue_put(s->queue, &item, sizeof(item), -1) != MP_OK)
            return 1;
        __atomic_store_n(&s->returned[item.producer], item.number + 1, __ATOMIC_SEQ_CST);
    }
    return wait_for_ever(NULL);
}

static bool check_item(struct storm *s, const struct item *item, size_t len, int *last)
{
    if (len != sizeof(*item) || item->producer >= s->producers || item->number >= s->begun[item->producer])
        return false;
    for (int i = 0; i < FILLER; i++)
        if (item->filler[i] != (unsigned char)item->number)
            return false;
    if (item->number <= last[item->producer])
        return false;
    last[item->producer] = item->number;
    return __atomic_fetch_add(&s->seen[item->producer * s->per_producer + item->number], 1, __ATOMIC_SEQ_CST) == 0;
}

static int consume_for_ever(void *arg)
{
    struct storm *s = arg;
    end_with_test();
    int last[ROUNDS * KILLED + 2];
    memset(last, -1, sizeof(last));
    struct item item;
    size_t len;
    while (mp_queue_get(s->queue, &item, sizeof(item), &len, -1) == MP_OK)
        if (!check_item(s, &item, len, last))
            __atomic_store_n(&s->wrong, 1, __ATOMIC_SEQ_CST);
    return 1;
}

/* Start producers and consumers, wait a random while, kill all but let what they have put lie. */
static void storm_round(struct storm *s)
{
    struct mp_process *all[KILLED];
    for (int i = 0; i < KILLED; i++) {
        all[i] = start(i % 2 ? consume_for_ever : produce_for_ever, s);
        s->consumers += i % 2;
    }
    nanosleep(&(struct timespec){.tv_nsec = random() % 3000000}, NULL);
    for (int i = 0; i < KILLED; i++)
        mp_process_kill(all[i]);
    for (int i = 0; i < KILLED; i++)
        cr_assert_eq(finish(all[i]), -SIGKILL);
}

static void drain(struct storm *s)
{
    int last[ROUNDS * KILLED + 2];
    memset(last, -1, sizeof(last));
    struct item item;
    size_t len;
    enum mp_status status;
    while ((status = mp_queue_get(s->queue, &item, sizeof(item), &len, 0)) == MP_OK)
        cr_assert(check_item(s, &item, len, last));
    cr_assert_eq(status, MP_EMPTY);
}

/* An item is missing if its put returned and nobody saw it, which only the death of a consumer between its get and its
 * note excuses; an item whose put was cut short may be there or not. */
static int count_missing(const struct storm *s)
{
    int missing = 0;
    for (int p = 0; p < s->producers; p++)
        for (int n = 0; n < s->begun[p]; n++) {
            int seen = s->seen[p * s->per_producer + n];
            cr_assert_leq(seen, 1, "item %d of producer %d came twice", n, p);
            missing += !seen && n < s->returned[p];
        }
    return missing;
}

KILL_TEST(killing_many_producers_and_consumers_loses_at_most_what_the_dead_held)
{
    struct storm *s = shared(sizeof(*s));
    s->per_producer = MAX_ITEMS / (ROUNDS * KILLED);
    s->seen = shared(MAX_ITEMS);
    s->queue = make_queue(40, 2500);
    srandom(11);
    for (int round = 0; round < ROUNDS; round++)
        storm_round(s);
    cr_assert_not(s->wrong, "an item was torn, came out of order or twice");
    drain(s);
    int missing = count_missing(s), returned = 0;
    for (int p = 0; p < s->producers; p++)
        returned += s->returned[p];
    cr_assert_gt(returned, 1000, "the storm was no storm");
    cr_assert_leq(missing, s->consumers, "%d items are missing, %d consumers were killed", missing, s->consumers);
    cr_assert_eq(mp_queue_put(s->queue, "on", 2, 0), MP_OK);
    cr_assert_eq(size(s->queue), 1);
    mp_queue_free(s->queue);
}

static int get_for_ever(void *arg)
{
    struct storm *s = arg;
    end_with_test();
    struct item item;
    size_t len;
    return mp_queue_get(s->queue, &item, sizeof(item), &len, -1) == MP_OK && item.number == 42 ? 0 : 1;
}

/* A condition variable shared by processes fails here: the dead sleepers eat the signal. */
KILL_TEST(killed_sleepers_do_not_eat_the_wake_up_of_others)
{
    struct storm *s = shared(sizeof(*s));
    s->queue = make_queue(0, 0);
    struct mp_process *sleepers[8];
    for (int i = 0; i < 8; i++)
        sleepers[i] = start(get_for_ever, s);
    cr_assert_eq(mp_process_join(sleepers[0], 50), MP_TIMEOUT);
    for (int i = 0; i < 7; i++) {
        mp_process_kill(sleepers[i]);
        cr_assert_eq(finish(sleepers[i]), -SIGKILL);
    }
    struct item item = {.number = 42};
    cr_assert_eq(mp_queue_put(s->queue, &item, sizeof(item), 0), MP_OK);
    cr_assert_eq(finish(sleepers[7]), 0);
    mp_queue_free(s->queue);
}

/* 97: without a handler an interrupt ends a process that waits, and nobody else. */
KILL_TEST(an_interrupted_sleeper_ends_and_the_queue_goes_on)
{
    struct storm *s = shared(sizeof(*s));
    s->queue = make_queue(0, 0);
    struct mp_process *first = start(get_for_ever, s), *second = start(get_for_ever, s);
    cr_assert_eq(mp_process_join(first, 50), MP_TIMEOUT);
    kill(mp_process_pid(first), SIGINT);
    cr_assert_eq(finish(first), -SIGINT);
    struct item item = {.number = 42};
    cr_assert_eq(mp_queue_put(s->queue, &item, sizeof(item), 0), MP_OK);
    cr_assert_eq(finish(second), 0);
    mp_queue_free(s->queue);
}
