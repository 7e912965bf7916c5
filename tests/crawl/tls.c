/* TLS and HTTP/2, spoken with nginx. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(tls, .timeout = 60);

static const char *const names[] = {"www.shop.com", "www.else.com", NULL};

/* A site with an index and PAGES pages of a few bytes; freed by the caller. */
static char *make_site(unsigned pages)
{
    char *site = files_temp_folder();
    for (unsigned i = 0; i < pages; i++) {
        char *path = support_format("%s/%u.html", site, i);
        files_write(path, "page", -1);
        free(path);
    }
    char *index = files_path(site, "index.html");
    files_write(index, "secure", -1);
    free(index);
    return site;
}

/* Crawl LIST; the port 443 of every host is N. */
static void crawl_tls(struct crawl *c, const struct nginx *n, const char *ca_file, const char *option,
                      const char *value)
{
    char *resolve = support_format("*:443:127.0.0.1:%u", nginx_port(n));
    crawl_run(c, NULL, "--resolve", resolve, "--ca-file", ca_file, option, value, "-", NULL);
    free(resolve);
}

Test(tls, a_certificate_that_the_user_trusts_is_trusted)
{
    static const struct crawl_row table[] = {{"https://www.shop.com/", 200, NULL, "shop.html", "secure"},
                                             {"https://www.else.com/0.html", 200, NULL, "else/0.html", "page"},
                                             {0}};
    char *site = make_site(1);
    struct nginx *n = nginx_start(&(struct nginx_options){.folder = site, .tls = true, .names = names});
    struct crawl c = {.run.input = "https://www.shop.com/\nhttps://www.else.com/0.html\n"};
    crawl_tls(&c, n, nginx_ca_file(n), "-j", "2");
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK);
    crawl_release(&c);
    nginx_stop(n);
    files_remove(site);
    free(site);
}

/* What one URL comes to at a server with a certificate of KIND, trusting CA_FILE or, when it is NULL, the server's
 * own. */
static void expect_refused(enum certificate_kind kind, const char *ca_file, const char *words)
{
    static const struct crawl_row table[] = {{"https://www.shop.com/", 0, "tls", NULL, NULL}, {0}};
    struct nginx *n = nginx_start(&(struct nginx_options){.tls = true, .certificate = kind, .names = names});
    struct crawl c = {.run.input = table[0].url};
    crawl_tls(&c, n, ca_file ? ca_file : nginx_ca_file(n), "-j", "1");
    cr_expect(crawl_agrees(&c, table));
    cr_expect(text_has(c.run.err, words), "%s", c.run.err);
    cr_expect_eq(c.run.status, FORAGE_EXIT_TLS);
    crawl_release(&c);
    nginx_stop(n);
}

Test(tls, a_certificate_that_is_not_trusted_ends_the_fetch)
{
    static const char system_store[] = "/etc/ssl/certs/ca-certificates.crt";
    expect_refused(CERTIFICATE_EXPIRED, NULL, "certificate has expired");
    expect_refused(CERTIFICATE_WRONG_NAME, NULL, "www.shop.com");
    expect_refused(CERTIFICATE_GOOD, system_store, "unable to get local issuer certificate");
}

