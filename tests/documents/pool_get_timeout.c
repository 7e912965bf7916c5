/* get with a timeout that is too short fails, and the task goes on; without one it waits. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

static int square_slowly(const void *arg, size_t len, struct mp_reply *reply)
{
    int x;
    if (len != sizeof(x))
        return 1;
    memcpy(&x, arg, sizeof(x));
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    x *= x;
    return mp_reply_write(reply, &x, sizeof(x)) != MP_OK;
}

Test(pool, get_fails_when_its_time_is_up_and_succeeds_later, .timeout = 60)
{
    struct mp_pool *pool;
    struct mp_result *result;
    struct mp_outcome outcome;
    cr_assert_eq(mp_pool_new(&(struct mp_pool_options){.workers = 4}, &pool), MP_OK);
    cr_assert_eq(mp_pool_apply_async(pool, square_slowly, &(int){10}, sizeof(int), NULL, NULL, &result), MP_OK);
    int64_t begin = now_ms();
    cr_assert_eq(mp_result_get(result, 100, &outcome), MP_TIMEOUT);
    cr_assert_geq(now_ms() - begin, 99);
    cr_assert_lt(now_ms() - begin, 400);
    cr_assert_eq(mp_result_get(result, -1, &outcome), MP_OK);
    int value = 0;
    cr_assert_eq(outcome.len, sizeof(value));
    memcpy(&value, outcome.data, sizeof(value));
    cr_assert_eq(value, 100);
    mp_result_free(result);
    mp_pool_free(pool);
}
