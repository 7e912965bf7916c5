/* A crawl of many hosts: each is asked at its own pace by all workers together, and none waits for another. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

TestSuite(crawl_politeness, .timeout = 60);

/* LATE_MS: by so much the first request may have come late at the server, on a machine that has more to do. */
enum { PAGES = 60, DELAY_MS = 60, LATE_MS = 40, SLOW_MS = 400 };

static bool is_at(const struct fixture_request *request, const char *host)
{
    return strncasecmp(request->host, host, strlen(host)) == 0;
}

/* The start page links PAGES pages of each of two hosts; those of slow.test take their time. */
static int two_hosts(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    if (strcmp(request->target, "/") == 0) {
        char *text = support_alloc(PAGES * 96);
        size_t len = 0;
        for (unsigned i = 0; i < PAGES; i++)
            len += (size_t)snprintf(text + len, 96,
                                    "<a href=http://slow.test/%u>1</a><a href=http://quick.test/%u>2</a>", i, i);
        reply->body = reply->owned = text;
        return 0;
    }
    fixture_printf(reply, "page %s of %s", request->target, request->host);
    if (is_at(request, "slow.test"))
        reply->delay_ms = SLOW_MS;
    return 0;
}

/* The slow host has two connections and thirty answers to give on each: twelve seconds. The other is done in a
 * moment. */
Test(crawl_politeness, a_slow_host_holds_up_no_other)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = two_hosts});
    struct crawl c = {.run.time_limit_ms = 40000};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "any", "-j", "2", "--per-host", "4", "http://start.test/",
              NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    size_t count, slow_before = 0, quick = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count && quick < PAGES; i++) {
        slow_before += is_at(&requests[i], "slow.test");
        quick += is_at(&requests[i], "quick.test");
    }
    cr_expect_eq(quick, PAGES);
    cr_expect_leq(slow_before, 12, "%zu of %d slow pages were asked for before all quick ones", slow_before, PAGES);
    crawl_release(&c);
    fixture_stop(f);
}

/* Any worker may find a link to any host; the pause is the parent's to keep. */
Test(crawl_politeness, the_delay_holds_for_all_workers_together)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = two_hosts});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "any", "-j", "4", "--delay", "60ms", "--max-pages-per-host",
              "20", "http://start.test/", NULL);
    static const char *const hosts[] = {"slow.test", "quick.test"};
    for (size_t h = 0; h < SUPPORT_COUNT(hosts); h++) {
        size_t count, seen = 0;
        int64_t first_ns = 0;
        const struct fixture_request *requests = fixture_requests(f, &count);
        for (size_t i = 0; i < count; i++) {
            if (!is_at(&requests[i], hosts[h]))
                continue;
            first_ns = seen ? first_ns : requests[i].arrived_ns;
            int64_t after_ms = (requests[i].arrived_ns - first_ns) / 1000000,
                    least_ms = (int64_t)seen * DELAY_MS - LATE_MS;
            cr_expect_geq(after_ms, least_ms, "%s got request %zu after %lld ms", hosts[h], seen, (long long)after_ms);
            seen++;
        }
        cr_expect_eq(seen, 20, "%s: %zu", hosts[h], seen);
    }
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_politeness, robots_txt_is_read_once_a_host_before_anything_else)
{
    struct fixture *f = fixture_start(&(struct fixture_options){
        .fallback = two_hosts,
        .routes = (const struct fixture_route[]){{.path = "/robots.txt", .reply = {.status = 404}}, {0}}});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "any", "--robots", "on", "--delay", "0",
              "--max-pages-per-host", "4", "http://start.test/", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    static const char *const hosts[] = {"start.test", "slow.test", "quick.test"};
    for (size_t h = 0; h < SUPPORT_COUNT(hosts); h++) {
        size_t robots = 0, others = 0;
        for (size_t i = 0; i < count; i++) {
            bool is_robots = strcmp(requests[i].target, "/robots.txt") == 0;
            if (!is_at(&requests[i], hosts[h]))
                continue;
            cr_expect(robots || is_robots, "%s was asked for %s before its rules", hosts[h], requests[i].target);
            robots += is_robots;
            others += !is_robots;
        }
        cr_expect_eq(robots, 1, "%s", hosts[h]);
        cr_expect_gt(others, 0, "%s", hosts[h]);
    }
    crawl_release(&c);
    fixture_stop(f);
}
