#include "crawl/scope/filter.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <string.h>

static struct filter *made(const char *const *accept, size_t accept_count, const char *const *reject,
                           size_t reject_count)
{
    struct filter *filter = NULL;
    char error[256] = "";
    const struct filter_options options = {accept, accept_count, reject, reject_count};
    cr_assert_eq(filter_new(&filter, &options, error, sizeof error), FILTER_OK, "%s", error);
    return filter;
}

static enum filter_verdict ask(struct filter *filter, const char *text, struct filter_reason *reason)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK, "%s", text);
    enum filter_verdict verdict = filter_check(filter, &url, reason);
    url_release(&url);
    return verdict;
}

struct row {
    const char *url;
    enum filter_verdict verdict;
    const char *pattern;
};

static void check_rows(struct filter *filter, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct filter_reason reason = {0};
        cr_expect_eq(ask(filter, rows[i].url, &reason), rows[i].verdict, "%s", rows[i].url);
        cr_expect_not(reason.gave_up);
        const char *pattern = reason.pattern ? reason.pattern : "-", *want = rows[i].pattern ? rows[i].pattern : "-";
        cr_expect_str_eq(pattern, want, "%s: %s instead of %s", rows[i].url, pattern, want);
    }
}

Test(filter, without_patterns_everything_is_wanted)
{
    struct filter *filter = made(NULL, 0, NULL, 0);
    static const struct row rows[] = {{"http://a.org/x", FILTER_WANTED, NULL}};
    check_rows(filter, rows, COUNT_OF(rows));
    cr_assert_eq(ask(filter, "http://a.org/", NULL), FILTER_WANTED);
    filter_free(filter);
}

Test(filter, one_pattern_to_accept_is_enough_and_one_to_reject_too_much)
{
    static const char *const accept[] = {"^https?://[^/]*/docs/", "\\.html$", "(?i)readme"};
    static const char *const reject[] = {"/old/", "[?&]print="};
    static const struct row rows[] = {
        {"http://a.org/docs/x", FILTER_WANTED, "^https?://[^/]*/docs/"},
        {"http://a.org/x.html", FILTER_WANTED, "\\.html$"},
        {"http://a.org/x.html?y", FILTER_NOT_ACCEPTED, NULL},
        {"http://a.org/ReadMe", FILTER_WANTED, "(?i)readme"},
        {"http://a.org/X.HTML", FILTER_NOT_ACCEPTED, NULL},
        {"http://a.org/docs/old/x", FILTER_REJECTED, "/old/"},
        {"http://a.org/docs/?a=b&print=1", FILTER_REJECTED, "[?&]print="},
        {"http://a.org/old/x", FILTER_NOT_ACCEPTED, NULL},
    };
    struct filter *filter = made(accept, COUNT_OF(accept), reject, COUNT_OF(reject));
    check_rows(filter, rows, COUNT_OF(rows));
    filter_free(filter);
}

Test(filter, the_url_is_canonical_and_has_no_password)
{
    static const char *const reject[] = {"secret", "user"};
    static const char *const accept[] = {"^http://a\\.org/%C3%A4/\\?q$"};
    static const struct row rows[] = {
        {"http://user:secret@A.org:80/x/../\xc3\xa4/?q#fragment", FILTER_WANTED, accept[0]}};
    struct filter *filter = made(accept, 1, reject, COUNT_OF(reject));
    check_rows(filter, rows, COUNT_OF(rows));
    filter_free(filter);
}

Test(filter, a_wrong_pattern_is_told_with_its_place)
{
    static const struct {
        const char *accept, *reject, *error; /* the beginning, behind which are PCRE2's words */
    } rows[] = {
        {"(a", NULL, "accept: '(a', at offset 2: "},
        {"fine", "a[b", "reject: 'a[b', at offset 3: "},
        {"x\\C", NULL, "accept: 'x\\C', at offset 3: "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct filter_options options = {&rows[i].accept, 1, &rows[i].reject, rows[i].reject ? 1 : 0};
        struct filter *filter = NULL;
        char error[256] = "";
        cr_expect_eq(filter_new(&filter, &options, error, sizeof error), FILTER_SYNTAX);
        cr_expect_null(filter);
        cr_expect_eq(strncmp(error, rows[i].error, strlen(rows[i].error)), 0, "%s", error);
        cr_expect_gt(strlen(error), strlen(rows[i].error) + 5, "PCRE2 says why: %s", error);
        cr_expect_eq(filter_new(&filter, &options, NULL, 0), FILTER_SYNTAX);
    }
}

Test(filter, groups_nested_without_end_are_refused)
{
    char pattern[2001] = "";
    memset(pattern, '(', 1000);
    memset(pattern + 1000, ')', 1000);
    const char *const patterns[] = {pattern};
    const struct filter_options options = {patterns, 1, NULL, 0};
    struct filter *filter;
    char error[100];
    cr_assert_eq(filter_new(&filter, &options, error, sizeof error), FILTER_SYNTAX);
    cr_assert_lt(strlen(error), sizeof error);
}

/* (a+)+$ takes 2^n steps for n letters that do not end so. */
static const char HARD[] = "/(a+)+(a+)+$";
static const char HARD_URL[] = "http://h.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

Test(filter, a_match_that_gives_up_does_not_accept, .timeout = 10)
{
    const char *const one[] = {HARD}, *const two[] = {HARD, "h\\.org"};
    struct filter_reason reason;
    struct filter *filter = made(one, 1, NULL, 0);
    cr_assert_eq(ask(filter, HARD_URL, &reason), FILTER_NOT_ACCEPTED);
    cr_assert(reason.gave_up);
    cr_assert_str_eq(reason.pattern, HARD);
    filter_free(filter);
    filter = made(two, 2, NULL, 0);
    cr_assert_eq(ask(filter, HARD_URL, &reason), FILTER_WANTED, "another pattern accepts it");
    cr_assert_not(reason.gave_up);
    filter_free(filter);
}

Test(filter, a_match_that_gives_up_rejects, .timeout = 10)
{
    const char *const reject[] = {HARD};
    struct filter_reason reason;
    struct filter *filter = made(NULL, 0, reject, 1);
    cr_assert_eq(ask(filter, HARD_URL, &reason), FILTER_REJECTED);
    cr_assert(reason.gave_up);
    cr_assert_str_eq(reason.pattern, HARD);
    cr_assert_eq(ask(filter, "http://h.org/aaaa!", &reason), FILTER_WANTED);
    cr_assert_eq(ask(filter, "http://h.org/aaaa", &reason), FILTER_REJECTED);
    cr_assert_not(reason.gave_up);
    filter_free(filter);
}

Test(filter, the_longest_url_is_matched_by_an_ordinary_pattern)
{
    static char text[60001] = "http://h.org/";
    const char *const accept[] = {"^http://h\\.org/.*x.*y$"};
    struct filter *filter = made(accept, 1, NULL, 0);
    memset(text + strlen(text), 'x', sizeof text - strlen(text) - 2);
    text[sizeof text - 2] = 'y';
    cr_assert_eq(ask(filter, text, NULL), FILTER_WANTED);
    filter_free(filter);
}
