/* Runs that end early, by --max-time, --quota or a signal: in good order and in time, and the next run goes on with
 * what is left. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

TestSuite(ending, .timeout = 60);

/* How much later than it was told a run may end. Sanitizers are slow to start, and look for leaks at the end. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SLACK_MS = 5000 };
#else
enum { SLACK_MS = 1000 };
#endif

static const struct fixture_route calm[] = {{.path = "/", .prefix = true, .reply = {.body = "calm"}}, {0}};

static struct fixture *serve(const struct fixture_route *routes)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* Run once more with a server that answers all, and see that it is asked for WANTED, up to NULL, and for nothing
 * else. */
static void expect_next_run_asks_for(struct crawl *c, const char *const *wanted)
{
    struct fixture *f = serve(calm);
    size_t count, due = 0;
    crawl_again(c, f, "-v", "-", NULL);
    cr_expect_eq(c->run.status, FORAGE_EXIT_OK, "%s", c->run.err);
    cr_expect_not(text_has(c->run.err, "out of time") || text_has(c->run.err, "quota reached"), "%s", c->run.err);
    for (; wanted[due]; due++)
        cr_expect_eq(fixture_count(f, wanted[due]), 1, "%s", wanted[due]);
    fixture_requests(f, &count);
    cr_expect_eq(count, due, "%zu requests", count);
    fixture_stop(f);
}

static bool ended_in_time(const struct crawl *c, int64_t most_ms)
{
    if (c->run.wall_ms <= most_ms + SLACK_MS)
        return true;
    fprintf(stderr, "ended after %lld ms, not %lld\n", (long long)c->run.wall_ms, (long long)most_ms);
    return false;
}

/* ---- --max-time ---- */

