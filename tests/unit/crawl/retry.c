#include "crawl/frontier/retry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MAX_WAIT_MS = 60000 };

static bool tries_again(const struct retry_policy *policy, enum fetch_error error, unsigned status)
{
    return retry_decide(policy, 1, error, status, -1, 0).verdict == RETRY_LATER;
}

static bool is_one_of(unsigned n, const unsigned *set)
{
    while (*set && *set != n)
        set++;
    return *set;
}

/* SET is as the list above names it, errors and statuses each ended by a 0. */
static void expect_set(const struct retry_policy *policy, const char *what, const unsigned *errors,
                       const unsigned *statuses)
{
    for (unsigned e = FETCH_OK + 1; e < FETCH_ERROR_COUNT; e++)
        cr_expect_eq(tries_again(policy, e, 0), is_one_of(e, errors), "%s: %s", what, fetch_error_word(e));
    for (unsigned status = 0; status < 1000; status++)
        cr_expect_eq(tries_again(policy, FETCH_OK, status), is_one_of(status, statuses), "%s: %u", what, status);
}

static const unsigned default_errors[] = {FETCH_TIMEOUT,     FETCH_RESET, FETCH_EMPTY,     FETCH_REFUSED,
                                          FETCH_UNREACHABLE, FETCH_DNS,   FETCH_TRUNCATED, 0};
static const unsigned default_statuses[] = {408, 425, 429, 500, 502, 503, 504, 0};

Test(retry, what_may_pass_by_itself_is_tried_again_by_default)
{
    struct retry_policy policy;
    retry_policy_init(&policy, 3, MAX_WAIT_MS);
    expect_set(&policy, "default", default_errors, default_statuses);
}

Test(retry, the_users_list_takes_the_place_of_the_default)
{
    static const struct {
        const char *text;
        unsigned errors[4], statuses[4];
    } rows[] = {
        {"none", {0}, {0}},
        {"timeout", {FETCH_TIMEOUT}, {0}},
        {"503", {0}, {503}},
        {"400,599,dns", {FETCH_DNS}, {400, 599}},
        {"tls,too-large,404,tls", {FETCH_TLS, FETCH_TOO_LARGE}, {404}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char error[200] = "";
        struct retry_policy policy;
        retry_policy_init(&policy, 3, MAX_WAIT_MS);
        cr_expect(retry_policy_parse(&policy, rows[i].text, error, sizeof error), "%s: %s", rows[i].text, error);
        expect_set(&policy, rows[i].text, rows[i].errors, rows[i].statuses);
    }
}

Test(retry, a_class_of_statuses_is_all_of_them)
{
    char error[200];
    struct retry_policy policy;
    retry_policy_init(&policy, 3, MAX_WAIT_MS);
    cr_assert(retry_policy_parse(&policy, "5xx,418", error, sizeof error));
    for (unsigned status = 400; status < 600; status++)
        cr_expect_eq(tries_again(&policy, FETCH_OK, status), status == 418 || status >= 500, "%u", status);
    cr_assert(retry_policy_parse(&policy, "4xx", error, sizeof error));
    for (unsigned status = 400; status < 600; status++)
        cr_expect_eq(tries_again(&policy, FETCH_OK, status), status < 500, "%u", status);
}

Test(retry, a_word_that_means_nothing_is_named_and_changes_nothing)
{
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"", "''"},
        {"timeout,", "''"},
        {",timeout", "''"},
        {"timeout,,503", "''"},
        {"timeouts", "'timeouts'"},
        {"time", "'time'"},
        {"503,TIMEOUT", "'TIMEOUT'"},
        {"399", "'399'"},
        {"600", "'600'"},
        {"0x1f7", "'0x1f7'"},
        {"3xx", "'3xx'"},
        {"5x", "'5x'"},
        {"5xxx", "'5xxx'"},
        {"503,none", "'none'"},
        {"none,", "'none'"},
        {"18446744073709552119", "'18446744073709552119'"}, /* 2^64 + 503 */
        {"a-word-that-is-much-longer-than-any-word-of-ours", "'a-word-that-is-much-longer"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char error[200] = "";
        struct retry_policy policy;
        retry_policy_init(&policy, 3, MAX_WAIT_MS);
        cr_expect_not(retry_policy_parse(&policy, rows[i].text, error, sizeof error), "%s", rows[i].text);
        cr_expect(strstr(error, rows[i].word) == error + strlen("retry-on: "), "%s: %s", rows[i].text, error);
        expect_set(&policy, rows[i].text, default_errors, default_statuses);
    }
}

