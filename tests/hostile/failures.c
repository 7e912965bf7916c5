/* Failures: each is named, counted and in the exit status, whatever its place in the list and however quiet the run. */
#include "hostile/attack.h"

#include <signal.h>

TestSuite(failures, .timeout = 60);

/* A list in which each kind of failure stands between pages that are fine, and its lines turned round. */
enum { LINES = 9 };

static const struct fixture_route routes[] = {
    {.path = "/gone", .reply = {.status = 404}},
    {.path = "/login", .reply = {.status = 401}},
    {.path = "/cut", .reply = {.generated = 5000, .end = FIXTURE_DROP, .cut_at = 700}},
    {.path = "/loop", .reply = {.location = "/loop"}},
    {.path = "/file", .reply = {.location = "file:///etc/passwd"}},
    {.path = "/large", .reply = {.generated = 2 << 20}},
    {.path = "/", .prefix = true, .reply = {.body = "page"}},
    {0}};

static char *rotated_list(struct fixture *f, size_t by)
{
    static const char *const targets[LINES] = {"/1", "/gone", "/login", "/2", "/cut", "/loop", "/file", "/large", "/3"};
    char *list = support_alloc(LINES * 64);
    for (size_t i = 0, len = 0; i < LINES; i++)
        len += (size_t)sprintf(list + len, "%s\n", fixture_url(f, targets[(i + by) % LINES]));
    return list;
}

/* Invariant 9. */
Test(failures, the_same_failures_in_any_order_give_the_same_status_and_the_same_words)
{
    static const char *const failing[] = {"/gone", "/login", "/cut", "/loop", "/file", "/large"};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    for (size_t by = 0; by < LINES; by++) {
        char *list = rotated_list(f, by);
        struct run run = {.input = list};
        run_forage(&run, "-q", "-o", "out", "--log", "log", "--robots", "off", "--tries", "1", "--max-size", "1M",
                   by % 2 ? "-j1" : "-j2", "-", NULL);
        attack_check(&run);
        cr_assert_eq(run.status, 4, "rotated by %zu: status %d", by, run.status);
        cr_assert_eq(text_lines(run.err), SUPPORT_COUNT(failing), "%s", run.err);
        for (size_t i = 0; i < SUPPORT_COUNT(failing); i++) {
            char *words = support_format("forage: %s: ", fixture_url(f, failing[i]));
            cr_assert_eq(text_times(run.err, words), 1, "rotated by %zu: %s\n%s", by, words, run.err);
            free(words);
        }
        char *pages = attack_pages(&run);
        cr_assert_str_eq(pages, "127.0.0.1/1~.html\n127.0.0.1/2~.html\n127.0.0.1/3~.html\n");
        free(pages);
        run_release(&run);
        free(list);
    }
    fixture_stop(f);
}

/* Invariant 9: where standard error goes nowhere, the status still says it, and the pages are there. */
Test(failures, a_broken_standard_error_changes_no_page_and_no_status)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = rotated_list(f, 0);
    struct run run = {.program = "sh", .input = list};
    run_argv(&run, (const char *const[]){"-c",
                                         "\"$FORAGE_BINARY\" -v -o out --log log --max-size 1M - 2>&-; echo closed $?; "
                                         "\"$FORAGE_BINARY\" -v -o out --log log --max-size 1M one.txt 2>/dev/full; "
                                         "echo full $?",
                                         NULL});
    cr_assert(text_has(run.out, "closed 4\n"), "%s", run.out);
    cr_assert(text_has(run.out, "full 3\n"), "%s", run.out); /* one.txt is not there */
    cr_assert(attack_file_is(&run, "out/127.0.0.1/1~.html", "page"));
    run_release(&run);
    free(list);
    fixture_stop(f);
}

/* Invariant 9: a log cannot hold every name of a folder as text, but it holds every URL. */
Test(failures, an_output_folder_that_is_no_text_loses_no_line_of_the_log)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct run run = {0};
    run_forage(&run, "-o", "\xff\xfe out", "--log", "log", fixture_url(f, "/1"), fixture_url(f, "/gone"), NULL);
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), 2, "%s", run.err);
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/1")), "");
    cr_assert(attack_file_is(&run, "\xff\xfe out/127.0.0.1/1~.html", "page"));
    json_decref(log);
    run_release(&run);
    fixture_stop(f);
}
