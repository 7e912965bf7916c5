/* What one run leaves to the next, whatever becomes of the list and the clock. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

TestSuite(promises, .timeout = 60);

/* Change the state with SQL. */
static void change_state(const struct crawl *c, const char *sql)
{
    sqlite3 *db = NULL;
    char *path = crawl_path(c, ".forage/state.db"), *error = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s", error);
    sqlite3_close(db);
    free(path);
}

/* ---- Hosts ---- */

/* The hour counts, also when another answer of the host asks for a second. */
Test(promises, the_longest_that_a_host_has_asked_for_is_remembered)
{
    static const struct fixture_route routes[] = {
        {.path = "/hour", .reply = {.status = 429, .headers = "Retry-After: 3600\r\n"}},
        {.path = "/second", .reply = {.status = 503, .headers = "Retry-After: 1\r\n", .delay_ms = 300}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/hour\nwww.shop.com/second\n"};
    crawl_run(&c, f, "--max-wait", "1s", "-", NULL);
    size_t before, after;
    fixture_requests(f, &before);
    c.run.input = "www.shop.com/3\n";
    crawl_again(&c, f, "--max-wait", "1s", "-", NULL);
    fixture_requests(f, &after);
    cr_expect_eq(before, 2);
    cr_expect_eq(after, before, "the host was asked in its hour of peace");
    cr_expect(text_has(c.run.err, "put off to the next run"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* A delay that the user gave to one URL is for its own host. */
Test(promises, a_lines_delay_is_not_for_where_its_redirect_leads)
{
    static const struct fixture_route routes[] = {
        {.host = "www.shop.com", .path = "/moved", .reply = {.location = "http://www.other.com/here"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input =
                          "www.shop.com/moved\n  delay=0\nwww.other.com/1\nwww.other.com/2\nwww.other.com/3\n"};
    crawl_run(&c, f, "--delay", "300ms", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_expect_eq(count, 5);
    int64_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(requests[i].host, "www.shop.com") == 0)
            continue;
        cr_expect(!last || requests[i].arrived_ns - last > 290000000, "%s came after %lld ms", requests[i].target,
                  (long long)((requests[i].arrived_ns - last) / 1000000));
        last = requests[i].arrived_ns;
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- The clock ---- */

/* A machine without a battery wakes in 1970, and one that ran ahead is put back: what lies in the future happened, but
 * nobody knows when. */
Test(promises, what_the_state_says_of_the_future_holds_nothing_up)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /closed\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\n"};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    change_state(&c, "UPDATE page SET last_fetched = last_fetched + 30 * 24 * 3600000;"
                     "UPDATE host SET robots_fetched = robots_fetched + 30 * 24 * 3600000,"
                     " robots_expires = robots_expires + 30 * 24 * 3600000;");
    crawl_again(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/1"), 2, "the page was passed over");
    cr_expect_eq(fixture_count(f, "/robots.txt"), 2, "rules are kept for more than a day");
    crawl_again(&c, f, "--robots", "on", "--max-age", "1h", "-", NULL);
    cr_expect_eq(fixture_count(f, "/1"), 2);
    crawl_release(&c);
    fixture_stop(f);
}
