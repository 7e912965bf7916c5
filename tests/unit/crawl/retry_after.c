#include "crawl/frontier/retry_after.h"

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

/* All three forms of RFC 9110 section 5.6.7, and what is no date. */
static const struct {
    const char *value;
    int64_t ms;
} dates[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:49:38 GMT", 1000},
    {" Sun, 06 Nov 1994 08:50:37 GMT ", 60000},
    {"Sunday, 06-Nov-94 08:49:47 GMT", 10000},
    {"Sun Nov  6 08:49:47 1994", 10000},
    {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MAX_MS},
    {"Sun, 06 Nov 1994 08:49:38", -1},
    {"Sun, 99 Nov 1994 08:49:38 GMT", -1},
    {"Sun, 06 Nov", -1},
    {"06 Nov 1994 08:49:38 GMT", -1},
};

Test(retry_after, dates_are_read_as_the_time_until_then)
{
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int64_t ms = retry_after_ms(dates[i].value, strlen(dates[i].value), NOW_MS);
        cr_expect_eq(ms, dates[i].ms, "'%s': %lld", dates[i].value, (long long)ms);
    }
}

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
