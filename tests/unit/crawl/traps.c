#include "crawl/scope/traps.h"

#include "base/clock.h"
#include "base/status.h"

#include "support/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include <forage/forage.h>

static struct url parsed(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK, "%s", text);
    return url;
}

/* PARENT may be NULL. */
static struct traps_verdict ask(struct traps *t, const char *text, const char *parent, uint32_t number)
{
    struct traps_verdict verdict;
    struct url url = parsed(text), from = parent ? parsed(parent) : (struct url){0};
    bool fine = traps_check(t, &url, parent ? &from : NULL, number, &verdict);
    cr_assert_eq(fine, verdict.word == NULL);
    url_release(&url);
    url_release(&from);
    return verdict;
}

static bool is_fine(struct traps *t, const char *text)
{
    return !ask(t, text, NULL, 0).word;
}

static void page(struct traps *t, const char *text, const char *parent, const char *digest)
{
    struct url url = parsed(text);
    traps_page(t, &url, parent, strlen(parent), digest, strlen(digest));
    url_release(&url);
}

static struct traps *with_defaults(void)
{
    struct traps *t = traps_new(&(struct traps_options){0});
    cr_assert(t);
    return t;
}

Test(traps, what_is_in_a_url_alone_is_refused_with_the_limit_and_its_option)
{
    static const char *const fine = NULL;
    const struct {
        const char *url, *word, *detail;
    } rows[] = {
        {"http://h/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/", fine, ""},
        {"http://h/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/file", fine, ""},
        {"http://h/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/", "path-depth",
         "33 folders, more than --max-path-depth 32"},
        {"http://h/a/a/a/", fine, ""},
        {"http://h/a/a/a/a", "repeated-segments", "a segment is there 4 times, more than --max-repeats 3"},
        {"http://h/a/b/a/b/a/b/", fine, ""},
        {"http://h/a/b/a/b/a/b/a/b/", "repeated-segments", "a segment is there 4 times, more than --max-repeats 3"},
        {"http://h/a/x/a/y/a/z/a/w/", "repeated-segments", "a segment is there 4 times, more than --max-repeats 3"},
        {"http://h/2020/2020/", fine, ""},
        {"http://h/A/a/A/a/A/a", fine, ""},
        {"http://h////", fine, ""},
        {"http://h/////", "repeated-segments", "a segment is there 4 times, more than --max-repeats 3"},
        {"http://h/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10", fine, ""},
        {"http://h/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11", "query-growth",
         "11 parameters, more than --max-query 10"},
        {"http://h/?a=1&a=1&a=1", fine, ""},
        {"http://h/?a=1&a=1&a=1&a=1", "query-growth", "a parameter is there 4 times, more than --max-repeats 3"},
        {"http://h/?a=1&a=2&a=3&a=4", fine, ""},
    };
    struct traps *t = with_defaults();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct traps_verdict verdict = ask(t, rows[i].url, NULL, 0);
        const char *word = verdict.word ? verdict.word : "fine", *want = rows[i].word ? rows[i].word : "fine";
        cr_expect_str_eq(word, want, "%s: %s", rows[i].url, word);
        cr_expect_str_eq(verdict.detail, rows[i].detail, "%s: %s", rows[i].url, verdict.detail);
    }
    cr_expect_eq(traps_refused(t, TRAPS_PATH_DEPTH), 1);
    cr_expect_eq(traps_refused(t, TRAPS_REPEATS), 4);
    cr_expect_eq(traps_refused(t, TRAPS_QUERY), 2);
    cr_expect_eq(traps_refused(t, TRAPS_CHAIN), 0);
    traps_free(t);
}

Test(traps, limits_may_be_set_and_switched_off)
{
    struct traps *t = traps_new(&(struct traps_options){.max_path_depth = 1, .max_repeats = 1, .max_query = 1});
    cr_expect(is_fine(t, "http://h/a/b"));
    cr_expect_not(is_fine(t, "http://h/a/b/"));
    cr_expect_not(is_fine(t, "http://h/a/a"));
    cr_expect_not(is_fine(t, "http://h/?a=1&b=2"));
    traps_free(t);
    t = traps_new(&(struct traps_options){
        .max_path_depth = FORAGE_NO_LIMIT, .max_repeats = FORAGE_NO_LIMIT, .max_query = FORAGE_NO_LIMIT});
    char text[40000] = "http://h/";
    for (size_t i = strlen(text); i + 2 < sizeof text; i += 2)
        memcpy(text + i, "a/", 3);
    cr_expect(is_fine(t, text));
    char query[40000] = "http://h/?";
    for (size_t i = strlen(query); i + 2 < sizeof query; i += 2)
        memcpy(query + i, "a&", 3);
    cr_expect(is_fine(t, query));
    traps_free(t);
}

