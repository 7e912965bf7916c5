/* What a run that ends early leaves in --failed: a list that is read and replaced, as the manual says, loses no URL. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(rest, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/bad", .prefix = true, .reply = {.status = 404}},
    {.path = "/silent", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/busy", .reply = {.status = 503, .headers = "Retry-After: 100\r\n"}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

static struct fixture *serve(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* A crawl in a folder of its own, where NAME holds TEXT. */
static struct crawl crawl_with(const char *name, const char *text)
{
    char *folder = files_temp_folder(), *path = files_path(folder, name);
    files_write(path, text, -1);
    free(path);
    return (struct crawl){.run.working_folder = folder};
}

static void end(struct crawl *c, struct fixture *f)
{
    char *folder = (char *)c->run.working_folder;
    crawl_release(c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

static void expect_list(const struct crawl *c, const char *name, const char *due)
{
    char *list = crawl_read(c, name);
    cr_expect_str_eq(list, due);
    free(list);
}

Test(rest, a_list_that_is_asked_for_piece_by_piece_is_asked_for_whole)
{
    enum { PAGES = 5 };
    struct fixture *f = serve();
    struct crawl c =
        crawl_with("list", "www.shop.com/1\nwww.shop.com/bad\nwww.shop.com/3\n  out=own.html\n  delay=1ms\n"
                           "www.shop.com/4\nwww.shop.com/1\nwww.shop.com/5\nhttp://a:b@www.shop.com/6\n");
    bool is_last = false;
    int runs = 0;
    while (!is_last && runs++ < 2 * PAGES) {
        struct crawl next = {.run.working_folder = c.run.working_folder};
        crawl_release(&c);
        c = next;
        crawl_run(&c, f, "-q", "--quota", "1", "--per-host", "1", "--failed", "list", "list", NULL);
        char *left = crawl_read(&c, "list");
        is_last = !text_has(left, "# not asked for\n");
        cr_expect(text_has(left, "http://www.shop.com/bad\n"), "%s%s", c.run.err, left);
        free(left);
    }
    expect_list(&c, "list", "# 404\nhttp://www.shop.com/bad\n");
    cr_expect(runs > 1 && runs <= PAGES, "%d runs", runs);
    cr_expect(crawl_holds(&c, "own.html", "fine"));
    static const char *const targets[PAGES] = {"/1", "/3", "/4", "/5", "/6"};
    for (int i = 0; i < PAGES; i++)
        cr_expect_eq(fixture_count(f, targets[i]), 1, "%s", targets[i]);
    end(&c, f);
}

Test(rest, what_is_out_waits_or_was_not_reached_is_there_with_its_reason)
{
    struct fixture *f = serve();
    struct crawl c = crawl_with("list", "www.shop.com/bad\nwww.news.com/busy\n  tries=5\nwww.books.com/silent\n"
                                        "www.books.com/next\n  out=own.html\n");
    crawl_start(&c, f, "-v", "--max-wait", "200s", "--per-host", "1", "--failed", "list", "list", NULL);
    cr_assert(fixture_wait_requests(f, 3, 10000));
    cr_assert(run_wait_output(&c.run, "/bad", 10000));
    run_signal(&c.run, SIGTERM);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + SIGTERM, "%s", c.run.err);
    char *list = crawl_read(&c, "list");
    cr_expect(text_has(list, "# 404\nhttp://www.shop.com/bad\n"), "%s", list);
    cr_expect(text_has(list, "# not tried again: 503\nhttp://www.news.com/busy\n    tries=5\n") ||
                  text_has(list, "# not finished\nhttp://www.news.com/busy\n    tries=5\n"),
              "%s", list);
    cr_expect(text_has(list, "# not finished\nhttp://www.books.com/silent\n"), "%s", list);
    cr_expect(text_has(list, "# not asked for\nhttp://www.books.com/next\n    out=own.html\n"), "%s", list);
    cr_expect_eq(text_times(list, "http://"), 4, "%s", list);
    free(list);
    end(&c, f);
}

/* More than wait in memory, at a slow host, so that some wait on disk and the end of the list is not reached. */
Test(rest, of_a_long_list_no_url_is_lost)
{
    enum { LINES = 60000, LINE_BYTES = 40 };
    struct fixture *f = serve();
    char *text = support_alloc((size_t)(LINES + 1) * LINE_BYTES);
    size_t len = 0;
    for (unsigned i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, LINE_BYTES, "www.shop.com/silent%06u\n", i);
    snprintf(text + len, LINE_BYTES, "a{b}.example\n"); /* is told of wherever it is read */
    struct crawl c = crawl_with("list", text);
    crawl_start(&c, f, "-q", "--failed", "list", "list", NULL);
    cr_assert(fixture_wait_requests(f, 1, 10000));
    run_signal(&c.run, SIGINT);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + SIGINT, "%s", c.run.err);
    cr_expect_str_eq(c.run.err, "list:60001: the host is no name that can be asked for\n");
    char *list = crawl_read(&c, "list");
    bool *had = support_alloc(LINES * sizeof *had);
    memset(had, 0, LINES * sizeof *had);
    unsigned count = 0;
    for (char *rest = list, *line; (line = strsep(&rest, "\n"));) {
        if (*line == '#' || !*line)
            continue;
        unsigned number = LINES;
        cr_assert(sscanf(line, "http://www.shop.com/silent%u", &number) == 1 && number < LINES && !had[number], "%s",
                  line);
        had[number] = true;
        count++;
    }
    cr_expect_eq(count, LINES);
    free(had);
    free(list);
    free(text);
    end(&c, f);
}

Test(rest, a_list_that_cannot_be_read_without_waiting_is_told_of_and_not_replaced)
{
    static const char list[] = "www.shop.com/1\nwww.shop.com/2\n";
    struct fixture *f = serve();
    struct crawl c = crawl_with("list", list);
    c.run.input = "www.books.com/silent\n";
    c.run.input_open = true;
    crawl_run(&c, f, "-q", "--max-time", "500ms", "--failed", "list", "-", "list", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s", c.run.err);
    cr_expect_str_eq(c.run.err,
                     "forage: list: not replaced: the run ended early, and not all that is left could be read\n");
    expect_list(&c, "list", list);
    struct crawl other = {
        .run = {.working_folder = c.run.working_folder, .input = "www.books.com/silent\n", .input_open = true}};
    crawl_run(&other, f, "-q", "--max-time", "500ms", "--failed", "other", "-", NULL);
    cr_expect_eq(other.run.status, FORAGE_EXIT_OK, "%s", other.run.err);
    cr_expect_str_eq(other.run.err,
                     "forage: other: the run ended early: what was not read of its lists is not there\n");
    expect_list(&c, "other", "# not finished\nhttp://www.books.com/silent\n");
    crawl_release(&other);
    end(&c, f);
}

Test(rest, a_crawl_that_ends_early_does_not_replace_a_list_that_it_reads)
{
    static const char list[] = "www.shop.com/bad\nwww.shop.com/2\nwww.shop.com/3\n";
    struct fixture *f = serve();
    struct crawl c = crawl_with("list", list);
    crawl_run(&c, f, "-q", "-r", "--max-pages", "1", "--failed", "list", "list", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "forage: list: not replaced: the run ended early\n"), "%s", c.run.err);
    expect_list(&c, "list", list);
    struct crawl other = {.run.working_folder = c.run.working_folder};
    crawl_run(&other, f, "-q", "-r", "--failed", "list", "list", NULL);
    expect_list(&c, "list", "# 404\nhttp://www.shop.com/bad\n");
    crawl_release(&other);
    end(&c, f);
}
