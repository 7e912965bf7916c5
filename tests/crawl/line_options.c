/* What the indented lines below a URL do, as the user and the server see it. own_names.c has out=, politeness.c
 * delay=. */
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
#include <zlib.h>

TestSuite(line_options, .timeout = 60);

static const struct fixture_route any[] = {{.path = "/", .prefix = true, .reply = {.body = "x"}}, {0}};

static struct fixture *start(const struct fixture_route *routes)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* The values of all headers NAME of the first request for TARGET, with blanks between them. */
static const char *sent(const struct fixture *f, const char *target, const char *name)
{
    static char values[1024];
    const struct fixture_request *r = fixture_find(f, target);
    *values = '\0';
    for (size_t i = 0; r && i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            snprintf(values + strlen(values), sizeof values - strlen(values), "%s%s", *values ? " " : "",
                     r->headers[i].value);
    return values;
}

static const char *error_of(const struct crawl *c, const char *url)
{
    const json_t *line = crawl_logged(c, url);
    return line ? text_member(line, "error") : "(not in the log)";
}

/* ---- header= ---- */

Test(line_options, a_header_is_sent_with_its_url_and_in_place_of_the_one_for_all)
{
    struct fixture *f = start(any);
    struct crawl c = {.run.input = "www.shop.com/1\n"
                                   "  header=X-Own: yes\n"
                                   "\theader = x-all:mine\n"
                                   "  header=X-Twice: 1\n"
                                   "  header=X-Twice: 2\n"
                                   "  header=User-Agent: me\n"
                                   "  header=Accept-Encoding: identity\n"
                                   "www.shop.com/2\n"
                                   "www.shop.com/1#again\n"
                                   "  header=X-Own: no\n"};
    crawl_run(&c, f, "-H", "X-All: ours", "-H", "X-Other: 1", "-j", "1", "-c", "1", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    static const struct {
        const char *name, *first, *second;
    } rows[] = {{"X-Own", "yes", ""},
                {"X-All", "mine", "ours"},
                {"X-Other", "1", "1"},
                {"X-Twice", "1 2", ""},
                {"User-Agent", "me", "forage/" FORAGE_VERSION " (+https://forage.example/)"},
                {"Accept-Encoding", "identity", "gzip, deflate, br, zstd"},
                {"Host", "www.shop.com", "www.shop.com"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        cr_expect(strcmp(sent(f, "/1", rows[i].name), rows[i].first) == 0, "%s: %s", rows[i].name,
                  sent(f, "/1", rows[i].name));
        cr_expect(strcmp(sent(f, "/2", rows[i].name), rows[i].second) == 0, "%s: %s", rows[i].name,
                  sent(f, "/2", rows[i].name));
    }
    cr_expect_eq(fixture_count(f, "/1"), 1, "a URL that is listed again is asked as it was listed first");
    crawl_release(&c);
    fixture_stop(f);
}

Test(line_options, a_header_stays_with_its_origin_and_does_not_come_back_to_it)
{
    static const struct fixture_route routes[] = {
        {.host = "www.shop.com", .path = "/near", .reply = {.location = "http://www.shop.com/next"}},
        {.host = "www.shop.com", .path = "/moved", .reply = {.location = "http://www.other.com/landed"}},
        {.host = "www.other.com", .path = "/landed", .reply = {.location = "http://www.shop.com/back"}},
        {.host = "www.shop.com", .path = "/again", .reply = {.status = 503, .times = 1, .then = &any[0].reply}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    struct fixture *f = start(routes);
    struct crawl c = {.run.input = "www.shop.com/near\n  header=Authorization: Bearer t0ken\n"
                                   "www.shop.com/moved\n  header=Authorization: Bearer t0ken\n"
                                   "www.shop.com/again\n  header=Authorization: Bearer t0ken\n"};
    crawl_run(&c, f, "--allow-private", "--tries", "2", "--max-wait", "10ms", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    static const struct {
        const char *target;
        bool sent;
    } rows[] = {{"/near", true}, {"/next", true}, {"/moved", true}, {"/landed", false}, {"/back", false}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        cr_expect_eq(fixture_count(f, rows[i].target), 1, "%s", rows[i].target);
        cr_expect(strcmp(sent(f, rows[i].target, "Authorization"), rows[i].sent ? "Bearer t0ken" : "") == 0, "%s",
                  rows[i].target);
    }
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        cr_expect(strcmp(requests[i].target, "/again") != 0 || fixture_find_header(&requests[i], "Authorization"),
                  "another try is the same request");
    cr_expect_eq(fixture_count(f, "/again"), 2);
    cr_expect_not(text_has(c.run.err, "t0ken"));
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- tries=, max-size=, max-age= ---- */

Test(line_options, tries_count_for_their_url)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.status = 500}}, {0}};
    struct fixture *f = start(routes);
    struct crawl c = {.run.input = "www.shop.com/one\n  tries=1\nwww.shop.com/four\n  tries=4\nwww.shop.com/two\n"};
    crawl_run(&c, f, "--tries", "2", "--max-wait", "10ms", "-", NULL);
    cr_expect_eq(fixture_count(f, "/one"), 1);
    cr_expect_eq(fixture_count(f, "/four"), 4);
    cr_expect_eq(fixture_count(f, "/two"), 2);
    cr_expect_eq(json_integer_value(json_object_get(crawl_logged(&c, "http://www.shop.com/four"), "attempts")), 4);
    crawl_release(&c);
    fixture_stop(f);
}

Test(line_options, a_size_counts_for_its_url_whether_smaller_or_larger)
{
    static const struct fixture_route routes[] = {
        {.path = "/zip", .reply = {.generated = 300000, .coding = FIXTURE_GZIP}},
        {.path = "/", .prefix = true, .reply = {.generated = 300000, .chunk = 5000}},
        {0}};
    struct fixture *f = start(routes);
    struct crawl c = {.run.input = "www.shop.com/large\n  max-size=300000\n"
                                   "www.shop.com/usual\n"
                                   "www.shop.com/small\n  max-size=1k\n"
                                   "www.shop.com/zip\n  max-size=299999\n"};
    crawl_run(&c, f, "--max-size", "200k", "-", NULL);
    cr_expect_str_eq(error_of(&c, "http://www.shop.com/large"), "");
    cr_expect_str_eq(error_of(&c, "http://www.shop.com/usual"), "too-large");
    cr_expect_str_eq(error_of(&c, "http://www.shop.com/small"), "too-large");
    cr_expect_str_eq(error_of(&c, "http://www.shop.com/zip"), "too-large");
    cr_expect_eq(json_integer_value(json_object_get(crawl_logged(&c, "http://www.shop.com/large"), "bytes")), 300000);
    char *tree = crawl_tree(&c);
    cr_expect_str_eq(tree, "shop/large~.html\n");
    free(tree);
    crawl_release(&c);
    fixture_stop(f);
}

Test(line_options, an_age_counts_for_its_url)
{
    struct fixture *f = start(any);
    struct crawl c = {.run.input = "www.shop.com/1\n  max-age=1h\nwww.shop.com/2\n  max-age=0\nwww.shop.com/3\n"};
    crawl_run(&c, f, "-", NULL);
    crawl_again(&c, f, "--max-age", "1h", "-", NULL);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    cr_expect_eq(fixture_count(f, "/2"), 2);
    cr_expect_eq(fixture_count(f, "/3"), 1);
    crawl_again(&c, f, "-", NULL);
    cr_expect_eq(fixture_count(f, "/1"), 1, "without --max-age, too");
    cr_expect_eq(fixture_count(f, "/3"), 2);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Lines that are wrong ---- */

/* Nothing here may reach the server, a file or a program. */
static const struct {
    const char *line, *reason;
} wrong[] = {
    {"colour=red", "there is no such option; there are out, header, tries, delay, max-size and max-age"},
    {"Out=x", "there is no such option; there are out, header, tries, delay, max-size and max-age"},
    {"=x", "there is no such option; there are out, header, tries, delay, max-size and max-age"},
    {"-o /tmp/x", "an indented line is an option of the URL above, KEY=VALUE"},
    {"--output=/tmp/x", "there is no such option; there are out, header, tries, delay, max-size and max-age"},
    {"@other", "an indented line is an option of the URL above, KEY=VALUE"},
    {"file:///etc/passwd", "an indented line is an option of the URL above, KEY=VALUE"},
    {"$(touch x)", "an indented line is an option of the URL above, KEY=VALUE"},
    {"out=", "out= names no file"},
    {"out=/etc/x", "out= begins with a slash, but files lie below the output folder"},
    {"out=../x", "a part of out= begins with a dot"},
    {"out=a/../../x", "a part of out= begins with a dot"},
    {"out=.forage/state.db", "a part of out= begins with a dot"},
    {"out=-rf", "a part of out= begins with a dash, like an option"},
    {"out=a/-rf", "a part of out= begins with a dash, like an option"},
    {"out=a\x1b[31m", "out= contains a control character"},
    {"header=X-Own", NULL},
    {"header=X Own: 1", NULL},
    {"header=X-Own: a\rX-Evil: 1", NULL},
    {"tries=0", "tries= is not a number from 1 to 1000000"},
    {"tries=3x", "tries= is not a number from 1 to 1000000"},
    {"delay=soon", "delay= is not a duration, such as 1, 500ms or 2m"},
    {"delay=-1", "delay= is not a duration, such as 1, 500ms or 2m"},
    {"max-size=0", "max-size= is not a size above 0, such as 500k or 64M"},
    {"max-size=9e99", "max-size= is not a size above 0, such as 500k or 64M"},
    {"max-age=-1s", "max-age= is not a duration, such as 90s, 12h or 30d"},
};

Test(line_options, one_that_is_wrong_is_named_with_its_line_and_its_url_is_not_fetched)
{
    struct fixture *f = start(any);
    char list[4096] = "www.shop.com/first\n";
    for (size_t i = 0; i < SUPPORT_COUNT(wrong); i++)
        sprintf(list + strlen(list), "www.shop.com/wrong%zu\n  header=X-Right: 1\n  %s\n", i, wrong[i].line);
    strcat(list, "www.shop.com/last\n  tries=2\n");
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    for (size_t i = 0; i < SUPPORT_COUNT(wrong); i++) {
        char *line = support_format("-:%zu: %s%s", 3 * i + 4, wrong[i].reason ? wrong[i].reason : "",
                                    wrong[i].reason ? "\n" : "");
        cr_expect(text_has(c.run.err, line), "%s (%s) is not in\n%s", line, wrong[i].line, c.run.err);
        free(line);
    }
    cr_expect_eq(text_lines(c.run.err), SUPPORT_COUNT(wrong), "%s", c.run.err);
    size_t count;
    fixture_requests(f, &count);
    cr_expect_eq(count, 2);
    cr_expect(fixture_count(f, "/first") && fixture_count(f, "/last"));
    crawl_release(&c);
    fixture_stop(f);
}

Test(line_options, one_without_a_url_above_it_is_named)
{
    struct fixture *f = start(any);
    struct crawl c = {.run.input = "  tries=2\nftp://www.shop.com/\n  tries=2\n  colour=red\nwww.shop.com/1\n"};
    crawl_run(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    cr_expect(text_has(c.run.err, "-:1: ") && text_has(c.run.err, "-:4: "), "%s", c.run.err);
    cr_expect_eq(fixture_count(f, "/1"), 1);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Where lists come from ---- */

static void write_gzip(const char *path, const char *text)
{
    gzFile out = gzopen(path, "we");
    cr_assert(out && gzputs(out, text) >= 0 && gzclose(out) == Z_OK);
}

Test(line_options, lists_that_are_gzip_or_included_have_options_like_any_other)
{
    char *folder = files_temp_folder(), *main_list = files_path(folder, "main"),
         *packed = files_path(folder, "in/packed"), *last = files_path(folder, "in/last");
    files_write(last, "www.shop.com/3\n  header=X-Own: 3\n  colour=blue\nwww.shop.com/4\n  header=X-Own: 4\n", -1);
    write_gzip(packed, "www.shop.com/2\n  header=X-Own: 2\n  out=two.html\n@last\nwww.shop.com/5\n");
    files_write(main_list, "www.shop.com/1\n  header=X-Own: 1\n@in/packed\n  tries=1\nwww.shop.com/6\n", -1);
    struct fixture *f = start(any);
    struct crawl c = {.run.working_folder = folder};
    crawl_run(&c, f, "-q", "main", NULL);
    for (int i = 1; i <= 6; i++) {
        char target[16], due[16] = "";
        snprintf(target, sizeof target, "/%d", i);
        if (i <= 4)
            snprintf(due, sizeof due, "%d", i);
        cr_expect_eq(fixture_count(f, target), i != 3, "%s", target);
        cr_expect(i == 3 || strcmp(sent(f, target, "X-Own"), due) == 0, "%s", target);
    }
    cr_expect(crawl_holds(&c, "two.html", "x"));
    cr_expect(text_has(c.run.err, "in/last:3: there is no such option"), "%s", c.run.err);
    cr_expect(text_has(c.run.err, "main:4: "), "an included list has no options: %s", c.run.err);
    cr_expect_eq(text_lines(c.run.err), 2, "%s", c.run.err);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
    files_remove(folder);
    free(main_list);
    free(packed);
    free(last);
    free(folder);
}

/* A writer that takes its time: what it has begun is waited for, and what comes too late is told and not guessed at. */
Test(line_options, a_list_that_pauses_in_the_middle_is_read_as_it_was_meant)
{
    struct fixture *f = start(any); /* first, or it would hold the pipe open */
    char *folder = files_temp_folder(), *fifo = files_path(folder, "list");
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    int fd = open(fifo, O_RDWR | O_CLOEXEC);
    struct crawl c = {.run.working_folder = folder};
    crawl_start(&c, f, "-q", "list", NULL);
    dprintf(fd, "www.shop.com/1\n  header=X-Own: 1\n  hea");
    cr_expect_not(run_wait_end(&c.run, 400));
    size_t count;
    fixture_requests(f, &count);
    cr_expect_eq(count, 0, "an option had begun");
    dprintf(fd, "der=X-More: 1\n");
    cr_assert(fixture_wait_requests(f, 1, 10000), "nothing more has to come for it to go out");
    dprintf(fd, "www.shop.com/2\n");
    cr_assert(fixture_wait_requests(f, 2, 10000));
    dprintf(fd, "  header=X-Own: 2\nwww.shop.com/3\n  header=X-Own: 3\n");
    cr_assert(fixture_wait_requests(f, 3, 10000));
    close(fd);
    crawl_wait(&c);
    cr_expect_str_eq(sent(f, "/1", "X-Own"), "1");
    cr_expect_str_eq(sent(f, "/1", "X-More"), "1");
    cr_expect_str_eq(sent(f, "/2", "X-Own"), "");
    cr_expect_str_eq(sent(f, "/3", "X-Own"), "3");
    cr_expect_eq(text_lines(c.run.err), 1, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "list:5: "), "%s", c.run.err);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
    files_remove(folder);
    free(fifo);
    free(folder);
}

Test(line_options, an_option_that_breaks_off_with_standard_input_is_no_option)
{
    struct fixture *f = start(any);
    struct crawl c = {.run = {.input = "www.shop.com/1\n  header=X-Own: 1\nwww.shop.com/2\n  hea", .input_open = true}};
    crawl_start(&c, f, "-q", "-", NULL);
    cr_assert(fixture_wait_requests(f, 1, 10000));
    cr_expect_not(run_wait_end(&c.run, 300));
    cr_expect_eq(fixture_count(f, "/2"), 0);
    run_close_input(&c.run);
    crawl_wait(&c);
    cr_expect_str_eq(sent(f, "/1", "X-Own"), "1");
    cr_expect_eq(fixture_count(f, "/2"), 0, "it was asked for in another way than was meant");
    cr_expect_str_eq(c.run.err, "-:4: an indented line is an option of the URL above, KEY=VALUE\n");
    cr_expect_eq(c.run.status, FORAGE_EXIT_OTHER);
    crawl_release(&c);
    fixture_stop(f);
}
