/* What the user gives for all requests, for a host or for an origin, in a crawl: it goes to the origins that the user
 * named, at every depth and in every run, and not where links and redirects lead. */
#include "support/asked.h"
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

TestSuite(crawl_credentials, .timeout = 60);

#define ANN    "Basic YW5uOnMzY3JldA==" /* ann:s3cret */
#define BEARER "Bearer t0ken"

/* The user's files, in a folder of their own. */
struct files {
    char *folder, *auth, *netrc;
};

static char *secret_file(const char *folder, const char *name, const char *text)
{
    char *path = files_path(folder, name);
    files_write(path, text, -1);
    cr_assert_eq(chmod(path, 0600), 0);
    return path;
}

static struct files make_files(void)
{
    struct files files = {.folder = files_temp_folder()};
    files.auth = secret_file(files.folder, "auth", "http://c.test bearer t0ken\n");
    char *path = secret_file(files.folder, "netrc",
                             "machine a.test login ann password s3cret\nmachine d.test login ann password s3cret\n");
    files.netrc = support_format("--netrc=%s", path);
    free(path);
    return files;
}

static void drop_files(struct files *files)
{
    files_remove(files->folder);
    free(files->auth);
    free(files->netrc);
    free(files->folder);
}

static const char *header_of(const struct fixture *f, const char *target, const char *name)
{
    const struct fixture_request *r = fixture_find(f, target);
    const char *value = r ? fixture_find_header(r, name) : NULL;
    return value ? value : "";
}

/* What a request had of the header for all, and as Authorization. */
struct row {
    const char *target, *header, *authorization;
};

static void expect_sent(const struct fixture *f, const struct row *rows)
{
    for (; rows->target; rows++) {
        cr_expect_eq(fixture_count(f, rows->target), 1, "%s: %zu times", rows->target, fixture_count(f, rows->target));
        cr_expect_str_eq(header_of(f, rows->target, "X-Token"), rows->header, "%s", rows->target);
        cr_expect_str_eq(header_of(f, rows->target, "Authorization"), rows->authorization, "%s", rows->target);
    }
}

/* ---- Where links and redirects lead ---- */

