/* How pools and their workers begin and end. The numbers are those of the behaviours of Python's multiprocessing. */
#include "pool_support.h"
#include "pool_tasks.h"

#include <sys/resource.h>
#include <sys/wait.h>

static pid_t pid_of(struct mp_result *result)
{
    struct mp_outcome outcome;
    pid_t pid = 0;
    cr_assert_eq(mp_result_get(result, PATIENCE_MS, &outcome), MP_OK);
    memcpy(&pid, outcome.data, sizeof pid);
    mp_result_free(result);
    return pid;
}

static pid_t ask_pid(struct mp_pool *pool)
{
    struct mp_result *result;
    cr_assert_eq(mp_pool_apply(pool, tell_pid, NULL, 0, &result), MP_OK);
    return pid_of(result);
}

/* 62 */
Test(pool_lifetime, a_pool_has_as_many_workers_as_were_asked_for, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3});
    cr_assert_eq(mp_pool_workers(pool), 3);
    pid_t nursery, workers[8];
    cr_assert_eq(children_of(getpid(), &nursery, 1), 1);
    cr_assert_eq(children_of(nursery, workers, 8), 3);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_gt(mp_pool_worker_pid(pool, i), 0);
    cr_assert_eq(mp_pool_worker_pid(pool, 3), 0);
    mp_pool_free(pool);
    pool = pool_of((struct mp_pool_options){0});
    cr_assert_eq(mp_pool_workers(pool), (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
    mp_pool_free(pool);
}

/* 62 */
Test(pool_lifetime, options_without_sense_are_refused, .timeout = 60)
{
    const struct mp_pool_options senseless[] = {{.workers = 1000000},
                                                {.workers = (unsigned)-1},
                                                {.task_ring_bytes = 100000},
                                                {.task_ring_bytes = 4096},
                                                {.result_ring_bytes = 3 << 20},
                                                {.result_ring_bytes = 65536},
                                                {.result_ring_bytes = (size_t)1 << 40}};
    for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++) {
        struct mp_pool *pool = NULL;
        cr_expect_eq(mp_pool_new(&senseless[i], &pool), MP_INVALID, "row %zu", i);
        cr_expect_null(pool);
    }
}

/* 63 */
Test(pool_lifetime, a_pool_of_200_workers_works, .timeout = 200)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 200});
    static long items[1000];
    struct mp_result *result;
    long sum = 0;
    for (long i = 0; i < 1000; i++)
        items[i] = i;
    cr_assert_eq(mp_pool_map(pool, square, items, 1000, sizeof *items, 1, &result), MP_OK);
    for (size_t i = 0; i < 1000; i++) {
        struct mp_outcome outcome;
        long value;
        mp_result_item(result, i, &outcome);
        memcpy(&value, outcome.data, sizeof value);
        sum += value;
    }
    cr_assert_eq(sum, 332833500);
    mp_result_free(result);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_free(pool);
}

static int initialized;

static void initialize(void *arg)
{
    initialized += *(int *)arg;
}

static int tell_initialized(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len;
    mp_reply_write(reply, &initialized, sizeof initialized);
    return 0;
}

/* 64 */
Test(pool_lifetime, the_initializer_runs_once_in_each_worker_before_its_first_task, .timeout = 60)
{
    static int amount = 5;
    struct mp_pool *pool =
        pool_of((struct mp_pool_options){.workers = 2, .initializer = initialize, .initializer_arg = &amount});
    struct mp_result *result;
    static char items[100];
    cr_assert_eq(mp_pool_map(pool, tell_initialized, items, 100, 1, 1, &result), MP_OK);
    for (size_t i = 0; i < 100; i++) {
        struct mp_outcome outcome;
        mp_result_item(result, i, &outcome);
        cr_assert_eq(*(const int *)outcome.data, 5);
    }
    cr_assert_eq(initialized, 0, "and not in the parent");
    mp_result_free(result);
    mp_pool_free(pool);
}

static void die_at_once(void *arg)
{
    (void)arg;
    _exit(1);
}

/* 64 */
Test(pool_lifetime, a_pool_whose_workers_all_die_in_the_initializer_gives_up_and_says_so, .timeout = 60)
{
    struct mp_pool *pool = NULL;
    enum mp_status status = mp_pool_new(&(struct mp_pool_options){.workers = 2, .initializer = die_at_once}, &pool);
    if (status == MP_OK) {
        status = mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL);
        cr_assert(status == MP_WORKER_LOST || status == MP_NOT_RUNNING, "%s", mp_status_text(status));
        cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_NOT_RUNNING);
    } else {
        cr_assert_eq(status, MP_SYSTEM);
    }
    mp_pool_free(pool);
}