Test(retry, tries_patience_and_the_servers_wish_decide)
{
    static const struct {
        unsigned tries, attempts;
        enum fetch_error error;
        unsigned status;
        int64_t retry_after_ms;
        uint32_t random;
        struct retry expected;
    } rows[] = {
        {3, 1, FETCH_TIMEOUT, 0, -1, 0, {RETRY_LATER, 0}},
        {3, 1, FETCH_TIMEOUT, 0, -1, UINT32_MAX, {RETRY_LATER, 1000}},
        {3, 2, FETCH_TIMEOUT, 0, -1, UINT32_MAX, {RETRY_LATER, 2000}},
        {3, 2, FETCH_TIMEOUT, 0, -1, UINT32_MAX / 2, {RETRY_LATER, 1000}},
        {3, 3, FETCH_TIMEOUT, 0, -1, 0, {RETRY_GIVE_UP, 0}},
        {3, 4, FETCH_TIMEOUT, 0, -1, 0, {RETRY_GIVE_UP, 0}},
        {1, 1, FETCH_TIMEOUT, 0, -1, 0, {RETRY_GIVE_UP, 0}},
        {0, 1, FETCH_TIMEOUT, 0, -1, 0, {RETRY_GIVE_UP, 0}},
        {99, 6, FETCH_TIMEOUT, 0, -1, UINT32_MAX, {RETRY_LATER, 32000}},
        {99, 7, FETCH_TIMEOUT, 0, -1, UINT32_MAX, {RETRY_LATER, MAX_WAIT_MS}},
        {UINT32_MAX, UINT32_MAX - 1, FETCH_TIMEOUT, 0, -1, UINT32_MAX, {RETRY_LATER, MAX_WAIT_MS}},
        {3, 1, FETCH_TRUNCATED, 200, -1, UINT32_MAX, {RETRY_LATER, 1000}},
        {3, 1, FETCH_CODING, 503, -1, 0, {RETRY_GIVE_UP, 0}}, /* the error is what happened */
        {3, 1, FETCH_OK, 404, -1, 0, {RETRY_GIVE_UP, 0}},
        {3, 1, FETCH_OK, 404, 5000, 0, {RETRY_GIVE_UP, 0}},
        {3, 1, FETCH_OK, 503, 5000, 0, {RETRY_LATER, 5000}},
        {3, 1, FETCH_OK, 503, 5000, UINT32_MAX, {RETRY_LATER, 5000}},
        {9, 5, FETCH_OK, 503, 5000, UINT32_MAX, {RETRY_LATER, 16000}}, /* no sooner, but later */
        {3, 1, FETCH_OK, 503, 0, UINT32_MAX, {RETRY_LATER, 1000}},
        {3, 1, FETCH_OK, 503, MAX_WAIT_MS, 0, {RETRY_LATER, MAX_WAIT_MS}},
        {3, 1, FETCH_OK, 503, MAX_WAIT_MS + 1, 0, {RETRY_NEXT_RUN, 0}},
        {3, 3, FETCH_OK, 503, MAX_WAIT_MS + 1, 0, {RETRY_NEXT_RUN, 0}},
        {3, 3, FETCH_OK, 503, 5000, 0, {RETRY_GIVE_UP, 0}},
        {3, 1, FETCH_OK, 429, INT64_MAX, 0, {RETRY_NEXT_RUN, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct retry_policy policy;
        retry_policy_init(&policy, rows[i].tries, MAX_WAIT_MS);
        struct retry got = retry_decide(&policy, rows[i].attempts, rows[i].error, rows[i].status,
                                        rows[i].retry_after_ms, rows[i].random);
        cr_expect_eq(got.verdict, rows[i].expected.verdict, "row %zu: verdict %d", i, (int)got.verdict);
        cr_expect_eq(got.wait_ms, rows[i].expected.wait_ms, "row %zu: %d ms", i, got.wait_ms);
    }
}

Test(retry, the_backoff_is_spread_over_all_of_its_range)
{
    unsigned counts[4] = {0};
    for (uint32_t i = 0; i < 4000; i++) {
        int ms = retry_backoff_ms(3, MAX_WAIT_MS, i * (UINT32_MAX / 4000));
        cr_assert(ms >= 0 && ms <= 4000);
        counts[ms / 1001]++;
    }
    for (int i = 0; i < 4; i++)
        cr_expect(counts[i] > 950 && counts[i] < 1050, "%u in quarter %d", counts[i], i);
}

Test(retry, without_patience_there_is_no_wait)
{
    cr_expect_eq(retry_backoff_ms(5, 0, UINT32_MAX), 0);
    cr_expect_eq(retry_backoff_ms(5, -1, UINT32_MAX), 0);
    cr_expect_eq(retry_backoff_ms(0, MAX_WAIT_MS, UINT32_MAX), 1000);
}
