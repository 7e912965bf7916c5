/* Lists: lines that are no URLs, or worse. Each is reported with its file and line, and none does anything else. */
#include "hostile/attack.h"

TestSuite(lists, .timeout = 100);

/* A list that may hold NULs. */
struct text {
    char *at;
    size_t len, lines;
};

static void add_line(struct text *t, const char *line, size_t len)
{
    t->at = realloc(t->at, t->len + len + 1);
    if (!t->at)
        support_fail("no memory");
    memcpy(t->at + t->len, line, len);
    t->len += len;
    t->at[t->len++] = '\n';
    t->lines++;
}

static struct fixture *start_server(void)
{
    static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "page"}}, {0}};
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* A line of LEN bytes that begins with HEAD and goes on with UNIT. */
static void add_long(struct text *t, const char *head, const char *unit, size_t len)
{
    char *line = support_alloc(len + 1);
    size_t at = strlen(head), n = strlen(unit);
    memcpy(line, head, at);
    for (; at < len; at++)
        line[at] = unit[(at - strlen(head)) % n];
    add_line(t, line, len);
    free(line);
}

#define BAD(text)                                                                                                      \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* None of these is a URL to ask for, and each must be reported. Nothing of them is shown. */
static const struct {
    const char *at;
    size_t len;
} bad_lines[] = {
    BAD("\x1b[31mred"),
    BAD("\x1b]0;owned\x07"),
    BAD("http://a.test/\x1b[2J"),
    BAD("http://a.test/\0x"),
    BAD("\0"),
    BAD("http://a\0.test/"),
    BAD("http://a.test/\x7f"),
    BAD("http://a.test/a\rb"),
    BAD("http://a.test/\x01"),
    BAD("http://a.test/a\tb\x08"),
    BAD("javascript:alert(1)"),
    BAD("JavaScript:alert(1)"),
    BAD("data:text/html,x"),
    BAD("file:///etc/passwd"),
    BAD("file:/etc/passwd"),
    BAD("FILE:///etc/passwd"),
    BAD("ftp://a.test/"),
    BAD("gopher://a.test/_x"),
    BAD("mailto:a@a.test"),
    BAD("-o/etc/passwd"),
    BAD("--output=/etc"),
    BAD("-"),
    BAD("--"),
    BAD("-K/etc/passwd"),
    BAD("@"),
    BAD("@-"),
    BAD("@/etc/passwd\x1b"),
    BAD("  tries=3"),
    BAD("\thttp:/\x1b[31m=x"),
    BAD("user@a.test"),
    BAD("user:s3cret@a.test"),
    BAD("http://user:s3cret@/"),
    BAD("http://user:s3cret@a b/"),
    BAD("http://"),
    BAD("http:///"),
    BAD("https://?x"),
    BAD("http://[::1"),
    BAD("http://[::1]x/"),
    BAD("http://a.test:99999/"),
    BAD("http://a.test:x/"),
    BAD("http://a<b/"),
    BAD("http://a^b/"),
    BAD("http://a%00b/"),
    BAD("http://a%0d%0ab/"),
    BAD("http://a%zz/"),
    BAD("http://1.2.3.4.5/"),
    BAD("http://256.256.256.256/"),
    BAD("http://0x100000000/"),
    BAD("http://\xff\xfe/"),
    BAD("http://a.test\xff/"),
    BAD("/etc/passwd"),
    BAD("\\etc\\passwd"),
    BAD("?x"),
    BAD("; rm -rf /"),

    BAD("| sh"),
    BAD("> /etc/passwd"),
    BAD("<html>"),
    BAD("http://a%2fb/"),
    BAD("http://a%5cb/"),
    BAD("http://a%40b%23/"),
    BAD("http://\xe2\x80\xae/"),
    BAD("\xe2\x80\xaemoc.elpmaxe//:ptth"),
};