static const struct fixture_route routes[] = {
    {.host = "a.test",
     .path = "/start",
     .reply = {.body = "<a href=/1>1</a><a href=http://b.test/linked>2</a><a href=http://a.test:8080/port>3</a>"
                       "<a href=/moved>4</a><a href=/away>5</a><a href=http://c.test/c>6</a><a href=/to-c>7</a>"
                       "<a href=http://d.test/d>8</a><a href=/to-a>9</a>"}},
    {.path = "/1", .reply = {.body = "<a href=/2>on</a>"}},
    {.path = "/2", .reply = {.body = "<a href=/3>on</a>"}},
    {.path = "/moved", .reply = {.location = "http://a.test:8080/moved-port"}},
    {.path = "/away", .reply = {.location = "http://b.test/landed"}},
    {.path = "/to-c", .reply = {.location = "http://c.test/redirected"}},
    {.path = "/to-a", .reply = {.location = "/within"}},
    {.host = "b.test", .path = "/linked", .reply = {.body = "<a href=http://a.test/back>1</a><a href=/b-moved>2</a>"}},
    {.path = "/b-moved", .reply = {.location = "/b-next"}},
    {.host = "b.test", .path = "/landed", .reply = {.body = "<a href=/to-home>home</a>"}},
    {.path = "/to-home", .reply = {.location = "http://a.test/home"}},
    {.path = "/seed", .reply = {.location = "http://b.test/seed-landed"}},
    {.path = "/seed-landed", .reply = {.body = "<a href=/seed-next>on</a>"}},
    {.path = "/own", .reply = {.body = "<a href=/of-own>1</a><a href=http://b.test/b-of-own>2</a>"}},
    {.path = "/own-away", .reply = {.location = "http://b.test/own-landed"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

static const struct row sent_rows[] =
    {
        {"/start", "s", ANN},    {"/1", "s", ANN},        {"/2", "s", ANN},
        {"/3", "s", ANN},        {"/moved", "s", ANN},    {"/away", "s", ANN},
        {"/within", "s", ANN},   {"/back", "s", ANN}, /* a page of the named origin, wherever the link stands */
        {"/home", "s", ANN},                          /* or the redirect */
        {"/port", "", ""},       {"/moved-port", "", ""}, {"/linked", "", ""},
        {"/landed", "", ""},     {"/b-moved", "", ""},    {"/b-next", "", ""},
        {"/to-home", "", ""},    {"/d", "", ""}, /* netrc knows hosts only, and nobody named that one */
        {"/c", "", BEARER},                      /* a line of --auth is for the origin that it names */
        {"/redirected", "", ""},                 /* but not where a redirect leads to one that the list does not name */
        {NULL, NULL, NULL}};

Test(crawl_credentials, go_to_the_origin_that_was_named_and_not_where_it_leads)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files();
    char *port = support_format("*:8080:127.0.0.1:%u", fixture_port(f));
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--scope", "any", "--allow-private", "-H", "X-Token: s", "--auth", files.auth, files.netrc,
              "--resolve", port, "http://a.test/start", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_sent(f, sent_rows);
    crawl_release(&c);
    free(port);
    drop_files(&files);
    fixture_stop(f);
}

/* What a seed redirects to is in scope, and no other origin is named by that. */
Test(crawl_credentials, are_not_taken_along_by_a_redirect_of_what_was_given)
{
    static const struct row rows[] = {
        {"/seed", "s", ANN}, {"/seed-landed", "", ""}, {"/seed-next", "", ""}, {NULL, NULL, NULL}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files();
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "-H", "X-Token: s", files.netrc, "http://a.test/seed", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_sent(f, rows);
    crawl_release(&c);
    drop_files(&files);
    fixture_stop(f);
}

Test(crawl_credentials, go_to_each_origin_that_some_line_names)
{
    static const struct row rows[] = {
        {"/linked", "s", ""}, {"/landed", "s", ""}, {"/d", "s", ANN}, {"/port", "", ""}, {NULL, NULL, NULL}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files();
    char *port = support_format("*:8080:127.0.0.1:%u", fixture_port(f));
    struct crawl c = {.run.input = "http://a.test/start\nhttp://b.test/\nhttp://d.test/other\n"};
    crawl_run(&c, f, "-r", "--scope", "any", "--allow-private", "-H", "X-Token: s", files.netrc, "--resolve", port, "-",
              NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_sent(f, rows);
    crawl_release(&c);
    free(port);
    drop_files(&files);
    fixture_stop(f);
}

Test(crawl_credentials, of_a_line_are_for_its_url_alone)
{
    static const struct row rows[] = {{"/own", "mine", ""},      {"/of-own", "", ""},     {"/b-of-own", "", ""},
                                      {"/own-away", "mine", ""}, {"/own-landed", "", ""}, {NULL, NULL, NULL}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "http://a.test/own\n  header=X-Token: mine\n"
                                   "http://a.test/own-away\n  header=X-Token: mine\n"};
    crawl_run(&c, f, "-r", "--scope", "any", "--allow-private", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_sent(f, rows);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- From run to run ---- */

/* The first answer never comes, so that all but one page wait when the crawl is killed. */
static const struct fixture_reply answered = {.body = "<a href=/after>on</a>"};
static const struct fixture_route slow_routes[] = {
    {.path = "/start",
     .reply = {.body = "<a href=/hangs>1</a><a href=/waits>2</a><a href=http://b.test/elsewhere>3</a>"}},
    {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG, .times = 1, .then = &answered}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

Test(crawl_credentials, are_the_same_when_a_killed_crawl_goes_on)
{
    static const struct row rows[] = {
        {"/waits", "s", ANN}, {"/after", "s", ANN}, {"/elsewhere", "", ""}, {NULL, NULL, NULL}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = slow_routes});
    struct files files = make_files();
    struct crawl c = {0};
#define ARGUMENTS                                                                                                      \
    "-r", "-j", "1", "-c", "1", "--scope", "any", "--allow-private", "-H", "X-Token: s", files.netrc,                  \
        "http://a.test/start", NULL
    crawl_start(&c, f, ARGUMENTS);
    cr_assert(fixture_wait_requests(f, 2, 20000));
    cr_assert_eq(kill(c.run.pid, SIGKILL), 0);
    crawl_wait(&c);
    crawl_again(&c, f, ARGUMENTS);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    expect_sent(f, rows);
    crawl_release(&c);
    drop_files(&files);
    fixture_stop(f);
}

/* Pages of which the state knows wait in the same queue as what is found. */
Test(crawl_credentials, are_the_same_when_pages_are_due)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct files files = make_files();
    struct crawl c = {0};
    size_t first, count;
#define DUE                                                                                                            \
    CRAWL_ALL_DUE, "-r", "--scope", "any", "--allow-private", "-H", "X-Token: s", files.netrc, "--accept",             \
        "/(1|2|3|linked)$", "http://a.test/start", NULL
    crawl_run(&c, f, DUE);
    first = asked_count(f);
    crawl_again(&c, f, DUE);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_expect_eq(count, 2 * first, "%zu and %zu", first, count);
    for (size_t i = 0; i < count; i++) {
        bool is_named = strcmp(requests[i].host, "a.test") == 0;
        cr_expect_eq(fixture_find_header(&requests[i], "X-Token") != NULL, is_named, "%s", requests[i].head);
        cr_expect_eq(fixture_find_header(&requests[i], "Authorization") != NULL, is_named, "%s", requests[i].head);
    }
    crawl_release(&c);
    drop_files(&files);
    fixture_stop(f);
}

/* ---- With and without TLS ---- */

static const char *const names[] = {"a.test", NULL};

#define TLS_LINES                                                                                                      \
    "location / { default_type text/html;\n"                                                                           \
    "  return 200 \"[$http_x_token $http_authorization] <a href=/deep>1</a> <a href=http://a.test/plain>2</a>\"; }\n"

static void expect_page(const struct crawl *c, const char *url, const char *words)
{
    const json_t *line = crawl_logged(c, url);
    cr_assert(line && *text_member(line, "file"), "%s has no page: %s", url, c->run.err);
    char *path = files_path(c->run.folder, text_member(line, "file")), *text = files_read(path, NULL);
    cr_expect(text_has(text, words), "%s: %s", url, text);
    free(path);
    free(text);
}

/* Crawl from URL; HSTS: the text of such a file. PLAIN is answered by the fixture, all of https by nginx. */
static void crawl_with_tls(const char *url, const char *hsts, struct fixture *f, struct crawl *c)
{
    struct nginx *n = nginx_start(&(struct nginx_options){.tls = true, .names = names, .server_lines = TLS_LINES});
    struct files files = make_files();
    char *tls = support_format("*:443:127.0.0.1:%u", nginx_port(n)), *table = files_path(files.folder, "hsts");
    files_write(table, hsts, -1);
    crawl_run(c, f, "-r", "--resolve", tls, "--ca-file", nginx_ca_file(n), "--hsts", table, "-H", "X-Token: s",
              files.netrc, url, NULL);
    cr_expect_eq(c->run.status, FORAGE_EXIT_OK, "%s", c->run.err);
    free(tls);
    free(table);
    drop_files(&files);
    nginx_stop(n);
}

Test(crawl_credentials, of_a_crawl_over_tls_never_go_out_in_clear)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    static const struct fixture_route plain[] = {{.path = "/plain", .reply = {.location = "https://a.test/landed"}},
                                                 {0}};
    static const struct row rows[] = {{"/plain", "", ""}, {NULL, NULL, NULL}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = plain});
    struct crawl c = {0};
    crawl_with_tls("https://a.test/", "", f, &c);
    expect_sent(f, rows);
    expect_page(&c, "https://a.test/deep", "[s " ANN "]");
    expect_page(&c, "https://a.test/landed", "[s " ANN "]");
    crawl_release(&c);
    fixture_stop(f);
}

/* The user named http://a.test, and HSTS makes that https://a.test: no other origin. */
Test(crawl_credentials, follow_hsts_to_tls)
{
    if (!nginx_is_installed())
        cr_skip_test("nginx is not installed");
    struct fixture *f = fixture_start(NULL);
    struct crawl c = {0};
    crawl_with_tls("http://a.test/", "a.test \"unlimited\"\n", f, &c);
    cr_expect_eq(asked_count(f), 0);
    expect_page(&c, "http://a.test/", "[s " ANN "]");
    expect_page(&c, "https://a.test/deep", "[s " ANN "]");
    crawl_release(&c);
    fixture_stop(f);
}