/* What a run may be waiting for when its time is up, at a host of its own for each. */
static const struct fixture_route obstacles[] = {
    {.path = "/fine", .prefix = true, .reply = {.body = "fine"}},
    {.path = "/silent", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/half", .reply = {.generated = 900000, .cut_at = 600000, .end = FIXTURE_HANG}},
    {.path = "/slow", .reply = {.generated = 900000, .pace_ms = 50, .pace_bytes = 1000}},
    {.path = "/busy", .reply = {.status = 503, .headers = "Retry-After: 100\r\n"}},
    {0}};

Test(ending, max_time_ends_a_run_in_order_whatever_it_waits_for)
{
    enum { MOST_MS = 1000 };
    static const struct {
        const char *line, *option, *value;
        size_t files;
        const char *left; /* what the next run asks for; NULL: not looked at */
        bool input_open;
    } rows[] = {
        {"www.shop.com/silent\n", "--tries", "1", 1, "/silent", false},
        {"www.shop.com/half\n", "--tries", "1", 1, "/half", false},
        {"www.shop.com/slow\n", "--tries", "1", 1, "/slow", false},
        {"www.shop.com/busy\n", "--tries", "3", 1, NULL, false}, /* the next run leaves the host alone, too */
        {"www.shop.com/fine2\nwww.shop.com/fine3\n", "--delay", "50", 2, NULL, false},
        {"", "--tries", "1", 1, NULL, true}, /* a list that gives nothing more */
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = serve(obstacles);
        char *list = support_format("www.books.com/fine\n%s", rows[i].line);
        struct crawl c = {.run = {.input = list, .input_open = rows[i].input_open}};
        crawl_run(&c, f, "-v", "--max-time", "1s", "--max-wait", "200s", rows[i].option, rows[i].value, "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%zu: %s", i, c.run.err);
        cr_expect(text_has(c.run.err, "\nout of time: "), "%zu: %s", i, c.run.err);
        cr_expect_geq(c.run.wall_ms, MOST_MS, "%zu", i);
        cr_expect(ended_in_time(&c, MOST_MS), "%zu", i);
        cr_expect_eq(c.run.left_behind, 0);
        cr_expect(crawl_holds(&c, "books/fine~.html", "fine"), "%zu", i);
        char *tree = crawl_tree(&c);
        cr_expect_eq(text_lines(tree), rows[i].files, "%zu: %s", i, tree);
        if (rows[i].left)
            expect_next_run_asks_for(&c, (const char *const[]){rows[i].left, NULL});
        free(tree);
        crawl_release(&c);
        free(list);
        fixture_stop(f);
    }
}

Test(ending, max_time_counts_what_failed_before_it)
{
    struct fixture *f = serve(obstacles);
    struct crawl c = {.run.input = "www.shop.com/gone\nwww.books.com/silent\n"};
    crawl_run(&c, f, "-q", "--max-time", "500ms", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    cr_expect_eq(text_lines(c.run.err), 1, "%s", c.run.err);
    expect_next_run_asks_for(&c, (const char *const[]){"/gone", "/silent", NULL});
    crawl_release(&c);
    fixture_stop(f);
}

Test(ending, max_time_is_enough_when_nothing_is_left)
{
    struct fixture *f = serve(calm);
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "-v", "--max-time", "20s", "--quota", "64M", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_not(text_has(c.run.err, "out of time"), "%s", c.run.err);
    cr_expect(ended_in_time(&c, 2000));
    expect_next_run_asks_for(&c, (const char *const[]){"/1", "/2", NULL});
    crawl_release(&c);
    fixture_stop(f);
}

/* Each run has time for some pages of a slow host only; the state of each ends in order, but not the cycle. */
Test(ending, runs_that_end_early_ask_for_each_page_once_until_all_are_done)
{
    enum { PAGES = 12, RUNS_MOST = 12 };
    char list[PAGES * 24] = "";
    for (int i = 0, len = 0; i < PAGES; i++)
        len += snprintf(list + len, sizeof list - (size_t)len, "www.shop.com/%02d\n", i);
    struct fixture *f = serve(calm);
    struct crawl c = {.run.input = list};
    int runs = 1;
    crawl_run(&c, f, "-v", "--max-time", "700ms", "--delay", "150ms", "-", NULL);
    for (; text_has(c.run.err, "out of time") && runs < RUNS_MOST; runs++) {
        cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        crawl_again(&c, f, "-v", "--max-time", "700ms", "--delay", "150ms", "-", NULL);
    }
    size_t count;
    fixture_requests(f, &count);
    cr_expect_gt(runs, 1);
    cr_expect_eq(count, PAGES, "%zu requests in %d runs", count, runs);
    crawl_again(&c, f, "-", NULL);
    fixture_requests(f, &count);
    cr_expect_eq(count, 2 * PAGES, "a new cycle asks for all: %zu", count);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- --quota ---- */

static const struct fixture_route weighty[] = {
    {.path = "/slow", .reply = {.generated = 60000, .pace_ms = 100, .pace_bytes = 10000}},
    {.path = "/hang", .reply = {.generated = 60000, .cut_at = 30000, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.generated = 60000, .delay_ms = 50}},
    {0}};

static uint64_t size_of(const struct crawl *c, const char *name)
{
    size_t len = 0;
    char *path = crawl_path(c, name);
    if (files_exists(path))
        free(files_read(path, &len));
    free(path);
    return len;
}

/* What the server was asked for is what was fetched: nothing was broken off, and all of it is kept. */
Test(ending, a_quota_finishes_what_is_in_flight_and_leaves_the_rest)
{
    enum { PAGES = 8 };
    struct fixture *f = serve(weighty);
    struct crawl c = {.run.input = "www.books.com/slow\nwww.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\n"
                                   "www.shop.com/4\nwww.shop.com/5\nwww.shop.com/6\nwww.shop.com/7\n"};
    static const char *const targets[PAGES] = {"/slow", "/1", "/2", "/3", "/4", "/5", "/6", "/7"};
    const char *left[PAGES + 1] = {0};
    size_t count, left_count = 0;
    crawl_run(&c, f, "-v", "--per-host", "1", "--quota", "100k", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "\nquota reached: "), "%s", c.run.err);
    cr_expect_eq(size_of(&c, "books/slow~.html"), 60000, "the slow one was broken off");
    fixture_requests(f, &count);
    cr_expect_lt(count, PAGES);
    cr_expect_eq(json_array_size(c.log), count, "%zu were asked for", count);
    char *tree = crawl_tree(&c);
    cr_expect_eq(text_lines(tree), count, "%s", tree);
    for (size_t i = 0; i < PAGES; i++)
        if (!fixture_count(f, targets[i]))
            left[left_count++] = targets[i];
    expect_next_run_asks_for(&c, left);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* The quota waits for what is in flight, but the time that the run has does not get longer by that. */
Test(ending, a_quota_does_not_outlast_the_time)
{
    struct fixture *f = serve(weighty);
    struct crawl c = {.run.input = "www.books.com/hang\nwww.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\n"};
    crawl_run(&c, f, "-v", "--per-host", "1", "--quota", "100k", "--max-time", "1500ms", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "\nquota reached: "), "%s", c.run.err);
    cr_expect(ended_in_time(&c, 1500));
    cr_expect_eq(size_of(&c, "books/hang~.html"), 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Signals ---- */

static void expect_the_next_run_goes_on_after(int number)
{
    struct fixture *f = serve(obstacles);
    struct crawl c = {.run.input = "www.books.com/fine\nwww.shop.com/silent\nwww.shop.com/half\nwww.shop.com/fine2\n"};
    crawl_start(&c, f, "-v", "--per-host", "2", "-", NULL);
    cr_assert(run_wait_output(&c.run, "output/books/fine~.html", 10000));
    cr_assert(fixture_wait_requests(f, 3, 10000));
    run_signal(&c.run, number);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + number);
    cr_expect(crawl_holds(&c, "books/fine~.html", "fine"));
    expect_next_run_asks_for(&c, (const char *const[]){"/silent", "/half", "/fine2", NULL});
    cr_expect(crawl_holds(&c, "books/fine~.html", "fine"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(ending, a_signal_keeps_what_is_complete_and_the_next_run_goes_on)
{
    expect_the_next_run_goes_on_after(SIGINT);
    expect_the_next_run_goes_on_after(SIGTERM);
}

/* The run had ended early although nothing was left, so the next one went on with it, and passed all over. */
Test(ending, a_quota_that_the_last_page_reaches_leaves_nothing)
{
    struct fixture *f = serve(weighty);
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "-v", "--quota", "100k", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_not(text_has(c.run.err, "quota reached"), "%s", c.run.err);
    crawl_again(&c, f, "-v", "-", NULL);
    cr_expect_eq(fixture_count(f, "/1"), 2, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/2"), 2, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

static int64_t children_cpu_ms(void)
{
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000) +
           (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
}

/* A list that has more to say is not read any more, and must not wake the run all the time. */
Test(ending, a_quota_sleeps_until_what_is_in_flight_is_finished)
{
    static const struct fixture_route slow[] = {
        {.path = "/slow", .reply = {.generated = 60000, .pace_ms = 200, .pace_bytes = 3000}},
        {.path = "/", .prefix = true, .reply = {.generated = 60000, .delay_ms = 300}},
        {0}};
    struct fixture *f = serve(slow);
    struct crawl c = {.run = {.input = "www.books.com/slow\nwww.shop.com/1\n#\n", .input_open = true}};
    crawl_start(&c, f, "-v", "--quota", "50k", "-", NULL);
    cr_assert(run_wait_output(&c.run, "shop/1~.html", 10000));
    run_close_input(&c.run);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_gt(c.run.wall_ms, 3000);
    cr_expect_lt(children_cpu_ms(), 1000, "%lld ms of %lld", (long long)children_cpu_ms(), (long long)c.run.wall_ms);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- --max-pages ---- */

/* Each of PAGES seeds leads on once; one fails once before. All that a run has begun it finishes. */
Test(ending, what_has_gone_out_is_finished_at_a_limit_with_its_redirects_and_tries)
{
    enum { SEEDS = 12, LIMIT = 5 };
    static const struct fixture_reply leads_on = {.location = "/landed"};
    static const struct fixture_route routes[] = {
        {.path = "/seed0", .reply = {.status = 503, .times = 1, .then = &leads_on}},
        {.path = "/seed", .prefix = true, .reply = {.location = "/landed"}},
        {.path = "/landed", .reply = {.body = "x"}},
        {0}};
    char list[SEEDS * 32] = "";
    for (int i = 0, len = 0; i < SEEDS; i++)
        len += snprintf(list + len, sizeof list - (size_t)len, "www.shop.com/seed%d\n", i);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    for (size_t done = 0, run = 0; done < SEEDS; run++) {
        const char *const again[] = {"--tries", "2", "--max-wait", "10ms", "--max-pages", "5", "--max-age", "1d"};
        (run ? crawl_again : crawl_run)(&c, f, again[0], again[1], again[2], again[3], again[4], again[5], again[6],
                                        again[7], "--per-host", "12", "-r", "-v", "-", NULL);
        size_t fetched = text_times(c.run.err, "  200  ");
        done += fetched;
        cr_assert_eq(c.run.status, 0, "%s", c.run.err);
        cr_assert_eq(fetched, done < SEEDS ? LIMIT : SEEDS % LIMIT, "run %zu: %s", run, c.run.err);
    }
    cr_expect_eq(fixture_count(f, "/landed"), SEEDS);
    cr_expect_eq(fixture_count(f, "/seed0"), 2);
    crawl_release(&c);
    fixture_stop(f);
}

/* The rules of two hosts are known from an earlier run, so both are asked at once, while robots.txt of all others
 * waits. One answer reaches the quota; the other then leads to a host whose robots.txt was taken out. */
Test(ending, robots_txt_of_what_is_left_is_not_asked_for_beyond_a_quota)
{
    static const struct fixture_reply moves = {.location = "http://www.goal.com/there", .delay_ms = 300};
    static const struct fixture_reply big = {.generated = 600000, .type = "text/plain"};
    static const struct fixture_route routes[] = {
        {.host = "www.first.com", .path = "/", .reply = {.body = "x", .times = 1, .then = &moves}},
        {.host = "www.second.com", .path = "/", .reply = {.body = "x", .times = 1, .then = &big}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.first.com\nwww.second.com\n"};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t before, count, of_goal = 0;
    fixture_requests(f, &before);
    c.run.input = "www.first.com\nwww.second.com\nwww.a.com\nwww.b.com\nwww.c.com\nwww.goal.com/x\n";
    crawl_again(&c, f, "--robots", "on", "--quota", "500k", "-c", "2", "-v", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "quota reached: 2 fetched"), "%s", c.run.err);
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = before; i < count; i++)
        of_goal += strcmp(requests[i].host, "www.goal.com") == 0;
    cr_expect_eq(count - before, 4, "%zu requests beside those of both hosts, robots.txt and the goal",
                 count - before - 4);
    cr_expect_eq(of_goal, 2);
    cr_expect_eq(fixture_count(f, "/there"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* Bodies that are not kept cost as much. */
Test(ending, a_quota_counts_what_failed)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .prefix = true, .reply = {.generated = 1 << 20, .type = "text/plain", .chunk = 16384}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/4\nwww.shop.com/5\n"};
    crawl_run(&c, f, "--per-host", "1", "--max-size", "300k", "--quota", "500k", "-", NULL);
    size_t count;
    fixture_requests(f, &count);
    cr_expect_eq(count, 2, "%zu were asked for", count);
    cr_expect(text_has(c.run.err, "too-large"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}