/* These are URLs, however odd. */
static const char *const odd_lines[] = {
    "http://a.test/\xff\xfe\xc0\x80",
    "http://a.test/\xe2\x80\xae",
    "http://a.test/%00",
    "http://a.test/%1b%5b31m",
    "http://a.test/%zz",
    "http://a.test\\x",
    "http://user:s3cret@a.test/y",
    "http://a.test/\xc2\x9b"
    "31m",
    "a.test/bare",
    "http://a.test/a b<>\"`{}|^",
    "http://a.test/%0d%0aSet-Cookie:%20x=y",
    "http://a.test/?%00&\xff",
};

/* Invariants 7 and 9. attack() looks at every byte that was said and logged. */
Test(lists, a_thousand_hostile_lines_are_reported_and_do_nothing)
{
    enum { ROUNDS = 16 };
    struct text list = {0};
    size_t bad = 0;
    add_line(&list, "# a comment \x1b[31m", 17);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < SUPPORT_COUNT(bad_lines); i++, bad++)
            add_line(&list, bad_lines[i].at, bad_lines[i].len);
        for (size_t i = 0; i < SUPPORT_COUNT(odd_lines); i++)
            add_line(&list, odd_lines[i], strlen(odd_lines[i]));
    }
    cr_assert_geq(list.lines, 1000);
    struct fixture *f = start_server();
    char *everywhere = attack_everywhere(f), *list_path;
    struct run run = {.working_folder = files_temp_folder()};
    list_path = files_path(run.working_folder, "hostile.txt");
    files_write(list_path, list.at, (ssize_t)list.len);
    attack(&run, "--resolve", everywhere, "hostile.txt");

    json_t *log = attack_log(&run);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    cr_assert_eq(text_times(run.err, "hostile.txt:"), bad, "%zu lines reported, %zu are bad",
                 text_times(run.err, "hostile.txt:"), bad);
    for (size_t i = 0, line = 2; i < SUPPORT_COUNT(bad_lines); i++, line++) {
        char *place = support_format("hostile.txt:%zu: ", line);
        cr_assert(text_has(run.err, place), "line %zu is not reported", line);
        free(place);
    }
    cr_assert_eq(json_array_size(log), SUPPORT_COUNT(odd_lines));
    cr_assert_eq(count, SUPPORT_COUNT(odd_lines));
    for (size_t i = 0; i < count; i++)
        cr_assert(!requests[i].malformed && strcmp(requests[i].host, "a.test") == 0, "%s", requests[i].head);
    cr_assert_not(text_has(run.err, "s3cret") || text_has(run.err, "owned"), "%s", run.err);
    cr_assert_eq(run.status, 1);
    json_decref(log);
    files_remove(run.working_folder);
    run_release(&run);
    free(list_path);
    free(everywhere);
    free(list.at);
    fixture_stop(f);
}

/* The parser of URLs; invariant 4. */
Test(lists, long_lines_of_any_shape_take_linear_time_and_flat_memory)
{
    static const char *const units[] = {"../", "%2e%2e/", "a.", "/",        "\\", "%",    "@", ":", "?",
                                        "#",   "xn--a.",  "1.", "\xc3\xbc", "[",  "\xff", "a", "&", "\xe2\x80\xae"};
    struct text list = {0};
    for (unsigned round = 0; round < support_rounds(4); round++) {
        for (size_t i = 0; i < SUPPORT_COUNT(units); i++) {
            add_long(&list, "http://a.test/", units[i], 65000);
            add_long(&list, "http://", units[i], 65000);
            add_long(&list, "", units[i], 65536);
            add_long(&list, "http://a.test/", units[i], 65537);
            add_long(&list, "http://a.test/", units[i], 300000);
        }
    }
    add_line(&list, "http://a.test/last", 18);
    struct fixture *f = start_server();
    char *everywhere = attack_everywhere(f);
    /* Time that grows with the square of a line's length would be hours; a busy machine under a sanitizer needs some
     * seconds. */
    struct run run = {.input = list.at, .input_len = list.len, .measure_memory = true, .time_limit_ms = 90000};
    attack(&run, "--resolve", everywhere, "-");
    json_t *log = attack_log(&run);
    cr_assert_str_eq(attack_error(log, "http://a.test/last"), "");
    cr_assert_geq(text_times(run.err, "longer than 64 KiB"), 2 * support_rounds(4) * SUPPORT_COUNT(units));
    cr_assert_lt(run.peak_pss_bytes, 300ULL << 20, "%llu MiB", (unsigned long long)run.peak_pss_bytes >> 20);
    json_decref(log);
    run_release(&run);
    free(everywhere);
    free(list.at);
    fixture_stop(f);
}