/* 65 */
Test(pool_lifetime, when_the_kth_worker_cannot_be_started_nothing_is_left_behind, .timeout = 60)
{
    struct rlimit limit, before;
    int fds = count_fds();
    getrlimit(RLIMIT_NOFILE, &before);
    limit = before;
    for (rlim_t room = 4; room < 60; room += 9) {
        struct mp_pool *pool = NULL;
        limit.rlim_cur = (rlim_t)fds + room;
        setrlimit(RLIMIT_NOFILE, &limit);
        enum mp_status status = mp_pool_new(&(struct mp_pool_options){.workers = 100}, &pool);
        setrlimit(RLIMIT_NOFILE, &before);
        pid_t child;
        cr_assert_eq(status, MP_SYSTEM);
        cr_assert_null(pool);
        cr_assert_eq(count_fds(), fds);
        cr_assert_eq(children_of(getpid(), &child, 1), 0);
        cr_assert_eq(count_ring_mappings(), 0);
    }
}

/* 66, 67, 69 */
Test(pool_lifetime, a_closed_pool_takes_nothing_more_and_an_open_one_cannot_be_joined, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *result = NULL;
    cr_assert_eq(mp_pool_join(pool), MP_RUNNING);
    mp_pool_close(pool);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_apply_async(pool, square, &(long){1}, sizeof(long), NULL, NULL, &result), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_map(pool, square, &(long){1}, 1, sizeof(long), 1, &result), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_map_async(pool, square, &(long){1}, 1, sizeof(long), 1, NULL, NULL, &result), MP_NOT_RUNNING);
    cr_assert_null(result);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_close(pool);
    mp_pool_terminate(pool);
    mp_pool_terminate(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_NOT_RUNNING);
    mp_pool_free(pool);
}

/* 68 */
Test(pool_lifetime, closing_lets_queued_tasks_finish_before_join_returns, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *results[50];
    for (int i = 0; i < 50; i++)
        mp_pool_apply_async(pool, sleep_ms, &(int){5}, sizeof(int), NULL, NULL, &results[i]);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    for (int i = 0; i < 50; i++) {
        cr_assert_eq(mp_result_get(results[i], 0, NULL), MP_OK);
        mp_result_free(results[i]);
    }
    mp_pool_free(pool);
}

static void count_cancelled(const struct mp_outcome *outcome, void *context)
{
    *(int *)context += outcome->status == MP_CANCELLED;
}

/* 70, 71 */
Test(pool_lifetime, terminate_is_quick_and_every_pending_task_is_cancelled, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3});
    static struct mp_result *results[10003];
    static char items[1000];
    struct mp_result *map;
    int cancelled = 0;
    for (int i = 0; i < 10003; i++)
        mp_pool_apply_async(pool, for_ever, NULL, 0, count_cancelled, &cancelled, &results[i]);
    mp_pool_map_async(pool, for_ever, items, 1000, 1, 10, NULL, NULL, &map);
    cr_assert_eq(mp_result_wait(results[0], 50), MP_TIMEOUT);
    int64_t start = now_ms();
    mp_pool_terminate(pool);
    for (int i = 0; i < 10003; i++) {
        cr_assert_eq(mp_result_get(results[i], 0, NULL), MP_CANCELLED);
        mp_result_free(results[i]);
    }
    cr_assert_eq(mp_result_get(map, 0, NULL), MP_CANCELLED);
    cr_assert_eq(cancelled, 10003);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_lt(now_ms() - start, 5000);
    struct mp_outcome outcome;
    cr_assert_eq(mp_result_item(map, 999, &outcome), MP_OK);
    cr_assert_eq(outcome.status, MP_CANCELLED);
    mp_result_free(map);
    mp_pool_free(pool);
}

struct terminator {
    struct mp_pool *pool;
    struct mp_result *pending[20];
    int cancelled_on_return;
    _Atomic int calls;
};

static void terminate_from_callback(const struct mp_outcome *outcome, void *context)
{
    struct terminator *t = context;
    t->calls++;
    if (outcome->status != MP_OK)
        return;
    mp_pool_terminate(t->pool);
    for (int i = 0; i < 20; i++) {
        struct mp_outcome item;
        t->cancelled_on_return += mp_result_item(t->pending[i], 0, &item) == MP_OK && item.status == MP_CANCELLED;
    }
}

