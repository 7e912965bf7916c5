/* Options that show at the server: what is asked, of whom, in which words, and how much of it at once. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(options, .timeout = 60);

static const struct fixture_route routes[] = {{.path = "/gone", .reply = {.status = 404, .body = "gone"}},
                                              {.path = "/here", .reply = {.location = "/landed"}},
                                              {.path = "/away", .reply = {.location = "http://www.else.com/landed"}},
                                              {.path = "/", .prefix = true, .reply = {.body = "fine"}},
                                              {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

static const char *header_of(struct fixture *f, const char *target, const char *name)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, name) : NULL;
    return value ? value : "";
}

/* ---- Words ---- */

Test(options, the_user_agent_names_forage_its_version_and_an_address)
{
    struct fixture *f = start();
    struct crawl c = {0};
    crawl_run(&c, f, "http://www.shop.com/", NULL);
    static const char begin[] = "forage/" FORAGE_VERSION " (+http";
    cr_assert_eq(strncmp(header_of(f, "/", "User-Agent"), begin, strlen(begin)), 0);
    cr_assert_str_eq(header_of(f, "/", "Host"), "www.shop.com");
    cr_assert_str_eq(header_of(f, "/", "Accept-Encoding"), "gzip, deflate, br, zstd");
    crawl_release(&c);
    fixture_stop(f);
}

