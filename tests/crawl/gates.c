/* Origins that wait for robots.txt: what comes of them when it leads to another host, fails for a while, or is put
 * off. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdlib.h>
#include <string.h>

TestSuite(gates, .timeout = 60);

/* The robots.txt of one origin waited at another, whose own could not be had then, or forbids all: it was taken for a
 * page of that origin, and the run waited for it for ever. */
Test(gates, a_robots_txt_that_leads_to_another_origin_is_no_page_of_it)
{
    static const struct {
        const char *what;
        struct fixture_reply other;
        int status;
        unsigned pages; /* that are asked for */
    } rows[] = {
        {"the other one fails", {.status = 501, .delay_ms = 400}, FORAGE_EXIT_SERVER, 1},
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

/* Section 2.3.1.3: 4xx is 4xx, also when it is one of those that are tried again. */
Test(gates, an_answer_of_4xx_that_is_tried_again_allows_all_in_the_end)
{
    static const struct {
        unsigned status;
        const char *retry_on;
    } rows[] = {{408, "408"}, {425, "425"}, {429, "429"}, {404, "4xx"}, {403, "403"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture_route routes[] = {{.path = "/robots.txt", .reply = {.status = (int)rows[i].status}},
                                         {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                         {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com/1\n"};
        crawl_run(&c, f, "--robots", "on", "--tries", "2", "--max-wait", "10ms", "--retry-on", rows[i].retry_on, "-",
                  NULL);
        cr_expect_eq(c.run.status, 0, "%u: %d %s", rows[i].status, c.run.status, c.run.err);
        cr_expect_eq(fixture_count(f, "/robots.txt"), 2, "%u", rows[i].status);
        cr_expect_eq(fixture_count(f, "/1"), 1, "%u", rows[i].status);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* It made no difference to the user whether 5xx was to be tried again, but it did to what was told; and from the sixth
 * page on a host that answers was called unreachable. */
Test(gates, an_answer_of_5xx_is_told_the_same_way_for_each_page)
{
    static const int statuses[] = {500, 501, 503};
    for (size_t i = 0; i < SUPPORT_COUNT(statuses); i++) {
        struct fixture_route routes[] = {{.path = "/robots.txt", .reply = {.status = statuses[i]}}, {0}};
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/4\n"};
        crawl_run(&c, f, "--robots", "on", "--host-errors", "2", "--max-wait", "10ms", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%d: %d %s", statuses[i], c.run.status, c.run.err);
        size_t k;
        json_t *line;
        json_array_foreach(c.log, k, line)
        {
            cr_expect_str_eq(text_member(line, "error"), "robots", "%d: %s", statuses[i], text_member(line, "url"));
            cr_expect_eq(json_integer_value(json_object_get(line, "status")), statuses[i]);
            cr_expect(text_has(text_member(line, "detail"), "robots.txt cannot be had: the server answered"), "%s",
                      text_member(line, "detail"));
        }
        cr_expect_eq(k, 4);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* Section 2.4, for an answer that says nothing of the file. */
Test(gates, an_answer_that_will_pass_leaves_the_rules_that_are_known)
{
    static const struct fixture_reply busy = {.status = 429};
    static const struct fixture_route routes[] = {{.path = "/robots.txt",
                                                   .reply = {.headers = "Cache-Control: no-cache\r\n",
                                                             .body = "User-agent: *\nDisallow: /closed\n",
                                                             .then = &busy}},
                                                  {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                                  {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/open\nwww.shop.com/closed\n"};
    for (int run = 0; run < 3; run++) {
        if (run)
            crawl_again(&c, f, "--robots", "on", "--max-wait", "1ms", "-", NULL);
        else
            crawl_run(&c, f, "--robots", "on", "-", NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    }
    cr_expect_eq(fixture_count(f, "/robots.txt"), 3);
    cr_expect_eq(fixture_count(f, "/open"), 3);
    cr_expect_eq(fixture_count(f, "/closed"), 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* A host that asks to be left alone when it is asked for robots.txt is left alone, and its pages are put off. */
Test(gates, a_retry_after_of_robots_txt_puts_the_pages_off)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt", .reply = {.status = 503, .headers = "Retry-After: 3600\r\n"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "--robots", "on", "--tries", "3", "--max-wait", "1s", "--summary", "summary", "-", NULL);
    char *path = support_format("%s/summary", c.run.folder);
    json_t *summary = json_load_file(path, 0, NULL);
    cr_assert_not_null(summary);
    cr_expect_eq(json_integer_value(json_object_get(json_object_get(summary, "pages"), "put-off")), 2);
    json_decref(summary);
    free(path);
    cr_expect(text_times(c.run.err, "put off to the next run") == 2, "%s", c.run.err);
    crawl_again(&c, f, "--robots", "on", "--max-wait", "1s", "-", NULL);
    cr_expect(text_times(c.run.err, "put off to the next run") == 2, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* What a host asked for in an earlier run holds also when another one's robots.txt leads to it. */
Test(gates, a_host_that_is_to_be_left_alone_is_not_asked_for_the_rules_of_another)
{
    static const struct fixture_route routes[] = {
        {.host = "www.other.com", .path = "/busy", .reply = {.status = 429, .headers = "Retry-After: 3600\r\n"}},
        {.host = "www.shop.com", .path = "/robots.txt", .reply = {.location = "http://www.other.com/rules"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.other.com/busy\n"};
    crawl_run(&c, f, "--robots", "off", "--max-wait", "1s", "-", NULL);
    c.run.input = "www.shop.com/1\nwww.other.com/2\n";
    crawl_again(&c, f, "--robots", "on", "--max-wait", "1s", "-", NULL);
    cr_expect_eq(fixture_count(f, "/rules"), 0);
    cr_expect_eq(fixture_count(f, "/1"), 0);
    cr_expect_eq(fixture_count(f, "/2"), 0);
    cr_expect(text_times(c.run.err, "put off to the next run") == 2, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* The pages' own address is as public as it was: they are not asked for again, nor is their robots.txt. */
Test(gates, a_robots_txt_that_leads_inside_cannot_be_had)
{
    static const struct fixture_route routes[] = {
        {.host = "www.shop.com", .path = "/robots.txt", .reply = {.location = "http://www.inside.com/rules"}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\n"};
    crawl_run(&c, f, "--robots", "on", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/robots.txt"), 1);
    cr_expect_eq(fixture_count(f, "/rules") + fixture_count(f, "/1") + fixture_count(f, "/2"), 0);
    cr_expect_eq(text_times(c.run.err, "blocked: robots.txt cannot be had: "), 2, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}
