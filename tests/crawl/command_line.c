/* The command line: help, version, what is refused, and what is said when. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_line, .timeout = 60);

static const struct fixture_route routes[] = {{.path = "/gone", .reply = {.status = 404, .body = "gone"}},
                                              {.path = "/", .prefix = true, .reply = {.body = "fine"}},
                                              {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

static const char *const help_says[] = {
    "Pages:\n  -o, --output DIR",
    "    --host-pattern RE",
    "    --max-size SIZE",
    "    --keep-errors ",
    "    --types TYPES",
    "    --utf8 ",
    "Crawl of a site:\n  -r, --recursive ",
    "-d, --depth N",
    "    --scope WHERE",
    "    --accept REGEX",
    "    --reject REGEX",
    "    --strip-query NAMES",
    "    --requisites ",
    "    --sitemaps ",
    "    --follow-nofollow ",
    "    --max-pages N",
    "    --convert-links ",
    "Traps:\n      --max-path-depth N",
    "    --max-repeats N",
    "    --max-query N",
    "    --max-chain N",
    "    --max-same N",
    "    --max-pages-per-host N",
    "Load:\n  -j, --workers N",
    "-c, --connections N",
    "    --per-host N",
    "    --per-ip N",
    "Requests:\n  -T, --timeout TIME",
    "    --connect-timeout",
    "    --max-redirects N",
    "-A, --user-agent TEXT",
    "-H, --header LINE",
    "-x, --proxy URL",
    "    --ca-file FILE",
    "    --resolve HOST:",
    "    --http-version V",
    "    --allow-private ",
    "Politeness:\n      --delay auto|TIME",
    "    --robots on|off",
    "Failures:\n      --tries N",
    "    --retry-on LIST",
    "    --max-wait TIME",
    "    --host-errors N",
    "    --expect-failures PERCENT",
    "From run to run:\n      --fresh ",
    "    --max-age TIME",
    "    --min-age TIME",
    "    --prune N",
    "    --wait-lock TIME",
    "    --no-state ",
    "Accounts:\n      --netrc[=FILE]",
    "    --auth FILE",
    "    --cookies FILE",
    "    --hsts FILE",
    "Limits of a run:\n      --max-time TIME",
    "    --quota SIZE",
    "    --splay TIME",
    "What is said:\n  -q, --quiet ",
    "-v, --verbose ",
    "    --log FILE",
    "    --failed FILE",
    "    --metrics FILE",
    "    --summary FILE",
    "    --status DIR",
    "    --why URL",
    "    --json ",
    "    --config FILE",
    "    --no-config ",
    "    --completion SHELL",
    "-h, --help[=TOPIC] ",
    "-V, --version ",
    "Exit status: 0 all well",
};

Test(command_line, help_and_version_are_printed_on_standard_output)
{
    static const char *const helps[] = {"-h", "--help"}, *const versions[] = {"-V", "--version"};
    for (size_t i = 0; i < 2; i++) {
        struct run run = {0};
        run_forage(&run, helps[i], NULL);
        cr_assert_eq(run.status, FORAGE_EXIT_OK);
        cr_assert_str_eq(run.err, "");
        for (size_t k = 0; k < SUPPORT_COUNT(help_says); k++)
            cr_expect(text_has(run.out, help_says[k]), "%s in %s", help_says[k], run.out);
        run_release(&run);
        run_forage(&run, versions[i], NULL);
        cr_assert_eq(run.status, FORAGE_EXIT_OK);
        cr_assert_eq(strncmp(run.out, "forage " FORAGE_VERSION, strlen("forage " FORAGE_VERSION)), 0, "%s", run.out);
        cr_assert_str_eq(run.err, "");
        run_release(&run);
    }
}

struct refused {
    const char *arguments[5];
    const char *says;
};

/* Each is refused before anything is fetched or made. */
static const struct refused refused[] = {
    {{NULL}, "forage: no list or URL given (see forage --help)\n"},
    {{"-q"}, "forage: no list or URL given (see forage --help)\n"},
    {{"--nothing", "x"}, "forage: unrecognized option '--nothing'\n"},
    {{"--\033[2J\xff=1", "x"}, "forage: unrecognized option '--\\x1b[2J\\xff'\n"},
    {{"--ver", "x"}, "forage: option '--ver' is ambiguous\n"},
    {{"-Z", "x"}, "forage: invalid option -- 'Z'\n"},
    {{"-q\033", "x"}, "forage: invalid option -- '\\x1b'\n"},
    {{"x", "-o"}, "forage: option requires an argument -- 'o'\n"},
    {{"x", "--log"}, "forage: option '--log' requires an argument\n"},
    {{"--quiet=maybe", "x"}, "forage: --quiet: 'maybe' is neither on nor off\n"},
    {{"-q=on", "x"}, "invalid option -- '='\n"},
    {{"-o", "", "x"}, "forage: --output: '' is no folder\n"},
    {{"-j", "0", "x"}, "forage: --workers: '0' is not a number from 1 to 1024\n"},
    {{"-j", "-1", "x"}, "forage: --workers: '-1' is not a number from 1 to 1024\n"},
    {{"-j", "1025", "x"}, "forage: --workers: '1025' is not a number from 1 to 1024\n"},
    {{"-j", "1025", "http://127.0.0.1:1/"},
     "forage: --workers: '1025' is not a number from 1 to 1024\n"}, /* also when it needs but one */
    {{"-c", "two", "x"}, "forage: --connections: 'two' is not a number from 1 to 65536\n"},
    {{"-c", "65537", "x"}, "forage: --connections: '65537' is not a number from 1 to 65536\n"},
    {{"--per-host", "4x", "x"}, "forage: --per-host: '4x' is not a number from 1 to 1000000\n"},
    {{"--per-host", "99999999999999999999", "x"},
     "forage: --per-host: '99999999999999999999' is not a number from 1 to 1000000\n"},
    {{"-T", "0", "x"}, "forage: --timeout: '0' is not a duration above 0, such as 30, 1.5 or 2m\n"},
    {{"-T", "3 s", "x"}, "forage: --timeout: '3 s' is not a duration above 0, such as 30, 1.5 or 2m\n"},
    {{"--connect-timeout", "-1", "x"}, "forage: --connect-timeout: '-1' is not a duration above 0"},
    {{"--max-size", "0", "x"}, "forage: --max-size: '0' is not a size above 0, such as 500k or 64M\n"},
    {{"--max-size", "1X", "x"}, "forage: --max-size: '1X' is not a size above 0, such as 500k or 64M\n"},
    {{"--max-redirects", "-1", "x"}, "forage: --max-redirects: '-1' is not a number from 0 to 1000\n"},
    {{"--max-redirects", "1001", "x"}, "forage: --max-redirects: '1001' is not a number from 0 to 1000\n"},
    {{"-A", "two\nlines", "x"}, "forage: the user agent contains a control character\n"},
    {{"-H", "no colon", "x"}, "forage: a header must look like \"Name: value\"\n"},
    {{"-H", "X: a\r\nY: b", "x"}, "forage: a header contains a control character\n"},
    {{"-x", "ftp://proxy.com:3128", "x"}, "forage: a proxy must look like http://HOST:PORT; its scheme may also be"},
    {{"-x", "://", "x"}, "forage: a proxy must look like http://HOST:PORT"},
    {{"-x", "proxy.com:port", "x"}, "forage: a proxy must look like http://HOST:PORT"},
    {{"-x", "http://", "x"}, "forage: a proxy must look like http://HOST:PORT"},
    {{"-x", "socks6://proxy.com", "x"}, "forage: a proxy must look like http://HOST:PORT"},
    {{"--resolve", "a.com:80", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--resolve", "a.com:80:b.com", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--resolve", "a.com:80:[127.0.0.1]", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--resolve", "a.com:80:127.0.0.1:", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--resolve", "a.com:http:127.0.0.1", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--resolve", "a.com:80:127.0.0.1:", "x"}, "forage: a name to resolve must look like HOST:PORT:ADDRESS\n"},
    {{"--http-version", "3", "x"}, "forage: --http-version: '3' is none of any, 1.0, 1.1, 2, 2-prior\n"},
    {{"--robots", "perhaps", "x"}, "forage: --robots: 'perhaps' is neither on nor off\n"},
    {{"--robots", "", "x"}, "forage: --robots: '' is neither on nor off\n"},
    {{"--per-ip", "-1", "x"}, "forage: --per-ip: '-1' is not a number from 0 to 1000000\n"},
    {{"--delay", "now", "x"}, "forage: --delay: 'now' is neither auto nor a duration, such as 1, 500ms or 2m\n"},
    {{"--tries", "0", "x"}, "forage: --tries: '0' is not a number from 1 to 1000000\n"},
    {{"--retry-on", "timeout,nonsense", "x"},
     "forage: 'nonsense' is no kind of failure, no status from 400 to 599, and not 4xx or 5xx\n"},
    {{"--retry-on", "\033[2J", "x"}, "forage: '\\x1b[2J' is no kind of failure"},
    {{"--max-wait", "0", "x"}, "forage: --max-wait: '0' is not a duration above 0"},
    {{"--host-errors", "1.5", "x"}, "forage: --host-errors: '1.5' is not a number from 0 to 1000000\n"},
    {{"--expect-failures", "101", "x"}, "forage: --expect-failures: '101' is not a percentage from 0 to 100\n"},
    {{"--expect-failures", "nan", "x"}, "forage: --expect-failures: 'nan' is not a percentage from 0 to 100\n"},
    {{"--expect-failures", "-1", "x"}, "forage: --expect-failures: '-1' is not a percentage from 0 to 100\n"},
    {{"--max-age", "1.5.5", "x"}, "forage: --max-age: '1.5.5' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--max-age", "7w", "x"}, "forage: --max-age: '7w' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--max-age", "0x1", "x"}, "forage: --max-age: '0x1' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--max-age", "999999999999999999d", "x"}, "is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--prune", "all", "x"}, "forage: --prune: 'all' is not a number from 0 to 1000000\n"},
    {{"--wait-lock", "-1", "x"}, "forage: --wait-lock: '-1' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--max-time", "", "x"}, "forage: --max-time: '' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--quota", "1k2", "x"}, "forage: --quota: '1k2' is not a size, such as 500k or 64M\n"},
    {{"--splay", "soon", "x"}, "forage: --splay: 'soon' is not a duration, such as 30, 1.5 or 2m\n"},
    {{"--log", "", "x"}, "forage: --log: '' is no file\n"},
    {{"--netrc=", "x"}, "forage: --netrc: '' is no file\n"},
    {{"--metrics", "a", "--summary=a", "x"}, "forage: one file is named for two purposes\n"},
    {{"--status", "a", "b"}, "forage: --status takes one folder, and no list or URL\n"},
    {{"--status", "a", "--why", "b"}, "forage: --status and --why exclude each other\n"},
    {{"--status", ""}, "forage: --status: '' is no folder\n"},
    {{"--why", "http://a.com/"}, "forage: --why takes a URL and a folder\n"},
    {{"--why", "http://a.com/", "b", "c"}, "forage: --why takes a URL and a folder\n"},
    {{"--json", "x"}, "forage: --json belongs to --status and --why\n"},
    {{"--completion", "csh"}, "forage: --completion: 'csh' is none of bash, zsh, fish\n"},
    {{"--workers", "\033[2J", "x"}, "forage: --workers: '\\x1b[2J' is not a number from 1 to 1024\n"},
    {{"--host-pattern", "www.(.*", "x"}, "forage: host pattern, at offset 7: missing closing parenthesis\n"},
    {{"--host-pattern", "*a", "x"},
     "forage: host pattern, at offset 0: quantifier does not follow a repeatable item\n"},
};

