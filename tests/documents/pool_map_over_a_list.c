/* map calls a function for each item of a list and keeps their order. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

static int square(const void *arg, size_t len, struct mp_reply *reply)
{
    int x;
    if (len != sizeof(x))
        return 1;
    memcpy(&x, arg, sizeof(x));
    x *= x;
    return mp_reply_write(reply, &x, sizeof(x)) != MP_OK;
}

static int value_of(const struct mp_outcome *outcome)
{
    int value = -1;
    if (outcome->status == MP_OK && outcome->len == sizeof(value))
        memcpy(&value, outcome->data, sizeof(value));
    return value;
}

Test(pool, map_squares_ten_numbers_in_order, .timeout = 60)
{
    struct mp_pool *pool;
    struct mp_result *result;
    struct mp_outcome outcome;
    int numbers[10];
    for (int i = 0; i < 10; i++)
        numbers[i] = i;
    cr_assert_eq(mp_pool_new(&(struct mp_pool_options){.workers = 4}, &pool), MP_OK);
    cr_assert_eq(mp_pool_apply_async(pool, square, &numbers[9], sizeof(int), NULL, NULL, &result), MP_OK);
    cr_assert_eq(mp_result_get(result, PATIENCE_MS, &outcome), MP_OK);
    cr_assert_eq(value_of(&outcome), 81);
    mp_result_free(result);
    cr_assert_eq(mp_pool_map(pool, square, numbers, 10, sizeof(int), MP_CHUNK_AUTO, &result), MP_OK);
    cr_assert_eq(mp_result_count(result), 10);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(mp_result_item(result, (size_t)i, &outcome), MP_OK);
        cr_assert_eq(value_of(&outcome), i * i);
    }
    mp_result_free(result);
    mp_pool_free(pool);
}