/* 70. The first task to end terminates; all others end before that returns, although it runs in a callback. */
Test(pool_lifetime, a_callback_may_terminate_the_pool, .timeout = 60)
{
    for (int driven = 0; driven < 2; driven++) {
        struct terminator t = {.pool = pool_of((struct mp_pool_options){.workers = 2, .driven = driven})};
        mp_pool_apply_async(t.pool, sleep_ms, &(int){100}, sizeof(int), terminate_from_callback, &t, NULL);
        for (int i = 0; i < 20; i++)
            mp_pool_apply_async(t.pool, for_ever, NULL, 0, terminate_from_callback, &t, &t.pending[i]);
        int64_t deadline = now_ms() + PATIENCE_MS;
        while (mp_pool_pending(t.pool) && now_ms() < deadline)
            if (driven)
                mp_pool_turn(t.pool, 100);
            else
                poll(NULL, 0, 1);
        cr_assert_eq(mp_pool_join(t.pool), MP_OK);
        cr_assert_eq(t.cancelled_on_return, 20);
        cr_assert_eq(t.calls, 21);
        mp_pool_free(t.pool);
        for (int i = 0; i < 20; i++)
            mp_result_free(t.pending[i]);
    }
}

/* 72 */
Test(pool_lifetime, freeing_an_open_pool_terminates_it, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *result;
    pid_t pid = mp_pool_worker_pid(pool, 0), child;
    mp_pool_apply_async(pool, for_ever, NULL, 0, NULL, NULL, &result);
    mp_pool_free(pool);
    cr_assert_eq(mp_result_get(result, 0, NULL), MP_CANCELLED);
    mp_result_free(result);
    cr_assert(is_gone_in_time(pid));
    cr_assert_eq(children_of(getpid(), &child, 1), 0);
}

/* 75 */
Test(pool_lifetime, workers_are_replaced_after_their_share_of_tasks, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3, .max_tasks_per_worker = 10});
    pid_t seen[100];
    int counts[100] = {0}, different = 0;
    struct mp_result *results[100];
    for (int i = 0; i < 100; i++)
        mp_pool_apply_async(pool, tell_pid, NULL, 0, NULL, NULL, &results[i]);
    for (int i = 0; i < 100; i++) {
        pid_t pid = pid_of(results[i]);
        int k = 0;
        while (k < different && seen[k] != pid)
            k++;
        seen[k] = pid;
        different += k == different;
        counts[k]++;
    }
    cr_assert_geq(different, 10);
    for (int k = 0; k < different; k++)
        cr_assert_leq(counts[k], 10);
    mp_pool_free(pool);
}

/* 76 */
Test(pool_lifetime, one_worker_with_two_tasks_a_life_answers_a_a_b_b_c, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1, .max_tasks_per_worker = 2});
    pid_t pids[5];
    for (int i = 0; i < 5; i++)
        pids[i] = ask_pid(pool);
    cr_assert(pids[0] == pids[1] && pids[1] != pids[2] && pids[2] == pids[3] && pids[3] != pids[4]);
    mp_pool_free(pool);
}

/* 77 */
Test(pool_lifetime, one_task_a_life_and_an_early_close_do_not_hang_join, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3, .max_tasks_per_worker = 1});
    struct mp_result *results[6];
    for (long i = 0; i < 6; i++)
        mp_pool_apply_async(pool, square, &i, sizeof i, NULL, NULL, &results[i]);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    for (long i = 0; i < 6; i++) {
        struct mp_outcome outcome;
        cr_assert_eq(mp_result_get(results[i], 0, &outcome), MP_OK);
        cr_assert_eq(*(const long *)outcome.data, i * i);
        mp_result_free(results[i]);
    }
    mp_pool_free(pool);
}

static struct mp_pool *never_closed;

/* Run FN in a child whose standard error goes to a pipe. Returns its wait status; *NOISE is what it wrote there. */
static int run_child(void (*fn)(void), char *noise, size_t size)
{
    int pipe_fds[2], wait_status = -1;
    cr_assert_eq(pipe(pipe_fds), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_fds[1], STDERR_FILENO);
        dup2(pipe_fds[1], STDOUT_FILENO);
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        fn();
        _exit(77);
    }
    close(pipe_fds[1]);
    size_t len = 0;
    ssize_t n;
    while (len + 1 < size && (n = read(pipe_fds[0], noise + len, size - len - 1)) > 0)
        len += (size_t)n;
    noise[len] = '\0';
    close(pipe_fds[0]);
    waitpid(child, &wait_status, 0);
    return wait_status;
}

