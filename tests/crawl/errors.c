/* The words of the log's "error": what gives each of them, what is told of it, and which exit status it is. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(errors, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/fine", .reply = {.body = "fine"}},
    {.path = "/silent", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/stalls", .reply = {.generated = 5000, .end = FIXTURE_HANG, .cut_at = 700}},
    {.path = "/cut", .reply = {.generated = 5000, .end = FIXTURE_DROP, .cut_at = 700}},
    {.path = "/cut-chunks", .reply = {.generated = 5000, .chunk = 100, .end = FIXTURE_DROP, .cut_at = 700}},
    {.path = "/cut-gzip", .reply = {.generated = 50000, .coding = FIXTURE_GZIP, .no_length = true, .cut_at = 70}},
    {.path = "/large", .reply = {.generated = 200001}},
    {.path = "/large-chunks", .reply = {.generated = 200001, .chunk = 999}},
    {.path = "/large-gzip", .reply = {.generated = 200001, .coding = FIXTURE_GZIP}},
    {.path = "/largest", .reply = {.generated = 200000, .type = "text/plain"}},
    {.path = "/no-http", .reply = {.fault = FIXTURE_RAW, .body = "220 mail.shop.com ESMTP\r\n", .end = FIXTURE_DROP}},
    {.path = "/bad-chunk", .reply = {.generated = 500, .chunk = 100, .chunk_head = "xyz"}},
    {.path = "/long-head", .reply = {.fault = FIXTURE_ENDLESS_HEADERS}},
    {.path = "/bad-coding", .reply = {.body = "not gzip", .headers = "Content-Encoding: gzip\r\n"}},
    {.path = "/odd-coding", .reply = {.body = "what", .headers = "Content-Encoding: rot13\r\n"}},
    {.path = "/reset", .reply = {.generated = 5000, .end = FIXTURE_RESET, .cut_at = 700}},
    {.path = "/reset-early", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_RESET}},
    {.path = "/empty", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_DROP}},
    {.path = "/loop", .reply = {.location = "/loop"}},
    {.path = "/nowhere", .reply = {.location = "http://exa mple/"}},
    {.path = "/password", .reply = {.location = "http://me:secret@www.else.com/"}},
    {.path = "/file", .reply = {.location = "file:///etc/passwd"}},
    {.path = "/ftp", .reply = {.location = "ftp://www.shop.com/"}},
    {.path = "/private", .reply = {.location = "http://127.0.0.1:9/"}},
    {0}};

static const struct crawl_row rows[] = {{"http://www.shop.com/fine", 200, NULL, "shop/fine~.html", "fine"},
                                        {"http://www.shop.com/silent", 0, "timeout", NULL, NULL},
                                        {"http://www.shop.com/stalls", 200, "timeout", NULL, NULL},
                                        {"http://www.shop.com/cut", 200, "truncated", NULL, NULL},
                                        {"http://www.shop.com/cut-chunks", 200, "truncated", NULL, NULL},
                                        {"http://www.shop.com/cut-gzip", 200, "truncated", NULL, NULL},
                                        {"http://www.shop.com/large", 200, "too-large", NULL, NULL},
                                        {"http://www.shop.com/large-chunks", 200, "too-large", NULL, NULL},
                                        {"http://www.shop.com/large-gzip", 200, "too-large", NULL, NULL},
                                        {"http://www.shop.com/largest", 200, NULL, "shop/largest~.txt", NULL},
                                        {"http://www.shop.com/no-http", 0, "protocol", NULL, NULL},
                                        {"http://www.shop.com/bad-chunk", 200, "protocol", NULL, NULL},
                                        {"http://www.shop.com/long-head", 200, "protocol", NULL, NULL},
                                        {"http://www.shop.com/bad-coding", 200, "coding", NULL, NULL},
                                        {"http://www.shop.com/odd-coding", 200, "coding", NULL, NULL},
                                        {"http://www.shop.com/reset", 200, "reset", NULL, NULL},
                                        {"http://www.shop.com/reset-early", 0, "reset", NULL, NULL},
                                        {"http://www.shop.com/empty", 0, "empty", NULL, NULL},
                                        {"http://www.shop.com/loop", 302, "redirect", NULL, NULL},
                                        {"http://www.shop.com/nowhere", 302, "redirect", NULL, NULL},
                                        {"http://www.shop.com/password", 302, "redirect", NULL, NULL},
                                        {"http://www.shop.com/file", 302, "scheme", NULL, NULL},
                                        {"http://www.shop.com/ftp", 302, "scheme", NULL, NULL},
                                        {"http://www.shop.com/private", 0, "blocked", NULL, NULL},
                                        {0}};

Test(errors, each_fault_of_a_server_has_its_word_and_leaves_no_file)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = crawl_list(rows);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "--timeout", "700ms", "--max-size", "200000", "--per-host", "64", "-", NULL);
    cr_assert(crawl_agrees(&c, rows));
    cr_assert_eq(c.run.status, FORAGE_EXIT_NETWORK);
    cr_assert(text_has(c.run.err, "\n2 fetched ("), "%s", c.run.err);
    cr_assert(text_has(c.run.err, ", 22 failed, 0 skipped, 0 bad lines in "), "%s", c.run.err);
    cr_assert_not(text_has(c.run.err, "secret"));
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* ---- Faults that are no server's ---- */

static const struct fixture_route fine_route[] = {{.path = "/fine", .reply = {.body = "fine"}}, {0}};

