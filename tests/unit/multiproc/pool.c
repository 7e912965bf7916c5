/* What the pool does with tasks. The numbers are those of the behaviours of Python's multiprocessing. */
#include "pool_support.h"
#include "pool_tasks.h"

#include <pthread.h>
#include <stdatomic.h>

static long long_of(const struct mp_outcome *outcome)
{
    long value = -1;
    cr_assert_eq(outcome->len, sizeof value);
    memcpy(&value, outcome->data, sizeof value);
    return value;
}

static void fill(long *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        items[i] = (long)i;
}

/* Results of square for 0, 1, 2, ... */
static void expect_squares(struct mp_result *result, size_t count)
{
    struct mp_outcome outcome;
    cr_assert_eq(mp_result_count(result), count);
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(mp_result_item(result, i, &outcome), MP_OK);
        cr_assert(outcome.status == MP_OK && long_of(&outcome) == (long)(i * i), "item %zu", i);
    }
    cr_assert_eq(mp_result_item(result, count, &outcome), MP_NOT_FOUND);
}

/* 43 */
Test(pool, apply_calls_the_function_in_a_worker_and_returns_its_result, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *result;
    struct mp_outcome outcome;
    cr_assert_eq(mp_pool_apply(pool, square, &(long){12}, sizeof(long), &result), MP_OK);
    cr_assert_eq(mp_result_get(result, 0, &outcome), MP_OK);
    cr_assert_eq(long_of(&outcome), 144);
    mp_result_free(result);
    cr_assert_eq(mp_pool_apply(pool, tell_pid, NULL, 0, &result), MP_OK);
    mp_result_get(result, 0, &outcome);
    pid_t pid;
    memcpy(&pid, outcome.data, sizeof pid);
    cr_assert(pid == mp_pool_worker_pid(pool, 0) || pid == mp_pool_worker_pid(pool, 1));
    mp_result_free(result);
    cr_assert_eq(mp_pool_apply(pool, square, NULL, 0, NULL), MP_OK, "a result nobody wants");
    mp_pool_free(pool);
}

/* 43 */
Test(pool, arguments_and_results_of_every_size_cross_unharmed, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    const size_t sizes[] = {0,    1,     7,     8,      9,      15,     16,     17,     40,      41,     4095,
                            4096, 32767, 32768, 131072, 135168, 135169, 266240, 266241, 1 << 20, 5000001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct mp_result *result;
        struct mp_outcome outcome;
        cr_assert_eq(mp_pool_apply(pool, many_bytes, &sizes[i], sizeof(size_t), &result), MP_OK);
        mp_result_get(result, 0, &outcome);
        cr_expect_eq(outcome.len, sizes[i]);
        const unsigned char *bytes = outcome.data;
        for (size_t k = 0; k < outcome.len; k += 1 + k / 7)
            cr_assert_eq(bytes[k], (unsigned char)sizes[i]);
        mp_result_free(result);
    }
    static char largest[64 * 1024 + 1];
    struct mp_result *result;
    cr_assert_eq(mp_pool_apply_async(pool, square, largest, sizeof largest, NULL, NULL, &result), MP_TOO_BIG);
    cr_assert_eq(mp_pool_apply(pool, square, largest, sizeof largest - 1, NULL), MP_OK);
    mp_pool_free(pool);
}

/* 44 */
Test(pool, map_keeps_the_order_of_the_items_whatever_the_chunks, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 3});
    const size_t chunks[] = {1, 20, 7, 1000, MP_CHUNK_AUTO, MP_CHUNK_AUTO - 1};
    static long items[5000];
    struct mp_result *result;
    fill(items, 5000);
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        size_t count = i == 1 ? 100 : 5000;
        cr_assert_eq(mp_pool_map(pool, square, items, count, sizeof *items, chunks[i], &result), MP_OK);
        expect_squares(result, count);
        mp_result_free(result);
    }
    mp_pool_free(pool);
}

