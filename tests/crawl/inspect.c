/* forage --status and --why after real runs: what a person who looks at a crontab's folder sees. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(inspect, .timeout = 60);

#define EVIL "\x1b[31m\x07\xc2\x85\xe2\x80\xae\xff"

static const struct fixture_route routes[] = {
    {.path = "/robots.txt",
     .reply = {.type = "text/plain", .body = "User-agent: *\nDisallow: /private " EVIL "\nDisallow: /private/\n"}},
    {.path = "/", .reply = {.body = "home", .headers = "ETag: \"tag \xe2\x80\xae\xff\"\r\n"}},
    {.path = "/gone", .reply = {.status = 404, .reason = EVIL}},
    {.path = "/broken", .reply = {.status = 500}},
    {.path = "/private/x", .reply = {.body = "never seen"}},
    {.path = "/slow", .reply = {.delay_ms = 30000, .body = "slow"}},
    {0}};

static const char all[] = "www.shop.com\nwww.shop.com/gone\nwww.shop.com/broken\nwww.shop.com/private/x\n";

/* Ask about FOLDER's output, with TZ ZONE. */
static void ask(struct run *run, const char *folder, const char *const *arguments)
{
    static const char *const zone[] = {"TZ=XYZ-5:30", NULL};
    *run = (struct run){.working_folder = folder, .environment = zone};
    run_start(run, arguments);
    run_wait(run);
}

#define ASK(run, folder, ...) ask(run, folder, (const char *const[]){__VA_ARGS__, NULL})

static json_t *ask_json(const char *folder, const char *what, const char *of, const char *dir)
{
    struct run run;
    ASK(&run, folder, "--json", what, of, dir);
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_str_eq(run.err, "");
    json_t *found = json_loads(run.out, 0, NULL);
    cr_assert(found, "%s", run.out);
    run_release(&run);
    return found;
}

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void expect_plain(const char *text)
{
    for (const char *c = text; *c; c++)
        cr_assert((*c >= ' ' && *c <= '~') || *c == '\n', "byte %02x in %s", (unsigned char)*c, text);
}

Test(inspect, the_status_tells_of_hosts_failures_and_the_last_run)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = all};
    struct run run;
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    cr_assert_eq(c.run.status, 8, "%s", c.run.err);
    ASK(&run, c.run.folder, "--status", "output");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_str_eq(run.err, "");
    cr_expect(text_has(run.out, "  404, gone     http://www.shop.com/gone\n"), "%s", run.out);
    cr_expect(text_has(run.out, "  500           http://www.shop.com/broken\n"), "%s", run.out);
    cr_expect(text_has(run.out, "  http://www.shop.com\n"), "%s", run.out);
    cr_expect(text_has(run.out, "URLs           3, of which 1 kept (4 B) and 2 failing (1 of them gone)\n"), "%s",
              run.out);
    cr_expect(text_has(run.out, " complete, exit status 8\n"), "%s", run.out);
    cr_expect(text_has(run.out, "1 new, 0 changed, 0 unchanged, 2 failed (1 of them gone), 1 skipped, 4 B\n"), "%s",
              run.out);
    cr_expect(text_has(run.out, "+05:30"), "local time with its zone: %s", run.out);
    expect_plain(run.out);
    run_release(&run);
    crawl_release(&c);
    fixture_stop(f);
}

Test(inspect, the_status_as_json_has_the_same)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = all};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    json_t *s = ask_json(c.run.folder, "--status", "output", NULL);
    const json_t *total = json_object_get(s, "total"), *run = json_object_get(s, "last_run");
    const json_t *host = json_array_get(json_object_get(s, "hosts"), 0);
    cr_expect_eq(json_array_size(json_object_get(s, "failing")), 2);
    cr_expect_eq(json_array_size(json_object_get(s, "hosts")), 1);
    cr_expect_str_eq(text_member(host, "origin"), "http://www.shop.com");
    cr_expect_str_eq(text_member(json_object_get(host, "robots"), "state"), "rules");
    cr_expect_eq(number_of(host, "urls"), 3);
    cr_expect_eq(number_of(total, "kept"), 1);
    cr_expect_eq(number_of(total, "bytes"), 4);
    cr_expect_eq(number_of(total, "failing"), 2);
    cr_expect_eq(number_of(total, "gone"), 1);
    cr_expect_str_eq(text_member(run, "state"), "complete");
    cr_expect_eq(number_of(run, "exit_status"), 8);
    cr_expect_eq(number_of(run, "skipped"), 1);
    json_decref(s);
    crawl_release(&c);
    fixture_stop(f);
}

