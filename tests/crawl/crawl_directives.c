/* What pages and servers say of being kept and followed: meta robots, X-Robots-Tag, rel=nofollow, canonical,
 * robots.txt. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_directives, .timeout = 60);

static const struct fixture_route site[] = {
    {.path = "/",
     .reply = {.body =
                   "<a href=/noindex>1</a><a href=/nofollow>2</a><a href=/none>3</a><a rel=nofollow href=/loose>4</a>"
                   "<a href=/tag>5</a><a href=/other-agent>6</a><a href=/our-agent>7</a><a href=/meta-agent>8</a>"}},
    {.path = "/noindex", .reply = {.body = "<meta name=robots content=noindex><a href=/from-noindex>x</a>"}},
    {.path = "/nofollow",
     .reply = {.body = "<meta name=ROBOTS content='NoFollow, noarchive'><a href=/from-nofollow>x</a>"}},
    {.path = "/none", .reply = {.body = "<meta name=robots content=none><a href=/from-none>x</a>"}},
    {.path = "/tag", .reply = {.headers = "X-Robots-Tag: noindex, nofollow\r\n", .body = "<a href=/from-tag>x</a>"}},
    {.path = "/other-agent",
     .reply = {.headers = "X-Robots-Tag: otherbot: noindex, nofollow\r\n", .body = "<a href=/from-other>x</a>"}},
    {.path = "/our-agent",
     .reply = {.headers = "X-Robots-Tag: otherbot: all\r\nX-Robots-Tag: forage: noindex\r\n",
               .body = "<a href=/from-ours>x</a>"}},
    {.path = "/meta-agent", .reply = {.body = "<meta name=forage content=noindex>for us"}},
    {.path = "/from-", .prefix = true, .reply = {.body = "leaf"}},
    {.path = "/loose", .reply = {.body = "loose"}},
    {0}};

Test(crawl_directives, noindex_is_not_kept_and_nofollow_is_not_followed)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0), *tree = crawl_tree(&c);
    cr_expect_str_eq(
        asked, "a.test/\na.test/from-noindex\na.test/from-other\na.test/from-ours\na.test/meta-agent\na.test/nofollow\n"
               "a.test/noindex\na.test/none\na.test/other-agent\na.test/our-agent\na.test/robots.txt\na.test/tag\n");
    cr_expect_str_eq(tree, "a.test.html\na.test/from-noindex~.html\na.test/from-other~.html\na.test/from-ours~.html\n"
                           "a.test/nofollow~.html\na.test/other-agent~.html\n");
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/noindex"), "outcome"), "skipped");
    free(asked);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_directives, follow_nofollow_follows_them)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "--follow-nofollow", "http://a.test/", NULL);
    cr_expect_eq(fixture_count(f, "/loose"), 1);
    cr_expect_eq(fixture_count(f, "/from-nofollow"), 1);
    cr_expect_eq(fixture_count(f, "/from-none"), 1);
    cr_expect_eq(fixture_count(f, "/from-tag"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* A second link to a page, without the word, counts. */
Test(crawl_directives, one_link_without_nofollow_is_enough)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a rel='external NoFollow' href=/x>1</a><a href=/y>2</a>"}},
        {.path = "/y", .reply = {.body = "<a href=/x>3</a>"}},
        {.path = "/x", .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_eq(fixture_count(f, "/x"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

Test(crawl_directives, robots_txt_closes_found_pages_too)
{
    static const struct fixture_route routes[] = {
        {.path = "/robots.txt",
         .reply = {.type = "text/plain", .body = "User-agent: *\nDisallow: /private\nAllow: /private/not\n"}},
        {.path = "/", .reply = {.body = "<a href=/private/1>1</a><a href=/private/not>2</a><a href=/open>3</a>"}},
        {.path = "/", .prefix = true, .reply = {.body = "leaf"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--robots", "on", "http://a.test/", NULL);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "a.test/\na.test/open\na.test/private/not\na.test/robots.txt\n");
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/private/1"), "error"), "robots");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}

/* Which name is the right one is said by the page, so the other is asked for once, and then no more. */
Test(crawl_directives, a_canonical_link_saves_a_second_fetch_of_the_same_page)
{
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href='/p?from=home'>1</a><a href=/p>2</a><a href='/alone?x=1'>3</a>"}},
        {.path = "/p?from=home", .reply = {.body = "<link rel=canonical href=/p><p>the page"}},
        {.path = "/p", .reply = {.body = "<link rel=canonical href=http://a.test/p><p>the page"}},
        {.path = "/alone?x=1",
         .reply = {.body = "<link rel=canonical href=/not-there><p>a page whose other name is none"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    size_t first = asked_count(f);
    crawl_again(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    char *asked = asked_since(f, first);
    cr_expect(text_has(asked, "a.test/p\n"), "%s", asked);
    cr_expect_not(text_has(asked, "a.test/p?from=home"), "%s", asked);
    cr_expect(text_has(asked, "a.test/alone?x=1"), "%s", asked);
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}
