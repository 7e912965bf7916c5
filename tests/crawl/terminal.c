/* What a person sees on a terminal, and that nothing of it reaches a file or a pipe. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(terminal, .timeout = 60);

#define ESCAPES "\x1b[31mred\x1b[2J\x1b]0;title\x07"

static const struct fixture_route routes[] = {
    {.path = "/", .reply = {.generated = 15360}},
    {.path = "/gone", .reply = {.status = 404, .reason = ESCAPES, .type = ESCAPES, .body = ESCAPES}},
    {.path = "/type", .reply = {.reason = ESCAPES, .type = "text/" ESCAPES, .body = "fine"}},
    {.path = "/location", .reply = {.location = "http://" ESCAPES "/"}},
    {.path = "/path", .reply = {.location = "/" ESCAPES}},
    {.path = "/no-http", .reply = {.fault = FIXTURE_RAW, .body = ESCAPES "\r\n\r\n", .end = FIXTURE_DROP}},
    {.path = "/header", .reply = {.headers = "Content-Encoding: " ESCAPES "\r\n", .body = "x"}},
    {.path = "/slow", .reply = {.delay_ms = 1000, .body = "slow"}},
    {0}};

static const char all[] = "www.shop.com\nwww.shop.com/gone\nwww.shop.com/type\nwww.shop.com/location\n"
                          "www.shop.com/path\nwww.shop.com/no-http\nwww.shop.com/header\nbad line \x1b[31m\n";

/* Remove each occurrence of PART from TEXT. */
static void strip(char *text, const char *part)
{
    size_t len = strlen(part);
    for (char *at = text; (at = strstr(at, part));)
        memmove(at, at + len, strlen(at + len) + 1);
}

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((*text < ' ' && *text != '\n') || *text > '~')
            return false;
    return true;
}

Test(terminal, each_page_has_a_line_and_the_summary_comes_last)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = "www.shop.com\nwww.shop.com/gone\n", .terminal_error = true}};
    crawl_run(&c, f, "-", NULL);
    cr_assert(text_has(c.run.err, "shop finished  200  15.0 KiB  output/shop.html\r\n"), "%s", c.run.err);
    cr_assert(text_has(c.run.err, "forage: http://www.shop.com/gone: HTTP status 404\r\n"), "%s", c.run.err);
    const char *summary = strstr(c.run.err, "1 fetched (15.0 KiB), 1 failed, 0 skipped, 0 bad lines in ");
    cr_assert(summary, "%s", c.run.err);
    cr_assert_str_eq(strchr(summary, '\r'), "\r\n");
    cr_assert_str_eq(c.run.out, "");
    crawl_release(&c);
    fixture_stop(f);
}

Test(terminal, a_progress_line_is_shown_while_something_is_under_way_and_is_gone_in_the_end)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = "www.shop.com\nwww.shop.com/slow\n", .terminal_error = true}};
    crawl_start(&c, f, "-", NULL);
    cr_assert(run_wait_output(&c.run, "\r\x1b[K1 fetched (", 5000));
    cr_assert(run_wait_output(&c.run, "KiB/s), 0 queued, 1 in flight", 5000));
    crawl_wait(&c);
    const char *last = strstr(c.run.err, "shop finished  200  4 B");
    cr_assert(last, "%s", c.run.err);
    cr_assert_eq(strncmp(last - 4, "\r\x1b[K", 4), 0, "the progress line is cleared before a page's line");
    for (const char *at = c.run.err; (at = strstr(at, "\r\x1b[K")); at++)
        cr_assert_lt(strcspn(at + 4, "\r\n"), 80, "a progress line fits the terminal");
    cr_assert(text_has(c.run.err, "\x1b[K2 fetched (15.0 KiB), 0 failed"), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(terminal, no_word_of_a_server_steers_it)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = all, .terminal_error = true}};
    crawl_run(&c, f, "-v", "-", NULL);
    strip(c.run.err, "\r\x1b[K");
    strip(c.run.err, "\r");
    cr_assert(is_plain(c.run.err), "%s", c.run.err);
    cr_assert_eq(text_lines(c.run.err), 9, "%s", c.run.err);
    char *path = files_path(c.run.folder, "log"), *log = files_read(path, NULL);
    cr_assert(is_plain(log), "%s", log);
    free(log);
    free(path);
    crawl_release(&c);
    fixture_stop(f);
}

/* Neither the folder of --output nor what out= says need be text. */
Test(terminal, no_name_of_a_file_steers_it)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = support_format("%s\n  out=named\xff\xe2\x80\xae.html\n", fixture_url(f, "/type"));
    struct run run = {.input = list, .terminal_error = true};
    run_forage(&run, "-o", ESCAPES "\xff", "-", NULL);
    strip(run.err, "\r\x1b[K");
    strip(run.err, "\r");
    cr_assert(is_plain(run.err), "%s", run.err);
    cr_assert(text_has(run.err, "\\x07\\xff/named\\xff\\xe2\\x80\\xae.html\n"), "%s", run.err);
    run_release(&run);
    free(list);
    fixture_stop(f);
}

Test(terminal, what_is_no_terminal_gets_plain_lines)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = all, .terminal_output = true}};
    crawl_run(&c, f, "-", "http://www.shop.com/slow", NULL);
    cr_assert(is_plain(c.run.err), "%s", c.run.err);
    cr_assert_not(text_has(c.run.err, "finished"), "%s", c.run.err);
    cr_assert_not(text_has(c.run.err, "in flight"), "%s", c.run.err);
    cr_assert_str_eq(c.run.out, "");
    crawl_release(&c);
    fixture_stop(f);
}

Test(terminal, quiet_is_quiet_there_too_but_for_failures)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = "www.shop.com\nwww.shop.com/slow\n", .terminal_error = true}};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert_str_eq(c.run.err, "");
    crawl_release(&c);
    c = (struct crawl){.run = {.input = "www.shop.com\nwww.shop.com/gone\n", .terminal_error = true}};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert_str_eq(c.run.err, "forage: http://www.shop.com/gone: HTTP status 404\r\n");
    crawl_release(&c);
    fixture_stop(f);
}