Test(options, the_user_agent_can_be_chosen)
{
    static const char *const forms[] = {"-A", "--user-agent"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = start();
        struct crawl c = {0};
        crawl_run(&c, f, forms[i], "mine/1 (+mailto:me@shop.com)", "http://www.shop.com/", NULL);
        cr_assert_str_eq(header_of(f, "/", "User-Agent"), "mine/1 (+mailto:me@shop.com)");
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(options, headers_and_credentials_stay_at_the_origin_that_they_were_given_for)
{
    static const char *const forms[] = {"-H", "--header"};
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = start();
        struct crawl c = {.run.input = "http://me:s3cret@www.shop.com/here\nhttp://me:s3cret@www.shop.com/away\n"};
        crawl_run(&c, f, "--allow-private", forms[i], "X-Mine: 1", forms[i], "Cookie: a=b", "-", NULL);
        size_t count;
        const struct fixture_request *r = fixture_requests(f, &count);
        cr_assert_eq(count, 4);
        for (size_t k = 0; k < count; k++) {
            bool home = strcmp(r[k].host, "www.shop.com") == 0;
            cr_expect_eq(fixture_find_header(&r[k], "X-Mine") != NULL, home, "%s", r[k].head);
            cr_expect_eq(fixture_find_header(&r[k], "Cookie") != NULL, home, "%s", r[k].head);
            cr_expect_eq(fixture_find_header(&r[k], "Authorization") != NULL, home, "%s", r[k].head);
            cr_expect_not(text_has(r[k].head, "Referer"));
        }
        cr_assert_str_eq(header_of(f, "/here", "Authorization"), "Basic bWU6czNjcmV0");
        cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        cr_assert(crawl_logged(&c, "http://www.shop.com/away"));
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(options, the_version_of_http_is_the_one_that_was_asked_for)
{
    static const struct {
        const char *option, *line;
    } versions[] = {{"1.0", "GET / HTTP/1.0\r\n"}, {"1.1", "GET / HTTP/1.1\r\n"}, {"any", "GET / HTTP/1.1\r\n"}};
    for (size_t i = 0; i < SUPPORT_COUNT(versions); i++) {
        struct fixture *f = start();
        struct crawl c = {0};
        crawl_run(&c, f, "--http-version", versions[i].option, "http://www.shop.com/", NULL);
        const char *head = fixture_find(f, "/")->head;
        cr_expect_eq(strncmp(head, versions[i].line, strlen(versions[i].line)), 0, "%s", head);
        cr_expect_not(text_has(head, "Upgrade"), "%s", head);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* ---- Where to ---- */

Test(options, names_are_resolved_as_the_user_says)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .addresses = 3, .ipv6 = true});
    char port[8], exact[64], other[64], six[64], same_port[64], url[64];
    snprintf(port, sizeof port, "%u", fixture_port(f));
    snprintf(exact, sizeof exact, "www.shop.com:80:127.0.0.2:%s", port);
    snprintf(other, sizeof other, "www.shop.com:8080:127.0.0.3:%s", port);
    snprintf(six, sizeof six, "six.com:80:[::1]:%s", port);
    snprintf(same_port, sizeof same_port, "*:%s:127.0.0.1", port);
    snprintf(url, sizeof url, "http://any.test:%s/any", port);
    struct crawl c = {0};
    crawl_run(&c, NULL, "--resolve", exact, "--resolve", other, "--resolve", six, "--resolve", same_port,
              "http://www.shop.com/exact", "http://www.shop.com:8080/other", "http://six.com/six", url, NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert_str_eq(fixture_find(f, "/exact")->address, "127.0.0.2");
    cr_assert_str_eq(fixture_find(f, "/other")->address, "127.0.0.3");
    cr_assert_str_eq(header_of(f, "/other", "Host"), "www.shop.com:8080");
    cr_assert_str_eq(fixture_find(f, "/six")->address, "::1");
    cr_assert_str_eq(fixture_find(f, "/any")->address, "127.0.0.1");
    crawl_release(&c);
    fixture_stop(f);
}

Test(options, a_proxy_is_asked_for_whole_urls)
{
    static const char *const forms[] = {"-x", "--proxy"};
    for (size_t i = 0; i < 2; i++) {
        static const struct fixture_route proxied[] = {
            {.path = "http://www.nowhere.invalid/x?y=1", .reply = {.body = "by proxy"}}, {0}};
        static const struct crawl_row table[] = {
            {"http://www.nowhere.invalid/x?y=1", 200, NULL, "nowhere.invalid/x~y=1.html", "by proxy"}, {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = proxied});
        struct crawl c = {.run.input = table[0].url};
        crawl_run(&c, NULL, forms[i], fixture_url(f, ""), "-", NULL);
        cr_assert(crawl_agrees(&c, table));
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(options, a_proxy_is_not_asked_for_an_address_inside_that_no_list_names)
{
    static const struct fixture_route proxied[] = {
        {.path = "http://www.nowhere.invalid/x", .reply = {.location = "http://169.254.169.254/secret"}},
        {.path = "http://169.254.169.254/secret", .reply = {.body = "secret"}},
        {0}};
    static const char url[] = "http://www.nowhere.invalid/x";
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = proxied});
    struct crawl c = {.run.input = url};
    crawl_run(&c, NULL, "-x", fixture_url(f, ""), "-", NULL);
    cr_expect_eq(fixture_count(f, "http://169.254.169.254/secret"), 0);
    cr_expect_str_eq(text_member(crawl_logged(&c, url), "error"), "blocked");
    crawl_release(&c);
    fixture_stop(f);
}

Test(options, no_proxy_is_taken_from_the_environment)
{
    static const char *const environment[] = {"http_proxy=http://127.0.0.1:9/", "ALL_PROXY=http://127.0.0.1:9/",
                                              "HTTP_PROXY=http://127.0.0.1:9/", NULL};
    struct fixture *f = start();
    struct crawl c = {.run.environment = environment};
    crawl_run(&c, f, "http://www.shop.com/", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* What no_proxy named was asked for directly, by a name that nothing had checked, as that is the proxy's with one. */
Test(options, no_exception_to_the_proxy_is_taken_from_the_environment)
{
    static const char *const environments[][3] = {
        {"no_proxy=localhost"}, {"NO_PROXY=localhost"}, {"no_proxy=*", "NO_PROXY=*"}};
    static const char url[] = "http://www.nowhere.invalid/x";
    for (size_t i = 0; i < SUPPORT_COUNT(environments); i++) {
        struct fixture *inner =
            fixture_start(&(struct fixture_options){.routes = (struct fixture_route[]){{.path = "/secret"}, {0}}});
        const char *secret = fixture_url_at(inner, "localhost", "/secret");
        const struct fixture_route proxied[] = {
            {.path = url, .reply = {.location = secret}}, {.path = secret, .reply = {.body = "by proxy"}}, {0}};
        struct fixture *proxy = fixture_start(&(struct fixture_options){.routes = proxied});
        struct crawl c = {.run = {.input = url, .environment = environments[i]}};
        crawl_run(&c, NULL, "-x", fixture_url(proxy, ""), "-", NULL);
        cr_expect_eq(fixture_connections(inner), 0, "%s: asked directly", environments[i][0]);
        cr_expect_eq(fixture_count(proxy, secret), 1, "%s: %s", environments[i][0], c.run.err);
        crawl_release(&c);
        fixture_stop(proxy);
        fixture_stop(inner);
    }
}

/* ---- How much at once ---- */

static int slow_reply(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)request;
    (void)context;
    reply->delay_ms = 20;
    reply->body = "slow";
    return 0;
}

/* A list of PAGES pages of each of HOSTS hosts. */
static char *many(unsigned hosts, unsigned pages)
{
    size_t room = (size_t)hosts * pages * 40 + 1, len = 0;
    char *list = support_alloc(room);
    for (unsigned p = 0; p < pages; p++)
        for (unsigned h = 0; h < hosts; h++)
            len += (size_t)snprintf(list + len, room - len, "http://www.host%u.com/%u\n", h, p);
    return list;
}

struct peaks {
    unsigned all, host;
};

static struct peaks peaks_of(const struct fixture *f, size_t expected)
{
    struct peaks peaks = {0};
    size_t count;
    const struct fixture_request *r = fixture_requests(f, &count);
    cr_assert_eq(count, expected);
    for (size_t i = 0; i < count; i++) {
        peaks.all = r[i].parallel > peaks.all ? r[i].parallel : peaks.all;
        peaks.host = r[i].parallel_host > peaks.host ? r[i].parallel_host : peaks.host;
    }
    return peaks;
}

/* HOSTS hosts of 5 pages each, asked under one more option. */
static struct peaks measure(const char *option, const char *value, unsigned hosts)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_reply});
    char *list = many(hosts, 5);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, option, value, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    struct peaks peaks = peaks_of(f, (size_t)hosts * 5);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
    return peaks;
}

Test(options, no_more_transfers_run_at_once_than_connections_says)
{
    cr_assert_eq(measure("-c", "3", 10).all, 3);
    cr_assert_eq(measure("--connections", "7", 10).all, 7);
    cr_assert_gt(measure("--connections", "256", 10).all, 7);
}

Test(options, no_more_transfers_run_at_one_host_than_per_host_says)
{
    struct peaks one = measure("--per-host", "1", 6), three = measure("--per-host", "3", 6),
                 usual = measure("-c", "256", 6);
    cr_assert_eq(one.host, 1);
    cr_assert_eq(one.all, 6);
    cr_assert_eq(three.host, 3);
    cr_assert_eq(usual.host, 4);
}

Test(options, as_many_workers_run_as_workers_says)
{
    static const struct fixture_route hanging[] = {{.path = "/", .reply = {.delay_ms = 60000}}, {0}};
    static const struct {
        const char *option, *value;
        unsigned workers;
    } rows[] = {{"-j", "1", 1}, {"--workers", "3", 3}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = hanging});
        struct crawl c = {.run.input = "www.shop.com\n"};
        crawl_start(&c, f, rows[i].option, rows[i].value, "-", NULL);
        cr_assert(fixture_wait_requests(f, 1, 10000));
        cr_expect_eq(crawl_signal_workers(&c, 0), rows[i].workers);
        crawl_release(&c);
        fixture_stop(f);
    }
}
