/* robots.txt (RFC 9309) as a whole: asked for once and first, obeyed, remembered, and what happens when it cannot be
 * had. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(robots, .timeout = 60);

static const char two_pages[] = "www.shop.com/open\nwww.shop.com/closed/x\n";

Test(robots, is_asked_for_once_before_the_first_page_and_obeyed)
{
    enum { DELAY_MS = 200 };
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt",
         .reply = {.type = "text/plain", .body = "User-agent: *\nDisallow: /closed\n", .delay_ms = DELAY_MS}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/open\nwww.shop.com/closed/x\nwww.shop.com/2\nwww.shop.com/3\n"};
    crawl_run(&c, f, "--robots", "on", "-v", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(count, 4);
    cr_expect_str_eq(requests[0].target, "/robots.txt");
    cr_expect_geq(requests[1].arrived_ns - requests[0].arrived_ns, DELAY_MS * INT64_C(1000000));
    cr_expect_eq(fixture_count(f, "/closed/x"), 0);
    const json_t *line = crawl_logged(&c, "http://www.shop.com/closed/x");
    cr_assert_not_null(line);
    cr_expect_str_eq(text_member(line, "error"), "robots");
    cr_expect_str_eq(text_member(line, "outcome"), "skipped");
    cr_expect_eq(json_integer_value(json_object_get(line, "rule")), 2);
    cr_expect(text_has(c.run.err, "1 skipped"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(robots, a_page_that_is_disallowed_is_no_failure_and_not_named_when_quiet)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.body = "User-agent: forage\nDisallow: /\n"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "-q", "-", NULL);
    cr_expect_eq(c.run.status, 0);
    cr_expect_str_empty(c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* Sections 2.3.1.2 to 2.3.1.4. */