/* 44 */
Test(pool, items_larger_than_a_task_may_be_are_refused_and_the_largest_are_not, .timeout = 60)
{
    enum { LARGEST = 64 * 1024 - 32 };
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    static char items[10 * LARGEST];
    struct mp_result *result;
    cr_assert_eq(mp_pool_map(pool, tell_pid, items, 2, LARGEST + 1, 1, &result), MP_TOO_BIG);
    cr_assert_eq(mp_pool_map(pool, tell_pid, items, 10, LARGEST, 5, &result), MP_OK);
    cr_assert_eq(mp_result_count(result), 10);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* 46 */
Test(pool, map_async_gives_what_map_gives, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    static long items[1000];
    struct mp_result *results[3];
    fill(items, 1000);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(
            mp_pool_map_async(pool, square, items, 1000, sizeof *items, MP_CHUNK_AUTO, NULL, NULL, &results[i]), MP_OK);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(mp_result_get(results[i], PATIENCE_MS, NULL), MP_OK);
        expect_squares(results[i], 1000);
        mp_result_free(results[i]);
    }
    mp_pool_free(pool);
}

/* 47 */
Test(pool, a_map_of_nothing_ends_at_once_with_nothing, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *result;
    cr_assert_eq(mp_pool_map(pool, square, NULL, 0, sizeof(long), MP_CHUNK_AUTO, &result), MP_OK);
    cr_assert_eq(mp_result_count(result), 0);
    mp_result_free(result);
    cr_assert_eq(mp_pool_map_async(pool, square, NULL, 0, sizeof(long), 10, NULL, NULL, &result), MP_OK);
    cr_assert_eq(mp_result_get(result, PATIENCE_MS, NULL), MP_OK);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* 48, 49 */
Test(pool, get_waits_as_long_as_it_is_told_and_the_task_goes_on, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    struct mp_result *result;
    struct mp_outcome outcome;
    cr_assert_eq(mp_pool_apply_async(pool, sleep_ms, &(int){500}, sizeof(int), NULL, NULL, &result), MP_OK);
    cr_assert_eq(mp_result_get(result, 0, &outcome), MP_TIMEOUT);
    int64_t start = now_ms();
    cr_assert_eq(mp_result_get(result, 100, &outcome), MP_TIMEOUT);
    cr_assert_geq(now_ms() - start, 99);
    cr_assert_lt(now_ms() - start, 400);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(mp_result_get(result, PATIENCE_MS, &outcome), MP_OK);
        int ms;
        memcpy(&ms, outcome.data, sizeof ms);
        cr_assert_eq(ms, 500);
    }
    mp_result_free(result);
    mp_pool_free(pool);
}

/* 50 */
Test(pool, a_running_task_is_not_ready_and_neither_successful_nor_not, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    struct mp_result *slow, *bad;
    struct mp_outcome outcome;
    bool successful = true;
    mp_pool_apply_async(pool, sleep_ms, &(int){200}, sizeof(int), NULL, NULL, &slow);
    mp_pool_apply_async(pool, fail_with, &(int){5}, sizeof(int), NULL, NULL, &bad);
    cr_assert_not(mp_result_ready(slow));
    cr_assert_eq(mp_result_successful(slow, &successful), MP_RUNNING);
    cr_assert_eq(mp_result_item(slow, 0, &outcome), MP_RUNNING);
    cr_assert_eq(mp_result_wait(bad, PATIENCE_MS), MP_OK, "waiting does not care how it ended");
    cr_assert(mp_result_ready(slow) && mp_result_ready(bad));
    cr_assert(mp_result_successful(slow, &successful) == MP_OK && successful);
    cr_assert(mp_result_successful(bad, &successful) == MP_OK && !successful);
    mp_result_free(slow);
    mp_result_free(bad);
    mp_pool_free(pool);
}

