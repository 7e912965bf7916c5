/* How far a crawl goes: along which links, how deep, and to which hosts. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_scope, .timeout = 60);

/* A line of pages with side ways: / -> /1 -> /2 -> /3, each page links all before it, and /1 has a short cut to /3. */
static const struct fixture_route line_of_pages[] = {
    {.path = "/", .reply = {.body = "<a href=/1>on</a> <a href=/#top>here</a>"}},
    {.path = "/1", .reply = {.body = "<a href=2>on</a> <a href=./>back</a> <a href=/2#part>on</a>"}},
    {.path = "/2", .reply = {.body = "<a href=//a.test/3>on</a><a href=1>back</a>"}},
    {.path = "/3", .reply = {.body = "<a href=http://A.TEST:80/4>on</a><a href=mailto:x@a.test>mail</a>"}},
    {.path = "/4", .reply = {.body = "<a href=/>start</a><a href='javascript:void(0)'>no</a>"}},
    {0}};

Test(crawl_scope, without_recursive_no_link_is_followed)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = line_of_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "http://a.test/", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "a.test/\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_scope, each_page_is_asked_for_once_and_kept)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = line_of_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_assert_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0), *logged = asked_logged(&c, "status"), *tree = crawl_tree(&c);
    cr_expect_str_eq(asked, "a.test/\na.test/1\na.test/2\na.test/3\na.test/4\n");
    cr_expect_str_eq(logged, "http://a.test/ 200\nhttp://a.test/1 200\nhttp://a.test/2 200\nhttp://a.test/3 200\n"
                             "http://a.test/4 200\n");
    cr_expect_str_eq(tree, "a.test.html\na.test/1~.html\na.test/2~.html\na.test/3~.html\na.test/4~.html\n");
    free(asked);
    free(logged);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_scope, depth_counts_the_links_away_from_what_was_given)
{
    static const struct {
        const char *depth, *asked;
    } rows[] = {
        {"0", "a.test/\n"},
        {"1", "a.test/\na.test/1\n"},
        {"2", "a.test/\na.test/1\na.test/2\n"},
        {"3", "a.test/\na.test/1\na.test/2\na.test/3\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = line_of_pages});
        struct crawl c = {0};
        crawl_run(&c, f, "-r", "-d", rows[i].depth, "http://a.test/", NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        char *asked = asked_since(f, 0);
        cr_expect_str_eq(asked, rows[i].asked, "depth %s", rows[i].depth);
        free(asked);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* A page may be found by a long way first, because the short one is slow: what it leads to is as deep as by the short
 * one. */
Test(crawl_scope, a_page_has_the_depth_of_the_shortest_way_to_it)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href=/slow>1</a><a href=/fast>2</a>"}},
        {.path = "/fast", .reply = {.body = "<a href=/fast2>3</a>"}},
        {.path = "/fast2", .reply = {.body = "<a href=/shared>4</a>"}},
        {.path = "/slow", .reply = {.body = "<a href=/shared>5</a>", .delay_ms = 300}},
        {.path = "/shared", .reply = {.body = "<a href=/end>6</a>"}},
        {.path = "/end", .reply = {.body = "end"}},
        {0}};
    static const char *const at_once[] = {"1", "4"};
    for (size_t i = 0; i < SUPPORT_COUNT(at_once); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {0};
        crawl_run(&c, f, "-r", "-d", "3", "--delay", "0", "--per-host", at_once[i], "http://a.test/", NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        cr_expect_eq(fixture_count(f, "/end"), 1,
                     "one link too far from the longer way, and not from the shorter; --per-host %s", at_once[i]);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* ---- Scopes ---- */

/* Every page of every host, but for what the start page links, has no link. */
static int any_page(const struct fixture_request *request, struct fixture_reply *reply, void *links)
{
    bool starts = strncmp(request->host, "www.shop.co.uk", strlen("www.shop.co.uk")) == 0 &&
                  strcmp(request->target, "/docs/start") == 0;
    reply->body = starts ? links : "leaf";
    return 0;
}

Test(crawl_scope, says_where_links_may_lead)
{
    static char links[] = "<a href=next>1</a><a href=deep/er>2</a><a href=/docsandmore/x>3</a><a href=/top>4</a>"
                          "<a href=http://shop.co.uk/bare>5</a><a href=http://blog.shop.co.uk/post>6</a>"
                          "<a href=http://other.co.uk/x>7</a><a href=http://www.far.com/x>8</a>"
                          "<a href=http://www.shop.co.uk.evil.com/x>9</a><a href=http://notshop.co.uk/x>10</a>";
    static const struct {
        const char *scope, *asked;
    } rows[] = {
        {"host", "www.shop.co.uk/docs/deep/er\nwww.shop.co.uk/docs/next\nwww.shop.co.uk/docs/start\n"
                 "www.shop.co.uk/docsandmore/x\nwww.shop.co.uk/top\n"},
        {"folder", "www.shop.co.uk/docs/deep/er\nwww.shop.co.uk/docs/next\nwww.shop.co.uk/docs/start\n"},
        {"domain", "blog.shop.co.uk/post\nshop.co.uk/bare\nwww.shop.co.uk/docs/deep/er\nwww.shop.co.uk/docs/next\n"
                   "www.shop.co.uk/docs/start\nwww.shop.co.uk/docsandmore/x\nwww.shop.co.uk/top\n"},
        {"any", "blog.shop.co.uk/post\nnotshop.co.uk/x\nother.co.uk/x\nshop.co.uk/bare\nwww.far.com/x\n"
                "www.shop.co.uk.evil.com/x\nwww.shop.co.uk/docs/deep/er\nwww.shop.co.uk/docs/next\n"
                "www.shop.co.uk/docs/start\nwww.shop.co.uk/docsandmore/x\nwww.shop.co.uk/top\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.fallback = any_page, .context = links});
        struct crawl c = {0};
        crawl_run(&c, f, "-r", "--allow-private", "--scope", rows[i].scope, "http://www.shop.co.uk/docs/start", NULL);
        cr_expect_eq(c.run.status, 0, "%s", c.run.err);
        char *asked = asked_since(f, 0);
        cr_expect_str_eq(asked, rows[i].asked, "--scope %s", rows[i].scope);
        free(asked);
        crawl_release(&c);
        fixture_stop(f);
    }
}

Test(crawl_scope, list_means_any_host_that_was_given)
{
    static char links[] = "<a href=http://other.co.uk/x>1</a><a href=http://third.co.uk/x>2</a><a href=/top>3</a>";
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = any_page, .context = links});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "--scope", "list", "http://www.shop.co.uk/docs/start",
              "http://other.co.uk/", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "other.co.uk/\nother.co.uk/x\nwww.shop.co.uk/docs/start\nwww.shop.co.uk/top\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

/* The default is the host of each URL that was given; two of them do not lend each other theirs. */
Test(crawl_scope, is_by_default_the_host_that_was_given)
{
    static char links[] = "<a href=http://third.co.uk/x>2</a><a href=http://shop.co.uk/>4</a><a href=/top>3</a>";
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = any_page, .context = links});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://www.shop.co.uk/docs/start", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "www.shop.co.uk/docs/start\nwww.shop.co.uk/top\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

/* Another port is another site, but for the default ones. */
Test(crawl_scope, another_port_of_the_host_is_out_of_scope)
{
    struct fixture *other = fixture_start(NULL);
    static char links[100];
    snprintf(links, sizeof links, "<a href=http://www.shop.co.uk:%u/x>1</a><a href=/top>3</a>", fixture_port(other));
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = any_page, .context = links});
    struct crawl c = {0};
    char *resolve = support_format("*:%u:127.0.0.1", fixture_port(other));
    crawl_run(&c, f, "-r", "--resolve", resolve, "http://www.shop.co.uk/docs/start", NULL);
    cr_expect_eq(fixture_count(f, "/top"), 1);
    cr_expect_eq(asked_count(other), 0);
    free(resolve);
    crawl_release(&c);
    fixture_stop(f);
    fixture_stop(other);
}
