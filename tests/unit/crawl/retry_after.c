#include "crawl/retry_after.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define NOW_MS INT64_C(784111777000) /* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct {
    const char *value;
    int64_t ms;
} rows[] = {
    {"0", 0},
    {"1", 1000},
    {"120", 120000},
    {" 120\t", 120000},
    {"007", 7000},
    {"315619200", RETRY_AFTER_MAX_MS},
    {"9223372036854775807", RETRY_AFTER_MAX_MS},
    {"99999999999999999999999999999999999999999", RETRY_AFTER_MAX_MS},
    {"99999999999999999999999999999999999999999x", -1},
    {"", -1},
    {"  ", -1},
    {"-1", -1},
    {"+1", -1},
    {"1.5", -1},
    {"1 2", -1},
    {"1s", -1},
    {"0x10", -1},
    {"soon", -1},
};

Test(retry_after, seconds_are_read_and_huge_ones_are_cut)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t ms = retry_after_ms(rows[i].value, strlen(rows[i].value), NOW_MS);
        cr_expect_eq(ms, rows[i].ms, "'%s': %lld", rows[i].value, (long long)ms);
    }
}

Test(retry_after, nothing_behind_the_value_is_read)
{
    cr_expect_eq(retry_after_ms("1234", 2, NOW_MS), 12000);
    cr_expect_eq(retry_after_ms("1\0002", 3, NOW_MS), -1);
}
