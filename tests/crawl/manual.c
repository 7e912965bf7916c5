/* The manual page: it has the options of --help, in the same order and under the same topics, and what it says of
 * files is what is in them. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(manual, .timeout = 60);

/* The page's source, freed by the caller. */
static char *read_source(void)
{
    char *path = files_path(getenv("FORAGE_SOURCE"), "doc/forage.1.scd"), *text = files_read(path, NULL);
    free(path);
    return text;
}

/* The section HEADING of the source TEXT, which is cut there. */
static char *section(char *text, const char *heading)
{
    char *line = support_format("\n# %s\n", heading), *begin = strstr(text, line);
    cr_assert(begin, "no section %s", heading);
    begin += strlen(line);
    char *end = strstr(begin, "\n# ");
    if (end)
        *end = '\0';
    free(line);
    return begin;
}

/* Append LINE, up to its end or to two blanks, to LIST, without the characters of SKIPPED. */
static void append_line(char *list, const char *line, const char *skipped)
{
    list += strlen(list);
    for (; *line && *line != '\n' && strncmp(line, "  ", 2) != 0; line++)
        if (!strchr(skipped, *line))
            *list++ = *line;
    *list++ = '\n';
    *list = '\0';
}

/* Topics and options of --help, one a line: "Pages:", "-o, --output DIR"... */
static char *list_of_help(const char *help)
{
    char *list = support_alloc(strlen(help) + 1);
    for (const char *at = strstr(help, "\n\n"); at && *at; at = strchr(at + 1, '\n')) {
        const char *line = at + 1;
        if (strncmp(line, "  -", 3) == 0)
            append_line(list, line + 2, "");
        else if (strncmp(line, "      --", 8) == 0)
            append_line(list, line + 6, "");
        else if (*line > ' ' && at[-1] == '\n' && line[strcspn(line, "\n") - 1] == ':')
            append_line(list, line, ":");
    }
    return list;
}

/* The same of the page. */
static char *list_of_page(const char *options)
{
    char *list = support_alloc(strlen(options) + 1);
    for (const char *at = options; at && *at; at = strchr(at + 1, '\n')) {
        const char *line = at + 1;
        if (strncmp(line, "## ", 3) == 0)
            append_line(list, line + 3, "");
        else if (strncmp(line, "*-", 2) == 0)
            append_line(list, line, "*_\\");
    }
    return list;
}

Test(manual, has_the_options_of_help_in_the_same_order_under_the_same_topics)
{
    struct run run = {0};
    run_forage(&run, "--help", NULL);
    char *source = read_source(), *page = list_of_page(section(source, "OPTIONS")), *help = list_of_help(run.out);
    cr_expect_str_eq(page, help, "--- the page:\n%s--- --help:\n%s", page, help);
    cr_expect_gt(text_lines(help), 50);
    free(page);
    free(help);
    free(source);
    run_release(&run);
}

Test(manual, is_rendered_without_a_warning)
{
    const char *path = getenv("FORAGE_MANUAL");
    cr_assert(path && files_exists(path), "%s", path);
    struct run run = {.program = "groff"};
    run_forage(&run, "-man", "-Tutf8", "-ww", path, NULL);
    cr_expect_eq(run.status, 0);
    cr_expect_str_eq(run.err, "");
    cr_expect(text_has(run.out, "keep the pages as files"), "%s", run.out);
    run_release(&run);
}

/* ---- What it says of files ---- */

/* Whether TEXT has WORD with nothing at either side that would make it a longer one. */
static bool has_word(const char *text, const char *word)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyz_-";
    for (const char *at = text; (at = strstr(at, word)); at++) {
        char before = at > text ? at[-1] : ' ', behind = at[strlen(word)];
        if (!(before && strchr(inside, before)) && !(behind && strchr(inside, behind)))
            return true;
    }
    return false;
}

static void expect_keys(const char *text, const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
        cr_expect(has_word(text, key), "%s is not in the page", key);
}

/* How many rows the first literal block of TEXT has that do not go on with the one above. */
static size_t rows_of_block(const char *text)
{
    size_t rows = 0;
    for (const char *at = strstr(text, "```\n"); at && (at = strchr(at, '\n')) && at[1] != '`'; at++)
        rows += at[1] != ' ';
    return rows;
}

/* A run with a page, after which LOG, METRICS and SUMMARY are in its folder. */
static struct crawl run_with_files(void)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = "www.shop.com/\n"};
    crawl_run(&c, f, "--metrics", "metrics", "--summary", "summary", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    fixture_stop(f);
    return c;
}

static char *read_made(const struct crawl *c, const char *name)
{
    char *path = files_path(c->run.folder, name), *text = files_read(path, NULL);
    free(path);
    return text;
}

Test(manual, names_the_keys_of_the_log_and_no_other)
{
    char *source = read_source(), *log = section(source, "THE LOG");
    struct crawl c = run_with_files();
    const json_t *line = json_array_get(c.log, 0);
    expect_keys(log, line);
    cr_expect_eq(rows_of_block(log), json_object_size(line) + 4, "all, and rule, depth, parent and via");
    crawl_release(&c);
    free(source);
}

Test(manual, names_the_metrics_and_no_other)
{
    char *source = read_source(), *page = section(source, "METRICS");
    struct crawl c = run_with_files();
    char *metrics = read_made(&c, "metrics");
    size_t count = 0;
    for (const char *at = metrics; (at = strstr(at, "# TYPE ")); at++, count++) {
        char name[64];
        cr_assert_eq(sscanf(at, "# TYPE %63s", name), 1);
        cr_expect(has_word(page, name), "%s is not in the page", name);
    }
    cr_expect_eq(rows_of_block(page), count);
    free(metrics);
    crawl_release(&c);
    free(source);
}

Test(manual, names_the_keys_of_the_summary_and_the_words_for_failures)
{
    char *source = read_source(), *whole = support_format("%s", source), *page = section(source, "METRICS"),
         *log = section(whole, "THE LOG");
    struct crawl c = run_with_files();
    char *text = read_made(&c, "summary");
    json_t *summary = json_loads(text, 0, NULL);
    cr_assert(summary, "%s", text);
    expect_keys(page, summary);
    expect_keys(page, json_object_get(summary, "pages"));
    expect_keys(page, json_object_get(summary, "hosts"));
    const json_t *failures = json_object_get(summary, "failures");
    expect_keys(log, failures);
    const char *words = strstr(log, "The words are:");
    cr_expect_eq(rows_of_block(words), json_object_size(failures) - 1, "all but status, which is none of them");
    json_decref(summary);
    free(text);
    crawl_release(&c);
    free(whole);
    free(source);
}
