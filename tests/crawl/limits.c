/* Options that bound what one URL may cost: time, bytes, redirects. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(limits, .timeout = 60);

/* The parent stands still as it would with a disk that does; the ring and the sockets fill, and the worker waits. When
 * it wakes, the other answers have been there for long. That begins early or late in their lives, because libcurl has
 * timers of its own that would look at them in time if it is early. */
static void hold_up(int long_ms, int late_ms, const char *timeout, int stop_ms)
{
    enum { LATE = 20 };
    const struct fixture_route routes[] = {{.path = "/long", .reply = {.generated = 48 << 20, .delay_ms = long_ms}},
                                           {.path = "/late", .prefix = true, .reply = {.delay_ms = late_ms}},
                                           {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char list[(LATE + 1) * 32] = "";
    for (int i = 0, len = 0; i < LATE; i++)
        len += snprintf(list + len, sizeof list - (size_t)len, "www.shop.com/late%d\n%s", i,
                        i + 1 < LATE ? "" : "www.shop.com/long\n");
    struct crawl c = {.run.input = list};
    crawl_start(&c, f, "-j", "1", "--per-host", "40", "--timeout", timeout, "-", NULL);
    cr_assert(fixture_wait_requests(f, LATE + 1, 10000));
    run_signal(&c.run, SIGSTOP);
    poll(NULL, 0, stop_ms);
    cr_assert_eq(fixture_find(f, "/long")->ended_ns, 0, "the server was not held up");
    run_signal(&c.run, SIGCONT);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(limits, a_parent_that_falls_behind_is_no_timeout_of_the_server)
{
    hold_up(0, 400, "600ms", 1800);
    hold_up(1300, 1600, "2200ms", 3000);
}

/* The proxy's answer to CONNECT is part of making a connection, and comes while the worker is held up. */
Test(limits, a_parent_that_falls_behind_is_no_timeout_of_a_connection)
{
    static const struct fixture_route routes[] = {
        {.path = "http://www.shop.com/long", .reply = {.generated = 48 << 20, .delay_ms = 1300}},
        {.method = "CONNECT", .path = "", .prefix = true, .reply = {.status = 502, .delay_ms = 1600}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://www.shop.com/long\nhttps://www.other.com/\n"};
    crawl_start(&c, NULL, "-j", "1", "--proxy", fixture_url(f, ""), "--connect-timeout", "2200ms", "-", NULL);
    cr_assert(fixture_wait_requests(f, 2, 10000));
    run_signal(&c.run, SIGSTOP);
    poll(NULL, 0, 3000);
    cr_assert_eq(fixture_find(f, "http://www.shop.com/long")->ended_ns, 0, "the server was not held up");
    run_signal(&c.run, SIGCONT);
    crawl_wait(&c);
    const json_t *line = crawl_logged(&c, "https://www.other.com/");
    cr_assert_not_null(line);
    cr_expect(text_has(c.run.err, "CONNECT tunnel failed, response 502"), "%s", c.run.err);
    cr_expect_str_neq(text_member(line, "error"), "timeout");
    crawl_release(&c);
    fixture_stop(f);
}

/* What is left of the time in which a connection is to be made counts on after a stall. */
Test(limits, a_connection_that_is_not_made_after_a_stall_is_given_up)
{
    static const struct fixture_route routes[] = {
        {.path = "http://www.shop.com/long", .reply = {.generated = 48 << 20, .delay_ms = 300}},
        {.method = "CONNECT", .path = "", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://www.shop.com/long\nhttps://www.other.com/\n"};
    crawl_start(&c, NULL, "-j", "1", "--proxy", fixture_url(f, ""), "--connect-timeout", "900ms", "-", NULL);
    cr_assert(fixture_wait_requests(f, 2, 10000));
    run_signal(&c.run, SIGSTOP);
    poll(NULL, 0, 1500);
    run_signal(&c.run, SIGCONT);
    crawl_wait(&c);
    const json_t *line = crawl_logged(&c, "https://www.other.com/");
    cr_assert_not_null(line);
    cr_expect_str_eq(text_member(line, "error"), "timeout");
    cr_expect_lt(json_integer_value(json_object_get(line, "ms")), 10000);
    crawl_release(&c);
    fixture_stop(f);
}

Test(limits, a_timeout_ends_what_stands_still_and_not_what_is_slow)
{
    static const struct fixture_route routes[] = {
        {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/slow", .reply = {.generated = 1500, .type = "text/plain", .pace_ms = 100, .pace_bytes = 100}},
        {0}};
    static const struct crawl_row table[] = {{"http://www.shop.com/hangs", 0, "timeout", NULL, NULL},
                                             {"http://www.shop.com/slow", 200, NULL, "shop/slow~.txt", NULL},
                                             {0}};
    static const char *const forms[][2] = {{"-T", "400ms"}, {"--timeout", "0.4"}};
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com/hangs\nwww.shop.com/slow\n"};
        crawl_run(&c, f, forms[i][0], forms[i][1], "-", NULL);
        cr_assert(crawl_agrees(&c, table));
        cr_assert_geq(json_integer_value(json_object_get(crawl_logged(&c, table[1].url), "ms")), 1300);
        cr_assert_lt(json_integer_value(json_object_get(crawl_logged(&c, table[0].url), "ms")), 1300);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(limits, a_connect_timeout_is_for_connections_only)
{
    static const struct fixture_route slow[] = {{.path = "/slow", .reply = {.delay_ms = 800, .body = "slow"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = slow});
    char full[64];
    snprintf(full, sizeof full, "http://127.0.0.1:%u/", support_full_port());
    const struct crawl_row table[] = {
        {full, 0, "timeout", NULL, NULL}, {"http://www.shop.com/slow", 200, NULL, "shop/slow~.html", "slow"}, {0}};
    struct crawl c = {0};
    crawl_run(&c, f, "--connect-timeout", "300ms", full, "http://www.shop.com/slow", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_lt(json_integer_value(json_object_get(crawl_logged(&c, full), "ms")), 700);
    crawl_release(&c);
    fixture_stop(f);
}

Test(limits, max_size_counts_decoded_bytes_and_reads_no_further)
{
    static const struct fixture_route routes[] = {
        {.path = "/length", .reply = {.generated = 100 << 20}},
        {.path = "/endless", .reply = {.fault = FIXTURE_ENDLESS_BODY, .body = "again and again "}},
        {.path = "/bomb", .reply = {.generated = 1 << 30, .zeros = true, .coding = FIXTURE_GZIP}},
        {.path = "/small", .reply = {.generated = 1024, .type = "text/plain"}},
        {0}};
    static const struct crawl_row table[] = {{"http://www.shop.com/length", 200, "too-large", NULL, NULL},
                                             {"http://www.shop.com/endless", 200, "too-large", NULL, NULL},
                                             {"http://www.shop.com/bomb", 200, "too-large", NULL, NULL},
                                             {"http://www.shop.com/small", 200, NULL, "shop/small~.txt", NULL},
                                             {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--max-size", "1k", "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(c.run.status, FORAGE_EXIT_OTHER);
    cr_assert(fixture_wait_ended(f, 4, 5000));
    cr_assert_lt(fixture_find(f, "/length")->sent, 50 << 20); /* what the kernels hold is sent in vain */
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

static int count_down(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static char location[16];
    (void)context;
    int left = atoi(request->target + 1);
    reply->body = "there";
    if (left) {
        snprintf(location, sizeof location, "/%d", left - 1);
        reply->location = location;
    }
    return 0;
}

Test(limits, max_redirects_is_how_many_are_followed)
{
    static const struct {
        const char *value;
        struct crawl_row rows[3];
    } tables[] = {
        {"2",
         {{"http://www.shop.com/2", 200, NULL, "shop/2~.html", "there"},
          {"http://www.shop.com/3", 302, "redirect", NULL, NULL}}},
        {"0",
         {{"http://www.shop.com/0", 200, NULL, "shop/0~.html", "there"},
          {"http://www.shop.com/1", 302, NULL, NULL, NULL}}},
        {"12", {{"http://www.shop.com/12", 200, NULL, "shop/12~.html", "there"}}},
        {NULL,
         {{"http://www.shop.com/10", 200, NULL, "shop/10~.html", "there"},
          {"http://www.shop.com/11", 302, "redirect", NULL, NULL}}},
    };
    static const int statuses[] = {FORAGE_EXIT_PROTOCOL, FORAGE_EXIT_SERVER, FORAGE_EXIT_OK, FORAGE_EXIT_PROTOCOL};
    for (size_t i = 0; i < SUPPORT_COUNT(tables); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.fallback = count_down});
        char *list = crawl_list(tables[i].rows);
        struct crawl c = {.run.input = list};
        if (tables[i].value)
            crawl_run(&c, f, "--max-redirects", tables[i].value, "-", NULL);
        else
            crawl_run(&c, f, "-", NULL);
        cr_expect(crawl_agrees(&c, tables[i].rows));
        cr_expect_eq(c.run.status, statuses[i]);
        crawl_release(&c);
        free(list);
        fixture_stop(f);
    }
}