Test(command_line, what_has_no_meaning_is_one_line_and_status_2)
{
    for (size_t i = 0; i < SUPPORT_COUNT(refused); i++) {
        const struct refused *r = &refused[i];
        struct run run = {0};
        run_argv(&run, r->arguments);
        cr_expect(run.status == FORAGE_EXIT_USAGE && text_has(run.err, r->says) && text_lines(run.err) == 1 &&
                      !run.out_len && run.left_behind == 0 && files_count(run.folder) == 0,
                  "%s %s: status %d: %s", r->arguments[0], r->says, run.status, run.err);
        run_release(&run);
    }
}

Test(command_line, what_cannot_be_opened_is_one_line_and_status_3)
{
    static const struct refused unopened[] = {
        {{"-o", "/dev/null", "http://127.0.0.1:1/"}, "forage: /dev/null: Not a directory\n"},
        {{"-o", "/dev/null/folder", "http://127.0.0.1:1/"}, "forage: /dev/null/folder: Not a directory\n"},
        {{"-o", "/dev/null/\033[2J\xff", "http://127.0.0.1:1/"}, "forage: /dev/null/\\x1b[2J\\xff: Not a directory\n"},
        {{"--log", "no/log", "http://127.0.0.1:1/"}, "forage: no/log: No such file or directory\n"},
        {{"--log", ".", "http://127.0.0.1:1/"}, "forage: .: Is a directory\n"},
        {{"--ca-file", "no.pem", "http://127.0.0.1:1/"}, "forage: no.pem: No such file or directory\n"},
    };
    for (size_t i = 0; i < SUPPORT_COUNT(unopened); i++) {
        const struct refused *r = &unopened[i];
        struct run run = {0};
        run_argv(&run, r->arguments);
        cr_expect(run.status == FORAGE_EXIT_FILE && strcmp(run.err, r->says) == 0 && run.left_behind == 0,
                  "%s: status %d: %s", r->says, run.status, run.err);
        run_release(&run);
    }
}

