#include "web/pattern.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#define DOCUMENTS "(?:www\\.)?(.*)\\.com"

/* REGEX NULL is the default. */
Test(pattern, a_host_is_named_by_the_first_group_or_by_the_match_or_by_itself)
{
    static const struct {
        const char *regex, *host, *name;
    } rows[] = {
        {NULL, "www.baidu.com", "baidu"},
        {NULL, "baidu.com", "baidu"},
        {NULL, "www.example.org", "example.org"},
        {NULL, "www.com", "www"},
        {NULL, "www.", "www."},
        {NULL, ".com", ".com"},
        {NULL, "com", "com"},
        {NULL, "awww.x.com", "awww.x"},
        {NULL, "www.www.com", "www"},
        {NULL, "", ""},
        {DOCUMENTS, "www.baidu.com", "baidu"},
        {DOCUMENTS, "news.sina.com", "news.sina"},
        {DOCUMENTS, "www.baidu.cn", "www.baidu.cn"},
        {DOCUMENTS, "127.0.0.1", "127.0.0.1"},
        {"[a-z]+", "www.baidu.com", "www"},
        {"BAIDU", "www.baidu.com", "baidu"},
        {"(x)?baidu", "www.baidu.com", "www.baidu.com"},
        {"()baidu", "www.baidu.com", "www.baidu.com"},
        {"(.)(.)", "ab", "a"},
        {"(\\.)(?:\\.|$)", "a.b.", "."},
        {"[^.]+(?=\\.com$)", "www.baidu.com", "baidu"},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern *pattern = NULL;
        struct buffer name = {0};
        struct regex_error error = {.message = ""};
        cr_assert_eq(pattern_new(&pattern, rows[i].regex, &error), PATTERN_OK, "%s: %s", rows[i].regex, error.message);
        enum pattern_status status = pattern_name(pattern, rows[i].host, strlen(rows[i].host), &name);
        if (status != PATTERN_OK || strcmp(buffer_text(&name), rows[i].name) != 0) {
            cr_log_error("%s on %s: %s '%s'", rows[i].regex ? rows[i].regex : "default", rows[i].host,
                         pattern_status_text(status), buffer_text(&name));
            wrong++;
        }
        buffer_release(&name);
        pattern_free(pattern);
    }
    cr_assert_eq(wrong, 0);
}

Test(pattern, a_name_is_appended_and_a_pattern_is_used_many_times)
{
    struct pattern *pattern = NULL;
    struct buffer name = {0};
    cr_assert_eq(pattern_new(&pattern, DOCUMENTS, NULL), PATTERN_OK);
    pattern_name(pattern, "www.a.com", 9, &name);
    pattern_name(pattern, "plain", 5, &name);
    pattern_name(pattern, "b.com", 5, &name);
    cr_assert_str_eq(buffer_text(&name), "aplainb");
    buffer_release(&name);
    pattern_free(pattern);
    pattern_free(NULL);
}

Test(pattern, a_wrong_regex_is_refused_with_its_reason_and_place)
{
    static const struct {
        const char *regex;
        size_t offset;
        const char *word;
    } rows[] = {
        {"(www", 4, "parenthesis"}, {"a)b", 1, "parenthesis"}, {"[a-", 3, "character class"},
        {"*x", 0, "quantifier"},    {"a\\", 2, "\\"},          {"((ab{1,9}c){99}d){999}", 22, "too large"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pattern *pattern = NULL;
        struct regex_error error = {.message = ""};
        cr_assert_eq(pattern_new(&pattern, rows[i].regex, &error), PATTERN_SYNTAX, "%s", rows[i].regex);
        cr_assert_null(pattern);
        cr_assert(strstr(error.message, rows[i].word), "%s: %s", rows[i].regex, error.message);
        cr_assert_eq(error.offset, rows[i].offset, "%s: %zu", rows[i].regex, error.offset);
    }
    struct pattern *pattern = NULL;
    cr_assert_eq(pattern_new(&pattern, "(", NULL), PATTERN_SYNTAX);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Without limits each of these takes longer than anyone waits. */
Test(pattern, a_hostile_host_cannot_take_long_and_keeps_its_own_name)
{
    static const char *const regexes[] = {"^(a+)+$",
                                          "^(a|aa)+$",
                                          "(*NO_JIT)^(a+)+$",
                                          "(*NO_JIT)^(a|aa)+$",
                                          "(.*)*(.*)*(.*)*[^a!]",
                                          "(*NO_JIT)(.*)*(.*)*(.*)*[^a!]",
                                          "^(a|(?1)a)+[^a!]",
                                          "(*NO_JIT)^(a|(?1)a)+[^a!]"};
    char host[254];
    memset(host, 'a', sizeof host - 2);
    strcpy(host + sizeof host - 2, "!");
    for (size_t i = 0; i < COUNT_OF(regexes); i++) {
        struct pattern *pattern = NULL;
        struct buffer name = {0};
        cr_assert_eq(pattern_new(&pattern, regexes[i], NULL), PATTERN_OK);
        double start = seconds();
        enum pattern_status status = pattern_name(pattern, host, strlen(host), &name);
        double took = seconds() - start;
        cr_assert_lt(took, 0.5, "%s: %f", regexes[i], took);
        cr_assert_eq(status, PATTERN_TOO_HARD, "%s: %s", regexes[i], pattern_status_text(status));
        cr_assert_str_eq(buffer_text(&name), host);
        buffer_release(&name);
        pattern_free(pattern);
    }
}

Test(pattern, every_status_has_a_text_of_its_own)
{
    for (int i = 0; i < PATTERN_STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(pattern_status_text((enum pattern_status)i), pattern_status_text((enum pattern_status)j));
    }
}
