/* Lists: what a line may look like, where a list may come from, and what is said of lines that are no URL. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(lists, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/gone", .reply = {.status = 404}}, {.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = files_path(folder, name);
    files_write(path, text, -1);
    free(path);
}

Test(lists, line_ends_comments_blanks_and_bare_hosts_are_understood)
{
    static const char list[] = "\xef\xbb\xbf"
                               "www.bom.com\r\n"
                               "# a comment\r\n"
                               "\r\n"
                               "   \t \n"
                               "  #another, indented\n"
                               "http://www.shop.com/crlf\r\n"
                               "  http://www.shop.com/blanks around \t\n"
                               "http://www.shop.com/fragment#part\n"
                               "HTTP://WWW.Shop.COM:80/Upper\n"
                               "//www.shop.com/slashes\n"
                               "www.shop.com/../dots/./x\n"
                               "www.shop.com/caf\xc3\xa9?q=\xc3\xa9\n"
                               "www.shop.com/no-line-end";
    static const struct crawl_row table[] = {
        {"http://www.bom.com/", 200, NULL, "bom.html", "fine"},
        {"http://www.shop.com/crlf", 200, NULL, "shop/crlf~.html", "fine"},
        {"http://www.shop.com/fragment", 200, NULL, "shop/fragment~.html", "fine"},
        {"http://www.shop.com/Upper", 200, NULL, "shop/Upper~.html", "fine"},
        {"http://www.shop.com/slashes", 200, NULL, "shop/slashes~.html", "fine"},
        {"http://www.shop.com/dots/x", 200, NULL, "shop/dots/x~.html", "fine"},
        {"http://www.shop.com/no-line-end", 200, NULL, "shop/no-line-end~.html", "fine"},
        {0}};
    struct fixture *f = start();
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    for (const struct crawl_row *row = table; row->url; row++)
        cr_expect(crawl_logged(&c, row->url) && crawl_holds(&c, row->file, row->body), "%s", row->url);
    cr_assert_eq(json_array_size(c.log), 9);
    cr_assert(crawl_logged(&c, "http://www.shop.com/blanks%20around"));
    cr_assert_eq(fixture_count(f, "/caf%C3%A9?q=%C3%A9"), 1);
    cr_assert(text_has(c.run.err, "9 fetched (36 B), 0 failed, 0 skipped, 0 bad lines in "), "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, each_bad_line_is_named_counted_and_stops_nothing)
{
    static const char list[] = "http://www.shop.com/first\n"
                               "-o/tmp/x\n"
                               "@-\n"
                               "file:///etc/passwd\n"
                               "ftp://www.shop.com/\n"
                               "javascript:alert(1)\n"
                               "http://\n"
                               "http://www.sh op.com/\n"
                               "http://www.shop.com:99999/\n"
                               "http://1.2.3.4.5/\n"
                               "http://[::1/\n"
                               "me@www.shop.com\n"
                               "http://www.shop.com/\x1b[31m\n"
                               "/etc/passwd\n"
                               "\"http://www.shop.com/quoted\"\n"
                               "'www.shop.com'\n"
                               "http://\"www.shop.com\"/\n"
                               "http://www.{shop}.com/\n"
                               "http://www.a;b/\n"
                               "http://www.shop.com/last\n";
    static const char *const reasons[] = {
        "-:2: the line begins with '-' like an option, not like a URL\n",
        "-:3: a list cannot include standard input\n",
        "-:4: the scheme is not http or https\n",
        "-:5: the scheme is not http or https\n",
        "-:6: the scheme is not http or https\n",
        "-:7: the URL has no host\n",
        "-:8: the host contains a character that no host name may have\n",
        "-:9: the port is not a number from 0 to 65535\n",
        "-:10: the host ends in a number but is not an IPv4 address\n",
        "-:11: the host is not a valid IPv6 address in brackets\n",
        "-:12: a user name before the host needs http:// or https:// in front\n",
        "-:13: the line contains a control character\n",
        "-:14: the URL has no host\n",
        "-:15: the line begins with a quotation mark, not with a URL\n",
        "-:16: the line begins with a quotation mark, not with a URL\n",
        "-:17: the host is no name that can be asked for\n",
        "-:18: the host is no name that can be asked for\n",
        "-:19: the host is no name that can be asked for\n",
    };
    static const struct crawl_row table[] = {{"http://www.shop.com/first", 200, NULL, "shop/first~.html", "fine"},
                                             {"http://www.shop.com/last", 200, NULL, "shop/last~.html", "fine"},
                                             {0}};
    struct fixture *f = start();
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    for (size_t i = 0; i < SUPPORT_COUNT(reasons); i++)
        cr_expect(text_has(c.run.err, reasons[i]), "%s", reasons[i]);
    cr_assert_eq(text_lines(c.run.err), SUPPORT_COUNT(reasons), "%s", c.run.err);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, each_bad_url_of_the_command_line_is_named_as_it_was_given_but_for_its_account)
{
    static const char *const says[] = {
        "forage: ftp://x/y: the scheme is not http or https\n",
        "forage: http://a:b/: the port is not a number from 0 to 65535\n",
        "forage: http://d: the port is not a number from 0 to 65535\n",
        "forage: http://\\x1b[2J/: ",
    };
    struct run run = {0};
    run_forage(&run, "-q", "ftp://x/y", "http://a:b/", "http://me:se:cret@a:b/c@d", "http://\033[2J/", NULL);
    for (size_t i = 0; i < SUPPORT_COUNT(says); i++)
        cr_expect(text_has(run.err, says[i]), "%s", says[i]);
    cr_expect_eq(text_lines(run.err), SUPPORT_COUNT(says), "%s", run.err);
    cr_expect_eq(run.status, FORAGE_EXIT_OTHER);
    run_release(&run);
}

/* A line of LEN bytes: a URL with a long path. */
static char *long_line(const char *begin, size_t len)
{
    char *line = support_alloc(len + 1);
    memset(line, 'x', len);
    memcpy(line, begin, strlen(begin));
    return line;
}

