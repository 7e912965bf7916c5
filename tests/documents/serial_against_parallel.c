/* The same work one after the other and by a pool of five: what waits can wait at the same time. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

enum { ITEMS = 6, WORKERS = 5, EACH_MS = 200 };

static int run(int fn)
{
    nanosleep(&(struct timespec){.tv_nsec = EACH_MS * 1000000}, NULL);
    return fn * fn;
}

static int run_task(const void *arg, size_t len, struct mp_reply *reply)
{
    int fn;
    if (len != sizeof(fn))
        return 1;
    memcpy(&fn, arg, sizeof(fn));
    fn = run(fn);
    return mp_reply_write(reply, &fn, sizeof(fn)) != MP_OK;
}

Test(pool, five_workers_need_less_time_than_one_process_for_the_same_results, .timeout = 60)
{
    struct mp_pool *pool;
    struct mp_result *result;
    int items[ITEMS] = {1, 2, 3, 4, 5, 6}, serial[ITEMS];
    int64_t begin = now_ms();
    for (int i = 0; i < ITEMS; i++)
        serial[i] = run(items[i]);
    int64_t serial_ms = now_ms() - begin;

    begin = now_ms();
    cr_assert_eq(mp_pool_new(&(struct mp_pool_options){.workers = WORKERS}, &pool), MP_OK);
    cr_assert_eq(mp_pool_map(pool, run_task, items, ITEMS, sizeof(int), 1, &result), MP_OK);
    mp_pool_close(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    int64_t parallel_ms = now_ms() - begin;

    for (size_t i = 0; i < ITEMS; i++) {
        struct mp_outcome outcome;
        int value = 0;
        cr_assert_eq(mp_result_item(result, i, &outcome), MP_OK);
        cr_assert_eq(outcome.len, sizeof(value));
        memcpy(&value, outcome.data, sizeof(value));
        cr_assert_eq(value, serial[i]);
    }
    cr_assert_geq(serial_ms, ITEMS * EACH_MS);
    cr_assert_geq(parallel_ms, 2 * EACH_MS, "six tasks are two rounds of five workers");
    cr_assert_lt(parallel_ms, serial_ms * 3 / 4);
    mp_result_free(result);
    mp_pool_free(pool);
}
