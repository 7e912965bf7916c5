/* The options of a crawl on the command line and in a configuration: what they need, what is refused, and what is said.
 * What they do is shown where the crawl is tested. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(recursive_options, .timeout = 60);

/* Nothing is asked of it: each run is refused first. */
#define SITE "http://127.0.0.1:1/"

static void expect_refused(const char *const *arguments, const char *says)
{
    struct run run = {0};
    run_argv(&run, arguments);
    cr_expect(run.status == FORAGE_EXIT_USAGE && strcmp(run.err, says) == 0 && files_count(run.folder) == 0,
              "%s: expected %sgot status %d: %s", arguments[0], says, run.status, run.err);
    run_release(&run);
}

Test(recursive_options, one_without_recursive_is_a_usage_error_that_says_so)
{
    static const char *const rows[][2] = {
        {"--depth", "2"},          {"--scope", "host"},  {"--accept", "."},         {"--reject", "."},
        {"--requisites", NULL},    {"--sitemaps", NULL}, {"--follow-nofollow"},     {"--max-pages", "5"},
        {"--convert-links", NULL}, {"--min-age", "1h"},  {"--max-path-depth", "5"}, {"--max-repeats", "5"},
        {"--max-query", "none"},   {"--max-chain", "5"}, {"--max-same", "5"},       {"--max-pages-per-host", "5"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *says = support_format("forage: %s needs --recursive\n", rows[i][0]);
        expect_refused((const char *const[]){SITE, rows[i][0], rows[i][1], NULL}, says);
        expect_refused((const char *const[]){"--recursive=off", SITE, rows[i][0], rows[i][1], NULL}, says);
        free(says);
    }
    expect_refused((const char *const[]){SITE, "-d2", NULL}, "forage: --depth needs --recursive\n");
}

Test(recursive_options, a_value_without_a_meaning_is_one_line_and_status_2)
{
    static const struct {
        const char *option, *says;
    } rows[] = {
        {"--depth=-1", "forage: --depth: '-1' is neither a number from 0 to 1000000 nor none\n"},
        {"--depth=all", "forage: --depth: 'all' is neither a number from 0 to 1000000 nor none\n"},
        {"--scope=world", "forage: --scope: 'world' is none of host, domain, folder, list, any\n"},
        {"--scope=", "forage: --scope: '' is none of host, domain, folder, list, any\n"},
        {"--accept=(a", "forage: pattern to accept 1, at offset 2: missing closing parenthesis\n"},
        {"--reject=*", "forage: pattern to reject 1, at offset 0: quantifier does not follow a repeatable item\n"},
        {"--types=text/html,,a/b", "forage: --types: 'text/html,,a/b' has an empty part\n"},
        {"--types=", "forage: --types: '' has an empty part\n"},
        {"--types=html", "forage: a media type must look like text/html or image/*\n"},
        {"--strip-query= , ", "forage: --strip-query: ' , ' has an empty part\n"},
        {"--strip-query=a=b", "forage: a parameter to strip must be a name, utm_* or tracking\n"},
        {"--max-pages=0", "forage: --max-pages: '0' is neither a number above 0 nor none\n"},
        {"--max-pages-per-host=-1", "forage: --max-pages-per-host: '-1' is neither a number above 0 nor none\n"},
        {"--max-path-depth=", "forage: --max-path-depth: '' is neither a number above 0 nor none\n"},
        {"--max-repeats=None", "forage: --max-repeats: 'None' is neither a number above 0 nor none\n"},
        {"--max-query=1k", "forage: --max-query: '1k' is neither a number above 0 nor none\n"},
        {"--max-chain=18446744073709551615",
         "forage: --max-chain: '18446744073709551615' is neither a number above 0 nor none\n"},
        {"--max-same= 1", "forage: --max-same: ' 1' is neither a number above 0 nor none\n"},
        {"--min-age=soon", "forage: --min-age: 'soon' is not a duration, such as 30, 1.5 or 2m\n"},
        {"--help=everything", "forage: --help: 'everything' is no topic (see forage --help)\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        expect_refused((const char *const[]){"-r", rows[i].option, SITE, NULL}, rows[i].says);
}

Test(recursive_options, what_does_not_fit_together_is_refused)
{
    static const struct {
        const char *options[3];
        const char *says;
    } rows[] = {
        {{"--min-age=2d", "--max-age=1d"},
         "forage: the shortest time until a page is asked for again is longer than the longest\n"},
        {{"--convert-links", "--no-state"}, "forage: links are converted in files, by what the state knows of them\n"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++)
        expect_refused((const char *const[]){"-r", rows[i].options[0], rows[i].options[1], SITE, NULL}, rows[i].says);
}

/* Of --max-age=0 with --recursive nothing is known outside but that it is an interval: it may not be below
 * --min-age. */
Test(recursive_options, max_age_bounds_an_interval_only_when_recursive_is_given_wherever_that_stands)
{
    static const char interval[] =
        "forage: the shortest time until a page is asked for again is longer than the longest\n";
    expect_refused((const char *const[]){"--max-age=0", "--min-age=1s", SITE, "-r", NULL}, interval);
    expect_refused((const char *const[]){"-r", "--min-age=1s", SITE, "--max-age=0", NULL}, interval);
}

static char *folder_with(const char *text)
{
    char *folder = files_temp_folder(), *path = files_path(folder, "config");
    files_write(path, text, -1);
    free(path);
    return folder;
}

Test(recursive_options, a_configuration_may_hold_them_for_crawls_and_is_good_for_lists_too)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = folder_with("depth = 3\nscope = domain\naccept = nothing\nreject = .\nmax-pages = 1\nsitemaps = on\n"
                               "convert-links = on\nmin-age = 2d\nmax-age = 3d\nmax-chain = none\n");
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/one\nwww.shop.com/two\n"}};
    crawl_run(&c, f, "--config", "config", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "2 fetched"), "%s", c.run.err);
    crawl_release(&c);
    c = (struct crawl){.run = {.working_folder = folder, .input = "www.shop.com/one\nwww.shop.com/two\n"}};
    crawl_run(&c, f, "--config", "config", "-", NULL);
    cr_expect(text_has(c.run.err, "0 fetched (0 B), 0 failed, 2 skipped"), "--max-age is what it is for lists: %s",
              c.run.err);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(recursive_options, a_line_of_a_configuration_is_judged_as_in_a_crawl)
{
    static const char *const rows[][2] = {
        {"accept = (a\n", "config:1: pattern to accept 1, at offset 2: missing closing parenthesis\n"},
        {"accept = .\naccept = a{2\naccept = [\n",
         "config:3: pattern to accept 3, at offset 1: missing terminating ] for character class\n"},
        {"types = text/html, image\n", "config:1: a media type must look like text/html or image/*\n"},
        {"min-age = 2d\nmax-age = 1d\n",
         "config:2: the shortest time until a page is asked for again is longer than the longest\n"},
        {"scope = planet\n", "config:1: scope: 'planet' is none of host, domain, folder, list, any\n"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *folder = folder_with(rows[i][0]);
        struct run run = {.working_folder = folder};
        run_forage(&run, "--config", "config", SITE, NULL);
        cr_expect_eq(run.status, FORAGE_EXIT_USAGE);
        cr_expect_str_eq(run.err, rows[i][1]);
        run_release(&run);
        files_remove(folder);
        free(folder);
    }
}

Test(recursive_options, help_of_a_topic_has_its_options_and_no_other)
{
    static const struct {
        const char *word, *heading, *has, *has_not;
    } rows[] = {{"crawl", "\nCrawl of a site:\n", "--recursive", "--max-chain"},
                {"traps", "\nTraps:\n", "--max-chain", "--recursive"},
                {"memory", "\nFrom run to run:\n", "--min-age", "--max-chain"},
                {"modes", "\nInstead of a crawl, and configuration:\n", "--status", "--recursive"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *option = support_format("--help=%s", rows[i].word);
        struct run run = {0};
        run_forage(&run, option, NULL);
        cr_expect_eq(run.status, FORAGE_EXIT_OK, "%s", run.err);
        cr_expect_eq(strncmp(run.out, rows[i].heading, strlen(rows[i].heading)), 0, "%s", run.out);
        cr_expect(text_has(run.out, rows[i].has) && !text_has(run.out, rows[i].has_not), "%s", run.out);
        run_release(&run);
        free(option);
    }
}

/* Topic by topic the same text as in the whole, so that no topic is without a word. */
Test(recursive_options, each_topic_that_help_names_has_a_part_and_together_they_have_every_option)
{
    struct run whole = {0};
    size_t rows = 0;
    run_forage(&whole, "--help", NULL);
    char *words = strstr(whole.out, "TOPIC is one of");
    cr_assert(words);
    words += strlen("TOPIC is one of");
    char *end = strchr(words, '.');
    cr_assert(end);
    *end = '\0';
    size_t expected = text_times(whole.out, "\n  -") + text_times(whole.out, "\n      --");
    for (char *rest, *word = strtok_r(words, " ,\n", &rest); word; word = strtok_r(NULL, " ,\n", &rest)) {
        char *option = support_format("--help=%s", word);
        struct run run = {0};
        run_forage(&run, option, NULL);
        cr_expect_eq(run.status, FORAGE_EXIT_OK, "%s: %s", word, run.err);
        rows += text_times(run.out, "\n  -") + text_times(run.out, "\n      --");
        run_release(&run);
        free(option);
    }
    cr_expect_eq(rows, expected);
    cr_expect_gt(rows, 60);
    run_release(&whole);
}