Test(robots, its_answer_decides_what_may_be_asked_for)
{
    static const struct {
        const char *what;
        struct fixture_reply reply;
        unsigned pages; /* that are asked for */
        int status;
    } rows[] = {
        {"404", {.status = 404}, 2, 0},
        {"403", {.status = 403}, 2, 0},
        {"401", {.status = 401}, 2, 0},
        {"500", {.status = 500}, 0, FORAGE_EXIT_SERVER},
        {"503", {.status = 503, .headers = "Retry-After: 0\r\n"}, 0, FORAGE_EXIT_SERVER},
        {"dropped", {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}, 0, FORAGE_EXIT_NETWORK},
        {"endless redirects", {.location = "/robots.txt?again"}, 2, 0},
        {"a redirect to another scheme", {.location = "file:///etc/passwd"}, 2, 0},
        {"empty", {.body = ""}, 2, 0},
        {"html", {.body = "<html><body>Disallow: nothing"}, 2, 0},
        {"all disallowed", {.body = "User-agent: *\nDisallow: /"}, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_route routes[] = {{.path = "/robots.txt", .prefix = true, .reply = rows[i].reply},
                                         {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                         {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = two_pages};
        crawl_run(&c, f, "--robots", "on", "--max-wait", "10ms", "-", NULL);
        cr_expect_eq(c.run.status, rows[i].status, "%s: %d %s", rows[i].what, c.run.status, c.run.err);
        cr_expect_eq(fixture_count(f, "/open") + fixture_count(f, "/closed/x"), rows[i].pages, "%s", rows[i].what);
        cr_expect_eq(json_array_size(c.log), 2, "%s: a page was lost", rows[i].what);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(robots, five_redirects_are_followed_also_to_another_host)
{
    static const struct fixture_route routes[] = {
        {.host = "www.shop.com", .path = "/robots.txt", .reply = {.location = "/2"}},
        {.path = "/2", .reply = {.location = "/3"}},
        {.path = "/3", .reply = {.location = "/4"}},
        {.path = "/4", .reply = {.location = "http://www.other.com/5"}},
        {.path = "/5", .reply = {.location = "/6"}},
        {.path = "/6", .reply = {.body = "User-agent: *\nDisallow: /closed\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "--allow-private", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/closed/x"), 0);
    cr_expect_eq(fixture_count(f, "/open"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

Test(robots, is_kept_for_the_next_run_as_long_as_cache_control_says)
{
    static const struct {
        const char *headers;
        unsigned asked; /* in two runs */
    } rows[] = {{"", 1},
                {"Cache-Control: max-age=3600\r\n", 1},
                {"Cache-Control: public, max-age=0\r\n", 2},
                {"Cache-Control: no-store\r\n", 2},
                {"Cache-Control: max-age=99999999999999999999\r\n", 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture_route routes[] = {
            {.path = "/robots.txt",
             .reply = {.headers = rows[i].headers, .body = "User-agent: *\nDisallow: /closed\n"}},
            {.path = "/", .prefix = true, .reply = {.body = "x"}},
            {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = two_pages};
        crawl_run(&c, f, "--robots", "on", "-", NULL);
        crawl_again(&c, f, "--robots", "on", "-", NULL);
        cr_expect_eq(fixture_count(f, "/robots.txt"), rows[i].asked, "%s", rows[i].headers);
        cr_expect_eq(fixture_count(f, "/closed/x"), 0);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* Section 2.4: an older copy counts while the file cannot be had. */
Test(robots, an_old_copy_counts_while_a_new_one_cannot_be_had)
{
    static const struct fixture_reply broken = {.status = 500};
    static const struct fixture_route routes[] = {{.path = "/robots.txt",
                                                   .reply = {.headers = "Cache-Control: no-cache\r\n",
                                                             .body = "User-agent: *\nDisallow: /closed\n",
                                                             .times = 1,
                                                             .then = &broken}},
                                                  {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 2);
    cr_expect_eq(fixture_count(f, "/open"), 2);
    cr_expect_eq(fixture_count(f, "/closed/x"), 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* Change what the last run left, as time would. */
static void execute(const struct crawl *c, const char *sql)
{
    sqlite3 *db;
    char *path = crawl_path(c, ".forage/state.db"), *wrong = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &wrong), SQLITE_OK, "%s", wrong);
    cr_assert_eq(sqlite3_changes(db), 1, "%s changed nothing", sql);
    sqlite3_close(db);
    free(path);
}

/* Section 2.4: a day, whatever Cache-Control says. */
Test(robots, is_asked_for_again_after_a_day)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.headers = "Cache-Control: max-age=31536000\r\n", .body = ""}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    execute(&c,
            "UPDATE host SET robots_fetched = robots_fetched - 86300000, robots_expires = robots_expires - 86300000");
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 1);
    execute(&c, "UPDATE host SET robots_fetched = robots_fetched - 200000, robots_expires = robots_expires - 200000");
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 2);
    crawl_release(&c);
    fixture_stop(f);
}

/* Section 2.3.1.4: a host whose robots.txt cannot be had allows nothing, and after thirty days everything. */
Test(robots, that_could_not_be_had_for_thirty_days_forbids_nothing)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.status = 500}}, {.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(fixture_count(f, "/open"), 0);
    execute(&c, "UPDATE host SET unreachable_since = unreachable_since - 29 * 86400000");
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(fixture_count(f, "/open"), 0, "after 29 days");
    execute(&c, "UPDATE host SET unreachable_since = unreachable_since - 2 * 86400000");
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/open"), 1, "after 31 days");
    crawl_release(&c);
    fixture_stop(f);
}

Test(robots, holds_where_a_redirect_leads)
{
    static const struct fixture_route routes[] = {
        {.host = "www.other.com", .path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /secret\n"}},
        {.path = "/moved", .reply = {.location = "http://www.other.com/secret"}},
        {.path = "/secret", .reply = {.body = "secret"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/moved\n"};
    crawl_run(&c, f, "--robots", "on", "--allow-private", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/secret"), 0);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://www.shop.com/moved"), "error"), "robots");
    crawl_release(&c);
    fixture_stop(f);
}

Test(robots, beyond_500_kib_is_not_read)
{
    enum { BYTES = 2 << 20 };
    char *text = support_alloc(BYTES);
    memset(text, '#', BYTES);
    for (size_t i = 99; i < BYTES; i += 100)
        text[i] = '\n';
    static const char early[] = "User-agent: *\nDisallow: /closed\n", late[] = "\nDisallow: /open\n";
    memcpy(text, early, strlen(early));
    memcpy(text + BYTES - 100, late, strlen(late));
    struct fixture_route routes[] = {{.path = "/robots.txt", .reply = {.body = text, .body_len = BYTES}},
                                     {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                     {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "on", "--max-size", "1k", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/open"), 1);
    cr_expect_eq(fixture_count(f, "/closed/x"), 0);
    crawl_release(&c);
    fixture_stop(f);
    free(text);
}

Test(robots, each_scheme_host_and_port_has_its_own)
{
    static const struct fixture_route routes[] = {
        {.host = "a.test", .path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char resolve[64];
    snprintf(resolve, sizeof resolve, "*:8080:127.0.0.1:%u", fixture_port(f));
    struct crawl c = {.run.input = "http://a.test/\nhttp://b.test/\nhttp://b.test:8080/\n"};
    crawl_run(&c, f, "--robots", "on", "--resolve", resolve, "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 3);
    cr_expect_eq(fixture_count(f, "/"), 2);
    crawl_release(&c);
    fixture_stop(f);
}

Test(robots, its_rules_are_those_for_the_user_agent_that_is_sent)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt",
         .reply = {.type = "text/plain",
                   .body = "User-agent: mine\nDisallow: /closed\n\nUser-agent: forage\nDisallow: /open\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    static const struct {
        const char *agent, *closed;
    } rows[] = {{"--user-agent=mine/1.0 (+http://me.com/)", "http://www.shop.com/closed/x"},
                {"--robots=on", "http://www.shop.com/open"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = two_pages};
        crawl_run(&c, f, "--robots", "on", rows[i].agent, "-", NULL);
        cr_expect_str_eq(text_member(crawl_logged(&c, rows[i].closed), "error"), "robots", "%s", rows[i].agent);
        cr_expect(text_has(c.run.err, "1 fetched (1 B), 0 failed, 1 skipped"), "%s", c.run.err);
        struct run why = {.working_folder = c.run.folder};
        run_forage(&why, "--why", rows[i].closed, "output", "--fresh", rows[i].agent, NULL);
        cr_expect(text_has(why.out, "skipped: disallowed by line"), "%s: %s", rows[i].agent, why.out);
        run_release(&why);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(robots, off_leaves_it)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = two_pages};
    crawl_run(&c, f, "--robots", "off", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 0);
    cr_expect_eq(fixture_count(f, "/closed/x"), 1);
    crawl_release(&c);
    fixture_stop(f);
}
