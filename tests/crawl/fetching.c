/* Fetching: connections that are kept, hosts in every spelling, and pages that are whole. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(fetching, .timeout = 60);

static int echo_target(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    fixture_printf(reply, "<p>%s", request->target);
    return 0;
}

/* COUNT URLs of one host, a line each; freed by the caller. */
static char *pages_of(const char *host, unsigned count)
{
    size_t room = count * (strlen(host) + 20) + 1, len = 0;
    char *list = support_alloc(room);
    for (unsigned i = 0; i < count; i++)
        len += (size_t)snprintf(list + len, room - len, "http://%s/%u\n", host, i);
    return list;
}

Test(fetching, two_hundred_pages_of_a_host_take_no_more_connections_than_may_be_open)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_target});
    char *list = pages_of("www.shop.com", 200);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--per-host", "4", "-j", "2", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert(text_has(c.run.err, "200 fetched ("), "%s", c.run.err);
    cr_assert_leq(fixture_connections(f), 4);
    for (unsigned i = 0; i < 200; i++) {
        char name[32], body[32];
        snprintf(name, sizeof name, "shop/%u~.html", i);
        snprintf(body, sizeof body, "<p>/%u", i);
        cr_expect(crawl_holds(&c, name, body), "%s", name);
    }
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

Test(fetching, a_connection_that_the_server_closes_is_opened_again)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_target, .requests_per_connection = 1});
    char *list = pages_of("www.shop.com", 100);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--per-host", "2", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert(text_has(c.run.err, "100 fetched ("), "%s", c.run.err);
    cr_assert_geq(fixture_connections(f), 100);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

Test(fetching, answers_of_every_framing_are_whole)
{
    static const struct fixture_route routes[] = {
        {.path = "/length", .reply = {.body = "whole"}},
        {.path = "/chunks", .reply = {.body = "whole", .chunk = 2, .trailers = "X-Trailer: 1\r\n"}},
        {.path = "/close", .reply = {.body = "whole", .no_length = true}},
        {.path = "/announced", .reply = {.body = "whole", .end = FIXTURE_CLOSE}},
        {.path = "/drip", .reply = {.body = "whole", .pace_ms = 5, .pace_bytes = 1}},
        {.path = "/continue",
         .reply = {.fault = FIXTURE_RAW,
                   .body = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nwhole"}},
        {.path = "/http-1.0",
         .reply = {.fault = FIXTURE_RAW,
                   .end = FIXTURE_DROP,
                   .body = "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nwhole"}},
        {.path = "/bare-lf",
         .reply = {.fault = FIXTURE_RAW,
                   .end = FIXTURE_DROP,
                   .body = "HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 5\n\nwhole"}},
        {.path = "/nothing", .reply = {.status = 204}},
        {0}};
    static const struct crawl_row table[] = {
        {"http://www.shop.com/length", 200, NULL, "shop/length~.html", "whole"},
        {"http://www.shop.com/chunks", 200, NULL, "shop/chunks~.html", "whole"},
        {"http://www.shop.com/close", 200, NULL, "shop/close~.html", "whole"},
        {"http://www.shop.com/announced", 200, NULL, "shop/announced~.html", "whole"},
        {"http://www.shop.com/drip", 200, NULL, "shop/drip~.html", "whole"},
        {"http://www.shop.com/continue", 200, NULL, "shop/continue~.html", "whole"},
        {"http://www.shop.com/http-1.0", 200, NULL, "shop/http-1.0~.html", "whole"},
        {"http://www.shop.com/bare-lf", 200, NULL, "shop/bare-lf~.html", "whole"},
        {"http://www.shop.com/nothing", 204, NULL, NULL, NULL},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* ---- Hosts ---- */

Test(fetching, an_ipv6_address_is_a_host_like_any_other)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_target, .ipv6 = true});
    char list[128], host[32];
    snprintf(host, sizeof host, "[::1]:%u", fixture_port(f));
    snprintf(list, sizeof list, "http://%s/a\n[0:0:0::1]:%u/b\n", host, fixture_port(f));
    struct crawl c = {.run.input = list};
    crawl_run(&c, NULL, "-", NULL);
    cr_assert(text_has(c.run.err, "2 fetched ("), "%s", c.run.err);
    cr_assert_str_eq(fixture_find_header(fixture_find(f, "/a"), "Host"), host);
    cr_assert_str_eq(fixture_find_header(fixture_find(f, "/b"), "Host"), host);
    cr_assert_str_eq(fixture_find(f, "/a")->address, "::1");
    crawl_release(&c);
    fixture_stop(f);
}

Test(fetching, every_spelling_of_an_ipv4_address_is_that_address)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_target});
    char list[256], host[32];
    unsigned port = fixture_port(f);
    snprintf(host, sizeof host, "127.0.0.1:%u", port);
    snprintf(list, sizeof list, "http://127.1:%u/a\nhttp://0x7f000001:%u/b\nhttp://0177.0.0.1:%u/c\n2130706433:%u/d\n",
             port, port, port, port);
    struct crawl c = {.run.input = list};
    crawl_run(&c, NULL, "-", NULL);
    cr_assert(text_has(c.run.err, "4 fetched ("), "%s", c.run.err);
    size_t count;
    const struct fixture_request *r = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(fixture_find_header(&r[i], "Host"), host);
    crawl_release(&c);
    fixture_stop(f);
}

Test(fetching, an_international_name_is_asked_for_in_ascii)
{
    static const struct crawl_row table[] = {
        {"http://xn--bcher-kva.example/a", 200, NULL, "xn--bcher-kva.example/a~.html", "<p>/a"},
        {"http://xn--fiq228c.example/b", 200, NULL, "xn--fiq228c.example/b~.html", "<p>/b"},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = echo_target});
    char one[64], two[64];
    snprintf(one, sizeof one, "xn--bcher-kva.example:80:127.0.0.1:%u", fixture_port(f));
    snprintf(two, sizeof two, "xn--fiq228c.example:80:127.0.0.1:%u", fixture_port(f));
    struct crawl c = {.run.input = "b\xc3\xbc"
                                   "cher.example/a\nhttp://B\xc3\x9c"
                                   "CHER.example/a\nhttp://\xe4\xb8\xad\xe6\x96\x87.example/b\n"};
    crawl_run(&c, NULL, "--resolve", one, "--resolve", two, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_str_eq(fixture_find_header(fixture_find(f, "/a"), "Host"), "xn--bcher-kva.example");
    cr_assert(text_has(c.run.err, " 1 skipped, "), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(fetching, a_host_that_hangs_does_not_hold_up_the_others)
{
    static const struct fixture_route routes[] = {
        {.host = "www.hangs.com", .path = "/", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/", .prefix = true, .reply = {.body = "fine"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *hangs = pages_of("www.hangs.com", 2000), *fine = pages_of("www.shop.com", 20);
    char *list = support_format("%s%s", hangs, fine);
    struct crawl c = {.run.input = list};
    crawl_start(&c, f, "-v", "-", NULL);
    cr_assert(run_wait_output(&c.run, "output/shop/19~.html", 5000));
    run_signal(&c.run, SIGINT);
    crawl_wait(&c);
    cr_assert(text_has(c.run.err, "stopped: 20 fetched (80 B), 0 failed"), "%s", c.run.err);
    crawl_release(&c);
    free(list);
    free(hangs);
    free(fine);
    fixture_stop(f);
}
