/* forage --status and --why of a crawl: while it is at work, when it was killed, and when it has come to its end. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

TestSuite(inspect_crawl, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/", .reply = {.type = "text/html", .body = "<a href=/one>1</a> <a href=http://www.other.com/>other</a>"}},
    {.path = "/one",
     .reply = {.type = "text/html", .body = "<link rel=canonical href=/one#x><a href=/two>2</a> <a href=/slow>3</a>"}},
    {.path = "/two", .reply = {.type = "text/html", .body = "<meta name=robots content='noindex, nofollow'>"}},
    {.path = "/slow", .reply = {.delay_ms = 30000, .body = "slow"}},
    {0}};

static struct run ask(const struct crawl *c, const char *const *arguments)
{
    struct run run = {.working_folder = c->run.folder};
    run_start(&run, arguments);
    run_wait(&run);
    cr_assert_eq(run.status, 0, "%s", run.err);
    return run;
}

static json_t *ask_json(const struct crawl *c, const char *what, const char *of)
{
    const char *const arguments[] = {"--json", what, of, strcmp(what, "--why") == 0 ? "output" : NULL, NULL};
    struct run run = ask(c, arguments);
    json_t *found = json_loads(run.out, 0, NULL);
    cr_assert(found, "%s", run.out);
    run_release(&run);
    return found;
}

static json_int_t number_at(const json_t *object, const char *of, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(object, of), key));
}

static const json_t *member(const json_t *object, const char *of, const char *key)
{
    return json_object_get(json_object_get(object, of), key);
}

/* The status when COUNT pages have rows, which are written a moment after their answers. */
static json_t *status_of(const struct crawl *c, json_int_t count)
{
    int64_t deadline = support_deadline_ns(20000);
    for (;;) {
        json_t *s = ask_json(c, "--status", "output");
        if (number_at(s, "total", "urls") >= count || support_left_ms(deadline) <= 0)
            return s;
        json_decref(s);
    }
}

static void start(struct crawl *c, struct fixture *f)
{
    crawl_start(c, f, "-r", "http://www.shop.com/", NULL);
    cr_assert(fixture_wait_requests(f, 4, 10000));
}

Test(inspect_crawl, the_queue_and_the_rate_are_told_while_the_crawl_is_at_work_and_after_it_was_killed)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    start(&c, f);
    json_t *s = status_of(&c, 3);
    cr_expect_str_eq(json_string_value(member(s, "last_run", "state")), "under-way");
    cr_expect_eq(number_at(s, "total", "urls"), 3);
    cr_expect_eq(number_at(s, "total", "discovered"), 2);
    cr_expect_eq(number_at(s, "total", "due"), 0);
    cr_expect_eq(number_at(s, "queue", "waiting"), 1);
    cr_expect_eq(number_at(s, "queue", "hosts"), 1);
    cr_expect_eq(number_at(s, "last_run", "answered"), 3);
    cr_expect_gt(json_real_value(member(s, "last_run", "pages_per_s")), 0);
    json_decref(s);

    run_signal(&c.run, SIGKILL);
    crawl_wait(&c);
    s = ask_json(&c, "--status", "output");
    cr_expect_str_eq(json_string_value(member(s, "last_run", "state")), "interrupted");
    cr_expect_eq(number_at(s, "queue", "waiting"), 1);
    json_decref(s);
    struct run run = ask(&c, (const char *const[]){"--status", "output", NULL});
    cr_expect(text_has(run.out, "\nQueue          1 waiting at 1 hosts, of "), "%s", run.out);
    cr_expect(text_has(run.out, "\nFound          2 by following links, of which 0 are due now\n"), "%s", run.out);
    cr_expect(text_has(run.out, " pages/s, "), "%s", run.out);
    run_release(&run);
    crawl_release(&c);
    fixture_stop(f);
}

Test(inspect_crawl, why_tells_how_a_page_was_found_and_when_it_is_due)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    start(&c, f);
    json_decref(status_of(&c, 3));
    run_signal(&c.run, SIGKILL);
    crawl_wait(&c);

    json_t *w = ask_json(&c, "--why", "www.shop.com/two");
    cr_expect_str_eq(json_string_value(member(w, "crawl", "parent")), "http://www.shop.com/one");
    cr_expect_eq(number_at(w, "crawl", "depth"), 2);
    cr_expect(json_is_true(member(w, "crawl", "noindex")));
    cr_expect(json_is_string(member(w, "crawl", "due")));
    cr_expect_eq(number_at(w, "crawl", "interval_ms"), 24 * 3600 * 1000);
    json_decref(w);
    w = ask_json(&c, "--why", "www.shop.com/one");
    cr_expect_str_eq(json_string_value(member(w, "crawl", "canonical")), "http://www.shop.com/one");
    json_decref(w);

    struct run run = ask(&c, (const char *const[]){"--why", "www.shop.com/slow", "output", NULL});
    cr_expect(text_has(run.out, "\nDepth          2, found on http://www.shop.com/one; waiting in the queue\n"), "%s",
              run.out);
    run_release(&run);
    run = ask(&c, (const char *const[]){"--why", "www.other.com", "output", NULL});
    cr_expect(text_has(run.out, "\nScope          outside: another host\n"), "%s", run.out);
    run_release(&run);
    run = ask(&c, (const char *const[]){"--why", "www.shop.com/one", "output", NULL});
    cr_expect(text_has(run.out, " (after 1d; known visits 1, changes 0)\n"), "%s", run.out);
    cr_expect(text_has(run.out, "\nCanonical      http://www.shop.com/one\n"), "%s", run.out);
    run_release(&run);
    crawl_release(&c);
    fixture_stop(f);
}
