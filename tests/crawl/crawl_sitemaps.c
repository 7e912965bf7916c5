/* Sitemaps: where they are found, what they may be, and the requests that they save. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

TestSuite(crawl_sitemaps, .timeout = 60);

#define URLSET "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"

Test(crawl_sitemaps, of_every_kind_are_read_from_robots_txt_and_the_usual_place)
{
    size_t gz_len;
    char *gz = text_gzip(URLSET "<url><loc>http://a.test/from-gz</loc></url></urlset>", &gz_len);
    const struct fixture_route routes[] = {
        {.path = "/robots.txt",
         .reply = {.type = "text/plain",
                   .body =
                       "User-agent: *\nDisallow: /secret\nSitemap: http://a.test/index.xml\nSitemap: "
                       "http://a.test/list.txt\nsitemap: http://a.test/feed.rss\nSitemap: http://a.test/feed.atom\n"}},
        {.path = "/sitemap.xml",
         .reply = {.type = "application/xml",
                   .body = URLSET
                   "<url><loc>http://a.test/usual?a=1&amp;b=2</loc><priority>0.9</priority></url>"
                   "<url><loc>http://a.test/secret</loc></url><url><loc>http://b.test/else</loc></url></urlset>"}},
        {.path = "/index.xml",
         .reply = {.type = "text/xml",
                   .body = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
                           "<sitemap><loc>http://a.test/one.xml</loc></sitemap><sitemap><loc>http://a.test/two.xml.gz</"
                           "loc></sitemap>"
                           "<sitemap><loc>http://a.test/index.xml</loc></sitemap></sitemapindex>"}},
        {.path = "/one.xml",
         .reply = {.type = "text/xml", .body = URLSET "<url><loc>http://a.test/from-one</loc></url></urlset>"}},
        {.path = "/two.xml.gz", .reply = {.type = "application/gzip", .body = gz, .body_len = gz_len}},
        {.path = "/list.txt", .reply = {.type = "text/plain", .body = "http://a.test/from-text\n"}},
        {.path = "/feed.rss",
         .reply = {.type = "application/rss+xml",
                   .body =
                       "<rss version='2.0'><channel><item><link>http://a.test/from-rss</link></item></channel></rss>"}},
        {.path = "/feed.atom",
         .reply = {.type = "application/atom+xml",
                   .body = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><link "
                           "href='http://a.test/from-atom'/></entry></feed>"}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0), *tree = crawl_tree(&c);
    cr_expect_str_eq(asked,
                     "a.test/\na.test/feed.atom\na.test/feed.rss\na.test/from-atom\na.test/from-gz\na.test/from-one\n"
                     "a.test/from-rss\na.test/from-text\na.test/index.xml\na.test/list.txt\na.test/one.xml\n"
                     "a.test/robots.txt\na.test/sitemap.xml\na.test/two.xml.gz\na.test/usual?a=1&b=2\n");
    cr_expect(text_has(tree, "a.test/from-gz~.html\n") && text_has(tree, "a.test/from-atom~.html\n"), "%s", tree);
    free(asked);
    free(tree);
    free(gz);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_sitemaps, are_left_alone_unless_wanted)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "page"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "http://a.test/", NULL);
    cr_expect_eq(fixture_count(f, "/sitemap.xml"), 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* That a host has none is no failure. */
Test(crawl_sitemaps, that_are_not_there_are_no_failure)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href=/x>x</a>"}}, {.path = "/x", .reply = {.body = "x"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/x"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- lastmod ---- */

static void put_time(char text[32], time_t at)
{
    struct tm tm;
    gmtime_r(&at, &tm);
    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* /old was changed long ago, /new a minute from now, /unsaid at a time that nobody tells. */
static int dated_pages(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    char soon[32];
    put_time(soon, time(NULL) + 60);
    if (strcmp(request->target, "/sitemap.xml") == 0)
        fixture_printf(reply,
                       URLSET "<url><loc>http://a.test/old</loc><lastmod>2020-02-03</lastmod></url>"
                              "<url><loc>http://a.test/new</loc><lastmod>%s</lastmod></url>"
                              "<url><loc>http://a.test/unsaid</loc></url></urlset>",
                       soon);
    else if (strcmp(request->target, "/robots.txt") == 0)
        return 1;
    else
        reply->body = "page";
    return 0;
}

Test(crawl_sitemaps, a_lastmod_older_than_our_copy_saves_the_request)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = dated_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", CRAWL_ALL_DUE, "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/old"), 1);
    crawl_again(&c, f, "-r", "--robots", "on", "--sitemaps", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/old"), 1, "the sitemap says that our copy is still right");
    cr_expect_eq(fixture_count(f, "/new"), 2);
    cr_expect_eq(fixture_count(f, "/unsaid"), 2);
    char *tree = crawl_tree(&c);
    cr_expect(text_has(tree, "a.test/old~.html\n"));
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* A page that the state says is not due yet is asked for all the same when its sitemap says that it has changed. */
Test(crawl_sitemaps, a_lastmod_newer_than_our_copy_makes_it_due)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = dated_pages});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", "http://a.test/", NULL);
    crawl_again(&c, f, "-r", "--robots", "on", "--sitemaps", "--min-age", "1h", "http://a.test/", NULL);
    cr_expect_eq(fixture_count(f, "/old"), 1);
    cr_expect_eq(fixture_count(f, "/new"), 2);
    cr_expect_eq(fixture_count(f, "/unsaid"), 1);
    crawl_release(&c);
    fixture_stop(f);
}
