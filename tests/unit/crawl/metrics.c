/* A run's figures as machines read them: the Prometheus textfile and the JSON summary. */
#include "crawl/outputs/metrics.h"

#include "base/status.h"
#include "crawl/outputs/summary_file.h"

#include "folder_support.h"

#include <errno.h>
#include <jansson.h>
#include <sys/wait.h>

TestSuite(metrics, .init = folder_make, .fini = folder_remove, .timeout = 60);

static struct run_figures figures_of_a_run(void)
{
    struct run_figures f = {
        .folder = "/srv/pages",
        .started_ms = 1795257900123,
        .ended_ms = 1795257912456,
        .last_success_ms = 1795254300007,
        .elapsed_ms = 12333,
        .counts = {.fetched = 60,
                   .failed = 15,
                   .skipped = 4,
                   .new_pages = 10,
                   .changed = 20,
                   .unchanged = 30,
                   .gone = 3,
                   .put_off = 2,
                   .bad_lines = 1,
                   .bytes = UINT64_C(1) << 40},
        .hosts_well = 7,
        .hosts_with_errors = 2,
        .hosts_unreachable = 1,
        .exit_status = 8,
        .complete = true,
    };
    f.failures[FETCH_OK] = 9;
    f.failures[FETCH_TOO_LARGE] = 6;
    return f;
}

static void expect_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    bool whole = at && (at == text || at[-1] == '\n') && at[strlen(line)] == '\n';
    cr_expect(whole, "%s is not in\n%s", line, text);
}

Test(metrics, every_figure_is_a_sample)
{
    static const char *const lines[] = {
        "# TYPE forage_run_pages gauge",
        "forage_run_start_timestamp_seconds{folder=\"/srv/pages\"} 1795257900.123",
        "forage_run_end_timestamp_seconds{folder=\"/srv/pages\"} 1795257912.456",
        "forage_run_duration_seconds{folder=\"/srv/pages\"} 12.333",
        "forage_last_success_timestamp_seconds{folder=\"/srv/pages\"} 1795254300.007",
        "forage_run_exit_status{folder=\"/srv/pages\"} 8",
        "forage_run_complete{folder=\"/srv/pages\"} 1",
        "forage_run_body_bytes{folder=\"/srv/pages\"} 1099511627776",
        "forage_run_bad_lines{folder=\"/srv/pages\"} 1",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"new\"} 10",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"changed\"} 20",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"unchanged\"} 30",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"gone\"} 3",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"put-off\"} 2",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"failed\"} 10",
        "forage_run_pages{folder=\"/srv/pages\",outcome=\"skipped\"} 4",
        "forage_run_failures{folder=\"/srv/pages\",error=\"status\"} 9",
        "forage_run_failures{folder=\"/srv/pages\",error=\"too-large\"} 6",
        "forage_run_failures{folder=\"/srv/pages\",error=\"timeout\"} 0",
        "forage_run_hosts{folder=\"/srv/pages\",class=\"well\"} 7",
        "forage_run_hosts{folder=\"/srv/pages\",class=\"errors\"} 2",
        "forage_run_hosts{folder=\"/srv/pages\",class=\"unreachable\"} 1",
    };
    struct run_figures f = figures_of_a_run();
    struct atomic_failure failure;
    put_file("forage.prom", "old");
    cr_assert(metrics_write(in_folder("forage.prom"), &f, &failure));
    const char *text = content_of("forage.prom");
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        expect_line(text, lines[i]);
    cr_assert_eq(text[strlen(text) - 1], '\n');
    cr_assert_eq(entries(), 1);
}

Test(metrics, a_run_that_knows_nothing_has_every_series_all_the_same)
{
    struct run_figures none = {.folder = ""}, some = figures_of_a_run();
    struct buffer a = {0}, b = {0};
    size_t lines[2] = {0};
    cr_assert(metrics_format(&none, &a) && metrics_format(&some, &b));
    for (const char *c = a.data; *c; c++)
        lines[0] += *c == '\n';
    for (const char *c = b.data; *c; c++)
        lines[1] += *c == '\n';
    cr_assert_eq(lines[0], lines[1]);
    expect_line(a.data, "forage_last_success_timestamp_seconds{folder=\"\"} 0.000");
    buffer_release(&a);
    buffer_release(&b);
}

Test(metrics, pages_that_are_gone_or_put_off_are_not_counted_as_failed_too)
{
    struct run_figures f = {.folder = "", .counts = {.failed = 2, .gone = 2, .put_off = 1}};
    struct run_outcome o[RUN_OUTCOMES];
    uint64_t sum = 0;
    run_figures_outcomes(&f, o);
    for (int i = 0; i < RUN_OUTCOMES; i++)
        sum += o[i].pages;
    cr_assert_eq(sum, 3);
}