Test(errors, hosts_that_cannot_be_reached_are_told_apart)
{
    char refused[64], full[64];
    snprintf(refused, sizeof refused, "http://127.0.0.1:%u/", support_closed_port());
    snprintf(full, sizeof full, "http://127.0.0.1:%u/", support_full_port());
    const struct crawl_row table[] = {
        {refused, 0, "refused", NULL, NULL},
        {full, 0, "timeout", NULL, NULL},
        {"http://255.255.255.255/", 0, "unreachable", NULL, NULL}, /* the kernel has no TCP route for a broadcast */
        {"http://nothing.invalid/", 0, "dns", NULL, NULL},
        {0},
    };
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, NULL, "--connect-timeout", "500ms", "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(c.run.status, FORAGE_EXIT_NETWORK);
    cr_assert_lt(c.run.wall_ms, 4000);
    crawl_release(&c);
    free(list);
}

Test(errors, a_url_too_long_for_a_request_is_an_error_of_its_own)
{
    enum { LONG = 65530, FITS = 65000 };
    static char too_long[LONG + 1], fits[FITS + 1];
    memset(too_long, 'a', LONG);
    memset(fits, 'a', FITS);
    memcpy(too_long, "http://www.shop.com/", 20);
    memcpy(fits, "http://www.shop.com/", 20);
    static const struct fixture_route any[] = {{.path = "/", .prefix = true, .reply = {.status = 414}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = any});
    const struct crawl_row table[] = {{too_long, 0, "url", NULL, NULL}, {fits, 414, NULL, NULL, NULL}, {0}};
    char *list = crawl_list(table);
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(c.run.status, FORAGE_EXIT_SERVER);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* ---- Workers that die ---- */

static const struct fixture_reply fine = {.body = "fine"};

static const struct fixture_route deadly[] = {
    {.path = "/always", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/once", .reply = {.generated = 300000, .cut_at = 200000, .end = FIXTURE_HANG, .then = &fine}},
    {.path = "/fine", .reply = {.body = "fine"}},
    {0}};

static void kill_at_request(const struct crawl *c, struct fixture *f, unsigned number)
{
    cr_assert(fixture_wait_requests(f, number, 10000), "request %u", number);
    cr_assert_gt(crawl_signal_workers(c, SIGKILL), 0);
}

Test(errors, a_page_whose_every_worker_dies_is_lost_and_the_others_are_not)
{
    static const struct crawl_row table[] = {{"http://www.shop.com/always", 0, "lost", NULL, NULL},
                                             {"http://www.shop.com/fine", 200, NULL, "shop/fine~.html", "fine"},
                                             {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = deadly});
    struct crawl c = {.run.input = "http://www.shop.com/always\nhttp://www.shop.com/fine\n"};
    crawl_start(&c, f, "-j", "1", "--per-host", "1", "-", NULL);
    kill_at_request(&c, f, 1);
    kill_at_request(&c, f, 3); /* behind the host's other page */
    kill_at_request(&c, f, 4);
    crawl_wait(&c);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(json_integer_value(json_object_get(crawl_logged(&c, table[0].url), "attempts")), 3);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
}

Test(errors, a_worker_that_dies_in_the_middle_of_a_page_costs_nothing_but_time)
{
    static const struct crawl_row table[] = {{"http://www.shop.com/once", 200, NULL, "shop/once~.html", "fine"}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = deadly});
    struct crawl c = {.run.input = "http://www.shop.com/once\n"};
    crawl_start(&c, f, "-", NULL);
    kill_at_request(&c, f, 1);
    crawl_wait(&c);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_eq(json_integer_value(json_object_get(crawl_logged(&c, table[0].url), "attempts")), 2);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Files that cannot be written ---- */

Test(errors, a_file_in_the_place_of_a_folder_is_an_error_of_its_pages_only)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = fine_route});
    char *folder = files_temp_folder(), *path = files_path(folder, "output/shop");
    files_write(path, "in the way", -1);
    struct crawl c = {.run = {.input = "www.shop.com/fine\nwww.else.com/fine\n", .working_folder = folder}};
    crawl_run(&c, f, "-", NULL);
    const json_t *line = crawl_logged(&c, "http://www.shop.com/fine");
    cr_assert_str_eq(text_member(line, "error"), "io");
    cr_assert_str_eq(text_member(line, "file"), "");
    cr_assert(text_has(c.run.err, "forage: http://www.shop.com/fine: io: output/shop/fine~.html: "), "%s", c.run.err);
    cr_assert(text_has(c.run.err, "Not a directory"), "%s", c.run.err);
    cr_assert(files_equals(path, "in the way"));
    cr_assert(crawl_holds(&c, "else/fine~.html", "fine"));
    cr_assert_eq(c.run.status, FORAGE_EXIT_FILE);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    free(path);
    fixture_stop(f);
}

Test(errors, a_page_that_does_not_fit_on_the_disk_leaves_nothing_behind)
{
    static const struct fixture_route large[] = {
        {.path = "/fine", .reply = {.body = "fine"}}, {.path = "/large", .reply = {.generated = 12 << 20}}, {0}};
    static const struct crawl_row table[] = {{"http://www.shop.com/large", 200, "io", NULL, NULL},
                                             {"http://www.shop.com/fine", 200, NULL, "shop/fine~.html", "fine"},
                                             {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = large});
    struct crawl c = {.run = {.input = "www.shop.com/large\nwww.shop.com/fine\n", .file_size_limit = 8 << 20}};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert(text_has(c.run.err, "File too large"), "%s", c.run.err);
    cr_assert_eq(c.run.status, FORAGE_EXIT_FILE);
    crawl_release(&c);
    fixture_stop(f);
}