/* Without care the first file opened takes the number of the closed one: it was read as a list without an end. */
Test(command_line, standard_descriptors_that_are_closed_are_neither_read_nor_written_as_files)
{
    struct fixture *f = start();
    struct run run = {.program = "sh"};
    char *script = support_format("\"$FORAGE_BINARY\" -o out - <&-; echo list $?; "
                                  "\"$FORAGE_BINARY\" --help >&-; echo help $?; "
                                  "\"$FORAGE_BINARY\" -v -o out --log log %s <&- >&- 2>&-; echo page $?; cat log",
                                  fixture_url(f, "/gone"));
    run_argv(&run, (const char *const[]){"-c", script, NULL});
    cr_expect(text_has(run.err, "-:1: Bad file descriptor\n"), "%s", run.err);
    cr_expect(text_has(run.out, "list 3\n"), "%s", run.out);
    cr_expect(text_has(run.out, "help 3\n"), "%s", run.out);
    cr_expect(text_has(run.err, "forage: standard output: Bad file descriptor\n"), "%s", run.err);
    cr_expect(text_has(run.out, "page 8\n{\"url\":"), "%s", run.out);
    cr_expect_eq(text_lines(run.out), 4, "%s", run.out);
    run_release(&run);
    free(script);
    fixture_stop(f);
}

