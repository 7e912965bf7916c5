/* The runs after the first: what is due is asked for, what is new comes first, what is known is not forgotten. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_recrawl, .timeout = 60);

static const struct fixture_reply second_start = {
    .body = "<a href=/a>a</a><a href=/b>b</a><a href=/c>c</a><a href=/new>new</a>", .etag = "\"2\""};
static const struct fixture_route site[] = {
    {.path = "/",
     .reply = {.body = "<a href=/a>a</a><a href=/b>b</a><a href=/c>c</a>",
               .etag = "\"1\"",
               .times = 1,
               .then = &second_start}},
    {.path = "/a", .reply = {.body = "a", .etag = "\"a\""}},
    {.path = "/b", .reply = {.body = "<a href=/below>below</a>", .etag = "\"b\""}},
    {.path = "/c", .reply = {.body = "c"}},
    {.path = "/below", .reply = {.body = "below", .etag = "\"below\""}},
    {.path = "/new", .reply = {.body = "new"}},
    {0}};

Test(crawl_recrawl, asks_for_nothing_before_it_is_due)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_eq(asked_count(f), 5);
    crawl_again(&c, f, "-r", "--min-age", "1h", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 5), *tree = crawl_tree(&c);
    cr_expect_str_eq(asked, "a.test/\na.test/new\n", "what the user named, and what that leads to");
    cr_expect_eq(text_lines(tree), 6, "%s", tree);
    free(asked);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* A page that is unchanged is not sent again, so its links are known from before: what hangs below it stays. */
Test(crawl_recrawl, asks_for_what_is_due_also_below_pages_that_are_unchanged)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    crawl_again(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 5), *logged = asked_logged(&c, "outcome");
    cr_expect_str_eq(asked, "a.test/\na.test/a\na.test/b\na.test/below\na.test/c\na.test/new\n");
    cr_expect_str_eq(logged, "http://a.test/ changed\nhttp://a.test/a unchanged\nhttp://a.test/b unchanged\n"
                             "http://a.test/below unchanged\nhttp://a.test/c unchanged\nhttp://a.test/new new\n");
    free(asked);
    free(logged);
    crawl_release(&c);
    fixture_stop(f);
}

/* Thirty known pages that are due, and one that is new: with one connection the new one is asked for as soon as it is
 * known. */
static int many(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    static unsigned starts;
    if (strcmp(request->target, "/") != 0) {
        fixture_printf(reply, "page %s", request->target);
        return 0;
    }
    char *text = support_alloc(31 * 40);
    size_t len = 0;
    for (unsigned i = 0; i < 30; i++)
        len += (size_t)snprintf(text + len, 40, "<a href=/p%u>%u</a>", i, i);
    if (starts++)
        snprintf(text + len, 40, "<a href=/new>new</a>");
    reply->body = reply->owned = text;
    return 0;
}

Test(crawl_recrawl, asks_for_new_links_first)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = many});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    size_t first = asked_count(f);
    crawl_again(&c, f, "-r", "-c", "1", CRAWL_ALL_DUE, "http://a.test/", NULL);
    size_t count, at = 0, start = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = first; i < count; i++) {
        if (strcmp(requests[i].target, "/new") == 0)
            at = i;
        if (strcmp(requests[i].target, "/") == 0)
            start = i;
    }
    cr_assert_neq(at, 0);
    cr_expect_lt(at - start, 10, "%zu other pages were asked for between the page that links it and the new one",
                 at - start - 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* A page that is gone takes nothing with it but itself, and is asked for again now and then. */
Test(crawl_recrawl, tells_of_pages_that_are_gone)
{
    static const struct fixture_reply gone = {.status = 410};
    static const struct fixture_route routes[] = {
        {.path = "/", .reply = {.body = "<a href=/goes>x</a>"}},
        {.path = "/goes", .reply = {.body = "<a href=/stays>x</a>", .times = 1, .then = &gone}},
        {.path = "/stays", .reply = {.body = "stays"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    crawl_again(&c, f, "-r", CRAWL_ALL_DUE, "http://a.test/", NULL);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/goes"), "outcome"), "gone");
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/stays"), "outcome"), "unchanged");
    crawl_release(&c);
    fixture_stop(f);
}
