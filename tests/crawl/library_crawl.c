/* The library's crawl: what the user's filter is asked, and what a page's callback gets to know of its links. */
#include "support/fixture.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(library_crawl, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/robots.txt", .reply = {.status = 404}},
    {.path = "/",
     .reply = {.body = "<a href=/a>a</a><a href=/private>p</a><img src=/i.png><a href=http://b.test/>b</a>"}},
    {.path = "/a", .reply = {.body = "<a href=/>back</a><a href=/moved>m</a>"}},
    {.path = "/moved", .reply = {.location = "/end"}},
    {.path = "/end", .reply = {.body = "end"}},
    {.path = "/private", .reply = {.body = "nobody asks for it"}},
    {0}};

enum { MOST = 32 };

struct told {
    pid_t pid;
    bool elsewhere;
    size_t asked, pages;
    char links[MOST][160], lines[MOST][320];
};

static bool filter(const struct forage_link *link, void *context)
{
    struct told *t = context;
    t->elsewhere = t->elsewhere || getpid() != t->pid;
    cr_assert_lt(t->asked, MOST);
    snprintf(t->links[t->asked++], sizeof t->links[0], "%s from %s, %u deep, by %s", link->url, link->parent,
             link->depth, link->via);
    return !strstr(link->url, "/private");
}

static void on_page(const struct forage_page *page, void *context)
{
    struct told *t = context;
    cr_assert_lt(t->pages, MOST);
    char *line = t->lines[t->pages++];
    int n = snprintf(line, sizeof t->lines[0], "%s %s %u %s %s:", page->url, page->outcome, page->depth, page->parent,
                     page->via);
    for (size_t i = 0; i < page->link_count; i++)
        n += snprintf(line + n, sizeof t->lines[0] - (size_t)n, " %s", page->links[i]);
}

static bool has(char (*lines)[320], size_t count, const char *line)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(lines[i], line) == 0)
            return true;
    return false;
}

static void crawl(struct told *t, struct fixture *f, bool page_links)
{
    struct forage *forage;
    struct forage_summary summary;
    char resolve[64];
    const char *list = resolve;
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", fixture_port(f));
    struct forage_options options = {
        .in_memory = true,
        .workers = 1,
        .per_host = 1,
        .resolve = &list,
        .resolve_count = 1,
        .recursive = true,
        .filter = filter,
        .on_page = on_page,
        .page_links = page_links,
        .context = t,
    };
    *t = (struct told){.pid = getpid()};
    cr_assert_eq(forage_new(&options, &forage, NULL, 0), FORAGE_OK);
    cr_assert_eq(forage_add_url(forage, "http://a.test/"), FORAGE_OK);
    cr_expect_eq(forage_run(forage, &summary), FORAGE_OK);
    cr_expect_eq(summary.exit_status, FORAGE_EXIT_OK);
    forage_free(forage);
}

Test(library_crawl, asks_the_filter_once_for_each_new_url_in_scope_and_obeys)
{
    struct told t;
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    crawl(&t, f, false);
    static const char *const asked[] = {
        "http://a.test/a from http://a.test/, 1 deep, by link",
        "http://a.test/private from http://a.test/, 1 deep, by link",
        "http://a.test/moved from http://a.test/a, 2 deep, by link",
        "http://a.test/end from http://a.test/moved, 2 deep, by redirect",
    };
    cr_expect_eq(t.asked, sizeof asked / sizeof *asked);
    for (size_t i = 0; i < sizeof asked / sizeof *asked && i < t.asked; i++)
        cr_expect_str_eq(t.links[i], asked[i]);
    cr_expect_not(t.elsewhere);
    cr_expect_eq(fixture_count(f, "/private"), 0);
    cr_expect_eq(fixture_count(f, "/i.png"), 0);
    fixture_stop(f);
}

Test(library_crawl, gives_a_page_with_its_links_also_those_out_of_scope)
{
    static const char *const pages[] = {
        "http://a.test/ new 0  seed: http://a.test/a http://a.test/private http://b.test/",
        "http://a.test/a new 1 http://a.test/ link: http://a.test/ http://a.test/moved",
        "http://a.test/moved skipped 2 http://a.test/a link:",
        "http://a.test/end new 2 http://a.test/moved redirect:",
    };
    struct told t;
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    crawl(&t, f, true);
    cr_expect_eq(t.pages, sizeof pages / sizeof *pages);
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        cr_expect(has(t.lines, t.pages, pages[i]), "no \"%s\"; there is \"%s\"", pages[i], t.lines[i]);
    fixture_stop(f);
}

Test(library_crawl, gives_no_links_unless_they_are_wanted)
{
    struct told t;
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    crawl(&t, f, false);
    cr_expect(has(t.lines, t.pages, "http://a.test/ new 0  seed:"));
    fixture_stop(f);
}
