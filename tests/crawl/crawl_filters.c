/* What of a site is wanted: patterns of URLs, media types, numbers of pages, parameters that do not count. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_filters, .timeout = 60);

static const struct fixture_route shop[] = {
    {.path = "/",
     .reply = {.body = "<a href=/news/1>1</a><a href=/news/2>2</a><a href=/shop/1>3</a><a href=/x?p=1>4</a>"}},
    {.path = "/", .prefix = true, .reply = {.body = "<a href=/news/3>5</a>"}},
    {0}};

Test(crawl_filters, accept_and_reject_are_looked_for_in_the_canonical_url)
{
    static const struct {
        const char *options[4], *asked;
    } rows[] = {
        {{"--accept", "/news/"}, "a.test/\na.test/news/1\na.test/news/2\na.test/news/3\n"},
        {{"--accept", "/news/1$", "--accept", "^http://a\\.test/shop"}, "a.test/\na.test/news/1\na.test/shop/1\n"},
        {{"--reject", "/news/[12]|\\?"}, "a.test/\na.test/news/3\na.test/shop/1\n"},
        {{"--accept", "/news/", "--reject", "2"}, "a.test/\na.test/news/1\na.test/news/3\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = shop});
        struct crawl c = {0};
        const char *const *o = rows[i].options;
        crawl_run(&c, f, "-r", "http://a.test/", o[0], o[1], o[2], o[3], NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        char *asked = asked_since(f, 0);
        cr_expect_str_eq(asked, rows[i].asked, "row %zu", i);
        free(asked);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(crawl_filters, a_pattern_that_is_none_is_told_before_anything_is_asked_for)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = shop});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", "--accept", "a(b", NULL);
    cr_expect_eq(c.run.status, 2, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "accept"), "%s", c.run.err);
    cr_expect_eq(asked_count(f), 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Types ---- */

enum { LARGE = 64 << 20 };

static const struct fixture_route files[] = {
    {.path = "/",
     .reply = {.body = "<a href=/a.zip>zip</a><a href=/b.pdf>pdf</a><a href=/c.html>page</a><a href=/d.png>d</a>"}},
    {.path = "/a.zip", .reply = {.type = "application/zip", .generated = LARGE}},
    {.path = "/b.pdf", .reply = {.type = "application/pdf", .body = "pdf"}},
    {.path = "/c.html", .reply = {.type = "text/html; charset=utf-8", .body = "page"}},
    {.path = "/d.png", .reply = {.type = "image/png", .body = "png"}},
    {0}};

Test(crawl_filters, what_is_of_another_type_is_broken_off_after_its_head)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = files});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", "--types", "text/html,image/*", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_assert(fixture_wait_ended(f, 5, 10000));
    const struct fixture_request *zip = fixture_find(f, "/a.zip");
    cr_assert_not_null(zip);
    cr_expect_lt(zip->sent, LARGE / 2, "%llu bytes were taken", (unsigned long long)zip->sent);
    char *tree = crawl_tree(&c), *logged = asked_logged(&c, "outcome");
    cr_expect_str_eq(tree, "a.test.html\na.test/c.html\na.test/d.png\n");
    cr_expect_str_eq(logged, "http://a.test/ new\nhttp://a.test/a.zip skipped\nhttp://a.test/b.pdf skipped\n"
                             "http://a.test/c.html new\nhttp://a.test/d.png new\n");
    free(tree);
    free(logged);
    crawl_release(&c);
    fixture_stop(f);
}

/* Who wants the pictures of a site still needs its pages to find them. */
Test(crawl_filters, pages_of_an_unwanted_type_are_read_for_their_links)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = files});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", "--types", "image/png", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *tree = crawl_tree(&c);
    cr_expect_str_eq(tree, "a.test/d.png\n");
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Numbers ---- */

/* Twenty pages on each of two hosts, each linking all. */
static int forty_pages(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    char *text = support_alloc(40 * 64);
    size_t len = 0;
    for (int i = 0; i < 40; i++)
        len += (size_t)snprintf(text + len, 64, "<a href=http://%c.test/%d>%d</a>", i % 2 ? 'b' : 'a', i, i);
    snprintf(text + len, 64, "%.50s", request->target);
    reply->body = reply->owned = text;
    return 0;
}

Test(crawl_filters, max_pages_ends_a_run_and_the_next_one_goes_on)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = forty_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "any", "--max-pages", "13", "http://a.test/0", NULL);
    cr_expect_eq(asked_count(f), 13);
    cr_expect(text_has(c.run.err, "page limit reached: "), "%s", c.run.err);
    crawl_again(&c, f, "-r", "--allow-private", "--scope", "any", "--max-pages", "13", "http://a.test/0", NULL);
    cr_expect_eq(asked_count(f), 26);
    crawl_again(&c, f, "-r", "--allow-private", "--scope", "any", "http://a.test/0", NULL);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    unsigned times[40] = {0};
    for (size_t i = 0; i < count; i++)
        times[strtoul(requests[i].target + 1, NULL, 10) % 40]++;
    for (unsigned i = 0; i < 40; i++)
        cr_expect_eq(times[i], 1, "page %u was asked for %u times in three runs of one cycle", i, times[i]);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_filters, max_pages_per_host_holds_for_each_host)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = forty_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "any", "--max-pages-per-host", "7", "http://a.test/0", NULL);
    cr_expect_eq(asked_of(f, "a.test", 0), 7);
    cr_expect_eq(asked_of(f, "b.test", 0), 7);
    char *details = asked_logged(&c, "detail");
    cr_expect(text_has(details, " trap host-budget: "), "%s", details);
    free(details);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Parameters that do not count ---- */

static const struct fixture_route tracked[] = {
    {.path = "/",
     .reply = {.body = "<a href='/p?id=1&amp;sid=a'>1</a><a href='/p?sid=b&amp;id=1'>2</a><a "
                       "href='/p?id=1&amp;utm_source=x'>3</a>"
                       "<a href='/p?id=2&amp;fbclid=9'>4</a><a href='/p?sid=7'>5</a>"}},
    {.path = "/p", .prefix = true, .reply = {.body = "page"}},
    {0}};

Test(crawl_filters, strip_query_takes_parameters_out_of_links)
{
    static const struct {
        const char *names, *asked;
    } rows[] = {
        {NULL, "a.test/\na.test/p?id=1&sid=a\na.test/p?id=1&utm_source=x\na.test/p?id=2&fbclid=9\na.test/p?sid=7\n"
               "a.test/p?sid=b&id=1\n"},
        {"sid", "a.test/\na.test/p\na.test/p?id=1\na.test/p?id=1&utm_source=x\na.test/p?id=2&fbclid=9\n"},
        {"sid,utm_*", "a.test/\na.test/p\na.test/p?id=1\na.test/p?id=2&fbclid=9\n"},
        {"sid,tracking", "a.test/\na.test/p\na.test/p?id=1\na.test/p?id=2\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = tracked});
        struct crawl c = {0};
        crawl_run(&c, f, "-r", "http://a.test/", rows[i].names ? "--strip-query" : NULL, rows[i].names, NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        char *asked = asked_since(f, 0);
        cr_expect_str_eq(asked, rows[i].asked, "--strip-query %s", rows[i].names ? rows[i].names : "(none)");
        free(asked);
        crawl_release(&c);
        fixture_stop(f);
    }
}