/* Ask for N links of one pattern, each found on the one before; returns how many were let through. */
static int chain_length(struct traps *t, int from, int n, uint32_t *number)
{
    char url[100], parent[100] = "http://h/";
    for (int i = 0; i < n; i++) {
        snprintf(url, sizeof url, "http://h/cal/%d", from + i);
        if (i > 0)
            snprintf(parent, sizeof parent, "http://h/cal/%d", from + i - 1);
        struct traps_verdict verdict = ask(t, url, parent, *number);
        if (verdict.word) {
            cr_expect_str_eq(verdict.word, "chain");
            return i;
        }
        *number = verdict.number;
    }
    return n;
}

Test(traps, a_chain_ends_after_its_limit_and_a_shorter_way_begins_anew)
{
    struct traps *t = with_defaults();
    uint32_t number = 0;
    cr_expect_eq(chain_length(t, 0, 1000, &number), 251);
    number = 0;
    cr_expect_eq(chain_length(t, 5000, 1000, &number), 251, "another chain of the same pattern has its own length");
    traps_free(t);
    t = traps_new(&(struct traps_options){.max_chain = FORAGE_NO_LIMIT});
    number = 0;
    cr_expect_eq(chain_length(t, 0, 70000, &number), 70000);
    traps_free(t);
    t = traps_new(&(struct traps_options){.max_chain = 10000});
    number = 0;
    cr_expect_eq(chain_length(t, 0, 70000, &number), 10001);
    traps_free(t);
}

Test(traps, a_chain_does_not_begin_anew_in_the_next_run)
{
    struct traps *t = with_defaults();
    struct url page = parsed("http://h/cal/251"), parent = parsed("http://h/cal/250"), other = parsed("http://h/x");
    uint32_t number = traps_number(t, &page, &parent, 251);
    cr_expect_str_eq(ask(t, "http://h/cal/252", "http://h/cal/251", number).word, "chain");
    number = traps_number(t, &page, &other, 251);
    cr_expect_null(ask(t, "http://h/cal/253", "http://h/cal/251", number).word);
    cr_expect_eq(traps_number(t, &page, NULL, 251), 0);
    url_release(&page);
    url_release(&parent);
    url_release(&other);
    traps_free(t);
}

Test(traps, another_site_has_no_say_in_a_chain)
{
    struct traps *t = with_defaults();
    struct url page = parsed("http://h/cal/251"), parent = parsed("http://other/cal/250");
    cr_expect_eq(traps_number(t, &page, &parent, 251), 0);
    cr_expect_null(ask(t, "http://h/cal/1", "http://other/cal/0", 0x3fff).word);
    url_release(&page);
    url_release(&parent);
    traps_free(t);
}

Test(traps, a_host_has_a_budget_for_both_schemes_and_gets_back_what_was_not_asked_for)
{
    struct traps *t = traps_new(&(struct traps_options){.max_pages_per_host = 3, .max_same = 2});
    cr_expect(is_fine(t, "http://h/a"));
    cr_expect(is_fine(t, "https://h/b"));
    cr_expect(is_fine(t, "http://h:80/q?n=4"));
    struct traps_verdict verdict = ask(t, "http://h/d", NULL, 0);
    cr_expect_str_eq(verdict.word, "host-budget");
    cr_expect_str_eq(verdict.detail, "3 pages of this host, which is --max-pages-per-host");
    cr_expect(is_fine(t, "http://h:81/e"));
    cr_expect(is_fine(t, "http://g/e"));
    static const char *const same[] = {"http://h/q?n=1", "http://h/q?n=2", "http://h/q?n=3", "http://h/q?n=5",
                                       "http://h/q?n=6"};
    for (size_t i = 0; i < COUNT_OF(same); i++)
        page(t, same[i], "", "same");
    struct url closed = parsed("http://h/q?n=4"), open = parsed("http://h/b");
    cr_expect(traps_ask(t, &open, "", 0, &verdict));
    cr_expect_not(traps_ask(t, &closed, "", 0, &verdict));
    cr_expect_str_eq(verdict.word, "same-content");
    cr_expect(is_fine(t, "http://h/d"));
    cr_expect_not(is_fine(t, "http://h/f"));
    url_release(&closed);
    url_release(&open);
    traps_free(t);
}

Test(traps, a_budget_goes_on_after_a_run_that_was_broken_off)
{
    struct traps *t = traps_new(&(struct traps_options){.max_pages_per_host = 2});
    struct url url = parsed("http://h/a");
    traps_recall(t, &url, NULL);
    cr_expect(is_fine(t, "http://h/b"));
    cr_expect_not(is_fine(t, "http://h/c"));
    url_release(&url);
    traps_free(t);
}

