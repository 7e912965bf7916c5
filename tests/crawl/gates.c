/* Origins that wait for robots.txt: what comes of them when it leads to another host, fails for a while, or is put off. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdlib.h>
#include <string.h>

TestSuite(gates, .timeout = 60);

/* The robots.txt of one origin waited at another, whose own could not be had then, or forbids all: it was taken for a page of that
 * origin, and the run waited for it for ever. */
Test(gates, a_robots_txt_that_leads_to_another_origin_is_no_page_of_it)
{
    static const struct {
        const char *what;
        struct fixture_reply other;
        int status;
        unsigned pages; /* that are asked for */
    } rows[] = {
        {"the other one has none", {.status = 404, .delay_ms = 400}, 0, 2},
        {"the other one drops",
         {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP, .delay_ms = 400},
         FORAGE_EXIT_NETWORK,
         1},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture_route routes[] = {
            {.host = "www.other.com", .path = "/robots.txt", .reply = rows[i].other},
            {.host = "www.shop.com", .path = "/robots.txt", .reply = {.location = "http://www.other.com/rules"}},
            {.path = "/rules", .reply = {.body = "User-agent: *\nDisallow: /closed\n"}},
            {.path = "/", .prefix = true, .reply = {.body = "x"}},
            {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {
            .run = {.input = "www.other.com/1\nwww.shop.com/2\nwww.shop.com/closed\n", .time_limit_ms = 8000}};
        crawl_run(&c, f, "--robots", "on", "--per-host", "1", "-", NULL);
        cr_expect_not(c.run.timed_out, "%s: the run did not end", rows[i].what);
        cr_expect_eq(c.run.status, rows[i].status, "%s: %d %s", rows[i].what, c.run.status, c.run.err);
        cr_expect_eq(fixture_count(f, "/1") + fixture_count(f, "/2"), rows[i].pages, "%s", rows[i].what);
        cr_expect_eq(fixture_count(f, "/closed"), 0);
        cr_expect_eq(json_array_size(c.log), 3, "%s: %zu in the log", rows[i].what, json_array_size(c.log));
        crawl_release(&c);
        fixture_stop(f);
    }
}