struct seen {
    _Atomic int calls;
    struct mp_outcome outcome;
    char data[64];
    pthread_t thread;
    pid_t pid;
    struct mp_result *result;
    long sum;
};

static void see(const struct mp_outcome *outcome, void *context)
{
    struct seen *seen = context;
    seen->outcome = *outcome;
    if (outcome->len)
        memcpy(seen->data, outcome->data, outcome->len < 64 ? outcome->len : 64);
    seen->thread = pthread_self();
    seen->pid = getpid();
    atomic_fetch_add(&seen->calls, 1);
}

static void see_map(const struct mp_outcome *outcome, void *context)
{
    struct seen *seen = context;
    for (size_t i = 0; i < mp_result_count(seen->result); i++) {
        struct mp_outcome item;
        long value = 0;
        if (mp_result_item(seen->result, i, &item) == MP_OK && item.len == sizeof value)
            memcpy(&value, item.data, sizeof value);
        seen->sum += value;
    }
    see(outcome, context);
}

/* 51 */
Test(pool, the_callback_is_called_once_with_the_result_or_the_error, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct seen good = {0}, bad = {0}, whole = {0};
    static long items[100];
    fill(items, 100);
    mp_pool_apply_async(pool, square, &(long){9}, sizeof(long), see, &good, NULL);
    mp_pool_apply_async(pool, fail_with, &(int){5}, sizeof(int), see, &bad, NULL);
    mp_pool_map_async(pool, square, items, 100, sizeof *items, MP_CHUNK_AUTO, see_map, &whole, &whole.result);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert(good.calls == 1 && good.outcome.status == MP_OK && *(long *)(void *)good.data == 81);
    cr_assert(bad.calls == 1 && bad.outcome.status == MP_TASK_FAILED && bad.outcome.code == 5);
    cr_assert(whole.calls == 1 && whole.outcome.status == MP_OK && whole.sum == 328350);
    mp_result_free(whole.result);
    mp_pool_free(pool);
}

/* 52 */
Test(pool, callbacks_run_in_the_parent_in_the_pools_thread_before_the_waiter_is_woken, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    for (int i = 0; i < 1000; i++) {
        struct seen seen = {0};
        struct mp_result *result;
        mp_pool_apply_async(pool, square, &(long){3}, sizeof(long), see, &seen, &result);
        mp_result_get(result, -1, NULL);
        cr_assert(seen.calls == 1 && seen.pid == getpid() && !pthread_equal(seen.thread, pthread_self()));
        mp_result_free(result);
    }
    mp_pool_free(pool);
}

struct chain {
    struct mp_pool *pool;
    _Atomic int left;
    _Atomic int refused;
};

static void submit_another(const struct mp_outcome *outcome, void *context)
{
    struct chain *chain = context;
    chain->refused += mp_pool_apply(chain->pool, square, &(long){1}, sizeof(long), NULL) == MP_DEADLOCK;
    if (outcome->status == MP_OK && atomic_fetch_sub(&chain->left, 1) > 1)
        mp_pool_apply_async(chain->pool, square, &(long){1}, sizeof(long), submit_another, chain, NULL);
}

/* 52 */
Test(pool, a_callback_may_submit_and_waiting_in_one_is_refused, .timeout = 60)
{
    struct chain chain = {.pool = pool_of((struct mp_pool_options){.workers = 2}), .left = 500};
    mp_pool_apply_async(chain.pool, square, &(long){1}, sizeof(long), submit_another, &chain, NULL);
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (atomic_load(&chain.left) > 0 && now_ms() < deadline)
        poll(NULL, 0, 1);
    cr_assert_eq(chain.left, 0);
    cr_assert_eq(chain.refused, 500);
    mp_pool_free(chain.pool);
}

