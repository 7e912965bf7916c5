/* Redirects that are followed, and what is kept of them. tests/hostile/redirects.c has those that must not be. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(redirects, .timeout = 60);

#define URL "http://www.shop.com/"

static const struct fixture_route routes[] = {
    {.path = "/301", .reply = {.status = 301, .location = "/new"}},
    {.path = "/302", .reply = {.status = 302, .location = "/new", .generated = 100000}},
    {.path = "/303", .reply = {.status = 303, .location = "/new"}},
    {.path = "/307", .reply = {.status = 307, .location = "/new"}},
    {.path = "/308", .reply = {.status = 308, .location = "/new"}},
    {.path = "/300", .reply = {.status = 300, .location = "/new"}},
    {.path = "/305", .reply = {.status = 305, .location = "/new"}},
    {.path = "/201", .reply = {.status = 201, .location = "/new", .body = "made"}},
    {.path = "/a/relative", .reply = {.location = "../new"}},
    {.path = "/a/query?x=1", .reply = {.location = "?y=2"}},
    {.path = "/a/query?y=2", .reply = {.body = "query"}},
    {.path = "/scheme", .reply = {.location = "//www.shop.com/new"}},
    {.path = "/blanks", .reply = {.location = " /new \t"}},
    {.path = "/fragment", .reply = {.location = "/new#part"}},
    {.path = "/bytes", .reply = {.location = "/caf\xc3\xa9"}},
    {.path = "/caf%C3%A9", .reply = {.body = "coffee"}},
    {.path = "/empty", .reply = {.status = 302, .headers = "Location: \r\n"}},
    {.path = "/none", .reply = {.status = 302}},
    {.path = "/long", .reply = {.location = "/long"}},
    {.path = "/else", .reply = {.location = "http://www.else.com/new"}},
    {.path = "/to-gone", .reply = {.location = "/gone"}},
    {.path = "/gone", .reply = {.status = 404}},
    {.path = "/new", .reply = {.body = "new"}},
    {0}};

static const struct {
    struct crawl_row row;
    const char *final_url;
} rows[] = {
    {{URL "301", 200, NULL, "shop/301~.html", "new"}, URL "new"},
    {{URL "302", 200, NULL, "shop/302~.html", "new"}, URL "new"},
    {{URL "303", 200, NULL, "shop/303~.html", "new"}, URL "new"},
    {{URL "307", 200, NULL, "shop/307~.html", "new"}, URL "new"},
    {{URL "308", 200, NULL, "shop/308~.html", "new"}, URL "new"},
    {{URL "300", 300, NULL, NULL, NULL}, URL "300"},
    {{URL "305", 305, NULL, NULL, NULL}, URL "305"},
    {{URL "201", 201, NULL, "shop/201~.html", "made"}, URL "201"},
    {{URL "a/relative", 200, NULL, "shop/a/relative~.html", "new"}, URL "new"},
    {{URL "a/query?x=1", 200, NULL, "shop/a/query~x=1.html", "query"}, URL "a/query?y=2"},
    {{URL "scheme", 200, NULL, "shop/scheme~.html", "new"}, URL "new"},
    {{URL "blanks", 200, NULL, "shop/blanks~.html", "new"}, URL "new"},
    {{URL "fragment", 200, NULL, "shop/fragment~.html", "new"}, URL "new"},
    {{URL "bytes", 200, NULL, "shop/bytes~.html", "coffee"}, URL "caf%C3%A9"},
    {{URL "empty", 302, NULL, NULL, NULL}, URL "empty"},
    {{URL "none", 302, NULL, NULL, NULL}, URL "none"},
    {{URL "else", 200, NULL, "shop/else~.html", "new"}, "http://www.else.com/new"},
    {{URL "to-gone", 404, NULL, NULL, NULL}, URL "gone"},
    {{URL "new", 200, NULL, "shop/new~.html", "new"}, URL "new"},
    {{"http://www.else.com/new", 200, NULL, "else/new~.html", "new"}, "http://www.else.com/new"},
};

enum { ROWS = SUPPORT_COUNT(rows) };

Test(redirects, each_kind_is_followed_and_the_page_keeps_the_name_that_was_asked_for)
{
    struct crawl_row table[ROWS + 1] = {0};
    for (size_t i = 0; i < ROWS; i++)
        table[i] = rows[i].row;
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    for (size_t i = 0; i < ROWS; i++) {
        const char *last = text_member(crawl_logged(&c, table[i].url), "final_url");
        cr_expect_str_eq(last, rows[i].final_url, "%s ends at %s", table[i].url, last);
    }
    cr_assert_eq(c.run.status, FORAGE_EXIT_SERVER);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

static int count_down(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    static char location[16];
    (void)context;
    int left = atoi(request->target + 1);
    if (left) {
        snprintf(location, sizeof location, "/%d", left - 1);
        reply->location = location;
    }
    return 0;
}

Test(redirects, a_chain_costs_one_connection_and_waits_for_nothing)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = count_down});
    struct crawl c = {0};
    crawl_run(&c, f, "--max-redirects", "20", URL "20", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_assert_eq(fixture_connections(f), 1);
    cr_assert_lt(c.run.wall_ms, 1500); /* a wait for the next tick at each step would take 4 s */
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- To hosts that are not public ---- */

/* A redirect to www.else.com, then BETWEEN other lines, and then one that names www.else.com. */
static void name_late(unsigned between)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder(), *fifo = files_path(folder, "list");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    int fd = open(fifo, O_RDWR | O_CLOEXEC);
    struct crawl c = {.run = {.working_folder = folder}};
    crawl_start(&c, f, "list", NULL);
    dprintf(fd, URL "else\n");
    cr_assert(fixture_wait_ended(f, 1, 10000));
    for (unsigned i = 0; i < between; i++) {
        dprintf(fd, URL "gone?%u\n", i);
        cr_assert(fixture_wait_ended(f, i + 2, 10000));
    }
    dprintf(fd, "www.else.com/gone\n");
    close(fd);
    crawl_wait(&c);
    cr_assert_str_eq(text_member(crawl_logged(&c, URL "else"), "error"), "", "%u between: %s", between, c.run.err);
    cr_assert(crawl_holds(&c, "shop/else~.html", "new"));
    cr_assert(text_has(c.run.err, "1 fetched"), "%s", c.run.err);
    cr_assert_eq(fixture_count(f, "/new"), 1);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    free(fifo);
    fixture_stop(f);
}

Test(redirects, an_inner_host_is_asked_whenever_a_line_of_the_lists_names_it)
{
    for (unsigned between = 0; between < 8; between++)
        name_late(between);
}

Test(redirects, an_inner_host_that_no_line_names_is_asked_with_allow_private_only)
{
    static const struct crawl_row without[] = {{URL "else", 0, "blocked", NULL, NULL}, {0}};
    static const struct crawl_row with[] = {{URL "else", 200, NULL, "shop/else~.html", "new"}, {0}};
    for (int allow = 0; allow < 2; allow++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
        struct crawl c = {.run.input = URL "else\n"};
        crawl_run(&c, f, allow ? "--allow-private" : "-v", "-", NULL);
        cr_assert(crawl_agrees(&c, allow ? with : without));
        cr_assert_eq(fixture_count(f, "/new"), (size_t)allow);
        cr_assert_eq(c.run.status, allow ? FORAGE_EXIT_OK : FORAGE_EXIT_OTHER);
        crawl_release(&c);
        fixture_stop(f);
    }
}