Test(lists, a_line_of_any_length_costs_one_message_and_not_the_next_line)
{
    char *over = long_line("http://www.shop.com/", (64 << 10) + 1), *huge = long_line("http://www.shop.com/", 3 << 20);
    char *text = support_format("www.shop.com/1\n%s\nwww.shop.com/3\n%s\nwww.shop.com/5\n%s", over, huge, huge);
    static const struct crawl_row table[] = {{"http://www.shop.com/1", 200, NULL, "shop/1~.html", "fine"},
                                             {"http://www.shop.com/3", 200, NULL, "shop/3~.html", "fine"},
                                             {"http://www.shop.com/5", 200, NULL, "shop/5~.html", "fine"},
                                             {0}};
    struct fixture *f = start();
    struct crawl c = {.run.input = text};
    crawl_run(&c, f, "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    static const char *const lines[] = {"-:2: ", "-:4: ", "-:6: "};
    for (size_t i = 0; i < SUPPORT_COUNT(lines); i++)
        cr_expect_eq(text_times(c.run.err, lines[i]), 1, "%s", c.run.err);
    cr_assert_eq(text_times(c.run.err, "the line is longer than 64 KiB\n"), 3, "%s", c.run.err);
    cr_assert(text_has(c.run.err, " 3 bad lines in "), "%s", c.run.err);
    crawl_release(&c);
    free(text);
    free(over);
    free(huge);
    fixture_stop(f);
}

Test(lists, a_url_that_is_listed_twice_is_fetched_once)
{
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com/gone\n"
                                   "http://www.shop.com:80/gone#again\n"
                                   "HTTP://www.SHOP.com/./gone\n"
                                   "www.shop.com/gone?\n"};
    crawl_run(&c, f, "-", "-", "http://www.shop.com/gone", NULL);
    cr_assert_eq(fixture_count(f, "/gone"), 1);
    cr_assert_eq(fixture_count(f, "/gone?"), 1);
    cr_assert(text_has(c.run.err, "1 fetched (4 B), 1 failed, 3 skipped, 0 bad lines in "), "%s", c.run.err);
    cr_assert_eq(text_times(c.run.err, "HTTP status 404"), 1, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, several_lists_and_urls_are_one_crawl)
{
    char *folder = files_temp_folder();
    write_file(folder, "a.txt", "www.shop.com/a\nbad line\n");
    write_file(folder, "b.txt", "# nothing\nwww.shop.com/b\n::\nwww.shop.com/a\n");
    write_file(folder, "empty.txt", "");
    static const struct crawl_row table[] = {{"http://www.shop.com/a", 200, NULL, "shop/a~.html", "fine"},
                                             {"http://www.shop.com/b", 200, NULL, "shop/b~.html", "fine"},
                                             {"http://www.shop.com/c", 200, NULL, "shop/c~.html", "fine"},
                                             {"http://www.shop.com/d", 200, NULL, "shop/d~.html", "fine"},
                                             {0}};
    struct fixture *f = start();
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/d\n"}};
    crawl_run(&c, f, "a.txt", "http://www.shop.com/c", "empty.txt", "-", "b.txt", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert(text_has(c.run.err, "a.txt:2: "), "%s", c.run.err);
    cr_assert(text_has(c.run.err, "b.txt:3: "), "%s", c.run.err);
    cr_assert(text_has(c.run.err, "4 fetched (16 B), 0 failed, 1 skipped, 2 bad lines in "), "%s", c.run.err);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(lists, a_list_may_be_gzip_and_include_others_from_its_own_folder)
{
    /* "www.shop.com/a\n@b.txt\nwww.shop.com/d\n" */
    static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x2f,
                                           0x2f, 0xd7, 0x2b, 0xce, 0xc8, 0x2f, 0xd0, 0x4b, 0xce, 0xcf, 0xd5, 0x4f,
                                           0xe4, 0x72, 0x48, 0xd2, 0x2b, 0xa9, 0x28, 0xe1, 0x2a, 0x47, 0x16, 0x4d,
                                           0xe1, 0x02, 0x00, 0xb3, 0x6a, 0xe8, 0xb5, 0x25, 0x00, 0x00, 0x00};
    static const struct crawl_row table[] = {{"http://www.shop.com/a", 200, NULL, "shop/a~.html", "fine"},
                                             {"http://www.shop.com/b", 200, NULL, "shop/b~.html", "fine"},
                                             {"http://www.shop.com/d", 200, NULL, "shop/d~.html", "fine"},
                                             {0}};
    char *folder = files_temp_folder(), *path = files_path(folder, "urls/a");
    files_write(path, packed, sizeof packed);
    write_file(folder, "urls/b.txt", "www.shop.com/b\n@a\n");
    struct fixture *f = start();
    struct crawl c = {.run.working_folder = folder};
    crawl_run(&c, f, "-q", "urls/a", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_str_eq(c.run.err, "urls/b.txt:2: the list cannot be included: it includes itself\n");
    cr_assert_eq(c.run.status, FORAGE_EXIT_FILE);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    free(path);
    fixture_stop(f);
}

Test(lists, a_url_with_a_wrong_option_is_reported_and_not_fetched)
{
    static const struct crawl_row table[] = {{"http://www.shop.com/1", 200, NULL, "shop/1~.html", "fine"},
                                             {"http://www.shop.com/3", 200, NULL, "shop/3~.html", "fine"},
                                             {0}};
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com/1\n"
                                   "www.shop.com/2\n"
                                   "  tries=3\n"
                                   "  out=../../2.html\n"
                                   "www.shop.com/3\n"};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_str_eq(c.run.err, "-:4: a part of out= begins with a dot\n");
    cr_assert_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, a_list_that_is_not_there_is_one_line_and_nothing_is_fetched)
{
    struct fixture *f = start();
    struct crawl c = {0};
    crawl_run(&c, f, "http://www.shop.com/", "missing.txt", NULL);
    cr_assert_str_eq(c.run.err, "forage: missing.txt: No such file or directory\n");
    cr_assert_str_eq(c.run.out, "");
    cr_assert_eq(c.run.status, FORAGE_EXIT_FILE);
    cr_assert_eq(fixture_connections(f), 0);
    cr_assert_eq(c.run.left_behind, 0);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, a_folder_in_the_place_of_a_list_is_reported_and_the_rest_is_fetched)
{
    static const struct crawl_row table[] = {{"http://www.shop.com/", 200, NULL, "shop.html", "fine"}, {0}};
    struct fixture *f = start();
    struct crawl c = {0};
    crawl_run(&c, f, "-q", ".", "http://www.shop.com/", NULL);
    cr_assert(crawl_agrees(&c, table));
    cr_assert_str_eq(c.run.err, "forage: .: Is a directory\n");
    cr_assert_eq(c.run.status, FORAGE_EXIT_FILE);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, a_line_that_waits_for_its_end_is_read_when_the_pipe_closes)
{
    struct fixture *f = start();
    struct crawl c = {.run = {.input = "www.shop.com/1\nwww.shop.com/incomplete", .input_open = true}};
    crawl_start(&c, f, "-v", "-", NULL);
    cr_assert(run_wait_output(&c.run, "output/shop/1~.html", 10000));
    cr_assert_not(run_wait_end(&c.run, 50));
    cr_assert_eq(fixture_count(f, "/incomplete"), 0);
    run_close_input(&c.run);
    crawl_wait(&c);
    cr_assert_eq(fixture_count(f, "/incomplete"), 1);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK);
    crawl_release(&c);
    fixture_stop(f);
}

Test(lists, lines_of_a_slow_pipe_are_fetched_while_others_are)
{
    static const struct fixture_route hanging[] = {{.path = "/first", .reply = {.delay_ms = 60000}},
                                                   {.path = "/", .prefix = true, .reply = {.body = "fine"}},
                                                   {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = hanging});
    char *folder = files_temp_folder(), *fifo = files_path(folder, "list");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    int fd = open(fifo, O_RDWR | O_CLOEXEC);
    struct crawl c = {.run.working_folder = folder};
    crawl_start(&c, f, "-v", "--timeout", "1s", "list", NULL);
    dprintf(fd, "www.shop.com/first\n");
    cr_assert(fixture_wait_requests(f, 1, 10000));
    for (int i = 2; i < 5; i++) {
        dprintf(fd, "www.shop.com/%d\n", i);
        cr_assert(fixture_wait_requests(f, (size_t)i, 1000), "request %d", i);
    }
    close(fd);
    crawl_wait(&c);
    cr_assert_eq(fixture_find(f, "/2")->parallel, 2);
    cr_assert_str_eq(text_member(crawl_logged(&c, "http://www.shop.com/first"), "error"), "timeout");
    cr_assert(text_has(c.run.err, "3 fetched (12 B), 1 failed"), "%s", c.run.err);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    free(fifo);
    fixture_stop(f);
}

/* ---- More lines of a host than can wait in memory ---- */

static char *long_list(int lines, const char *last)
{
    char *list = support_alloc((size_t)lines * 32 + 64);
    size_t len = 0;
    for (int i = 0; i < lines; i++)
        len += (size_t)sprintf(list + len, "http://a.test/%d\n", i);
    sprintf(list + len, "%s", last);
    return list;
}

Test(lists, a_host_that_says_nothing_holds_up_none_behind_it_in_the_list)
{
    static const struct fixture_route silent[] = {
        {.path = "/quick", .reply = {.body = "here"}},
        {.path = "/", .prefix = true, .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = silent});
    char *list = long_list(40000, "http://b.test/quick\n");
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-q", "--max-time", "8", "-", NULL);
    cr_expect_eq(fixture_count(f, "/quick"), 1);
    crawl_release(&c);
    fixture_stop(f);
    free(list);
}
