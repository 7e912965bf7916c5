/* The manual page: it has the options of --help, in the same order and under the same topics, and what it says of files is
 * what is in them. */
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

Test(manual, names_the_keys_of_the_log_and_no_other)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *source = read_source(), *log = section(source, "THE LOG"), *end = strstr(log, "The words are:");
    struct crawl c = {.run.input = "www.shop.com/\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert(end);
    *end = '\0';
    const char *key;
    json_t *value, *line = json_array_get(c.log, 0);
    json_object_foreach(line, key, value)
    {
        char *row = support_format("\n%s ", key);
        cr_expect(text_has(log, row), "%s is not in the page", key);
        free(row);
    }
    size_t rows = 0;
    for (const char *at = strstr(log, "```\n"); (at = strchr(at, '\n')) && at[1] != '`'; at++)
        rows++;
    cr_expect_eq(rows, json_object_size(line) + 1, "all, and rule");
    crawl_release(&c);
    free(source);
    fixture_stop(f);
}
