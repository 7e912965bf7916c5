/* What a server sees of our manners: how many requests at once, and how far apart. The server's clock is the judge. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(politeness, .timeout = 60);

/* The server's process may be woken late for one request and in time for the next, which then seem closer than they
 * were sent. */
enum { CLOCK_SLACK_NS = 8000000 };

static int by_arrival(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The shortest time between two requests whose Host begins with HOST ("": any). */
static int64_t shortest_gap_ms(const struct fixture *f, const char *host)
{
    size_t count, kept = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    int64_t *times = support_alloc((count + 1) * sizeof *times), shortest = INT64_MAX;
    for (size_t i = 0; i < count; i++)
        if (strncmp(requests[i].host, host, strlen(host)) == 0)
            times[kept++] = requests[i].arrived_ns;
    qsort(times, kept, sizeof *times, by_arrival);
    for (size_t i = 1; i < kept; i++)
        if (times[i] - times[i - 1] < shortest)
            shortest = times[i] - times[i - 1];
    free(times);
    return kept > 1 ? (shortest + CLOCK_SLACK_NS) / 1000000 : INT64_MAX;
}

static unsigned most_parallel(const struct fixture *f, bool of_host)
{
    size_t count;
    unsigned most = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++) {
        unsigned n = of_host ? requests[i].parallel_host : requests[i].parallel;
        most = n > most ? n : most;
    }
    return most;
}

static char *list_of(const char *const *hosts, size_t host_count, int pages)
{
    char *list = support_alloc((size_t)pages * host_count * 64 + 1);
    for (int i = 0, len = 0; i < pages; i++)
        for (size_t h = 0; h < host_count; h++)
            len += sprintf(list + len, "http://%s/%d\n", hosts[h], i);
    return list;
}

Test(politeness, a_delay_is_kept_between_starts_over_all_workers)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .prefix = true, .reply = {.body = "x", .delay_ms = 120}}, {0}};
    static const char *const hosts[] = {"a.test", "b.test"};
    char *list = list_of(hosts, 2, 10);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "4", "--delay", "50ms", "--per-host", "8", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_geq(shortest_gap_ms(f, "a.test"), 50);
    cr_expect_geq(shortest_gap_ms(f, "b.test"), 50);
    cr_expect_gt(most_parallel(f, true), 1, "a slow answer held up the next start");
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}

/* The first request waits for its connection; the second must not catch up with it. */
Test(politeness, a_delay_counts_from_when_the_request_goes_out)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    static const char *const hosts[] = {"a.test"};
    char *list = list_of(hosts, 1, 12);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .requests_per_connection = 1});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "2", "--delay", "40ms", "--per-host", "4", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_geq(shortest_gap_ms(f, ""), 40);
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}

Test(politeness, crawl_delay_is_obeyed_and_none_is_made_up)
{
    static const struct {
        const char *robots;
        const char *option;
        int64_t at_least_ms;
        int64_t wall_below_ms;
    } rows[] = {
        {"User-agent: *\nCrawl-delay: 0.1\n", "auto", 100, 9000},
        {"User-agent: *\nCrawl-delay: 3\n", "0", 0, 9000},
        {"User-agent: *\nCrawl-delay: 30\n", "20ms", 20, 9000},
        {"User-agent: *\n", "auto", 0, 9000},
    };
    static const char *const hosts[] = {"a.test"};
    char *list = list_of(hosts, 1, 6);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_route routes[] = {{.path = "/robots.txt", .reply = {.body = rows[i].robots}},
                                         {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                         {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = list};
        crawl_run(&c, f, "--robots", "on", "--delay", rows[i].option, "-", NULL);
        cr_assert_eq(c.run.status, 0, "%s", c.run.err);
        if (rows[i].at_least_ms)
            cr_expect_geq(shortest_gap_ms(f, ""), rows[i].at_least_ms, "row %zu", i);
        cr_expect_lt(c.run.wall_ms, rows[i].wall_below_ms, "row %zu took %lld ms", i, (long long)c.run.wall_ms);
        crawl_release(&c);
        fixture_stop(f);
    }
    free(list);
}

/* A host that has once said 429 is asked no faster than it answers. */
Test(politeness, auto_slows_down_for_a_host_that_had_enough)
{
    static const struct fixture_reply slow = {.body = "x", .delay_ms = 80};
    static const struct fixture_route routes[] = {
        {.path = "/0", .reply = {.status = 429, .headers = "Retry-After: 0\r\n", .times = 1, .then = &slow}},
        {.path = "/", .prefix = true, .reply = {.body = "x", .delay_ms = 80}},
        {0}};
    static const char *const hosts[] = {"a.test"};
    char *list = list_of(hosts, 1, 8);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--delay", "auto", "--per-host", "1", "--tries", "2", "--max-wait", "1ms", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 9);
    for (size_t i = 3; i < count; i++) /* the first two follow the 429 itself, which came at once */
        cr_expect_geq((requests[i].arrived_ns - requests[i - 1].arrived_ns + CLOCK_SLACK_NS) / 1000000, 80);
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}

Test(politeness, hosts_that_share_an_address_share_places_and_starts)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x", .delay_ms = 30}},
                                                  {0}};
    static const char *const hosts[] = {"a.test", "b.test", "c.test", "d.test"};
    char *list = list_of(hosts, 4, 5);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "4", "--per-host", "4", "--per-ip", "2", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_leq(most_parallel(f, false), 2);
    size_t count;
    fixture_requests(f, &count);
    cr_expect_eq(count, 20);
    crawl_release(&c);

    crawl_run(&c, f, "-j", "4", "--per-host", "4", "--per-ip", "4", "--delay", "20ms", "--fresh", "-", NULL);
    crawl_release(&c);
    fixture_stop(f);
    f = fixture_start(&(struct fixture_options){.routes = routes});
    c = (struct crawl){.run.input = list};
    crawl_run(&c, f, "-j", "4", "--per-host", "4", "--per-ip", "4", "--delay", "20ms", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_geq(shortest_gap_ms(f, ""), 20);
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}

Test(politeness, a_line_may_set_the_delay_of_its_host)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "a.test/1\n  delay=60ms\na.test/2\na.test/3\nb.test/1\nb.test/2\nb.test/3\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_geq(shortest_gap_ms(f, "a.test"), 60);
    crawl_release(&c);
    fixture_stop(f);
}

/* The promise holds across runs: one that begins too soon waits. */
Test(politeness, the_next_run_keeps_the_distance_to_the_last_one)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "a.test/1\n"};
    crawl_run(&c, f, "--delay", "1500ms", "-", NULL);
    crawl_again(&c, f, "--delay", "1500ms", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_geq(shortest_gap_ms(f, ""), 1500);
    crawl_release(&c);
    fixture_stop(f);
}