Test(tls, the_systems_store_does_not_trust_a_stranger)
{
    struct nginx *n = nginx_start(&(struct nginx_options){.tls = true, .names = names});
    static const struct crawl_row table[] = {{"https://www.shop.com/", 0, "tls", NULL, NULL}, {0}};
    char *resolve = support_format("www.shop.com:443:127.0.0.1:%u", nginx_port(n));
    struct crawl c = {0};
    crawl_run(&c, NULL, "--resolve", resolve, "https://www.shop.com", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(c.run.status, FORAGE_EXIT_TLS);
    crawl_release(&c);
    free(resolve);
    nginx_stop(n);
}

Test(tls, a_server_without_tls_and_a_file_without_certificates_are_errors_of_tls)
{
    static const struct crawl_row table[] = {{"https://www.shop.com/", 0, "tls", NULL, NULL}, {0}};
    struct nginx *plain = nginx_start(NULL),
                 *secure = nginx_start(&(struct nginx_options){.tls = true, .names = names});
    struct nginx *servers[] = {plain, secure};
    const char *files[] = {nginx_ca_file(secure), "/etc/hostname"};
    for (size_t i = 0; i < 2; i++) {
        struct crawl c = {.run.input = table[0].url};
        crawl_tls(&c, servers[i], files[i], "-j", "1");
        cr_expect(crawl_agrees(&c, table));
        cr_expect_eq(c.run.status, FORAGE_EXIT_TLS);
        crawl_release(&c);
    }
    nginx_stop(plain);
    nginx_stop(secure);
}

/* ---- HTTP/2 ---- */

/* The access log after a crawl of 40 pages of one host; freed by the caller. HTTP/2 is spoken over TLS at the server's
 * own port, and without TLS at another one. */
static char *access_log(const char *scheme, const char *option, const char *value)
{
    enum { PAGES = 40 };
    char *site = make_site(PAGES), *list = support_alloc(PAGES * 40), listen[64], resolve[64], resolve_tls[64];
    unsigned plain = support_free_port();
    snprintf(listen, sizeof listen, "listen 127.0.0.1:%u http2;", plain);
    struct nginx *n = nginx_start(
        &(struct nginx_options){.folder = site, .tls = true, .http2 = true, .names = names, .server_lines = listen});
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", plain);
    snprintf(resolve_tls, sizeof resolve_tls, "*:443:127.0.0.1:%u", nginx_port(n));
    for (unsigned i = 0, len = 0; i < PAGES; i++)
        len += (unsigned)sprintf(list + len, "%s://www.shop.com/%u.html\n", scheme, i);
    struct crawl c = {.run.input = list};
    crawl_run(&c, NULL, "--resolve", resolve, "--resolve", resolve_tls, "--ca-file", nginx_ca_file(n), option, value,
              "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert(text_has(c.run.err, "40 fetched (160 B)"), "%s", c.run.err);
    char *log = nginx_wait_requests(n, PAGES, 5000);
    crawl_release(&c);
    nginx_stop(n);
    files_remove(site);
    free(site);
    free(list);
    cr_assert(log);
    return log;
}

static size_t connections_in(const char *log)
{
    size_t count = 0, most = 64;
    long seen[64];
    for (const char *line = log; *line; line = strchr(line, '\n') + 1) {
        long number = strtol(line, NULL, 10);
        size_t i = 0;
        while (i < count && seen[i] != number)
            i++;
        if (i == count && count < most)
            seen[count++] = number;
    }
    return count;
}

Test(tls, http_2_is_spoken_over_tls_and_needs_one_connection_for_a_host)
{
    char *log = access_log("https", "-j", "1");
    cr_assert_eq(text_times(log, " HTTP/2.0 GET /"), 40, "%s", log);
    cr_assert_eq(connections_in(log), 1, "%s", log);
    free(log);
}

Test(tls, http_1_1_on_request_keeps_http_2_off)
{
    char *log = access_log("https", "--http-version", "1.1");
    cr_assert_eq(text_times(log, " HTTP/1.1 GET /"), 40, "%s", log);
    cr_assert_leq(connections_in(log), 4, "%s", log);
    free(log);
}

/* curl/curl#10634 */
Test(tls, http_2_without_tls_is_spoken_on_request_by_every_request)
{
    char *log = access_log("http", "--http-version", "2-prior");
    cr_assert_eq(text_times(log, " HTTP/2.0 GET /"), 40, "%s", log);
    free(log);
}

/* ---- HTTP/2 whose answers break off ---- */

enum { LONG = 3000000, CUT = 1500000 };

/* A server before another one, which breaks off: all that it can do is to reset the stream. */
static struct nginx *start_before(const struct fixture *behind)
{
    char *lines = support_format("location /all/ { proxy_pass http://127.0.0.1:%u; proxy_max_temp_file_size 0; }",
                                 fixture_port(behind));
    struct nginx *n =
        nginx_start(&(struct nginx_options){.tls = true, .http2 = true, .names = names, .server_lines = lines});
    free(lines);
    return n;
}

static void get_three_times(struct crawl *c, const struct nginx *n)
{
    char *resolve = support_format("*:443:127.0.0.1:%u", nginx_port(n));
    c->run.input = "https://www.shop.com/all/big.bin";
    crawl_run(c, NULL, "--resolve", resolve, "--ca-file", nginx_ca_file(n), "--tries", "3", "--max-wait", "10ms", "-",
              NULL);
    free(resolve);
}

/* It was the end of the page, as a breach of the protocol. */
Test(tls, a_body_that_breaks_off_over_http_2_is_asked_for_again)
{
    static const struct fixture_route routes[] = {
        {.path = "/all/big.bin", .reply = {.generated = LONG, .end = FIXTURE_DROP, .cut_at = CUT}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct nginx *n = start_before(f);
    struct crawl c = {0};
    get_three_times(&c, n);
    const json_t *logged = crawl_logged(&c, "https://www.shop.com/all/big.bin");
    cr_expect_str_eq(text_member(logged, "error"), "truncated", "%s", c.run.err);
    cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK, "%d: %s", c.run.status, c.run.err);
    cr_expect_eq(fixture_count(f, "/all/big.bin"), 3);
    char *log = nginx_wait_requests(n, 3, 5000);
    cr_expect(log && text_times(log, " HTTP/2.0 GET /") == 3, "%s", log);
    free(log);
    crawl_release(&c);
    nginx_stop(n);
    fixture_stop(f);
}

Test(tls, a_body_that_broke_off_over_http_2_goes_on_where_it_ended)
{
    static const struct fixture_reply whole = {
        .generated = LONG, .type = "application/octet-stream", .etag = "\"v1\"", .range = FIXTURE_RANGE_RIGHT};
    struct fixture_route routes[] = {{.path = "/all/big.bin", .reply = whole}, {0}};
    routes[0].reply.end = FIXTURE_DROP;
    routes[0].reply.cut_at = CUT;
    routes[0].reply.then = &whole;
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct nginx *n = start_before(f);
    struct crawl c = {0};
    get_three_times(&c, n);
    size_t count, len = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert_eq(count, 2);
    const char *range = fixture_find_header(&requests[1], "Range");
    cr_expect(range && strtoull(range + strlen("bytes="), NULL, 10) > 0, "%s", range ? range : "no Range");
    char *path = crawl_path(&c, "shop/all/big.bin"), *text = files_read(path, &len);
    cr_assert_eq(len, LONG);
    for (size_t i = 0; i < LONG; i++)
        if (text[i] != fixture_pattern(i))
            cr_assert_fail("byte %zu is another one", i);
    free(text);
    free(path);
    crawl_release(&c);
    nginx_stop(n);
    fixture_stop(f);
}
