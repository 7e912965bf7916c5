#include "web/regex.h"

#include <criterion/criterion.h>
#include <string.h>

enum { STEPS = 100000 };

static enum regex_result look(const char *text, bool caseless, const char *subject, struct regex_part *part)
{
    struct regex *regex = NULL;
    struct regex_matcher *matcher = regex_matcher_new(STEPS);
    cr_assert_eq(regex_new(&regex, text, caseless, NULL), REGEX_OK, "%s", text);
    cr_assert_not_null(matcher);
    enum regex_result result = regex_match(regex, matcher, subject, strlen(subject), part);
    regex_matcher_free(matcher);
    regex_free(regex);
    return result;
}

Test(regex, the_part_is_the_first_group_or_the_whole_match)
{
    static const struct {
        const char *text, *subject;
        size_t begin, end;
    } rows[] = {
        {"b+", "abbc", 1, 3},
        {"a(b+)c", "abbc", 1, 3},
        {"(a)(b)(c)(d)", "xabcd", 1, 2},
        {"(x)?b", "ab", 0, 0},
        {"(x)?(b)", "ab", 0, 0},
        {"a()b", "ab", 0, 0},
        {"(.)(.)\\2\\1", "-abba", 1, 2},
        {"(*NO_JIT)(.)(.)(.)", "-abba", 0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct regex_part part = {99, 99};
        cr_expect_eq(look(rows[i].text, false, rows[i].subject, &part), REGEX_MATCHES, "%s", rows[i].text);
        cr_expect_eq(part.begin, rows[i].begin, "%s: %zu", rows[i].text, part.begin);
        cr_expect_eq(part.end, rows[i].end, "%s: %zu", rows[i].text, part.end);
    }
}

Test(regex, case_matters_unless_it_is_said_not_to)
{
    struct regex_part part = {7, 7};
    cr_expect_eq(look("ABC", false, "abc", &part), REGEX_MATCHES_NOT);
    cr_expect_eq(part.begin, 7);
    cr_expect_eq(look("ABC", true, "abc", NULL), REGEX_MATCHES);
}

/* One matcher serves expressions of any number of groups, and goes on after a limit was met. */
Test(regex, a_matcher_is_used_for_many_expressions_and_bounds_each_match, .timeout = 20)
{
    static const char *const texts[] = {"^(a+)+$", "(*NO_JIT)^(a+)+$", "^(a|(?1)a)+[^a!]",
                                        "(*NO_JIT)(.*)*(.*)*(.*)*[^a!]"};
    char hard[100];
    memset(hard, 'a', sizeof hard);
    hard[sizeof hard - 1] = '!';
    struct regex_matcher *matcher = regex_matcher_new(STEPS);
    cr_assert_not_null(matcher);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct regex *regex = NULL, *plain = NULL;
        struct regex_part part = {0};
        cr_assert_eq(regex_new(&regex, texts[i], false, NULL), REGEX_OK);
        cr_assert_eq(regex_new(&plain, "(!)", false, NULL), REGEX_OK);
        cr_expect_eq(regex_match(regex, matcher, hard, sizeof hard, NULL), REGEX_TOO_HARD, "%s", texts[i]);
        cr_expect_eq(regex_match(plain, matcher, hard, sizeof hard, &part), REGEX_MATCHES);
        cr_expect_eq(part.begin, sizeof hard - 1);
        regex_free(regex);
        regex_free(plain);
    }
    regex_matcher_free(matcher);
}

Test(regex, a_wrong_expression_is_refused_with_its_reason_and_place)
{
    static const struct {
        const char *text, *word;
        size_t offset;
    } rows[] = {{"(www", "parenthesis", 4}, {"[a-", "character class", 3}, {"x\\C", "\\C", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct regex *regex = NULL;
        struct regex_error error = {.message = ""};
        cr_expect_eq(regex_new(&regex, rows[i].text, false, &error), REGEX_SYNTAX, "%s", rows[i].text);
        cr_expect_null(regex);
        cr_expect(strstr(error.message, rows[i].word), "%s: %s", rows[i].text, error.message);
        cr_expect_eq(error.offset, rows[i].offset, "%s: %zu", rows[i].text, error.offset);
        cr_expect_eq(regex_new(&regex, rows[i].text, false, NULL), REGEX_SYNTAX);
    }
    regex_free(NULL);
    regex_matcher_free(NULL);
}
