/* The exit status: one for each kind of failure, and of several the lowest that is neither 0 nor 1, in any order. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Status 2 is in command_line.c, 5 in tls.c, too, 128 and more in signals.c. */
TestSuite(exit_status, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/other", .reply = {.location = "ftp://www.shop.com/"}},
    {.path = "/network", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}},
    {.path = "/unauthorised", .reply = {.status = 401, .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n"}},
    {.path = "/proxy", .reply = {.status = 407}},
    {.path = "/protocol", .reply = {.fault = FIXTURE_RAW, .body = "hello\r\n\r\n", .end = FIXTURE_DROP}},
    {.path = "/coding", .reply = {.body = "not gzip", .headers = "Content-Encoding: gzip\r\n"}},
    {.path = "/redirect", .reply = {.location = "/redirect"}},
    {.path = "/404", .reply = {.status = 404}},
    {.path = "/500", .reply = {.status = 500}},
    {.path = "/304", .reply = {.status = 304}},
    {.path = "/204", .reply = {.status = 204}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

static int status_of(struct fixture *f, const char *list)
{
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-q", "-", NULL);
    int status = c.run.status;
    crawl_release(&c);
    return status;
}

Test(exit_status, each_kind_of_failure_has_its_own)
{
    static const struct {
        const char *list;
        int status;
    } rows[] = {
        {"", 0},
        {"www.shop.com/fine\n", 0},
        {"www.shop.com/204\n", 0},
        {"www.shop.com/fine\nwww.shop.com/fine\n", 0}, /* a duplicate is no failure */
        {"www.shop.com/other\n", 1},
        {"not a line\n", 1},
        {"www.shop.com/network\n", 4},
        {"www.shop.com/unauthorised\n", 6},
        {"www.shop.com/proxy\n", 6},
        {"www.shop.com/protocol\n", 7},
        {"www.shop.com/coding\n", 7},
        {"www.shop.com/redirect\n", 7},
        {"www.shop.com/404\n", 8},
        {"www.shop.com/500\n", 8},
        {"www.shop.com/304\n", 7}, /* nobody asked whether it changed */
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        int status = status_of(f, rows[i].list);
        cr_expect_eq(status, rows[i].status, "%sis %d, not %d", rows[i].list, status, rows[i].status);
    }
    fixture_stop(f);
}

Test(exit_status, of_several_failures_the_lowest_counts_in_any_order)
{
    static const char *const lines[] = {"www.shop.com/404\n",          "not a line\n",        "www.shop.com/network\n",
                                        "www.shop.com/unauthorised\n", "www.shop.com/fine\n", "www.shop.com/coding\n"};
    static const struct {
        unsigned used; /* a bit a line */
        int status;
    } rows[] = {{0x3f, 4}, {0x3b, 6}, {0x33, 7}, {0x13, 8}, {0x12, 1}, {0x10, 0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        for (size_t first = 0; first < SUPPORT_COUNT(lines); first++) {
            char list[512] = "";
            for (size_t k = 0; k < SUPPORT_COUNT(lines); k++) {
                size_t line = (first + k) % SUPPORT_COUNT(lines);
                if (rows[i].used >> line & 1)
                    strcat(list, lines[line]);
            }
            int status = status_of(f, list);
            cr_expect_eq(status, rows[i].status, "%s is %d, not %d", list, status, rows[i].status);
        }
    }
    fixture_stop(f);
}

/* 3 is a page whose folder cannot be made, 5 a server that does not speak TLS. */
Test(exit_status, files_and_tls_count_before_what_is_higher_in_any_order)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder(), *path = files_path(folder, "output/clash"), tls[48];
    files_write(path, "in the way", -1);
    struct nginx *n = nginx_start(NULL);
    snprintf(tls, sizeof tls, "https://127.0.0.1:%u/\n", nginx_port(n));
    const char *const lines[] = {"www.clash.com/x\n", "www.shop.com/network\n", tls, "www.shop.com/404\n"};
    static const struct {
        size_t order[4];
        int status;
    } rows[] = {{{0, 1, 2, 3}, 3}, {{3, 2, 1, 0}, 3}, {{2, 3, 0, 3}, 3},
                {{1, 2, 2, 1}, 4}, {{2, 3, 3, 3}, 5}, {{3, 3, 3, 2}, 5}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        char *list = support_format("%s%s%s%s", lines[rows[i].order[0]], lines[rows[i].order[1]],
                                    lines[rows[i].order[2]], lines[rows[i].order[3]]);
        struct crawl c = {.run = {.input = list, .working_folder = folder}};
        crawl_run(&c, f, "-q", "-", NULL);
        cr_expect_eq(c.run.status, rows[i].status, "%s is %d, not %d", list, c.run.status, rows[i].status);
        crawl_release(&c);
        free(list);
    }
    files_remove(folder);
    free(folder);
    free(path);
    nginx_stop(n);
    fixture_stop(f);
}

Test(exit_status, a_log_that_cannot_be_written_is_a_failure_of_a_file)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char resolve[48];
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", fixture_port(f));
    struct run run = {0};
    run_forage(&run, "--resolve", resolve, "--log", "/dev/full", "http://www.shop.com/fine", NULL);
    cr_assert_eq(run.status, FORAGE_EXIT_FILE, "%s", run.err);
    cr_assert(text_has(run.err, "/dev/full"), "%s", run.err);
    run_release(&run);
    fixture_stop(f);
}

Test(exit_status, help_that_nobody_reads_is_no_success)
{
    struct run run = {.closed_output = true};
    run_forage(&run, "--help", NULL);
    cr_assert_neq(run.status, FORAGE_EXIT_OK);
    run_release(&run);
}

Test(exit_status, what_is_printed_onto_a_full_disk_is_no_success)
{
    static const char *const asked[] = {"--help", "--help=traps", "--version", "--completion=bash"};
    for (size_t i = 0; i < SUPPORT_COUNT(asked); i++) {
        char *script = support_format("exec \"$FORAGE_BINARY\" %s >/dev/full", asked[i]);
        struct run run = {.program = "sh"};
        run_forage(&run, "-c", script, NULL);
        cr_expect_eq(run.status, FORAGE_EXIT_FILE, "%s", asked[i]);
        cr_expect_str_eq(run.err, "forage: standard output: No space left on device\n");
        run_release(&run);
        free(script);
    }
}

Test(exit_status, failures_that_are_expected_do_not_count_and_others_do)
{
    static const struct fixture_route some_fail[] = {{.path = "/bad", .prefix = true, .reply = {.status = 500}},
                                                     {.path = "/", .prefix = true, .reply = {.body = "x"}},
                                                     {0}};
    static const struct {
        const char *percent, *list;
        int status;
    } rows[] = {
        {"30", "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n", FORAGE_EXIT_OK},
        {"25", "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n", FORAGE_EXIT_SERVER},
        {"0", "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n", FORAGE_EXIT_SERVER},
        {"100", "www.shop.com/bad\n", FORAGE_EXIT_SERVER},
        {"50", "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n-x\n", FORAGE_EXIT_OTHER},
        {"50", "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n@missing\n", FORAGE_EXIT_FILE},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct fixture *f = fixture_start(&(struct fixture_options){.routes = some_fail});
        struct crawl c = {.run.input = rows[i].list};
        crawl_run(&c, f, "--expect-failures", rows[i].percent, "-q", "-", NULL);
        cr_expect_eq(c.run.status, rows[i].status, "row %zu: %d %s", i, c.run.status, c.run.err);
        cr_expect(text_has(c.run.err, "/bad"), "row %zu: a failure is named also when it is expected", i);
        crawl_release(&c);
        fixture_stop(f);
    }
}