Test(command_line, a_run_without_a_terminal_says_only_its_summary_and_what_failed)
{
    struct fixture *f = start();
    static const char *const loud[] = {"-v", "--verbose"}, *const quiet[] = {"-q", "--quiet"};
    struct crawl c = {.run.input = "www.shop.com/fine\n"};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(text_lines(c.run.err), 1, "%s", c.run.err);
    cr_assert(text_has(c.run.err, "1 fetched (4 B), 0 failed, 0 skipped, 0 bad lines in 0."), "%s", c.run.err);
    crawl_release(&c);
    for (size_t i = 0; i < 2; i++) {
        c = (struct crawl){.run.input = "www.shop.com/fine\nwww.shop.com/gone\n"};
        crawl_run(&c, f, loud[i], "-", NULL);
        cr_assert_eq(text_lines(c.run.err), 3, "%s", c.run.err);
        cr_assert(text_has(c.run.err, "shop finished  200  4 B  output/shop/fine~.html\n"), "%s", c.run.err);
        cr_assert(text_has(c.run.err, "forage: http://www.shop.com/gone: HTTP status 404\n"), "%s", c.run.err);
        crawl_release(&c);
        c = (struct crawl){.run.input = "www.shop.com/fine\nwww.shop.com/gone\n"};
        crawl_run(&c, f, quiet[i], "-", NULL);
        cr_assert_str_eq(c.run.err, "forage: http://www.shop.com/gone: HTTP status 404\n");
        cr_assert_str_eq(c.run.out, "");
        crawl_release(&c);
    }
    fixture_stop(f);
}

