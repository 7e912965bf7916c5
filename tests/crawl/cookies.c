/* --cookies: sent where they belong and nowhere else, taken from answers, kept in a file that others read as well. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(cookies, .timeout = 60);

#define HEAD "# Netscape HTTP Cookie File\n"

static const struct fixture_route any[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};

static struct fixture *start(const struct fixture_route *routes)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* A jar with TEXT in a folder of its own. */
struct jar {
    char *folder, *path;
};

static struct jar make_jar(const char *text)
{
    struct jar jar = {.folder = files_temp_folder()};
    jar.path = files_path(jar.folder, "jar");
    if (text) {
        files_write(jar.path, text, -1);
        cr_assert_eq(chmod(jar.path, 0600), 0);
    }
    return jar;
}

static void drop_jar(struct jar *jar)
{
    files_remove(jar->folder);
    free(jar->path);
    free(jar->folder);
}

static const char *sent(const struct fixture *f, const char *target)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, "Cookie") : NULL;
    return value ? value : "";
}

/* What the jar holds, without the lines about it; freed by the caller. */
static char *saved_in(const struct jar *jar)
{
    char *text = files_read(jar->path, NULL), *begin = strstr(text, "\n\n");
    cr_assert(strncmp(text, HEAD, strlen(HEAD)) == 0 && begin, "%s", text);
    char *lines = support_format("%s", begin + 2);
    free(text);
    return lines;
}

/* ---- Where they go ---- */

