/* Redirects on the way of a crawl: each is a link under its own name, within the scope and asked for once. */
#include "support/asked.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(crawl_redirects, .timeout = 60);

static const struct fixture_route site[] = {
    {.path = "/",
     .reply = {.body = "<a href=/old>1</a><a href=/older>2</a><a href=/out>3</a><a href=/new>4</a><a href=/round>5</a>"
                       "<a href=/meta>6</a><a href=/folder>7</a>"}},
    {.path = "/old", .reply = {.status = 301, .location = "/new"}},
    {.path = "/older", .reply = {.status = 302, .location = "http://a.test/old"}},
    {.path = "/out", .reply = {.status = 302, .location = "http://b.test/elsewhere"}},
    {.path = "/round", .reply = {.status = 302, .location = "/round"}},
    {.path = "/meta", .reply = {.body = "<meta http-equiv=refresh content='0; url=/refreshed'>"}},
    {.path = "/folder", .reply = {.status = 301, .location = "/folder/"}},
    {.path = "/folder/", .reply = {.body = "<a href=page>relative to the folder</a>"}},
    {.path = "/folder/page", .reply = {.body = "page"}},
    {.path = "/new", .reply = {.body = "<a href=/leaf>leaf</a>"}},
    {.path = "/leaf", .reply = {.body = "leaf"}},
    {.path = "/refreshed", .reply = {.body = "refreshed"}},
    {0}};

Test(crawl_redirects, lead_to_pages_under_their_own_names_within_the_scope)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = site});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    char *asked = asked_since(f, 0), *tree = crawl_tree(&c);
    cr_expect_str_eq(
        asked, "a.test/\na.test/folder\na.test/folder/\na.test/folder/page\na.test/leaf\na.test/meta\na.test/new\n"
               "a.test/old\na.test/older\na.test/out\na.test/refreshed\na.test/round\n");
    cr_expect_eq(text_lines(tree), 7, "%s", tree);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/old"), "outcome"), "skipped");
    cr_expect_eq(json_integer_value(json_object_get(crawl_logged(&c, "http://a.test/old"), "status")), 301);
    cr_expect_str_eq(text_member(crawl_logged(&c, "http://a.test/old"), "final_url"), "http://a.test/new");
    free(asked);
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

/* A chain that leads on and on is a trap as one of links is. */
static int endless(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    unsigned long n = strtoul(request->target + 1, NULL, 10);
    char *location = support_format("/%lu", n + 1);
    reply->status = 302;
    reply->location = location;
    reply->owned = location;
    return 0;
}

Test(crawl_redirects, without_end_come_to_one)
{
    static const struct fixture_route routes[] = {{.path = "/", .reply = {.body = "<a href=/1>1</a>"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .fallback = endless});
    struct crawl c = {.run.time_limit_ms = 30000};
    crawl_run(&c, f, "-r", "http://a.test/", NULL);
    cr_expect_not(c.run.timed_out);
    cr_expect_leq(asked_count(f), 300, "%zu redirects were followed", asked_count(f));
    crawl_release(&c);
    fixture_stop(f);
}

/* What was given may have moved, as http://example.org/ to http://www.example.org/: the crawl moves with it. */
Test(crawl_redirects, of_what_was_given_take_the_scope_along)
{
    static const struct fixture_route routes[] = {
        {.host = "a.test", .path = "/", .reply = {.status = 301, .location = "http://www.a.test/"}},
        {.host = "www.a.test",
         .path = "/",
         .reply = {.body = "<a href=/>home</a><a href=/x>x</a><a href=http://b.test/>b</a>"}},
        {.host = "www.a.test", .path = "/x", .reply = {.body = "x"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "--allow-private", "http://a.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    char *asked = asked_since(f, 0);
    cr_expect_str_eq(asked, "a.test/\nwww.a.test/\nwww.a.test/x\n");
    free(asked);
    crawl_release(&c);
    fixture_stop(f);
}
