/* What is tried again, how often and when; and hosts that are given up. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(retries, .timeout = 60);

static const struct fixture_reply fine = {.body = "fine"};

Test(retries, what_may_pass_is_tried_again_and_what_will_not_is_not)
{
    static const struct {
        struct fixture_reply reply;
        unsigned requests; /* when the second answer would be fine */
    } rows[] = {
        {{.status = 408}, 2},
        {{.status = 425}, 2},
        {{.status = 429}, 2},
        {{.status = 500}, 2},
        {{.status = 502}, 2},
        {{.status = 503}, 2},
        {{.status = 504}, 2},
        {{.status = 400}, 1},
        {{.status = 401}, 1},
        {{.status = 403}, 1},
        {{.status = 404}, 1},
        {{.status = 410}, 1},
        {{.status = 501}, 1},
        {{.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}, 2},
        {{.fault = FIXTURE_SILENT, .end = FIXTURE_RESET}, 2},
        {{.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}, 2},
        {{.body = "cut here", .end = FIXTURE_DROP, .cut_at = 3}, 2},
        {{.location = "file:///etc/passwd"}, 1},
        {{.fault = FIXTURE_RAW, .body = "no HTTP", .end = FIXTURE_CLOSE}, 1},
        {{.body = "this is no gzip at all", .headers = "Content-Encoding: gzip\r\n"}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_route routes[] = {{.path = "/", .reply = rows[i].reply}, {0}};
        routes[0].reply.times = 1;
        routes[0].reply.then = &fine;
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com\n"};
        crawl_run(&c, f, "--tries", "3", "--max-wait", "20ms", "-T", "300ms", "-", NULL);
        cr_expect_eq(fixture_count(f, "/"), rows[i].requests, "row %zu: %zu", i, fixture_count(f, "/"));
        cr_expect_eq(c.run.status == 0, rows[i].requests == 2, "row %zu: %s", i, c.run.err);
        cr_expect_eq(json_integer_value(json_object_get(crawl_logged(&c, "http://www.shop.com/"), "attempts")),
                     rows[i].requests, "row %zu", i);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(retries, tries_are_counted_and_the_last_failure_is_told)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.status = 503}}, {0}};
    static const char *const tries[] = {"1", "2", "4"};
    for (size_t i = 0; i < 3; i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com\n"};
        crawl_run(&c, f, "--tries", tries[i], "--max-wait", "10ms", "-", NULL);
        cr_expect_eq(fixture_count(f, "/"), (size_t)atoi(tries[i]));
        cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER);
        cr_expect(text_has(c.run.err, "503"), "%s", c.run.err);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(retries, retry_on_says_what_is_tried_again)
{
    static const struct fixture_route routes[] = {
        {.path = "/404", .reply = {.status = 404}}, {.path = "/500", .reply = {.status = 500}}, {0}};
    static const struct {
        const char *list;
        unsigned of_404, of_500;
    } rows[] = {{"404", 2, 1}, {"5xx,404", 2, 2}, {"none", 1, 1}, {"4xx", 2, 1}, {"timeout", 1, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com/404\nwww.shop.com/500\n"};
        crawl_run(&c, f, "--tries", "2", "--max-wait", "10ms", "--retry-on", rows[i].list, "-", NULL);
        cr_expect_eq(fixture_count(f, "/404"), rows[i].of_404, "%s", rows[i].list);
        cr_expect_eq(fixture_count(f, "/500"), rows[i].of_500, "%s", rows[i].list);
        crawl_release(&c);
        fixture_stop(f);
    }
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, NULL, "--retry-on", "timeout,sometimes", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_USAGE);
    cr_expect(text_has(c.run.err, "sometimes"), "%s", c.run.err);
    crawl_release(&c);
}

