/* The options of a crawl: what is filled in, what is refused, and that nothing of the caller's is kept. */
#include "crawl/config.h"

#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What forage(1) says of the options that are not given. */
Test(config, zero_is_the_default_of_every_limit_of_a_request_and_of_how_many_there_are)
{
    struct config c;
    char error[256] = "";
    cr_assert_eq(config_init(&c, &(struct forage_options){0}, error, sizeof error), FORAGE_OK, "%s", error);
    const struct forage_options *o = &c.options;
    cr_expect_str_eq(o->output, "output");
    cr_expect_eq(o->workers, sysconf(_SC_NPROCESSORS_ONLN));
    cr_expect_eq(o->connections, 256);
    cr_expect_eq(o->per_host, 4);
    cr_expect_eq(o->timeout_ms, 30000);
    cr_expect_eq(o->connect_timeout_ms, 10000);
    cr_expect_eq(o->max_bytes, 64 << 20);
    cr_expect_eq(o->max_redirects, 10);
    cr_expect_eq(c.fetch.idle_timeout_ms, 30000);
    cr_expect_eq(c.fetch.connect_timeout_ms, 10000);
    cr_expect_eq(c.fetch.max_bytes, 64 << 20);
    config_release(&c);
}

Test(config, a_proxy_is_looked_at_and_none_is_a_proxy_too)
{
    static const struct {
        const char *proxy;
        enum forage_status status;
    } rows[] = {{"", FORAGE_OK},
                {"proxy.com", FORAGE_OK},
                {"proxy.com:3128", FORAGE_OK},
                {"HTTP://me:secret@[::1]:3128/", FORAGE_OK},
                {"https://proxy.com", FORAGE_OK},
                {"socks4://127.0.0.1", FORAGE_OK},
                {"socks4a://proxy.com:1080", FORAGE_OK},
                {"socks5://proxy.com:1080", FORAGE_OK},
                {"socks5h://proxy.com:1080", FORAGE_OK},
                {"://proxy.com", FORAGE_USAGE},
                {"ftp://proxy.com", FORAGE_USAGE},
                {"socks5://", FORAGE_USAGE},
                {"pro xy.com", FORAGE_USAGE},
                {"[::1", FORAGE_USAGE},
                {"proxy.com:99999", FORAGE_USAGE}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        const struct forage_options options = {.proxy = rows[i].proxy};
        char error[256] = "";
        cr_expect_eq(forage_check(&options, error, sizeof error), rows[i].status, "'%s': %s", rows[i].proxy, error);
    }
}

Test(config, zero_is_the_default_of_every_limit_of_a_crawl)
{
    struct config c;
    char error[256] = "";
    cr_assert_eq(config_init(&c, &(struct forage_options){.recursive = true}, error, sizeof error), FORAGE_OK, "%s",
                 error);
    const struct forage_options *o = &c.options;
    cr_expect_eq(o->max_depth, 0);
    cr_expect_eq(o->scope, FORAGE_SCOPE_HOST);
    cr_expect_eq(o->max_pages, FORAGE_NO_LIMIT);
    cr_expect_eq(o->max_pages_per_host, 1000000);
    cr_expect_eq(o->max_path_depth, 32);
    cr_expect_eq(o->max_repeats, 3);
    cr_expect_eq(o->max_query, 10);
    cr_expect_eq(o->max_chain, 250);
    cr_expect_eq(o->max_same, 25);
    config_release(&c);
}

Test(config, an_interval_that_is_given_alone_moves_the_default_of_the_other_out_of_its_way)
{
    static const int64_t hour = 3600 * 1000, day = 24 * hour;
    const struct {
        int64_t min, max, filled_min, filled_max;
    } rows[] = {{0, 0, hour, 30 * day},
                {1, 0, 1, 30 * day},
                {40 * day, 0, 40 * day, 40 * day},
                {0, 1, 1, 1},
                {0, 90 * day, hour, 90 * day},
                {hour, hour, hour, hour},
                {INT64_MAX - 1, INT64_MAX, 30 * 365 * day, 30 * 365 * day}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct config c;
        char error[256] = "";
        const struct forage_options given = {
            .recursive = true, .min_interval_ms = rows[i].min, .max_interval_ms = rows[i].max};
        cr_assert_eq(config_init(&c, &given, error, sizeof error), FORAGE_OK, "%zu: %s", i, error);
        cr_expect_eq(c.options.min_interval_ms, rows[i].filled_min, "%zu", i);
        cr_expect_eq(c.options.max_interval_ms, rows[i].filled_max, "%zu", i);
        config_release(&c);
    }
}