static const struct {
    const char *folder, *label, *json;
} folders[] = {
    {"/a b", "/a b", "/a b"},
    {"a\"b\\c", "a\\\"b\\\\c", "a\"b\\c"},
    {"a\nforage_x 1\n", "a\\nforage_x 1\\n", "a\nforage_x 1\n"},
    {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
    {"\xff/\xc3\xa9\x80", "?/\xc3\xa9?", "?/???"},
    {"a\x1b[2J\rb", "a\x1b[2J\rb", "a\x1b[2J\rb"},
};

Test(metrics, the_folder_is_escaped_as_the_format_wants_it)
{
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct run_figures f = {.folder = folders[i].folder};
        struct buffer text = {0};
        char line[200];
        cr_assert(metrics_format(&f, &text));
        snprintf(line, sizeof line, "forage_run_complete{folder=\"%s\"} 0", folders[i].label);
        expect_line(text.data, line);
        buffer_release(&text);
    }
}

/* What promtool says of the file; its exit status is 0 when nothing is wrong. */
static int promtool(const char *name, char *said, size_t size)
{
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "promtool check metrics <'%s' 2>&1", in_folder(name));
    FILE *p = popen(command, "r");
    cr_assert(p);
    said[fread(said, 1, size - 1, p)] = '\0';
    return pclose(p);
}

Test(metrics, promtool_finds_nothing_to_say)
{
    char said[8192];
    if (system("command -v promtool >/dev/null") != 0)
        cr_skip_test("promtool is not installed (Debian package prometheus)");
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct run_figures f = figures_of_a_run();
        struct atomic_failure failure;
        f.folder = folders[i].folder;
        cr_assert(metrics_write(in_folder("a.prom"), &f, &failure));
        int status = promtool("a.prom", said, sizeof said);
        cr_expect(status == 0 && !*said, "%zu: status %d: %s", i, status, said);
    }
    put_file("bad.prom", "# TYPE forage_pages_total gauge\nforage_pages_total 1\n");
    cr_assert_neq(promtool("bad.prom", said, sizeof said), 0, "it does look");
}

/* ---- The summary ---- */

Test(summary, every_figure_is_there)
{
    struct run_figures f = figures_of_a_run();
    json_t *wanted =
        json_pack("{ss ss ss si ss si sb sI si s{si si si si si si si} s{si si si}}", "folder", "/srv/pages", "started",
                  "2026-11-21T10:45:00.123Z", "ended", "2026-11-21T10:45:12.456Z", "ms", 12333, "last_success",
                  "2026-11-21T09:45:00.007Z", "exit_status", 8, "complete", 1, "bytes", (json_int_t)1 << 40,
                  "bad_lines", 1, "pages", "new", 10, "changed", 20, "unchanged", 30, "gone", 3, "put-off", 2, "failed",
                  10, "skipped", 4, "hosts", "well", 7, "errors", 2, "unreachable", 1);
    char *text = summary_format(&f);
    json_t *found = json_loads(text, 0, NULL);
    cr_assert(found, "%s", text);
    json_t *failures = json_object_get(found, "failures");
    cr_expect_eq(json_object_size(failures), FETCH_ERROR_COUNT);
    cr_expect_eq(json_integer_value(json_object_get(failures, "status")), 9);
    cr_expect_eq(json_integer_value(json_object_get(failures, "too-large")), 6);
    json_object_del(found, "failures");
    cr_expect(json_equal(found, wanted), "%s", text);
    json_decref(found);
    json_decref(wanted);
    free(text);
}

Test(summary, it_is_one_line_of_ascii_whatever_the_folder_is_called)
{
    for (size_t i = 0; i < COUNT_OF(folders); i++) {
        struct run_figures f = {.folder = folders[i].folder};
        char *text = summary_format(&f);
        json_t *found = json_loads(text, 0, NULL);
        cr_assert(found, "%s", text);
        cr_expect_str_eq(json_string_value(json_object_get(found, "folder")), folders[i].json);
        cr_expect(json_is_null(json_object_get(found, "last_success")));
        cr_expect_eq(strchr(text, '\n'), text + strlen(text) - 1);
        for (const char *c = text; c[1]; c++)
            cr_expect(*c >= ' ' && *c <= '~', "%s", text);
        json_decref(found);
        free(text);
    }
}

Test(summary, it_takes_the_place_of_the_old_one, .init = folder_make, .fini = folder_remove)
{
    struct run_figures f = figures_of_a_run();
    struct atomic_failure failure;
    put_file("run.json", "old");
    cr_assert(summary_write(in_folder("run.json"), &f, &failure));
    char *wanted = summary_format(&f);
    cr_assert_str_eq(content_of("run.json"), wanted);
    cr_assert_eq(mode_of("run.json"), 0644);
    free(wanted);
    cr_assert_not(summary_write(in_folder("missing/run.json"), &f, &failure));
    cr_assert_eq(failure.error, ENOENT);
    cr_assert_not(metrics_write(in_folder("missing/run.prom"), &f, &failure));
    cr_assert_eq(failure.error, ENOENT);
}
