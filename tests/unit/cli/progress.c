/* The progress line: what is in it, what goes when it is too long, how fast a run is, and when its end can be told. */
#include "cli/progress.h"

#include "support/support.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(progress, .timeout = 20);

#define UNKNOWN                                                                                                        \
    {                                                                                                                  \
        .left_s = -1                                                                                                   \
    }

/* ---- The line ---- */

Test(progress, the_line_says_how_much_how_fast_what_waits_and_what_failed)
{
    static const struct {
        struct forage_progress now;
        struct progress_rates rates;
        const char *line;
    } rows[] = {
        {{0}, UNKNOWN, "0 fetched (0.0/s, 0 B/s), 0 queued, 0 in flight"},
        {{.fetched = 1234, .queued = 820, .in_flight = 16, .hosts = 1},
         {41.2, 1258291, -1},
         "1234 fetched (41/s, 1.2 MiB/s), 820 queued, 16 in flight"},
        {{.fetched = 1234, .failed = 2, .queued = 820, .in_flight = 16, .hosts = 3},
         {0.3, 900, 130},
         "1234 fetched (0.3/s, 900 B/s), 820 queued, 16 in flight, 3 hosts, 2 failed, 2m 10s left"},
        {{.fetched = 1}, {9.94, 1024, 59}, "1 fetched (9.9/s, 1.0 KiB/s), 0 queued, 0 in flight, 59s left"},
        {{.fetched = 1}, {9.96, 1024, 60}, "1 fetched (10/s, 1.0 KiB/s), 0 queued, 0 in flight, 1m 00s left"},
        {{.fetched = 1}, {1, 0, 3599}, "1 fetched (1.0/s, 0 B/s), 0 queued, 0 in flight, 59m 59s left"},
        {{.fetched = 1}, {1, 0, 3600}, "1 fetched (1.0/s, 0 B/s), 0 queued, 0 in flight, 1h 00m left"},
        {{.fetched = 1}, {1, 0, 47 * 3600 + 3599}, "1 fetched (1.0/s, 0 B/s), 0 queued, 0 in flight, 47h 59m left"},
        {{.fetched = 1}, {1, 0, 48 * 3600}, "1 fetched (1.0/s, 0 B/s), 0 queued, 0 in flight, 2d left"},
        {{.fetched = 1}, {1, 0, 0}, "1 fetched (1.0/s, 0 B/s), 0 queued, 0 in flight, 0s left"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char line[PROGRESS_LINE_SIZE];
        progress_line(&rows[i].now, &rows[i].rates, 200, line);
        cr_expect_str_eq(line, rows[i].line);
    }
}

Test(progress, what_matters_least_goes_first_when_the_terminal_is_narrow)
{
    static const struct forage_progress now = {
        .fetched = 123456, .failed = 21, .queued = 98765, .in_flight = 64, .hosts = 17};
    static const struct progress_rates rates = {412.4, 13002342, 3720};
    static const struct {
        unsigned columns;
        const char *line;
    } rows[] = {
        {97, "123456 fetched (412/s, 12.4 MiB/s), 98765 queued, 64 in flight, 17 hosts, 21 failed, 1h 02m left"},
        {96, "123456 fetched (412/s, 12.4 MiB/s), 98765 queued, 64 in flight, 21 failed, 1h 02m left"},
        {80, "123456 fetched (412/s, 12.4 MiB/s), 98765 queued, 21 failed, 1h 02m left"},
        {60, "123456 fetched (412/s, 12.4 MiB/s), 21 failed, 1h 02m left"},
        {50, "123456 fetched, 21 failed, 1h 02m left"},
        {38, "123456 fetched, 1h 02m left"},
        {27, "123456 fetched"},
        {20, "123456 fetched"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char line[PROGRESS_LINE_SIZE];
        progress_line(&now, &rates, rows[i].columns, line);
        cr_expect_str_eq(line, rows[i].line, "%u columns: %s", rows[i].columns, line);
    }
}

Test(progress, the_line_is_shorter_than_any_terminal_whatever_the_numbers)
{
    struct forage_progress now;
    memset(&now, 0xff, sizeof now);
    static const struct progress_rates rates = {1e18, 1e19, 1000000};
    for (unsigned columns = 1; columns <= 1000; columns++) {
        char line[PROGRESS_LINE_SIZE];
        memset(line, 'x', sizeof line);
        progress_line(&now, &rates, columns, line);
        const char *end = memchr(line, '\0', sizeof line);
        cr_assert(end, "%u", columns);
        cr_assert_lt(end - line, (long)columns);
    }
}

/* ---- How fast ---- */

/* A run that reports five times a second for SECONDS, PAGES pages of 1000 bytes a second. */
static struct forage_progress run_for(struct progress *p, unsigned seconds, unsigned pages, struct forage_progress now)
{
    for (unsigned i = 0; i < seconds * 5; i++) {
        now.elapsed_ms += 200;
        now.fetched += pages / 5;
        now.bytes += (uint64_t)pages / 5 * 1000;
        progress_add(p, &now);
    }
    return now;
}

Test(progress, rates_are_those_of_the_last_seconds)
{
    struct progress p = {0};
    struct forage_progress now = {0};
    now = run_for(&p, 2, 100, now);
    cr_expect_float_eq(progress_rates(&p, &now).pages, 100, 1, "since it began");
    now = run_for(&p, 60, 100, now);
    cr_expect_float_eq(progress_rates(&p, &now).pages, 100, 1);
    cr_expect_float_eq(progress_rates(&p, &now).bytes, 100000, 1000);
    now = run_for(&p, 6, 10, now);
    cr_expect_float_eq(progress_rates(&p, &now).pages, 10, 1, "and not the mean of all");
    now = run_for(&p, 6, 0, now);
    cr_expect_eq(progress_rates(&p, &now).pages, 0);
}

Test(progress, a_rate_before_any_time_has_passed_is_a_number)
{
    struct progress p = {0};
    struct forage_progress now = {.fetched = 0};
    progress_add(&p, &now);
    struct progress_rates r = progress_rates(&p, &now);
    cr_expect_eq(r.pages, 0);
    cr_expect_eq(r.left_s, -1);
    now.elapsed_ms = ~0u; /* and after the clock stood still for a month */
    now.fetched = 10;
    progress_add(&p, &now);
    cr_expect_lt(progress_rates(&p, &now).pages, 1);
}

/* ---- How long ---- */

/* What waits at second I of each course. */
static uint64_t course_list(unsigned i)
{
    return i < 50 ? 10000 - 200 * (uint64_t)i : 0;
}

static uint64_t course_growing(unsigned i)
{
    return 100 + 30 * (uint64_t)i;
}

static uint64_t course_read_as_it_goes(unsigned i)
{
    return 16384 - i * 7919 % 60;
}

static uint64_t course_shrinking_then_growing(unsigned i)
{
    return i < 20 ? 10000 - 300 * (uint64_t)i : 4000 + 50 * (uint64_t)(i - 20);
}

static uint64_t course_growing_then_shrinking(unsigned i)
{
    return i < 40 ? 100 * (uint64_t)i : 4000 - 40 * (uint64_t)(i - 40);
}

static uint64_t course_for_ever(unsigned i)
{
    return 4000000000000 - 100000 * (uint64_t)i;
}

static int64_t left_after(uint64_t (*course)(unsigned), unsigned seconds)
{
    struct progress p = {0};
    struct forage_progress now = {0};
    for (unsigned i = 0; i <= seconds * 5; i++) {
        now.elapsed_ms = i * 200;
        now.queued = course(i / 5);
        now.in_flight = now.queued ? 10 : 0;
        now.queued -= now.in_flight;
        progress_add(&p, &now);
    }
    return progress_rates(&p, &now).left_s;
}

Test(progress, the_time_left_is_told_while_what_waits_becomes_less_and_not_otherwise)
{
    static const struct {
        const char *what;
        uint64_t (*course)(unsigned);
        unsigned seconds;
        int64_t from, to; /* -1: cannot be told */
    } rows[] = {{"a list, too early", course_list, 3, -1, -1},
                {"a list, early", course_list, 6, 40, 50},
                {"a list, later", course_list, 40, 9, 12},
                {"a list, at its end", course_list, 50, 0, 1},
                {"a crawl that finds more", course_growing, 60, -1, -1},
                {"a long list", course_read_as_it_goes, 60, -1, -1},
                {"a crawl that finds more again", course_shrinking_then_growing, 30, -1, -1},
                {"a crawl that found all", course_growing_then_shrinking, 90, 49, 52},
                {"a crawl whose end is years off", course_for_ever, 60, -1, -1}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        int64_t left = left_after(rows[i].course, rows[i].seconds);
        cr_expect(left >= rows[i].from && left <= rows[i].to, "%s: %lld s", rows[i].what, (long long)left);
    }
}