Test(cookies, those_of_a_file_go_where_they_belong_and_nowhere_else)
{
    static const struct {
        const char *url, *target, *cookie;
    } rows[] = {
        {"www.shop.com/1", "/1", "all=1"},
        {"www.shop.com/in/2", "/in/2", "deep=2; all=1"},
        {"www.shop.com/inner/3", "/inner/3", "all=1"},
        {"www.other.com/4", "/4", "other=4"},
        {"shop.com/5", "/5", "all=1"},
        {"a.www.shop.com/6", "/6", "all=1"},
        {"www.else.com/7", "/7", ""},
        {"eshop.com/8", "/8", ""},
        {"www.shop.com.evil.com/9", "/9", ""},
        {"www.shop.com./10", "/10", ""}, /* another host to DNS */
        {"127.0.0.1/11", "/11", "address=6"},
        {"1.127.0.0.1.com/12", "/12", ""},
    };
    struct fixture *f = start(any);
    struct jar jar = make_jar(HEAD ".shop.com\tTRUE\t/\tFALSE\t4102444800\tall\t1\n"
                                   "www.shop.com\tFALSE\t/in\tFALSE\t4102444800\tdeep\t2\n"
                                   "www.shop.com\tFALSE\t/\tTRUE\t4102444800\tsecret\t3\n"
                                   "www.other.com\tFALSE\t/\tFALSE\t4102444800\tother\t4\n"
                                   "www.shop.com\tFALSE\t/\tFALSE\t1\told\t5\n"
                                   "127.0.0.1\tFALSE\t/\tFALSE\t0\taddress\t6\n");
    char list[1024] = "";
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        sprintf(list + strlen(list), "%s\n", rows[i].url);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        cr_expect_str_eq(sent(f, rows[i].target), rows[i].cookie, "%s", rows[i].url);
    char *saved = saved_in(&jar);
    cr_expect_eq(text_lines(saved), 5, "all but the one that has expired: %s", saved);
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* A cookie that is Secure goes over TLS alone, whoever set it, and http cannot lay another one over it. */
Test(cookies, secure_ones_are_for_tls_alone)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    static const char *const names[] = {"www.shop.com", NULL};
    static const struct fixture_route routes[] = {
        {.path = "/evil", .reply = {.headers = "Set-Cookie: sid=evil\r\nSet-Cookie: sid=evil; Path=/; Secure\r\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct nginx *n = nginx_start(&(struct nginx_options){
        .tls = true,
        .names = names,
        .server_lines = "location /set { add_header Set-Cookie \"sid=good; Secure; Path=/\"; return 200 set; }\n"
                        "location / { return 200 \"[$http_cookie]\"; }\n"});
    struct fixture *f = start(routes);
    struct jar jar = make_jar(NULL);
    char *tls = support_format("*:443:127.0.0.1:%u", nginx_port(n));
    struct crawl c = {.run.input = "https://www.shop.com/set\n"};
    crawl_run(&c, f, "--cookies", jar.path, "--ca-file", nginx_ca_file(n), "--resolve", tls, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    c.run.input = "http://www.shop.com/evil\n";
    crawl_again(&c, f, "--cookies", jar.path, "-", NULL);
    c.run.input = "http://www.shop.com/plain\nhttps://www.shop.com/over-tls\n";
    crawl_again(&c, f, "--cookies", jar.path, "--ca-file", nginx_ca_file(n), "--resolve", tls, "-", NULL);
    cr_expect_str_eq(sent(f, "/evil"), "");
    cr_expect_str_eq(sent(f, "/plain"), "");
    char *page = crawl_path(&c, text_member(crawl_logged(&c, "https://www.shop.com/over-tls"), "file") + 7),
         *text = files_read(page, NULL);
    cr_expect_str_eq(text, "[sid=good]");
    free(text);
    free(page);
    crawl_release(&c);
    free(tls);
    drop_jar(&jar);
    fixture_stop(f);
    nginx_stop(n);
}

/* ---- Where they come from ---- */

Test(cookies, a_login_sets_one_and_redirects_and_it_is_sent_from_then_on)
{
    static const struct fixture_route routes[] = {
        {.host = "www.shop.com",
         .path = "/login",
         .reply = {.location = "/home",
                   .headers = "Set-Cookie: id=abc; Max-Age=3600; HttpOnly\r\nSet-Cookie: step=1\r\n"}},
        {.host = "www.shop.com",
         .path = "/home",
         .reply = {.location = "http://www.bank.com/pay", .headers = "Set-Cookie: step=2\r\n"}},
        {.host = "www.bank.com",
         .path = "/pay",
         .reply = {.location = "http://www.shop.com/done", .headers = "Set-Cookie: bank=1\r\n"}},
        {.path = "/gone", .reply = {.status = 404, .headers = "Set-Cookie: seen=404\r\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = start(routes);
    struct jar jar = make_jar(NULL);
    struct crawl c = {.run = {.input = "www.shop.com/login\n", .open_umask = true}};
    crawl_run(&c, f, "--cookies", jar.path, "--allow-private", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(sent(f, "/login"), "");
    cr_expect_str_eq(sent(f, "/home"), "id=abc; step=1");
    cr_expect_str_eq(sent(f, "/pay"), "");
    cr_expect_str_eq(sent(f, "/done"), "id=abc; step=2");
    cr_expect_eq(files_mode(jar.path), 0600);

    c.run.input = "www.shop.com/again\nwww.bank.com/balance\nwww.shop.com/gone\n";
    crawl_again(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_str_eq(sent(f, "/again"), "id=abc; step=2");
    cr_expect_str_eq(sent(f, "/balance"), "bank=1");
    char *saved = saved_in(&jar);
    static const char *const lines[] = {
        "#HttpOnly_www.shop.com\tFALSE\t/\tFALSE\t", "\tid\tabc\n", "www.shop.com\tFALSE\t/\tFALSE\t0\tstep\t2\n",
        "www.bank.com\tFALSE\t/\tFALSE\t0\tbank\t1\n", "www.shop.com\tFALSE\t/\tFALSE\t0\tseen\t404\n"};
    for (size_t i = 0; i < SUPPORT_COUNT(lines); i++)
        cr_expect(text_has(saved, lines[i]), "%s", saved);
    cr_expect_eq(text_lines(saved), 4, "%s", saved);
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* curl's CVE-2023-46218. Only what is called "good" may be kept. */
Test(cookies, none_is_taken_that_is_for_others_or_holds_control_bytes)
{
    static const char evil[] = "Set-Cookie: a=1; Domain=co.uk\r\n"
                               "Set-Cookie: b=1; Domain=.uk\r\n"
                               "Set-Cookie: c=1; Domain=CO.UK.\r\n"
                               "Set-Cookie: d=1; Domain=www.other.co.uk\r\n"
                               "Set-Cookie: e=1; Domain=.other.co.uk\r\n"
                               "Set-Cookie: f=1; Domain=op.co.uk\r\n"
                               "Set-Cookie: g=1; Domain=in.www.shop.co.uk\r\n"
                               "Set-Cookie: h=1; Domain=www.shop.co.uk.\r\n"
                               "Set-Cookie: i=1; Domain=127.0.0.1\r\n"
                               "Set-Cookie: j=1; Secure\r\n"
                               "Set-Cookie: __Secure-k=1\r\n"
                               "Set-Cookie: __Host-l=1; Path=/\r\n"
                               "Set-Cookie: m=\x01\r\n"
                               "Set-Cookie: n=a\x7f\r\n"
                               "Set-Cookie: o=a\tb\r\n"
                               "Set-Cookie: p\x1b=1\r\n"
                               "Set-Cookie: q=1; Path=/\x02\r\n"
                               "Set-Cookie: =nameless\r\n"
                               "Set-Cookie: r=1\r\n\twww.other.com\tTRUE\t/\tFALSE\t0\tr\t1\r\n"
                               "Set-Cookie: s=1\rSet-Cookie: t=1; Domain=co.uk\r\n"
                               "Set-Cookie: good=1; Domain=shop.co.uk\r\n"
                               "Set-Cookie: good2=\"quoted value\"; Path=/; Expires=Wed, 01 Jan 2200 00:00:00 GMT\r\n";
    static const struct fixture_route routes[] = {{.path = "/evil", .reply = {.headers = evil, .body = "x"}},
                                                  {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                                  {0}};
    struct fixture *f = start(routes);
    struct jar jar = make_jar(NULL);
    struct crawl c = {.run.input = "www.shop.co.uk/evil\n"};
    crawl_run(&c, f, "--cookies", jar.path, "-", NULL);
    c.run.input = "www.shop.co.uk/1\nshop.co.uk/2\nother.co.uk/3\nwww.other.com/4\nin.www.shop.co.uk/5\n127.0.0.1/6\n";
    crawl_again(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(sent(f, "/1"), "good=1; good2=\"quoted value\"");
    cr_expect_str_eq(sent(f, "/2"), "good=1");
    cr_expect_str_eq(sent(f, "/3"), "");
    cr_expect_str_eq(sent(f, "/4"), "");
    cr_expect_str_eq(sent(f, "/5"), "good=1");
    cr_expect_str_eq(sent(f, "/6"), "");
    char *saved = saved_in(&jar);
    cr_expect_eq(text_lines(saved), 2, "%s", saved);
    cr_expect_eq(text_times(saved, "\tgood"), 2, "%s", saved);
    for (const char *at = saved; *at; at++)
        cr_expect((*at >= ' ' && *at <= '~') || *at == '\t' || *at == '\n', "byte 0x%02x in %s", (unsigned char)*at,
                  saved);
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

Test(cookies, what_stands_outside_the_head_of_the_answer_sets_none)
{
    static const struct fixture_route routes[] = {
        {.path = "/early",
         .reply = {.fault = FIXTURE_RAW,
                   .body = "HTTP/1.1 103 Early Hints\r\nSet-Cookie: early=1\r\n\r\n"
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nSet-Cookie: head=1\r\n\r\nx",
                   .end = FIXTURE_DROP}},
        {.path = "/late", .reply = {.body = "x", .chunk = 10, .trailers = "Set-Cookie: late=1\r\n"}},
        {.path = "/body", .reply = {.body = "\r\nSet-Cookie: body=1\r\n\r\n<meta http-equiv=Set-Cookie content=m=1>"}},
        {0}};
    struct fixture *f = start(routes);
    struct jar jar = make_jar(NULL);
    struct crawl c = {.run.input = "www.shop.com/early\nwww.shop.com/late\nwww.shop.com/body\n"};
    crawl_run(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *saved = saved_in(&jar);
    cr_expect_str_eq(saved, "www.shop.com\tFALSE\t/\tFALSE\t0\thead\t1\n");
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* robots.txt is asked for without cookies: to the server that is a new visitor, whose session must not replace the
 * user's. */
Test(cookies, a_session_that_is_begun_for_robots_txt_is_not_the_users)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.body = "", .headers = "Set-Cookie: session=visitor\r\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = start(routes);
    struct jar jar = make_jar(HEAD "www.shop.com\tFALSE\t/\tFALSE\t0\tsession\tmine\n");
    struct crawl c = {.run.input = "www.shop.com/1\n"};
    crawl_run(&c, f, "--robots", "on", "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(sent(f, "/robots.txt"), "");
    cr_expect_str_eq(sent(f, "/1"), "session=mine");
    char *saved = saved_in(&jar);
    cr_expect(text_has(saved, "\tsession\tmine\n"), "%s", saved);
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* ---- Many workers ---- */

enum { HOSTS = 50, PAGES = 12 };

static unsigned number_of(const char *host)
{
    return (unsigned)strtoul(host + 1, NULL, 10) % HOSTS;
}

/* Each answer of a host gives the next number: the request behind it must carry exactly that. */
static int count_up(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static unsigned counts[HOSTS];
    static char header[256];
    (void)context;
    unsigned count = ++counts[number_of(request->host)];
    snprintf(header, sizeof header,
             "Set-Cookie: count=%u; Max-Age=3600\r\nSet-Cookie: host=%.60s; Max-Age=3600\r\n"
             "Set-Cookie: odd=1; Max-Age=%d\r\n",
             count, request->host, count % 2 ? 100 : 0);
    reply->headers = header;
    reply->body = "x";
    return 0;
}

static char *list_of_hosts(void)
{
    char *list = support_alloc(HOSTS * PAGES * 32 + 1);
    for (int page = 0, len = 0; page < PAGES; page++)
        for (int host = 0; host < HOSTS; host++)
            len += sprintf(list + len, "http://h%d.test/%d\n", host, page);
    return list;
}

/* Whether all requests of the log carry what the answer before them has set. */
static void expect_counted(const struct fixture *f, unsigned expected)
{
    unsigned counts[HOSTS] = {0};
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_expect_eq(count, expected);
    for (size_t i = 0; i < count; i++) {
        char due[128] = "";
        unsigned *n = &counts[number_of(requests[i].host)];
        if (*n)
            snprintf(due, sizeof due, "count=%u; host=%s%s", *n, requests[i].host, *n % 2 ? "; odd=1" : "");
        ++*n;
        const char *cookie = fixture_find_header(&requests[i], "Cookie");
        cr_expect(strcmp(cookie ? cookie : "", due) == 0, "request %u of %s has %s", *n, requests[i].host, cookie);
    }
}

Test(cookies, four_workers_lose_none_and_mix_none_up_and_the_next_run_goes_on)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = count_up});
    struct jar jar = make_jar(NULL);
    char *list = list_of_hosts();
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "4", "--per-host", "1", "--cookies", jar.path, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_counted(f, HOSTS * PAGES);
    char *saved = saved_in(&jar);
    cr_expect_eq(text_times(saved, "\tcount\t12\n"), HOSTS, "%s", saved);
    cr_expect_eq(text_lines(saved), 2 * HOSTS);
    free(saved);
    crawl_again(&c, f, "-j", "4", "--per-host", "1", "--cookies", jar.path, "-", NULL);
    expect_counted(f, 2 * HOSTS * PAGES);
    crawl_release(&c);
    free(list);
    drop_jar(&jar);
    fixture_stop(f);
}

static int name_account(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static char header[160];
    (void)context;
    const char *account = fixture_find_header(request, "Authorization");
    snprintf(header, sizeof header, "Set-Cookie: session=%.60s; Path=/; Max-Age=3600\r\n", account ? account : "none");
    reply->headers = header;
    reply->body = "x";
    return 0;
}

/* What a server gave to one account is not for another one at the same host. */
Test(cookies, accounts_at_one_host_have_sessions_of_their_own)
{
    static const struct {
        const char *user, *session;
    } accounts[] = {{"", "none"}, {"ann:1@", "Basic YW5uOjE="}, {"bob:2@", "Basic Ym9iOjI="}};
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = name_account});
    struct jar jar = make_jar(NULL);
    char *list = support_alloc(90 * 40);
    for (int i = 0, len = 0; i < 90; i++)
        len += sprintf(list + len, "http://%sa.test/%d\n", accounts[i % 3].user, i);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "2", "--per-host", "1", "--cookies", jar.path, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    size_t count, with = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 90);
    for (size_t i = 0; i < count; i++) {
        const char *cookie = fixture_find_header(&requests[i], "Cookie");
        char *own = support_format("session=%s", accounts[strtoul(requests[i].target + 1, NULL, 10) % 3].session);
        cr_expect(!cookie || strcmp(cookie, own) == 0, "%s has %s", requests[i].target, cookie);
        with += cookie != NULL;
        free(own);
    }
    cr_expect_eq(with, 90 - 3, "each account has a session from its first answer on");
    char *saved = saved_in(&jar);
    cr_expect(text_lines(saved) == 1 && text_has(saved, "\tsession\tnone\n"), "a file knows no accounts: %s", saved);
    free(saved);
    crawl_release(&c);
    free(list);
    drop_jar(&jar);
    fixture_stop(f);
}

/* ---- The file ---- */

static const struct fixture_route setting[] = {
    {.path = "/", .prefix = true, .reply = {.body = "x", .headers = "Set-Cookie: new=1; Max-Age=3600\r\n"}}, {0}};

Test(cookies, the_file_is_replaced_whole_and_nothing_else_is_left_beside_it)
{
    static const char before[] = HEAD "\n127.0.0.1\tFALSE\t/\tFALSE\t4102444800\told\t1\n";
    struct fixture *f = start(setting);
    struct jar jar = make_jar(before);
    char *old = files_path(jar.folder, "old");
    cr_assert_eq(link(jar.path, old), 0);
    struct crawl c = {.run = {.input = "www.shop.com/\n", .open_umask = true}};
    crawl_run(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(files_equals(old, before), "it was written in place");
    char *saved = saved_in(&jar), *tree = files_tree(jar.folder);
    cr_expect(text_has(saved, "\told\t1\n") && text_has(saved, "\tnew\t1\n"), "%s", saved);
    cr_expect_str_eq(tree, "jar\nold\n");
    cr_expect_eq(files_mode(jar.path), 0600);
    free(tree);
    free(saved);
    free(old);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* A file of 12 MB, which is more than a limit that lets the run itself work. */
static char *large_file(void)
{
    enum { DOMAINS = 60, EACH = 50, VALUE = 4000 };
    char *text = support_alloc(DOMAINS * EACH * (VALUE + 100)), *to = text + sprintf(text, HEAD "\n");
    for (int i = 0; i < DOMAINS * EACH; i++) {
        to += sprintf(to, "www.host%d.com\tFALSE\t/\tFALSE\t4102444800\t%d\t", i / EACH, i % EACH);
        memset(to, 'v', VALUE);
        to += VALUE;
        *to++ = '\n';
    }
    return text;
}

Test(cookies, a_file_that_cannot_be_written_is_told_and_stays_as_it_was)
{
    struct fixture *f = start(setting);
    char *before = large_file();
    struct jar jar = make_jar(before);
    struct crawl c = {.run = {.input = "www.host1.com/\n", .file_size_limit = 8 << 20}};
    crawl_run(&c, f, "-q", "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE);
    char *due = support_format("forage: %s: cannot write: File too large\n", jar.path), *tree = files_tree(jar.folder);
    cr_expect_str_eq(c.run.err, due);
    cr_expect(files_equals(jar.path, before));
    cr_expect_str_eq(tree, "jar\n");
    free(tree);
    free(due);
    free(before);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

Test(cookies, a_run_that_is_stopped_keeps_what_it_was_given)
{
    static const struct fixture_route routes[] = {
        {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/", .prefix = true, .reply = {.body = "x", .headers = "Set-Cookie: new=1; Max-Age=3600\r\n"}},
        {0}};
    struct fixture *f = start(routes);
    struct jar jar = make_jar(NULL);
    struct crawl c = {.run.input = "www.shop.com/\nwww.shop.com/hangs\n"};
    crawl_start(&c, f, "-v", "--cookies", jar.path, "-", NULL);
    cr_assert(run_wait_output(&c.run, "output/shop.html", 10000), "%s", c.run.err);
    run_signal(&c.run, SIGTERM);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + SIGTERM);
    char *saved = saved_in(&jar);
    cr_expect(text_has(saved, "\tnew\t1\n"), "%s", saved);
    free(saved);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

Test(cookies, a_wrong_line_of_the_file_is_named_the_others_count_and_the_file_is_left)
{
    struct fixture *f = start(any);
    static const char text[] = HEAD "www.shop.com\tFALSE\t/\tFALSE\t0\tgood\t1\n"
                                    "s3cret and nothing else\n"
                                    ".com\tTRUE\t/\tFALSE\t0\tsuffix\ts3cret\n"
                                    "www.shop.com\tFALSE\t/\tFALSE\t0\tlast\t2\r\n";
    struct jar jar = make_jar(text);
    struct crawl c = {.run.input = "www.shop.com/1\n"};
    crawl_run(&c, f, "-q", "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE);
    char *due = support_format("%s:3: not the seven fields of a cookie file\n%s:4: the domain is a public suffix\n"
                               "forage: %s: not written, because line 3 cannot be read and would be lost\n",
                               jar.path, jar.path, jar.path);
    char *left = files_read(jar.path, NULL);
    cr_expect_str_eq(c.run.err, due);
    cr_expect_str_eq(sent(f, "/1"), "good=1; last=2");
    cr_expect_str_eq(left, text);
    free(left);
    free(due);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

Test(cookies, a_header_that_the_list_gives_comes_before_the_file)
{
    struct fixture *f = start(setting);
    struct jar jar = make_jar(HEAD "www.shop.com\tFALSE\t/\tFALSE\t0\tfile\t1\n");
    struct crawl c = {.run.input = "www.shop.com/1\n  header=cookie: mine=1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "--cookies", jar.path, "--per-host", "1", "-", NULL);
    cr_expect_str_eq(sent(f, "/1"), "mine=1");
    cr_expect_str_eq(sent(f, "/2"), "file=1", "what was set for the list's own session");
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(text_times(requests[i].head, "ookie:"), 1, "%s", requests[i].head);
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}

/* ---- Other programs ---- */

/* Run PROGRAM on the jar, so that it asks for TARGET and writes what it knows to the jar. */
static void expect_shared(struct fixture *f, const struct jar *jar, const char *const *arguments, const char *target)
{
    struct run run = {.program = arguments[0], .working_folder = jar->folder};
    run_start(&run, arguments + 1);
    run_wait(&run);
    cr_assert_eq(run.status, 0, "%s: %s", arguments[0], run.err);
    const char *cookie = sent(f, target);
    cr_expect(text_has(cookie, "file=1") && text_has(cookie, "new=1"), "%s sends %s", arguments[0], cookie);
    run_release(&run);
}

Test(cookies, curl_and_wget_read_the_file_and_write_it_as_forage_reads_it)
{
    static const char curl[] = "/usr/bin/curl", wget[] = "/usr/bin/wget";
    if (!files_exists(curl) || !files_exists(wget))
        cr_skip_test("curl and wget are not both installed");
    struct fixture *f = start(setting);
    struct jar jar = make_jar(HEAD "127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tfile\t1\n");
    const char *by_curl[] = {curl, "-sS", "-o", "curl.out", "-b", "jar", "-c", "jar", fixture_url(f, "/curl"), NULL};
    const char *by_wget[] = {wget,  "-q", "--no-config", "--load-cookies",        "jar", "--save-cookies",
                             "jar", "-O", "wget.out",    fixture_url(f, "/wget"), NULL};
    struct crawl c = {.run.input = fixture_url(f, "/1")};
    crawl_run(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_shared(f, &jar, by_curl, "/curl");
    c.run.input = fixture_url(f, "/2");
    crawl_again(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(text_has(sent(f, "/2"), "file=1") && text_has(sent(f, "/2"), "new=1"), "%s", sent(f, "/2"));
    expect_shared(f, &jar, by_wget, "/wget");
    cr_assert_eq(chmod(jar.path, 0600), 0);
    c.run.input = fixture_url(f, "/3");
    crawl_again(&c, f, "--cookies", jar.path, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(text_has(sent(f, "/3"), "file=1") && text_has(sent(f, "/3"), "new=1"), "%s", sent(f, "/3"));
    crawl_release(&c);
    drop_jar(&jar);
    fixture_stop(f);
}
