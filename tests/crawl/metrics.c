/* What cron leaves for machines: --metrics, --summary and --failed of real runs. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(metrics, .timeout = 60);

#define EVIL "\x1b[31m\r\nhttp://evil.example/\n"

static const struct fixture_reply fine = {.body = "well again"};
static const struct fixture_route routes[] = {
    {.path = "/", .reply = {.body = "home"}},
    {.path = "/gone", .reply = {.status = 404}},
    {.path = "/large", .reply = {.generated = 5000}},
    {.path = "/once", .reply = {.status = 503, .times = 1, .then = &fine}},
    {.path = "/raw", .reply = {.fault = FIXTURE_RAW, .body = "HTTP/1.1 200 " EVIL, .end = FIXTURE_DROP}},
    {0}};

static void expect_sample(const char *text, const struct crawl *c, const char *name, const char *labels,
                          const char *value)
{
    char *line = support_format("\n%s{folder=\"%s/output\"%s} %s\n", name, c->run.folder, labels, value);
    cr_expect(text_has(text, line), "%s is not in\n%s", line, text);
    free(line);
}

/* What promtool says of TEXT. */
static void expect_promtool_content(const char *text)
{
    struct run run = {.program = "/usr/bin/promtool", .input = text};
    run_start(&run, (const char *const[]){"check", "metrics", NULL});
    run_wait(&run);
    cr_expect(run.status == 0 && !*run.out && !*run.err, "status %d: %s%s", run.status, run.out, run.err);
    run_release(&run);
}

static double seconds_of(const char *text, const char *name)
{
    char *start = support_format("\n%s{", name);
    const char *at = strstr(text, start);
    free(start);
    cr_assert(at, "%s is not in\n%s", name, text);
    return strtod(strchr(at, '}') + 1, NULL);
}

Test(metrics, a_run_with_failures_is_told_as_a_textfile_that_promtool_takes)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\nwww.shop.com/gone\nwww.shop.com/large\nhttp://dead.example:1/\n"};
    crawl_run(&c, f, "--max-size", "1000", "--metrics", "forage.prom", "--resolve", "dead.example:1:127.0.0.1", "-",
              NULL);
    char *text = crawl_read(&c, "forage.prom");
    expect_sample(text, &c, "forage_run_pages", ",outcome=\"new\"", "1");
    expect_sample(text, &c, "forage_run_pages", ",outcome=\"gone\"", "1");
    expect_sample(text, &c, "forage_run_pages", ",outcome=\"failed\"", "2");
    expect_sample(text, &c, "forage_run_failures", ",error=\"status\"", "1");
    expect_sample(text, &c, "forage_run_failures", ",error=\"too-large\"", "1");
    expect_sample(text, &c, "forage_run_failures", ",error=\"refused\"", "1");
    expect_sample(text, &c, "forage_run_hosts", ",class=\"errors\"", "1");
    expect_sample(text, &c, "forage_run_hosts", ",class=\"unreachable\"", "1");
    expect_sample(text, &c, "forage_run_hosts", ",class=\"well\"", "0");
    expect_sample(text, &c, "forage_run_body_bytes", "", "4");
    expect_sample(text, &c, "forage_run_complete", "", "1");
    expect_sample(text, &c, "forage_last_success_timestamp_seconds", "", "0.000");
    cr_expect_eq(seconds_of(text, "forage_run_exit_status"), c.run.status);
    cr_expect_eq(text[strlen(text) - 1], '\n');
    if (files_exists("/usr/bin/promtool"))
        expect_promtool_content(text);
    else
        cr_skip_test("promtool is not installed (Debian package prometheus)");
    free(text);
    crawl_release(&c);
    fixture_stop(f);
}

