/* Cookies, HSTS and credentials: sent where they belong, and nowhere else, whichever worker asks. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(accounts, .timeout = 60);

/* A folder with a file of secrets in it. */
static char *secret_file(const char *folder, const char *name, const char *text, mode_t mode)
{
    char *path = files_path(folder, name);
    files_write(path, text, -1);
    cr_assert_eq(chmod(path, mode), 0);
    return path;
}

static const char *sent(const struct fixture *f, const char *target, const char *header)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, header) : NULL;
    return value ? value : "";
}

/* ---- HSTS ---- */

Test(accounts, hsts_of_https_answers_holds_for_all_workers_and_the_next_run)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    static const char *const names[] = {"safe.test", "plain.test", NULL};
    char *site = files_temp_folder(), *page = files_path(site, "index.html"), *folder = files_temp_folder(),
         *table = files_path(folder, "hsts"), https[64], http[64];
    files_write(page, "secure", -1);
    struct nginx *n = nginx_start(&(struct nginx_options){
        .folder = site,
        .tls = true,
        .names = names,
        .server_lines = "add_header Strict-Transport-Security \"max-age=3600; includeSubDomains\";"});
    static const struct fixture_route routes[] = {
        {.path = "/",
         .prefix = true,
         .reply = {.body = "plain", .headers = "Strict-Transport-Security: max-age=3600\r\n"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    snprintf(https, sizeof https, "*:443:127.0.0.1:%u", nginx_port(n));
    snprintf(http, sizeof http, "*:80:127.0.0.1:%u", fixture_port(f));
    const char *ca = nginx_ca_file(n);
    struct crawl c = {.run.input = "https://safe.test/\nhttp://plain.test/a\n"};
    crawl_run(&c, NULL, "--resolve", https, "--resolve", http, "--ca-file", ca, "--hsts", table, "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    char *saved = files_read(table, NULL);
    cr_expect(text_has(saved, ".safe.test \"") && !text_has(saved, "plain.test"), "%s", saved);
    free(saved);
    c.run.input = "http://safe.test/x/../\nhttp://plain.test/b\n";
    crawl_again(&c, NULL, "-j", "4", "--resolve", https, "--resolve", http, "--ca-file", ca, "--hsts", table, "-",
                NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://safe.test/"), "final_url"), "https://safe.test/");
    cr_expect_eq(fixture_count(f, "/b"), 1, "a header over http counts for nothing");
    size_t count;
    fixture_requests(f, &count);
    cr_expect_eq(count, 2, "safe.test was asked without TLS");
    crawl_release(&c);
    fixture_stop(f);
    nginx_stop(n);
    files_remove(site);
    files_remove(folder);
    free(page);
    free(site);
    free(table);
    free(folder);
}

/* ---- Credentials ---- */

Test(accounts, credentials_go_to_their_origin_and_not_where_it_leads)
{
    static const struct fixture_route routes[] = {
        {.host = "api.test", .path = "/moved", .reply = {.location = "http://www.other.com/landed"}},
        {.host = "api.test", .path = "/near", .reply = {.location = "/next"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder(), resolve[64];
    char *auth = secret_file(
        folder, "auth", "# who we are\nhttp://api.test bearer t0ken\nhttp://www.other.com basic ann:s3cret\n", 0600);
    char *netrc = secret_file(folder, "netrc", "machine nr.test login bob password hush\n", 0600);
    char *netrc_option = support_format("--netrc=%s", netrc);
    snprintf(resolve, sizeof resolve, "*:8080:127.0.0.1:%u", fixture_port(f));
    struct crawl c = {.run.input =
                          "http://api.test/1\nhttp://api.test/moved\nhttp://api.test/near\nhttp://api.test:8080/2\n"
                          "http://sub.api.test/3\nhttp://nr.test/4\nhttp://www.other.com/5\nhttp://x@nr.test/6\n"};
    char *summary = files_path(folder, "summary"), *metrics = files_path(folder, "metrics");
    crawl_run(&c, f, "--auth", auth, netrc_option, "--resolve", resolve, "--allow-private", "-v", "--summary", summary,
              "--metrics", metrics, "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_str_eq(sent(f, "/1", "Authorization"), "Bearer t0ken");
    cr_expect_str_eq(sent(f, "/next", "Authorization"), "Bearer t0ken");
    cr_expect_str_eq(sent(f, "/landed", "Authorization"), "", "credentials went on after a redirect");
    cr_expect_str_eq(sent(f, "/2", "Authorization"), "", "another port is another origin");
    cr_expect_str_eq(sent(f, "/3", "Authorization"), "");
    cr_expect_str_eq(sent(f, "/4", "Authorization"), "Basic Ym9iOmh1c2g=");
    cr_expect_str_eq(sent(f, "/5", "Authorization"), "Basic YW5uOnMzY3JldA==");
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect_null(fixture_find_header(&requests[i], "Referer"));
    char *log = files_path(c.run.folder, "log");
    char *texts[] = {files_read(log, NULL), files_read(summary, NULL), files_read(metrics, NULL),
                     support_format("%s", c.run.err)};
    static const char *const secrets[] = {"t0ken", "s3cret", "hush"};
    for (size_t i = 0; i < SUPPORT_COUNT(texts); i++) {
        for (size_t k = 0; k < SUPPORT_COUNT(secrets); k++)
            cr_expect(!text_has(texts[i], secrets[k]), "text %zu tells %s", i, secrets[k]);
        free(texts[i]);
    }
    crawl_release(&c);
    fixture_stop(f);
    files_remove(folder);
    free(log);
    free(summary);
    free(metrics);
    free(auth);
    free(netrc);
    free(netrc_option);
    free(folder);
}

Test(accounts, two_accounts_at_one_host_never_mix_on_a_kept_connection)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char list[4000] = "";
    for (int i = 0, len = 0; i < 20; i++)
        len += sprintf(list + len, "http://ann:1@a.test/ann%d\nhttp://bob:2@a.test/bob%d\nhttp://a.test/none%d\n", i, i,
                       i);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-j", "2", "--per-host", "2", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 60);
    for (size_t i = 0; i < count; i++) {
        const char *auth = fixture_find_header(&requests[i], "Authorization");
        const char *due = strncmp(requests[i].target, "/ann", 4) == 0   ? "Basic YW5uOjE="
                          : strncmp(requests[i].target, "/bob", 4) == 0 ? "Basic Ym9iOjI="
                                                                        : "";
        cr_expect_str_eq(auth ? auth : "", due, "%s", requests[i].target);
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- What a list says of one URL ---- */

Test(accounts, a_line_may_have_options_of_its_own)
{
    static const struct fixture_reply fine = {.body = "fine"};
    static const struct fixture_route routes[] = {
        {.path = "/moved", .reply = {.location = "http://www.other.com/landed"}},
        {.path = "/busy", .reply = {.status = 503, .times = 1, .then = &fine}},
        {.path = "/big", .reply = {.generated = 5000}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\n  out=named/one.dat\n  header=X-Own: yes\n  header=X-All: mine\n"
                                   "www.shop.com/2\n"
                                   "www.shop.com/moved\n\theader=X-Own: yes\n"
                                   "www.shop.com/busy\n  tries=2\n"
                                   "www.shop.com/big\n  max-size=4k\n"
                                   "www.shop.com/3\n  out=../up\n"
                                   "www.shop.com/4\n  colour=red\n"};
    crawl_run(&c, f, "-H", "X-All: ours", "--allow-private", "--max-wait", "10ms", "-", NULL);
    cr_expect(crawl_holds(&c, "named/one.dat", "x"));
    cr_expect_str_eq(sent(f, "/1", "X-Own"), "yes");
    cr_expect_str_eq(sent(f, "/1", "X-All"), "mine");
    cr_expect_str_eq(sent(f, "/2", "X-Own"), "");
    cr_expect_str_eq(sent(f, "/2", "X-All"), "ours");
    cr_expect_str_eq(sent(f, "/moved", "X-Own"), "yes");
    cr_expect_str_eq(sent(f, "/landed", "X-Own"), "");
    cr_expect_eq(fixture_count(f, "/busy"), 2);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://www.shop.com/big"), "error"), "too-large");
    cr_expect_eq(fixture_count(f, "/3") + fixture_count(f, "/4"), 0, "a URL was fetched in another way than asked for");
    cr_expect(text_has(c.run.err, "-:13: ") && text_has(c.run.err, "-:15: "), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(accounts, two_urls_that_want_one_file_do_not_share_it)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\n  out=same.html\nwww.shop.com/2\n  out=same.html\n"};
    crawl_run(&c, f, "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "another URL of this run has that file"), "%s", c.run.err);
    char *tree = crawl_tree(&c);
    cr_expect_str_eq(tree, "same.html\n");
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

Test(accounts, max_age_of_a_line_counts_for_that_line)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\n  max-age=1h\nwww.shop.com/2\n  max-age=0\nwww.shop.com/3\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "--max-age", "1h", "-", NULL);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    cr_expect_eq(fixture_count(f, "/2"), 2);
    cr_expect_eq(fixture_count(f, "/3"), 1);
    crawl_release(&c);
    fixture_stop(f);
}