/* Invariant 4: 200,000 lines, most of them bad, and a million bytes without a line's end. */
Test(lists, a_list_of_any_length_is_read_in_flat_memory)
{
    struct text list = {0};
    list.at = support_alloc(12 << 20);
    for (int i = 0; i < 200000; i++, list.lines++)
        list.len += (size_t)sprintf(list.at + list.len, i % 100 ? "-bad option %d\n" : "a.test/%d\n", i);
    memset(list.at + list.len, 'x', 1 << 20);
    list.len += 1 << 20;
    struct fixture *f = start_server();
    char *everywhere = attack_everywhere(f);
    struct run run = {.input = list.at, .input_len = list.len, .measure_memory = true};
    attack(&run, "--resolve", everywhere, "-");
    size_t lines = 0; /* by hand: under the address sanitizer, each search looks for the text's end first */
    for (size_t i = 0; i < run.err_len; i++)
        lines += run.err[i] == '\n';
    cr_assert_eq(lines, 198000 + 1 + 2000 + 1, "%zu lines", lines); /* bad, long, pages, summary */
    cr_assert(text_has(run.err, "-:200001: the line is longer than 64 KiB"), "%.200s", run.err + run.err_len - 200);
    size_t count;
    fixture_requests(f, &count);
    cr_assert_eq(count, 2000);
    cr_assert_lt(run.peak_pss_bytes, 120ULL << 20, "%llu MiB", (unsigned long long)run.peak_pss_bytes >> 20);
    run_release(&run);
    free(everywhere);
    free(list.at);
    fixture_stop(f);
}

/* A glob in a crontab may meet any file name. */
Test(lists, the_name_of_a_list_reaches_the_terminal_escaped)
{
    static const char *const names[] = {"\x1b]0;owned\x07.txt", "a\nb\r.txt", "\xff\xc2\x9b.txt"};
    char *folder = files_temp_folder();
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        char *path = files_path(folder, names[i]);
        files_write(path, "-x\n", 3);
        free(path);
    }
    struct run run = {.working_folder = folder};
    attack(&run, names[0], names[1], names[2]);
    cr_assert_eq(text_times(run.err, ".txt:1: the line begins with '-'"), 3, "%s", run.err);
    run_release(&run);
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        char *gone = support_format("gone%s", names[i]);
        run = (struct run){.working_folder = folder};
        attack(&run, gone);
        cr_assert_eq(run.status, 3);
        cr_assert(text_has(run.err, "gone"), "%s", run.err);
        run_release(&run);
        free(gone);
    }
    files_remove(folder);
    free(folder);
}

/* Also lists that are no text at all. */
Test(lists, a_list_that_is_a_folder_a_program_or_zeros_does_no_harm)
{
    struct fixture *f = start_server();
    struct run run = {0};
    attack(&run, "/", fixture_url(f, "/1"));
    cr_assert_eq(run.status, 3, "%s", run.err);
    run_release(&run);

    run = (struct run){0};
    attack(&run, "-q", "/bin/true", fixture_url(f, "/2"));
    cr_assert_neq(run.status, 0);
    cr_assert_eq(fixture_count(f, "/2"), 1);
    run_release(&run);

    char *zeros = support_alloc(1 << 20);
    run = (struct run){.input = zeros, .input_len = 1 << 20};
    attack(&run, "-");
    cr_assert_eq(run.status, 1);
    cr_assert(text_has(run.err, "-:1: "), "%s", run.err);
    free(zeros);
    run_release(&run);
    fixture_stop(f);
}