Test(metrics, the_last_success_stays_while_runs_fail)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\n"};
    crawl_run(&c, f, "--metrics", "forage.prom", "-", NULL);
    char *text = crawl_read(&c, "forage.prom");
    double success = seconds_of(text, "forage_last_success_timestamp_seconds");
    cr_expect_eq(success, seconds_of(text, "forage_run_end_timestamp_seconds"));
    cr_expect_geq(success, seconds_of(text, "forage_run_start_timestamp_seconds"));
    free(text);

    c.run.input = "www.shop.com/gone\n";
    crawl_again(&c, f, "--metrics", "forage.prom", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER);
    text = crawl_read(&c, "forage.prom");
    cr_expect_eq(seconds_of(text, "forage_last_success_timestamp_seconds"), success);
    cr_expect_gt(seconds_of(text, "forage_run_end_timestamp_seconds"), success);
    free(text);
    crawl_release(&c);
    fixture_stop(f);
}

Test(metrics, the_summary_has_the_same_figures)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\nwww.shop.com/gone\n"};
    crawl_run(&c, f, "--summary", "run.json", "-", NULL);
    char *text = crawl_read(&c, "run.json");
    json_t *s = json_loads(text, 0, NULL);
    cr_assert(s, "%s", text);
    const json_t *pages = json_object_get(s, "pages");
    cr_expect_eq(json_integer_value(json_object_get(pages, "new")), 1);
    cr_expect_eq(json_integer_value(json_object_get(pages, "gone")), 1);
    cr_expect_eq(json_integer_value(json_object_get(pages, "failed")), 0);
    cr_expect_eq(json_integer_value(json_object_get(s, "exit_status")), FORAGE_EXIT_SERVER);
    cr_expect_eq(json_integer_value(json_object_get(s, "bytes")), 4);
    cr_expect(json_is_true(json_object_get(s, "complete")));
    json_decref(s);
    free(text);
    crawl_release(&c);
    fixture_stop(f);
}

Test(metrics, the_list_of_failures_can_be_fetched_and_is_empty_when_all_went_well)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com\nhttp://ann:secret@www.shop.com/once\n    header=X-Mine: yes\n"};
    crawl_run(&c, f, "--failed", "failed", "-", NULL);
    char *text = crawl_read(&c, "failed"), *path = files_path(c.run.folder, "failed");
    cr_expect_str_eq(text, "# 503\nhttp://ann:secret@www.shop.com/once\n    header=X-Mine: yes\n");
    cr_expect_eq(files_mode(path), 0600);
    cr_expect_not(text_has(c.run.err, "secret"));
    free(text);
    free(path);

    c.run.input = NULL;
    crawl_again(&c, f, "--failed", "failed", "failed", NULL);
    cr_expect_eq(c.run.status, 0, "%s", c.run.err);
    text = crawl_read(&c, "failed");
    cr_expect_str_eq(text, "");
    free(text);
    crawl_release(&c);
    fixture_stop(f);
}

Test(metrics, nothing_that_a_server_says_becomes_a_line_of_the_list)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/raw\n"};
    crawl_run(&c, f, "--failed", "failed", "-", NULL);
    char *text = crawl_read(&c, "failed");
    cr_expect_eq(text_lines(text), 2, "%s", text);
    cr_expect(text_has(text, "\nhttp://www.shop.com/raw\n"), "%s", text);
    for (const char *at = text; *at; at++)
        cr_expect((*at >= ' ' && *at <= '~') || *at == '\n', "%s", text);
    free(text);
    crawl_release(&c);
    fixture_stop(f);
}

Test(metrics, a_file_that_cannot_be_written_is_named_and_fails_the_run)
{
    static const char *const options[] = {"--metrics", "--summary", "--failed", "--log"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        struct crawl c = {.run.input = "www.shop.com\n"};
        crawl_run(&c, f, options[i], "missing/file", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s: %d", options[i], c.run.status);
        cr_expect(text_has(c.run.err, "missing/file: "), "%s: %s", options[i], c.run.err);
        cr_expect_eq(text_lines(c.run.err), 1 + text_has(c.run.err, " fetched ("), "%s: %s", options[i], c.run.err);
        crawl_release(&c);
    }
    fixture_stop(f);
}