/* 53 */
Test(pool, a_failed_task_gives_its_code_and_its_report, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    struct mp_result *result;
    struct mp_outcome outcome;
    cr_assert_eq(mp_pool_apply(pool, fail_with, &(int){-7}, sizeof(int), &result), MP_TASK_FAILED);
    cr_assert_eq(mp_result_get(result, 0, &outcome), MP_TASK_FAILED);
    cr_assert(outcome.code == -7 && outcome.len == 13 && memcmp(outcome.data, "it went wrong", 13) == 0);
    mp_result_free(result);
    mp_pool_free(pool);
}

/* 54 */
Test(pool, twenty_failures_in_a_row_cost_no_worker, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    pid_t before[] = {mp_pool_worker_pid(pool, 0), mp_pool_worker_pid(pool, 1)};
    for (int i = 1; i <= 20; i++)
        cr_assert_eq(mp_pool_apply(pool, fail_with, &i, sizeof i, NULL), MP_TASK_FAILED);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){1}, sizeof(long), NULL), MP_OK);
    cr_assert(mp_pool_worker_pid(pool, 0) == before[0] && mp_pool_worker_pid(pool, 1) == before[1]);
    mp_pool_free(pool);
}

/* 61 */
Test(pool, a_chunksize_of_zero_is_refused, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 1});
    struct mp_result *result = NULL;
    cr_assert_eq(mp_pool_map(pool, square, &(long){1}, 1, sizeof(long), 0, &result), MP_INVALID);
    cr_assert_eq(mp_pool_map_async(pool, square, &(long){1}, 1, sizeof(long), 0, NULL, NULL, &result), MP_INVALID);
    cr_assert_null(result);
    mp_pool_free(pool);
}

static int square_slowly(const void *arg, size_t len, struct mp_reply *reply)
{
    poll(NULL, 0, 1);
    return square(arg, len, reply);
}

/* 73 */
Test(pool, one_failed_item_does_not_stop_a_map, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    static long items[101];
    struct mp_result *result;
    struct mp_outcome outcome;
    fill(items, 101);
    cr_assert_eq(mp_pool_map(pool, square_or_fail, items + 1, 100, sizeof *items, 3, &result), MP_TASK_FAILED);
    cr_assert_eq(mp_result_get(result, 0, &outcome), MP_TASK_FAILED);
    cr_assert_eq(outcome.code, 11, "the first failed item counts");
    for (size_t i = 0; i < 100; i++) {
        mp_result_item(result, i, &outcome);
        if (items[i + 1] % 10)
            cr_assert(outcome.status == MP_OK && long_of(&outcome) == items[i + 1] * items[i + 1]);
        else
            cr_assert(outcome.status == MP_TASK_FAILED && outcome.code == 1 + items[i + 1]);
    }
    mp_result_free(result);
    mp_pool_free(pool);
}

/* 73 */
Test(pool, a_map_of_results_of_1_mib_with_a_failure_can_be_closed_and_joined, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    static size_t items[40];
    struct mp_result *result, *failed;
    struct mp_outcome outcome;
    for (size_t i = 0; i < 40; i++)
        items[i] = (1 << 20) + i;
    mp_pool_map_async(pool, many_bytes, items, 40, sizeof *items, 1, NULL, NULL, &result);
    mp_pool_apply_async(pool, fail_with, &(int){1}, sizeof(int), NULL, NULL, &failed);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    for (size_t i = 0; i < 40; i++) {
        mp_result_item(result, i, &outcome);
        const unsigned char *bytes = outcome.data;
        cr_assert(outcome.len == items[i] && bytes[0] == i && bytes[outcome.len - 1] == i);
    }
    cr_assert_eq(mp_result_get(failed, 0, NULL), MP_TASK_FAILED);
    mp_result_free(result);
    mp_result_free(failed);
    mp_pool_free(pool);
}

static size_t resident_pages(void)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    cr_assert_eq(fscanf(file, "%*u %zu", &pages), 1);
    fclose(file);
    return pages;
}