/* The whole host is left alone, not only the URL; seconds and dates are understood. */
Test(retries, retry_after_is_obeyed_by_all_that_is_asked_of_the_host)
{
    static const struct fixture_route routes[] = {
        {.path = "/busy", .reply = {.status = 503, .headers = "Retry-After: 1\r\n", .times = 1, .then = &fine}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/busy\nwww.shop.com/2\nwww.shop.com/3\nwww.other.com/4\n"};
    crawl_run(&c, f, "--tries", "2", "--per-host", "1", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    int64_t busy = fixture_find(f, "/busy")->arrived_ns;
    for (size_t i = 0; i < count; i++) {
        bool other = strcmp(requests[i].target, "/4") == 0, first = strcmp(requests[i].target, "/busy") == 0 && i < 2;
        if (!other && !first)
            cr_expect_geq(requests[i].arrived_ns - busy, 1000000000, "%s came after %lld ms", requests[i].target,
                          (long long)((requests[i].arrived_ns - busy) / 1000000));
        if (other)
            cr_expect_lt(i, 2, "another host was held up");
    }
    crawl_release(&c);
    fixture_stop(f);
}

Test(retries, a_retry_after_beyond_max_wait_puts_the_url_off_to_the_next_run)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .prefix = true, .reply = {.status = 503, .headers = "Retry-After: 3600\r\n"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\n"};
    crawl_run(&c, f, "--tries", "3", "--max-wait", "2s", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    cr_expect(text_has(c.run.err, "HTTP status 503: put off to the next run"), "%s", c.run.err);
    cr_expect_lt(c.run.wall_ms, 2000);
    /* The host has asked for an hour of peace: it gets it from the next run, too. */
    crawl_again(&c, f, "--max-wait", "2s", "-", NULL);
    cr_expect_neq(c.run.status, 0);
    cr_expect(text_has(c.run.err, "put off"), "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

Test(retries, ten_thousand_urls_of_a_dead_host_cost_seconds)
{
    enum { URLS = 10000 };
    struct buffer_text {
        char *text;
        size_t len;
    } list = {support_alloc(URLS * 40), 0};
    char host[32];
    snprintf(host, sizeof host, "127.0.0.1:%u", support_closed_port());
    for (int i = 0; i < URLS; i++)
        list.len += (size_t)sprintf(list.text + list.len, "http://%s/%d\n", host, i);
    static const char *const modes[] = {"on", "off"};
    for (size_t m = 0; m < 2; m++) {
        struct crawl c = {.run.input = list.text, .run.input_len = list.len};
        crawl_run(&c, NULL, "--robots", modes[m], "--tries", "3", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK);
        cr_expect_lt(c.run.wall_ms, 15000);
        cr_expect_eq(json_array_size(c.log), URLS);
        size_t unreachable = 0, i;
        json_t *line;
        json_array_foreach(c.log, i, line) unreachable += strcmp(text_member(line, "error"), "unreachable") == 0;
        cr_expect_geq(unreachable, URLS - 30, "%zu", unreachable);
        crawl_release(&c);
    }
    free(list.text);
}

Test(retries, a_host_that_answers_now_and_then_is_not_given_up)
{
    static const struct fixture_route routes[] = {
        {.path = "/bad", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    char list[2000] = "";
    for (int i = 0, len = 0; i < 20; i++)
        len += sprintf(list + len, "www.shop.com/bad%d\nwww.shop.com/good%d\n", i, i);
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--per-host", "1", "--host-errors", "2", "-", NULL);
    for (int i = 0; i < 20; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://www.shop.com/good%d", i);
        const json_t *line = crawl_logged(&c, url);
        cr_expect_str_eq(line ? text_member(line, "error") : "?", "", "%s", url);
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* Lengths that never add up are never complete, and not retried for ever. */
Test(retries, end_whatever_the_server_does)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "12345", .content_length = "10", .end = FIXTURE_DROP}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "--tries", "5", "--max-wait", "10ms", "-", NULL);
    cr_expect_eq(fixture_count(f, "/"), 5);
    cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK);
    cr_expect_eq(files_count(c.run.folder) > 0, true);
    char *page = crawl_path(&c, "shop.html");
    cr_expect(!files_exists(page));
    free(page);
    crawl_release(&c);
    fixture_stop(f);
}