static void leave_pool_open(void)
{
    mp_pool_new(&(struct mp_pool_options){.workers = 2}, &never_closed);
    mp_pool_apply_async(never_closed, for_ever, NULL, 0, NULL, NULL, NULL);
    exit(mp_pool_apply(never_closed, square, &(long){2}, sizeof(long), NULL));
}

/* 79. The end of the pipe shows that the workers and the nursery are gone as well: they have copies of it. */
Test(pool_lifetime, a_pool_that_is_never_closed_does_not_keep_the_program_from_exiting, .timeout = 60)
{
    char noise[2000];
    int wait_status = run_child(leave_pool_open, noise, sizeof noise);
    cr_assert(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0, "%x", wait_status);
    /* The leak sanitizer remarks that the pool's thread was still there. */
    cr_assert(!noise[0] || strstr(noise, "was not suspended"), "%s", noise);
}

static void use_pool_and_leave(void)
{
    struct mp_pool *pool;
    if (mp_pool_new(&(struct mp_pool_options){.workers = 2}, &pool) != MP_OK)
        _exit(2);
    enum mp_status status = mp_pool_apply(pool, square, &(long){2}, sizeof(long), NULL);
    mp_pool_close(pool);
    mp_pool_join(pool);
    mp_pool_free(pool);
    _exit((int)status);
}

/* 80 */
Test(pool_lifetime, a_pool_works_in_a_child_process, .timeout = 60)
{
    char noise[2000];
    int wait_status = run_child(use_pool_and_leave, noise, sizeof noise);
    cr_assert(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0, "%x %s", wait_status, noise);
}

static int say_something(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len, (void)reply;
    printf("worker;");
    return 0;
}

static void buffer_and_pool(void)
{
    static char buffer[4096];
    struct mp_pool *pool;
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    printf("parent;");
    mp_pool_new(&(struct mp_pool_options){.workers = 2}, &pool);
    mp_pool_apply(pool, say_something, NULL, 0, NULL);
    mp_pool_close(pool);
    mp_pool_join(pool);
    mp_pool_free(pool);
    fflush(stdout);
    _exit(0);
}

/* 24 */
Test(pool_lifetime, what_the_parent_had_buffered_is_written_once_and_what_a_worker_buffered_too, .timeout = 60)
{
    char noise[2000];
    cr_assert_eq(run_child(buffer_and_pool, noise, sizeof noise), 0);
    cr_assert_str_eq(noise, "worker;parent;");
}

Test(pool_lifetime, pools_come_and_go_without_leaving_anything, .timeout = 60)
{
    int fds = count_fds();
    for (int i = 0; i < 30; i++) {
        struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2, .driven = i % 3 == 0});
        mp_pool_apply(pool, square, &(long){i}, sizeof(long), NULL);
        if (i % 2) {
            mp_pool_close(pool);
            cr_assert_eq(mp_pool_join(pool), MP_OK);
        }
        mp_pool_free(pool);
    }
    pid_t child;
    cr_assert_eq(count_fds(), fds);
    cr_assert_eq(count_ring_mappings(), 0);
    cr_assert_eq(children_of(getpid(), &child, 1), 0);
}

/* A second pool's workers must not see the rings of the first, nor must siblings see each other's. */
static int count_rings_of_worker(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len;
    int count = count_ring_mappings();
    mp_reply_write(reply, &count, sizeof count);
    return 0;
}

Test(pool_lifetime, a_worker_maps_its_own_two_rings_and_no_others, .timeout = 60)
{
    struct mp_pool *first = pool_of((struct mp_pool_options){.workers = 3});
    struct mp_pool *second = pool_of((struct mp_pool_options){.workers = 3});
    struct mp_result *result;
    struct mp_outcome outcome;
    cr_assert_eq(mp_pool_apply(second, count_rings_of_worker, NULL, 0, &result), MP_OK);
    mp_result_get(result, 0, &outcome);
    /* Each is mapped twice, and the control page may be a mapping of its own. */
    cr_assert_leq(*(const int *)outcome.data, 6);
    mp_result_free(result);
    mp_pool_free(first);
    mp_pool_free(second);
}