Test(command_line, quiet_is_silent_when_all_is_well)
{
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com/fine\n"};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert_str_eq(c.run.err, "");
    cr_assert_str_eq(c.run.out, "");
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK);
    crawl_release(&c);
    fixture_stop(f);
}

Test(command_line, the_log_is_appended_to_and_has_what_the_readme_says)
{
    static const char *const keys[] = {"url",  "final_url", "status", "outcome", "error", "attempts",
                                       "file", "bytes",     "name",   "ms",      "detail"};
    struct fixture *f = start();
    char *folder = files_temp_folder();
    for (size_t runs = 1; runs <= 2; runs++) {
        struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/fine\nwww.shop.com/gone\n"}};
        crawl_run(&c, f, "-", NULL);
        cr_assert_eq(json_array_size(c.log), 2 * runs);
        for (size_t i = 0; i < json_array_size(c.log); i++) {
            const json_t *line = json_array_get(c.log, i);
            cr_assert_eq(json_object_size(line), SUPPORT_COUNT(keys));
            for (size_t k = 0; k < SUPPORT_COUNT(keys); k++)
                cr_assert(json_object_get(line, keys[k]), "%s", keys[k]);
        }
        const json_t *line = crawl_logged(&c, "http://www.shop.com/fine");
        cr_assert_str_eq(text_member(line, "final_url"), "http://www.shop.com/fine");
        cr_assert_str_eq(text_member(line, "name"), "shop");
        cr_assert_eq(json_integer_value(json_object_get(line, "attempts")), 1);
        crawl_release(&c);
    }
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(command_line, options_may_stand_behind_the_list_and_two_dashes_end_them)
{
    struct fixture *f = start();
    char *folder = files_temp_folder(), *path = files_path(folder, "-q");
    files_write(path, "www.shop.com/fine\n", -1);
    struct crawl c = {.run.working_folder = folder};
    crawl_run(&c, f, "http://www.shop.com/other", "-v", "--", "-q", NULL);
    cr_assert(text_has(c.run.err, "2 fetched (8 B), 0 failed"), "%s", c.run.err);
    crawl_release(&c);
    files_remove(folder);
    free(path);
    free(folder);
    fixture_stop(f);
}

Test(command_line, runs_at_the_same_time_may_share_a_log)
{
    enum { PAGES = 300 };
    static const char *const outputs[] = {"output", "other"};
    struct fixture *f = start();
    char *folder = files_temp_folder(), *lists[2] = {support_alloc(PAGES * 40), support_alloc(PAGES * 40)};
    struct crawl c[2] = {0};
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned page = 0, len = 0; page < PAGES; page++)
            len += (unsigned)sprintf(lists[i] + len, "http://www.shop.com/%u/%u\n", i, page);
        c[i].run = (struct run){.input = lists[i], .working_folder = folder};
        crawl_start(&c[i], f, "-o", outputs[i], "-", NULL);
    }
    run_wait(&c[0].run);
    crawl_wait(&c[1]); /* and read the log when both have ended */
    cr_assert_eq(c[0].run.status + c[1].run.status, FORAGE_EXIT_OK, "%s%s", c[0].run.err, c[1].run.err);
    cr_assert_eq(json_array_size(c[1].log), 2 * PAGES);
    for (unsigned i = 0; i < 2; i++) {
        crawl_release(&c[i]);
        free(lists[i]);
    }
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

