/* What a crawl tells of each page: how it came to it. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_log, .timeout = 60);

static const struct fixture_route site[] = {
    {.path = "/robots.txt", .reply = {.type = "text/plain", .body = "Sitemap: http://a.test/map.txt\n"}},
    {.path = "/map.txt", .reply = {.type = "text/plain", .body = "http://a.test/mapped\n"}},
    {.path = "/", .reply = {.etag = "\"1\"", .body = "<a href=/one>1</a><img src=/i.png><a href=/moved>2</a>"}},
    {.path = "/one", .reply = {.etag = "\"1\"", .body = "<a href=/two>2</a>"}},
    {.path = "/two", .reply = {.body = "two"}},
    {.path = "/i.png", .reply = {.type = "image/png", .body = "i"}},
    {.path = "/moved", .reply = {.status = 301, .location = "/target"}},
    {.path = "/target", .reply = {.body = "target"}},
    {.path = "/mapped", .reply = {.body = "mapped"}},
    {0}};

static const struct row {
    const char *url;
    int depth;
    const char *parent, *via;
} rows[] = {
    {"http://a.test/", 0, "", "seed"},
    {"http://a.test/one", 1, "http://a.test/", "link"},
    {"http://a.test/two", 2, "http://a.test/one", "link"},
    {"http://a.test/i.png", 0, "http://a.test/", "requisite"},
    {"http://a.test/moved", 1, "http://a.test/", "link"},
    {"http://a.test/target", 1, "http://a.test/moved", "redirect"},
    {"http://a.test/mapped", 1, "http://a.test/map.txt", "sitemap"},
};

Test(crawl_log, names_depth_parent_and_the_kind_of_link)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--sitemaps", "--requisites", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    for (const struct row *r = rows; r < rows + SUPPORT_COUNT(rows); r++) {
        const json_t *line = crawl_logged(&c, r->url);
        cr_assert_not_null(line, "%s is not in the log", r->url);
        cr_expect_eq(json_integer_value(json_object_get(line, "depth")), r->depth, "%s", r->url);
        cr_expect_str_eq(text_member(line, "parent"), r->parent, "%s", r->url);
        cr_expect_str_eq(text_member(line, "via"), r->via, "%s", r->url);
    }
    crawl_release(&c);
    fixture_stop(f);
}

/* In a later run what the state knows is said to come from there, unless a page that has changed leads to it first. */
Test(crawl_log, says_what_the_state_knew)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    crawl_again(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/two"), "via"), "state");
    crawl_release(&c);
    fixture_stop(f);
}

/* A link text may hold anything; the log stays one line of ASCII for each URL. */
Test(crawl_log, stays_a_line_a_page_whatever_links_hold)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href='/a\nb\"c\\d\x1b[31m&#x202e;&#0;\xff'>1</a><a href='/%0a%22'>2</a>"}},
        {.path = "/", .prefix = true, .reply = {.body = "leaf"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_eq(json_array_size(c.log), 3);
    char *path = files_path(c.run.folder, "log"), *text = files_read(path, NULL);
    for (const char *at = text; *at; at++)
        cr_assert(*at == '\n' || (*at >= ' ' && *at <= '~'), "byte %02x", (unsigned char)*at);
    free(text);
    free(path);
    crawl_release(&c);
    fixture_stop(f);
}