/* A hundred rounds of the next test hold 1.2 GB. The sanitizer keeps 256 MB in quarantine. */
#ifdef __SANITIZE_ADDRESS__
enum { PAGES_OF_GROWTH = 100000 };
#else
enum { PAGES_OF_GROWTH = 8000 };
#endif

/* 74 */
Test(pool, arguments_and_results_are_let_go_after_use, .timeout = 100)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    size_t before = 0;
    static char argument[20000];
    for (int round = 0; round < 102; round++) {
        struct mp_result *results[100];
        for (int i = 0; i < 100; i++) {
            size_t len = 100000;
            memcpy(argument, &len, sizeof len);
            mp_pool_apply_async(pool, many_bytes, argument, sizeof argument, NULL, NULL, &results[i]);
        }
        for (int i = 0; i < 100; i++) {
            cr_assert_eq(mp_result_get(results[i], PATIENCE_MS, NULL), MP_OK);
            mp_result_free(results[i]);
        }
        if (round == 1)
            before = resident_pages();
    }
    cr_assert_lt(resident_pages(), before + PAGES_OF_GROWTH);
    mp_pool_free(pool);
}

/* Many short tasks make the pool look far ahead; the long ones that follow must be shared out all the same. */
Test(pool, long_tasks_after_short_ones_are_shared_by_all_workers, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 4});
    struct mp_result *results[16];
    for (int i = 0; i < 20000; i++)
        mp_pool_apply_async(pool, square, &(long){i}, sizeof(long), NULL, NULL, NULL);
    int64_t start = now_ms();
    for (int i = 0; i < 16; i++)
        mp_pool_apply_async(pool, sleep_ms, &(int){100}, sizeof(int), NULL, NULL, &results[i]);
    for (int i = 0; i < 16; i++) {
        mp_result_get(results[i], -1, NULL);
        mp_result_free(results[i]);
    }
    int64_t took = now_ms() - start;
    cr_assert(took >= 395 && took < 900, "16 tasks of 100 ms on 4 workers took %lld ms", (long long)took);
    mp_pool_free(pool);
}

/* The same in a map whose slow items are all in one place. */
Test(pool, one_slow_task_does_not_keep_those_behind_it_from_other_workers, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2});
    struct mp_result *slow, *last;
    for (int i = 0; i < 20000; i++)
        mp_pool_apply_async(pool, square, &(long){i}, sizeof(long), NULL, NULL, NULL);
    mp_pool_apply_async(pool, sleep_ms, &(int){1000}, sizeof(int), NULL, NULL, &slow);
    for (int i = 0; i < 200; i++)
        mp_pool_apply_async(pool, square_slowly, &(long){i}, sizeof(long), NULL, NULL, i == 199 ? &last : NULL);
    cr_assert_eq(mp_result_get(last, -1, NULL), MP_OK);
    cr_assert_eq(mp_result_get(slow, 0, NULL), MP_TIMEOUT, "the others did not wait for the slow one");
    mp_result_free(slow);
    mp_result_free(last);
    mp_pool_free(pool);
}

Test(pool, a_driven_pool_needs_no_thread_for_apply_and_map, .timeout = 60)
{
    struct mp_pool *pool = pool_of((struct mp_pool_options){.workers = 2, .driven = true});
    static long items[1000];
    struct seen seen = {0};
    struct mp_result *result;
    fill(items, 1000);
    cr_assert_eq(mp_pool_apply(pool, square, &(long){4}, sizeof(long), NULL), MP_OK);
    cr_assert_eq(mp_pool_map(pool, square, items, 1000, sizeof *items, MP_CHUNK_AUTO, &result), MP_OK);
    expect_squares(result, 1000);
    mp_result_free(result);
    mp_pool_apply_async(pool, square, &(long){5}, sizeof(long), see, &seen, NULL);
    drive(pool);
    cr_assert(seen.calls == 1 && pthread_equal(seen.thread, pthread_self()));
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    mp_pool_free(pool);
}