Test(inspect, why_tells_what_is_known_of_a_page_and_that_it_would_be_validated)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = all};
    struct run run;
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    ASK(&run, c.run.folder, "--why", "www.shop.com", "output");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_expect(text_has(run.out, "URL            http://www.shop.com/\n"), "%s", run.out);
    cr_expect(text_has(run.out, "Now            asked whether it has changed\n"), "%s", run.out);
    cr_expect(text_has(run.out, "Last answer    200\n"), "%s", run.out);
    cr_expect(text_has(run.out, "File           shop.html (4 B, intact)\n"), "%s", run.out);
    cr_expect(text_has(run.out, "ETag           \"tag "), "%s", run.out);
    expect_plain(run.out);
    run_release(&run);

    ASK(&run, c.run.folder, "--max-age", "1h", "--why", "www.shop.com", "output");
    cr_expect(text_has(run.out, "Now            skipped: not due before "), "%s", run.out);
    run_release(&run);
    crawl_release(&c);
    fixture_stop(f);
}

Test(inspect, why_names_the_rule_that_forbids_a_page)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = all};
    struct run run;
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    ASK(&run, c.run.folder, "--why", "http://www.shop.com/private%20%1B[31m%07%C2%85%E2%80%AE%FF", "output");
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_expect(text_has(run.out, "Now            skipped: disallowed by line 2 of robots.txt\n"), "%s", run.out);
    cr_expect(
        text_has(run.out, "disallowed by line 2: Disallow: /private \\x1b[31m\\x07\\xc2\\x85\\xe2\\x80\\xae\\xff\n"),
        "%s", run.out);
    expect_plain(run.out);
    run_release(&run);

    json_t *why = ask_json(c.run.folder, "--why", "http://www.shop.com/private/x", "output");
    cr_expect_str_eq(text_member(why, "verdict"), "skip-disallowed");
    cr_expect_eq(number_of(json_object_get(why, "rule"), "line"), 3);
    cr_expect(json_is_null(json_object_get(why, "page")));
    json_decref(why);
    crawl_release(&c);
    fixture_stop(f);
}

/* What the state says of the last run. */
static void last_run_state(const char *folder, char *state, size_t size)
{
    json_t *s = ask_json(folder, "--status", "output", NULL);
    snprintf(state, size, "%s", text_member(json_object_get(s, "last_run"), "state"));
    json_decref(s);
}

Test(inspect, a_run_under_way_can_be_looked_at_and_a_killed_one_is_told_from_it)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/slow\n"};
    char state[32];
    crawl_start(&c, f, "-", NULL);
    cr_assert(fixture_wait_requests(f, 1, 10000));
    int64_t deadline = support_deadline_ns(10000);
    do /* the run's row is written together with others, a quarter of a second later at most */
        last_run_state(c.run.folder, state, sizeof state);
    while (strcmp(state, "none") == 0 && support_left_ms(deadline) > 0);
    cr_expect_str_eq(state, "under-way");
    run_signal(&c.run, SIGKILL);
    crawl_wait(&c);
    last_run_state(c.run.folder, state, sizeof state);
    cr_expect_str_eq(state, "interrupted");
    crawl_release(&c);
    fixture_stop(f);
}

Test(inspect, what_cannot_be_answered_has_an_exit_status_of_its_own)
{
    struct run run;
    char *folder = files_temp_folder();
    ASK(&run, folder, "--status", "nowhere\x1b[31m");
    cr_expect_eq(run.status, FORAGE_EXIT_FILE);
    cr_expect_str_eq(run.out, "");
    cr_expect_str_eq(run.err, "forage: nowhere\\x1b[31m/.forage/state.db: No such file or directory\n");
    run_release(&run);
    ASK(&run, folder, "--json", "--status", "nowhere");
    cr_expect_eq(run.status, FORAGE_EXIT_FILE);
    cr_expect_str_eq(run.out, "");
    run_release(&run);
    ASK(&run, folder, "--why", "http://a.example/", "nowhere");
    cr_expect_eq(run.status, FORAGE_EXIT_FILE);
    run_release(&run);
    ASK(&run, folder, "--why", "file:///etc/passwd", "nowhere");
    cr_expect_eq(run.status, FORAGE_EXIT_USAGE);
    cr_expect(text_has(run.err, "the scheme is not http or https\n"), "%s", run.err);
    run_release(&run);
    cr_expect_eq(files_count(folder), 0, "asking makes nothing");
    files_remove(folder);
    free(folder);
}