Test(config, every_array_of_texts_is_a_copy)
{
    char texts[5][16] = {"X-One: 1", "/news/", "/old/", "Image/PNG", "utm_*"};
    const char *lists[5][1] = {{texts[0]}, {texts[1]}, {texts[2]}, {texts[3]}, {texts[4]}};
    const struct forage_options given = {.recursive = true,
                                         .headers = lists[0],
                                         .header_count = 1,
                                         .accept = lists[1],
                                         .accept_count = 1,
                                         .reject = lists[2],
                                         .reject_count = 1,
                                         .types = lists[3],
                                         .type_count = 1,
                                         .strip_query = lists[4],
                                         .strip_query_count = 1};
    struct config c;
    char error[256] = "";
    cr_assert_eq(config_init(&c, &given, error, sizeof error), FORAGE_OK, "%s", error);
    memset(texts, 'X', sizeof texts);
    memset(lists, 0, sizeof lists);
    cr_expect_str_eq(c.options.headers[0], "X-One: 1");
    cr_expect_str_eq(c.options.accept[0], "/news/");
    cr_expect_str_eq(c.options.reject[0], "/old/");
    cr_expect_str_eq(c.options.types[0], "image/png", "in lower case");
    cr_expect_str_eq(c.options.strip_query[0], "utm_*");
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
        {{.log = ""}, "log: '' is no file"},
        {{.cookies = "a", .hsts = "a"}, "hsts: 'a' is the file of cookies, too"},
        {{.host_pattern = "("}, "host-pattern: '(', at offset 1: missing closing parenthesis"},
        {{.recursive = true, .min_interval_ms = -1}, "a time is negative"},
        {{.recursive = true, .max_interval_ms = -1}, "a time is negative"},
        {{.recursive = true, .min_interval_ms = 2, .max_interval_ms = 1}, "min-age: '2ms' is longer than max-age, 1ms"},
        {{.recursive = true, .min_interval_ms = 7200000, .max_interval_ms = 90000},
         "min-age: '2h' is longer than max-age, 90s"},
        {{.recursive = true, .scope = FORAGE_SCOPE_ANY + 1}, "there is no such scope"},
        {{.recursive = true, .convert_links = true, .in_memory = true},
         "convert-links: links are converted in files, by what the state knows of them"},
        {{.recursive = true, .convert_links = true, .no_state = true},
         "convert-links: links are converted in files, by what the state knows of them"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char error[256] = "";
        cr_expect_eq(forage_check(&rows[i].options, error, sizeof error), FORAGE_USAGE, "%s", rows[i].says);
        cr_expect_str_eq(error, rows[i].says);
        cr_expect_eq(forage_check(&rows[i].options, NULL, 0), FORAGE_USAGE);
    }
}

Test(config, options_of_a_crawl_are_refused_without_one)
{
    static const char *const any[] = {"."};
    const struct forage_options rows[] = {{.max_depth = 1},
                                          {.max_depth = FORAGE_DEPTH_NONE},
                                          {.scope = FORAGE_SCOPE_ANY},
                                          {.requisites = true},
                                          {.sitemaps = true},
                                          {.follow_nofollow = true},
                                          {.accept = any, .accept_count = 1},
                                          {.reject = any, .reject_count = 1},
                                          {.max_pages = 1},
                                          {.max_pages_per_host = 1},
                                          {.convert_links = true},
                                          {.min_interval_ms = 1},
                                          {.max_interval_ms = 1},
                                          {.max_path_depth = 1},
                                          {.max_repeats = 1},
                                          {.max_query = 1},
                                          {.max_chain = 1},
                                          {.max_same = FORAGE_NO_LIMIT}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct forage_options o = rows[i];
        char error[256] = "";
        cr_expect_eq(forage_check(&o, error, sizeof error), FORAGE_USAGE, "%zu", i);
        cr_expect_str_eq(error, "an option of recursive crawls is given without asking for one");
        o.recursive = true;
        cr_expect_eq(forage_check(&o, error, sizeof error), FORAGE_OK, "%zu: %s", i, error);
    }
}

Test(config, patterns_media_types_and_parameters_are_looked_at_one_by_one)
{
    static const char type[] = "must look like text/html or image/*", parameter[] = "must be a name, utm_* or tracking";
    static const struct {
        const char *text, *accept, *reject, *types, *strip;
    } rows[] = {
        {"text/html", NULL, NULL, NULL, NULL},
        {"", NULL, NULL, type, parameter},
        {"image/*", NULL, NULL, NULL, NULL},
        {"application/ld+json", NULL, NULL, NULL, NULL},
        {"*/*", "accept: '*/*', at offset 0: quantifier does not follow a repeatable item",
         "reject: '*/*', at offset 0: quantifier does not follow a repeatable item", type, parameter},
        {"(a", "accept: '(a', at offset 2: missing closing parenthesis",
         "reject: '(a', at offset 2: missing closing parenthesis", type, NULL},
        {"utm_*", NULL, NULL, type, NULL},
        {"a=b", NULL, NULL, type, parameter},
        {"a\nb", NULL, NULL, type, parameter},
        {"text/", NULL, NULL, type, NULL},
        {"/html", NULL, NULL, type, NULL},
        {"text/html/x", NULL, NULL, type, NULL},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        const char *const texts[] = {"a/b", rows[i].text};
        const struct {
            struct forage_options options;
            const char *says;
        } uses[] = {{{.recursive = true, .accept = texts, .accept_count = 2}, rows[i].accept},
                    {{.recursive = true, .reject = texts, .reject_count = 2}, rows[i].reject},
                    {{.types = texts, .type_count = 2}, rows[i].types},
                    {{.strip_query = texts, .strip_query_count = 2}, rows[i].strip}};
        for (size_t k = 0; k < SUPPORT_COUNT(uses); k++) {
            char error[256] = "";
            enum forage_status s = forage_check(&uses[k].options, error, sizeof error);
            cr_expect_eq(s, uses[k].says ? FORAGE_USAGE : FORAGE_OK, "'%s' as %zu: %s", rows[i].text, k, error);
            const char *behind = strstr(error, "' "), *kept = k < 2 || !behind ? error : behind + 2;
            cr_expect_str_eq(kept, uses[k].says ? uses[k].says : "", "'%s' as %zu", rows[i].text, k);
        }
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
