/* Sites without end: a crawl with its defaults leaves each in bounded time, names the trap, and has what is good of the
 * site. */
#include "support/asked.h"
#include "support/files.h"
#include "support/site_traps.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_BYTES = 512 << 20 };

TestSuite(crawl_traps, .timeout = 120);

/* What the log calls the trap: one of WORDS, separated by spaces. */
static const struct row {
    const char *host, *words;
    size_t most; /* requests that a default crawl may take to notice */
} rows[] = {
    {"calendar.test", "chain same-content", 5000},
    {"almanac.test", "chain same-content", 5000},
    {"folders.test", "repeated-segments path-depth", 100},
    {"deeper.test", "path-depth", 100},
    {"relative.test", "repeated-segments", 3000},
    {"session.test", "session-id", 5000},
    {"jsession.test", "session-id", 5000},
    {"facets.test", "facets", 20000},
    {"growing.test", "query-growth", 100},
    {"missing.test", "same-content repeated-segments path-depth", 5000},
};

static bool names_one(const char *text, const char *words)
{
    char *list = support_format("%s", words), *rest = list;
    bool found = false;
    for (const char *word; (word = strsep(&rest, " "));) {
        char *told = support_format(" trap %s: ", word);
        found = found || text_has(text, told);
        free(told);
    }
    free(list);
    return found;
}

Test(crawl_traps, are_left_in_bounded_time_and_named)
{
    files_prefer_memory(ROOM_BYTES);
    for (const struct row *r = rows; r < rows + SUPPORT_COUNT(rows); r++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.fallback = site_traps});
        struct crawl c = {.run.time_limit_ms = 30000};
        char *url = support_format("http://%s/", r->host);
        char *good = support_format("http://%s/good", r->host);
        /* The bound of the test, not of the crawl: the fixture's log is finite. */
        crawl_run(&c, f, "-r", "-v", "--max-pages", "100000", url, NULL);
        fprintf(stderr, "%s: %zu requests in %lld ms\n", r->host, asked_count(f), (long long)c.run.wall_ms);
        cr_expect_not(c.run.timed_out, "%s: no end after %zu requests", r->host, asked_count(f));
        cr_expect_leq(asked_count(f), r->most, "%s: %zu requests", r->host, asked_count(f));
        cr_expect_not_null(crawl_logged(&c, good), "%s", good);
        char *details = asked_logged(&c, "detail");
        cr_expect(names_one(details, r->words), "%s: none of '%s' is named: %.500s", r->host, r->words, details);
        free(details);
        free(url);
        free(good);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* Each limit is an option, and one that is lower ends the crawl earlier. */
Test(crawl_traps, have_a_limit_each_that_is_an_option)
{
    files_prefer_memory(ROOM_BYTES);
    static const struct {
        const char *host, *option, *value;
        size_t most;
    } limits[] = {
        {"folders.test", "--max-repeats", "2", 6}, {"deeper.test", "--max-path-depth", "3", 24},
        {"growing.test", "--max-query", "3", 7},   {"calendar.test", "--max-chain", "20", 400},
        {"missing.test", "--max-same", "5", 5000}, {"almanac.test", "--max-pages-per-host", "30", 30},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(limits); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.fallback = site_traps});
        struct crawl c = {.run.time_limit_ms = 20000};
        char *url = support_format("http://%s/", limits[i].host);
        crawl_run(&c, f, "-r", "--max-pages", "20000", limits[i].option, limits[i].value, url, NULL);
        fprintf(stderr, "%s %s: %zu requests in %lld ms\n", limits[i].host, limits[i].option, asked_count(f),
                (long long)c.run.wall_ms);
        cr_expect_not(c.run.timed_out, "%s with %s: no end", limits[i].host, limits[i].option);
        cr_expect_leq(asked_count(f), limits[i].most, "%s with %s %s: %zu requests", limits[i].host, limits[i].option,
                      limits[i].value, asked_count(f));
        free(url);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* An honest site that looks like a trap here and there: 300 articles one after the other by "next", a shelf of 200
 * pages of one pattern with contents of their own, a path of twelve folders, a query of eight parameters. */
static int honest(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    unsigned n;
    if (strcmp(request->target, "/") == 0) {
        char *text = support_alloc(200 * 32 + 400);
        size_t len = 0;
        for (unsigned i = 0; i < 200; i++)
            len += (size_t)snprintf(text + len, 32, "<a href=/item?id=%u>x</a>", i);
        snprintf(text + len, 400,
                 "<a href=/article/1>first</a><a href=/a/b/c/d/e/f/g/h/i/j/k/l>deep</a>"
                 "<a href='/find?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8'>find</a>");
        reply->body = reply->owned = text;
    } else if (sscanf(request->target, "/article/%u", &n) == 1 && n < 200)
        fixture_printf(reply, "<p>Article %u <a href=/article/%u>next</a>", n, n + 1);
    else
        fixture_printf(reply, "<p>Page %s", request->target);
    return 0;
}

Test(crawl_traps, are_not_seen_in_an_honest_site)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = honest});
    struct crawl c = {0};
    crawl_run(&c, f, "-r", "http://honest.test/", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    cr_expect_eq(asked_count(f), 1 + 200 + 200 + 2);
    char *details = asked_logged(&c, "detail");
    cr_expect_not(text_has(details, " trap "), "%s", details);
    free(details);
    crawl_release(&c);
    fixture_stop(f);
}
