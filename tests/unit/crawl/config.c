/* The options of a crawl: what is filled in, what is refused, and that nothing of the caller's is kept. */
#include "crawl/config.h"

#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(config, .timeout = 20);

Test(config, zero_is_the_default_of_every_field)
{
    struct config c;
    char error[256] = "";
    cr_assert_eq(config_init(&c, &(struct forage_options){0}, error, sizeof error), FORAGE_OK, "%s", error);
    const struct forage_options *o = &c.options;
    cr_expect_eq(o->tries, 3);
    cr_expect_eq(o->max_wait_ms, 60000);
    cr_expect_eq(o->host_errors, 5);
    cr_expect_eq(o->delay_ms, 0);
    cr_expect_eq(o->per_ip, 0);
    cr_expect_eq(o->wait_lock_ms, 0);
    cr_expect_eq(o->prune_after, 0);
    cr_expect_not(o->ignore_robots || o->fresh || o->no_state);
    cr_expect_eq(o->expect_failures, 0);
    cr_expect_null(o->retry_on);
    config_release(&c);
}

Test(config, every_text_is_a_copy)
{
    char texts[14][8];
    for (size_t i = 0; i < 14; i++)
        snprintf(texts[i], sizeof texts[i], "t%zu", i);
    struct forage_options given = {.output = texts[0],
                                   .user_agent = texts[1],
                                   .proxy = texts[2],
                                   .ca_file = texts[3],
                                   .retry_on = "timeout",
                                   .host_pattern = texts[5],
                                   .log = texts[6],
                                   .metrics = texts[7],
                                   .summary = texts[8],
                                   .failed_list = texts[9],
                                   .netrc = texts[10],
                                   .auth = texts[11],
                                   .cookies = texts[12],
                                   .hsts = texts[13]};
    struct config c;
    char error[256] = "";
    cr_assert_eq(config_init(&c, &given, error, sizeof error), FORAGE_OK, "%s", error);
    memset(texts, 'X', sizeof texts);
    const struct forage_options *o = &c.options;
    const char *const copies[] = {o->output,       o->user_agent, o->proxy,   o->ca_file, NULL,
                                  o->host_pattern, o->log,        o->metrics, o->summary, o->failed_list,
                                  o->netrc,        o->auth,       o->cookies, o->hsts};
    for (size_t i = 0; i < SUPPORT_COUNT(copies); i++) {
        char expected[8];
        snprintf(expected, sizeof expected, "t%zu", i);
        cr_expect(!copies[i] || strcmp(copies[i], expected) == 0, "%s is not %s", copies[i], expected);
    }
    cr_expect_neq(o->retry_on, given.retry_on);
    cr_expect_str_eq(o->retry_on, "timeout");
    config_release(&c);
}

Test(config, what_has_no_meaning_is_refused_with_its_reason)
{
    static const struct {
        struct forage_options options;
        const char *says;
    } rows[] = {
        {{.delay_ms = -2}, "the delay is negative"},
        {{.max_wait_ms = -1}, "a time is negative"},
        {{.max_age_ms = -1}, "a time is negative"},
        {{.max_time_ms = -1}, "a time is negative"},
        {{.wait_lock_ms = -2}, "the time to wait for another run is negative"},
        {{.expect_failures = -1}, "the expected failures are not a percentage from 0 to 100"},
        {{.expect_failures = 100.5}, "the expected failures are not a percentage from 0 to 100"},
        {{.expect_failures = NAN}, "the expected failures are not a percentage from 0 to 100"},
        {{.log = ""}, "the name of a file is empty"},
        {{.cookies = "a", .hsts = "a"}, "one file is named for two purposes"},
        {{.host_pattern = "("}, "host pattern, at offset 1: missing closing parenthesis"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char error[256] = "";
        cr_expect_eq(forage_check(&rows[i].options, error, sizeof error), FORAGE_USAGE, "%s", rows[i].says);
        cr_expect_str_eq(error, rows[i].says);
        cr_expect_eq(forage_check(&rows[i].options, NULL, 0), FORAGE_USAGE);
    }
}

Test(config, limits_that_still_have_a_meaning_are_taken)
{
    static const struct forage_options rows[] = {{.delay_ms = FORAGE_DELAY_NONE},
                                                 {.wait_lock_ms = -1},
                                                 {.expect_failures = 100},
                                                 {.host_errors = FORAGE_HOST_ERRORS_NEVER},
                                                 {.log = "/dev/stderr", .summary = "/dev/stderr"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char error[256] = "";
        cr_expect_eq(forage_check(&rows[i], error, sizeof error), FORAGE_OK, "%zu: %s", i, error);
    }
}