Test(traps, a_pattern_is_closed_when_its_pages_are_the_same)
{
    struct traps *t = with_defaults();
    char url[100];
    for (int i = 0; i < 25; i++) {
        snprintf(url, sizeof url, "http://h/s?id=%d", i);
        page(t, url, "http://h/", "same");
        cr_assert(is_fine(t, "http://h/s?id=1000"), "%d", i);
    }
    page(t, "http://h/s?id=25", "http://h/", "same");
    struct traps_verdict verdict = ask(t, "http://h/s?id=1001", NULL, 0);
    cr_assert(verdict.word);
    cr_expect_str_eq(verdict.word, "same-content");
    cr_expect_str_eq(verdict.detail, "26 URLs like this have the same content, more than --max-same 25");
    cr_expect(is_fine(t, "http://h/t?id=1"));
    cr_expect(is_fine(t, "http://h/s?id=1&x=2"));
    cr_expect(is_fine(t, "http://g/s?id=1"));
    traps_free(t);
}

Test(traps, a_pattern_with_enough_that_is_new_stays_open)
{
    struct traps *t = with_defaults();
    char url[100], digest[20];
    for (int i = 0; i < 10000; i++) {
        snprintf(url, sizeof url, "http://h/s?id=%d", i);
        snprintf(digest, sizeof digest, "%d", i);
        page(t, url, "http://h/", i % 3 ? "same" : digest);
    }
    cr_expect(is_fine(t, "http://h/s?id=10000"));
    traps_free(t);
}

static void known(struct traps *t, const char *url, const char *parent)
{
    traps_known(t, url, strlen(url), parent, strlen(parent));
}

/* Returns the reason why the last of N links with new sessions, each on a page with another, is refused; or NULL. */
static const char *ask_sessions(struct traps *t, int from, int n)
{
    struct traps_verdict verdict = {0};
    for (int i = from; i < from + n; i++) {
        char url[100], parent[100];
        snprintf(url, sizeof url, "http://h/page?sid=%08x", i);
        snprintf(parent, sizeof parent, "http://h/page?sid=%08x", i / 5);
        verdict = ask(t, url, parent, 0);
    }
    return verdict.word;
}

Test(traps, sessions_are_told_by_links_that_never_lead_to_the_same_place_again)
{
    struct traps *t = with_defaults();
    cr_expect_null(ask_sessions(t, 0x10000, 1000));
    cr_expect_null(ask_sessions(t, 0x20000, 1), "each page once more");
    const char *word = ask_sessions(t, 0x30000, 1);
    cr_assert(word);
    cr_expect_str_eq(word, "session-id");
    cr_expect(is_fine(t, "http://h/page"));
    cr_expect_null(ask(t, "http://h/other?sid=00abcdef", "http://h/page?sid=00000001", 0).word);
    known(t, "http://h/other?sid=00abcdef", "http://h/page?sid=00000001");
    cr_expect(ask_sessions(t, 0x40000, 1), "a second link on the same page says nothing");
    known(t, "http://h/page?sid=00010001", "http://h/x");
    known(t, "http://h/page?sid=00010002", "http://h/x");
    cr_expect_null(ask_sessions(t, 0x50000, 1), "they do lead to the same place again");
    traps_free(t);
}

Test(traps, links_that_are_followed_from_elsewhere_say_nothing_about_sessions)
{
    struct traps *t = with_defaults();
    for (int i = 0; i < 20000; i++) {
        char url[100];
        snprintf(url, sizeof url, "http://h/page?sid=%08x", i);
        cr_assert_null(ask(t, url, "http://h/list", 0).word);
    }
    traps_free(t);
}

/* What tables forget is no reason to refuse anything. */
Test(traps, memory_is_bounded_and_nothing_is_refused_for_it, .timeout = 120)
{
    const int urls = (int)support_rounds(1500000);
    struct traps *t = with_defaults();
    char text[100], digest[20];
    struct url parent = parsed("http://parent/");
    struct traps_verdict verdict;
    int64_t begin = clock_ms();
    for (int i = 0; i < urls; i++) {
        struct url url = {0};
        int len = snprintf(text, sizeof text, "http://h%d/page-%c%c%c-%d?a=%d&b=%d", i % 400000, 'a' + i % 26,
                           'a' + i / 26 % 26, 'a' + i / 676 % 26, i, i, i % 7);
        cr_assert_eq(url_parse(&url, text, (size_t)len, NULL), URL_OK);
        cr_assert(traps_check(t, &url, &parent, 0, &verdict), "%s: %s", text, verdict.detail);
        snprintf(digest, sizeof digest, "%d", i / 4);
        traps_page(t, &url, "http://parent/", 14, digest, strlen(digest));
        url_release(&url);
    }
    cr_log_info("%d URLs in %d ms, %zu KiB", urls, (int)(clock_ms() - begin), traps_bytes(t) / 1024);
    cr_assert_lt(traps_bytes(t), 40u << 20);
    url_release(&parent);
    traps_free(t);
}