/* ---- What became of pages ---- */

Test(command_line, what_became_of_pages_is_told_in_the_summary_and_in_lines)
{
    static const struct fixture_route kept[] = {
        {.path = "/fine", .reply = {.headers = "ETag: \"1\"\r\n", .body = "fine"}},
        {.path = "/gone", .reply = {.status = 410, .body = "gone"}},
        {.path = "/robots.txt", .reply = {.type = "text/plain", .body = "User-agent: *\nDisallow: /secret\n"}},
        {.path = "/", .prefix = true, .reply = {.body = "fine"}},
        {0}};
    static const struct {
        const char *option, *line, *summary;
    } rows[] = {{"--tries=3", "shop finished  200  4 B  output/shop/fine~.html\n",
                 "1 fetched (4 B), 1 failed, 1 skipped, 0 bad lines in"},
                {"--tries=3", "shop unchanged  200  4 B  output/shop/fine~.html\n", " s: 1 unchanged, 1 gone\n"},
                {"--max-age=1h", "shop skipped  http://www.shop.com/fine  fetched within --max-age\n",
                 "0 fetched (0 B), 1 failed, 2 skipped, 0 bad lines in"},
                {"--no-state", "shop skipped  http://www.shop.com/secret  robots.txt disallows it in line 2\n",
                 " s: 1 new, 1 gone\n"}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = kept});
    char *folder = files_temp_folder();
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct crawl c = {
            .run = {.working_folder = folder, .input = "www.shop.com/fine\nwww.shop.com/gone\nwww.shop.com/secret\n"}};
        crawl_run(&c, f, "-v", "--robots=on", rows[i].option, "-", NULL);
        cr_expect(text_has(c.run.err, rows[i].line), "expected %sin %s", rows[i].line, c.run.err);
        cr_expect(text_has(c.run.err, rows[i].summary), "expected %s in %s", rows[i].summary, c.run.err);
        cr_expect_eq(text_lines(c.run.err), 4, "%s", c.run.err);
        cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER);
        crawl_release(&c);
    }
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(command_line, a_run_that_ends_early_says_why)
{
    static const struct fixture_route slow[] = {
        {.path = "/never", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/", .prefix = true, .reply = {.delay_ms = 50, .body = "0123456789"}},
        {0}};
    static const struct {
        const char *option, *input, *says;
    } rows[] = {
        {"--max-time=200ms", "www.shop.com/never\n", "out of time: 0 fetched (0 B), 0 failed"},
        {"--quota=15", "www.a.com\nwww.b.com\nwww.c.com\nwww.d.com\nwww.e.com\nwww.f.com\n", "quota reached: "}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = slow});
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct crawl c = {.run.input = rows[i].input};
        crawl_run(&c, f, rows[i].option, "-c", "1", "--robots=off", "-", NULL);
        cr_expect(text_has(c.run.err, rows[i].says), "expected %s in %s", rows[i].says, c.run.err);
        cr_expect_lt(json_array_size(c.log), text_lines(rows[i].input), "some is left for the next run");
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK);
        crawl_release(&c);
    }
    fixture_stop(f);
}

/* ---- Two runs in one folder ---- */

static const struct fixture_route hanging[] = {
    {.path = "/first", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

/* Start a run in FOLDER that does not end by itself. */
static void hold(struct crawl *c, struct fixture *f, const char *folder)
{
    c->run = (struct run){.input = "www.shop.com/first\n", .working_folder = folder};
    crawl_start(c, f, "--robots", "off", "-", NULL);
    cr_assert(fixture_wait_requests(f, 1, 10000));
}

Test(command_line, a_second_run_in_a_folder_is_one_line_and_status_75)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = hanging});
    char *folder = files_temp_folder();
    struct crawl first = {0};
    hold(&first, f, folder);
    char *says = support_format("forage: output: another run is at work here (process %d)\n", (int)first.run.pid);
    static const char *const waits[] = {"0", "200ms"};
    for (size_t i = 0; i < SUPPORT_COUNT(waits); i++) {
        struct crawl c = {.run = {.input = "www.shop.com/second\n", .working_folder = folder}};
        crawl_run(&c, f, "--wait-lock", waits[i], "-q", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_LOCKED);
        cr_expect_str_eq(c.run.err, says);
        cr_expect(i == 0 || c.run.wall_ms >= 200, "%lld ms", (long long)c.run.wall_ms);
        crawl_release(&c);
    }
    cr_expect_eq(fixture_count(f, "/second"), 0);
    crawl_release(&first);
    free(says);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(command_line, a_run_that_waits_for_the_folder_begins_when_the_other_one_dies)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = hanging});
    char *folder = files_temp_folder();
    struct crawl first = {0}, second = {.run = {.input = "www.shop.com/second\n", .working_folder = folder}};
    hold(&first, f, folder);
    crawl_start(&second, f, "--wait-lock", "30s", "--robots", "off", "-", NULL);
    cr_expect_not(run_wait_end(&second.run, 200), "it waits");
    run_signal(&first.run, SIGKILL);
    crawl_wait(&second);
    cr_expect_eq(second.run.status, FORAGE_EXIT_OK, "%s", second.run.err);
    cr_expect_eq(fixture_count(f, "/second"), 1);
    crawl_release(&second);
    run_wait(&first.run);
    crawl_release(&first);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

/* ---- Instead of a run ---- */

Test(command_line, what_is_known_is_printed_as_text_and_as_json)
{
    static const char *const questions[][4] = {{"--status", "output"},
                                               {"--status", "output", "--json"},
                                               {"--why", "www.shop.com/gone", "output"},
                                               {"--json", "--why=www.shop.com/gone", "output"}};
    struct fixture *f = start();
    char *folder = files_temp_folder();
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/fine\nwww.shop.com/gone\n"}};
    crawl_run(&c, f, "-q", "-", NULL);
    crawl_release(&c);
    for (size_t i = 0; i < SUPPORT_COUNT(questions); i++) {
        const char *const *q = questions[i];
        struct run run = {.working_folder = folder};
        run_forage(&run, q[0], q[1], q[2], q[3], NULL);
        cr_expect_eq(run.status, FORAGE_EXIT_OK);
        cr_expect_str_eq(run.err, "");
        cr_expect(text_has(run.out, "http://www.shop.com/gone"), "%s", run.out);
        json_t *json = json_loads(run.out, 0, NULL);
        cr_expect_eq(json != NULL, i % 2 == 1, "%s", run.out);
        json_decref(json);
        run_release(&run);
    }
    struct run run = {.working_folder = folder};
    run_forage(&run, "--status", "elsewhere", NULL);
    cr_expect_eq(run.status, FORAGE_EXIT_FILE);
    cr_expect_eq(text_lines(run.err), 1, "%s", run.err);
    run_release(&run);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

static const struct {
    const char *operand;
    bool is_like_host;
} missing_lists[] = {
    {"example.org", true},      {"www.example.org/x", true}, {"example.org:8080", true}, {"localhost/x", true},
    {"127.0.0.1:8080/x", true}, {"example.org?q", true},     {"sites", false},           {"./example.org", false},
    {".hidden", false},         {"lists/x.txt", false},      {"example.", false},        {"a.b:c", false},
    {"a.b c", false},           {"localhosts", false},       {"sites.txt", false},       {"sites.GZ", false},
    {"example.txt/x", true},
};

Test(command_line, a_list_that_is_not_there_and_looks_like_a_host_gets_a_hint)
{
    for (size_t i = 0; i < SUPPORT_COUNT(missing_lists); i++) {
        const char *operand = missing_lists[i].operand;
        char *says = support_format("forage: %s: No such file or directory%s\n", operand,
                                    missing_lists[i].is_like_host ? "; a URL needs http:// or https:// in front" : "");
        struct run run = {0};
        run_forage(&run, operand, NULL);
        cr_expect_str_eq(run.err, says);
        cr_expect_eq(run.status, FORAGE_EXIT_FILE);
        run_release(&run);
        free(says);
    }
}
