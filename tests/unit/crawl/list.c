#include "list_transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

TestSuite(list, .timeout = 60);

struct slow {
    struct list *list;
    int to;
};

static struct slow slow_list(void)
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    struct slow slow = {open_descriptor(ends[0]), ends[1]};
    close(ends[0]);
    return slow;
}

static void say(const struct slow *slow, const char *text)
{
    cr_assert_eq(write(slow->to, text, strlen(text)), (ssize_t)strlen(text));
}

/* The same through a pipe whose writer pauses before byte AT for less than LIST_PAUSE_MS. */
static char *paused_transcript(const char *bytes, size_t len, size_t at)
{
    struct buffer b = {0};
    struct slow slow = slow_list();
    cr_assert_eq(write(slow.to, bytes, at), (ssize_t)at);
    cr_assert_eq(read_list(slow.list, &b, false), LIST_WAIT);
    cr_assert_eq(write(slow.to, bytes + at, len - at), (ssize_t)(len - at));
    close(slow.to);
    cr_assert_eq(read_list(slow.list, &b, false), LIST_END);
    list_close(slow.list);
    return buffer_take(&b);
}

/* ---- Lines and options ---- */

#define UNKNOWN "there is no such option; there are out, header, tries, delay, max-size and max-age\n"
#define NO_PAIR "an indented line is an option of the URL above, KEY=VALUE\n"

static const struct {
    const char *what, *list, *transcript;
} texts[] = {
    {"nothing", "", ""},
    {"blank lines", "\n\r\n \t \n\n", ""},
    {"ends, blanks, comments, a byte order mark",
     "\xef\xbb\xbf"
     "one\r\n\n  # no\n# no\ntwo \t\r\n\r\nthree",
     "1 one\n5 two\n7 three\n"},
    {"a byte order mark before an option",
     "\xef\xbb\xbf"
     " out=a\nb",
     "1! " LIST_ORPHAN "2 b\n"},
    {"a byte order mark alone", "\xef\xbb\xbf", ""},
    {"lines that the parser of URLs will refuse", "-o/etc\nfile:/x\n::\n", "1 -o/etc\n2 file:/x\n3 ::\n"},
    {"options of one URL", "a\n  out=x/y.html\n  tries=4\nb\n", "1 a out=x/y.html tries=4\n4 b\n"},
    {"options at the end", "a\nb\n\tout=x", "1 a\n2 b out=x\n"},
    {"options behind blanks, comments and tabs", "a\r\n\r\n# c\r\n\t# c\r\n \t out=x \r\n\n header=A: b\r\n",
     "1 a out=x header=A: b\n"},
    {"each URL has its own", "a\n tries=1\nb\n tries=2\nc\n", "1 a tries=1\n3 b tries=2\n5 c\n"},
    {"options without a URL", " out=x\n# c\n\ttries=2\na\n", "1! " LIST_ORPHAN "3! " LIST_ORPHAN "4 a\n"},
    {"an unknown option leaves the URL out", "a\n colour=red\nb\n", "2! " UNKNOWN "3 b\n"},
    {"an unknown option at the end", "b\na\n colour=red", "1 b\n3! " UNKNOWN},
    {"good options around a bad one", "a\n out=x\n tries=0\n tries=2\nb\n",
     "3! tries= is not a number from 1 to 1000000\n5 b\n"},
    {"all that is wrong is told", "a\n tries\n out=../x\n out=y\nb\n",
     "2! " NO_PAIR "3! a part of out= begins with a dot\n5 b\n"},
    {"an option given twice", "a\n out=x\n out=x\nb\n", "3! the option is given twice for one URL\n4 b\n"},
    {"an indented host is no URL", "a\n b.test\nc\n", "2! " NO_PAIR "3 c\n"},
    {"an indented URL with its scheme is one", " http://a\n\tHTTPS://b?out=x\n out=y\n  http://c",
     "1 http://a\n2 HTTPS://b?out=x out=y\n4 http://c\n"},
    {"an indented @ is no list", "a\n @b\nc\n", "2! " NO_PAIR "3 c\n"},
    {"@ without a name", "a\n@\nb\n@ \t\nc",
     "1 a\n2! the line begins with '@' but names no list\n3 b\n"
     "4! the line begins with '@' but names no list\n5 c\n"},
    {"@- is refused", "@-\n@ -\n",
     "1! a list cannot include standard input\n2! a list cannot include standard input\n"},
    {"@ with a control character", "@a\x01\n", "1! the name of a list contains a control character\n"},
    {"@ with a missing file", "a\n@/gone/x\n out=x\nb\n", "1 a\n2!! " LIST_ABSENT "3! " LIST_ORPHAN "4 b\n"},
};

Test(list, a_text_gives_the_same_from_a_file_a_slow_pipe_and_gzip)
{
    for (size_t i = 0; i < SUPPORT_COUNT(texts); i++) {
        const char *list = texts[i].list, *expected = texts[i].transcript;
        size_t len = strlen(list);
        struct bytes packed = pack(list, len, 1 << 20);
        expect_text(transcript(list, len), expected, texts[i].what, 0);
        expect_text(transcript(packed.at, packed.len), expected, texts[i].what, 0);
        for (size_t at = 0; at <= len; at++)
            expect_text(paused_transcript(list, len, at), expected, texts[i].what, at);
        for (size_t at = 0; at <= packed.len; at++)
            expect_text(paused_transcript(packed.at, packed.len, at), expected, texts[i].what, at);
        free(packed.at);
        packed = pack(list, len, 3);
        expect_text(transcript(packed.at, packed.len), expected, texts[i].what, 0);
        free(packed.at);
    }
}

Test(list, nuls_reach_the_parsers_and_end_nothing)
{
    static const char list[] = "a\0b\nc\n out=x\0y\nd";
    struct buffer b = {0};
    struct list *l = list_of(list, sizeof list - 1);
    struct list_entry e;
    cr_assert_eq(list_next(l, &e), LIST_ENTRY);
    cr_assert(e.url_len == 3 && memcmp(e.url, "a\0b", 3) == 0);
    cr_assert_eq(read_list(l, &b, false), LIST_END);
    cr_assert_str_eq(buffer_text(&b), "3! the line contains a control character\n4 d\n");
    buffer_release(&b);
    list_close(l);
}

/* ---- Long lines ---- */

static const struct {
    const char *begin;
    size_t len;
    const char *behind, *transcript;
} long_lines[] = {
    {"", LIST_LINE_MAX + 1, "\nnext", "1! the line is longer than 64 KiB\n2 next\n"},
    {"", 3 * LIST_LINE_MAX, "\n out=x\nnext", "1! the line is longer than 64 KiB\n3 next\n"},
    {"", 2 * LIST_LINE_MAX, "", "1! the line is longer than 64 KiB\n"},
    {"a\n out=", 3 * LIST_LINE_MAX, "\nnext", "2! the line is longer than 64 KiB\n3 next\n"},
    {"a\n out=", 3 * LIST_LINE_MAX, "", "2! the line is longer than 64 KiB\n"},
    {"a\n", 3 * LIST_LINE_MAX, "\n tries=0", "1 a\n2! the line is longer than 64 KiB\n"},
};

Test(list, a_line_that_is_too_long_costs_one_message_and_not_the_next_line)
{
    for (size_t i = 0; i < SUPPORT_COUNT(long_lines); i++) {
        size_t head = strlen(long_lines[i].begin), len = head + long_lines[i].len;
        char *text = support_alloc(len + 32);
        memset(text, 'x', len);
        memcpy(text, long_lines[i].begin, head);
        memcpy(text + len, long_lines[i].behind, strlen(long_lines[i].behind));
        len = strlen(text);
        struct bytes packed = pack(text, len, 50000);
        expect_text(transcript(text, len), long_lines[i].transcript, long_lines[i].begin, i);
        expect_text(transcript(packed.at, packed.len), long_lines[i].transcript, long_lines[i].begin, i);
        free(packed.at);
        free(text);
    }
}

Test(list, the_longest_line_is_read)
{
    char *text = support_alloc(LIST_LINE_MAX + 64);
    memset(text, 'a', LIST_LINE_MAX);
    char *expected = support_format("1 %s\n2 a\n", text);
    memcpy(text + LIST_LINE_MAX, "\na", 2);
    expect_text(transcript(text, strlen(text)), expected, "longest", 0);
    free(expected);
    free(text);
}

/* More than one buffer: some URLs and options fall on its ends. */
Test(list, a_hundred_thousand_entries_keep_what_is_theirs)
{
    enum { N = 100000 };
    struct buffer text = {0}, expected = {0};
    for (int i = 0, line = 1; i < N; i++, line++) {
        buffer_printf(&text, "http://h/%d\n", i);
        buffer_printf(&expected, "%d http://h/%d", line, i);
        for (int k = 0; k < i % 3; k++, line++) {
            buffer_printf(&text, "  header=A: %d\n", i);
            buffer_printf(&expected, " header=A: %d", i);
        }
        buffer_append_text(&expected, "\n");
    }
    struct bytes packed = pack(text.data, text.len, text.len);
    char *plain = transcript(text.data, text.len), *unpacked = transcript(packed.at, packed.len);
    cr_assert(strcmp(plain, expected.data) == 0);
    cr_assert(strcmp(unpacked, expected.data) == 0);
    free(packed.at);
    free(plain);
    free(unpacked);
    buffer_release(&text);
    buffer_release(&expected);
}

/* ---- Writers that pause ---- */

/* Read until something is given out; fails after ten seconds. */
static void expect_soon(const struct slow *slow, const char *expected)
{
    struct buffer b = {0};
    for (int64_t end = support_deadline_ns(10000); !b.len && support_left_ms(end);) {
        read_list(slow->list, &b, false);
        struct pollfd p = {list_fd(slow->list), POLLIN, 0};
        poll(&p, 1, b.len ? 0 : 10);
    }
    cr_assert_str_eq(buffer_text(&b), expected);
    buffer_release(&b);
}

static void expect_now(const struct slow *slow, const char *expected)
{
    struct buffer b = {0};
    read_list(slow->list, &b, false);
    cr_assert_str_eq(buffer_text(&b), expected);
    buffer_release(&b);
}

Test(list, a_url_is_given_out_when_its_writer_pauses_and_not_before)
{
    struct slow slow = slow_list();
    expect_now(&slow, "");
    int64_t begin = support_now_ns();
    say(&slow, "one\n");
    expect_now(&slow, "");
    expect_soon(&slow, "1 one\n");
    cr_assert_geq(support_now_ns() - begin, (int64_t)(LIST_PAUSE_MS - 1) * 1000000);
    say(&slow, "two\n tries=2\n");
    expect_soon(&slow, "2 two tries=2\n");
    close(slow.to);
    cr_assert_eq(read_list(slow.list, &(struct buffer){0}, false), LIST_END);
    list_close(slow.list);
}

Test(list, a_url_is_given_out_at_once_when_the_next_one_has_begun)
{
    struct slow slow = slow_list();
    say(&slow, "one\n out=x\ntw");
    expect_now(&slow, "1 one out=x\n");
    say(&slow, "o\nthree\nfour");
    expect_now(&slow, "3 two\n4 three\n");
    close(slow.to);
    expect_now(&slow, "5 four\n");
    list_close(slow.list);
}

Test(list, a_url_waits_for_an_option_that_has_begun)
{
    struct slow slow = slow_list();
    say(&slow, "one\n");
    expect_now(&slow, "");
    say(&slow, " ");
    for (int64_t end = support_deadline_ns(2 * LIST_PAUSE_MS); support_left_ms(end);) {
        struct pollfd p = {list_fd(slow.list), POLLIN, 0};
        expect_now(&slow, "");
        poll(&p, 1, 20);
    }
    say(&slow, "tries=2\n");
    expect_soon(&slow, "1 one tries=2\n");
    close(slow.to);
    list_close(slow.list);
}

Test(list, an_option_that_comes_too_late_is_told)
{
    struct slow slow = slow_list();
    say(&slow, "one\n");
    expect_soon(&slow, "1 one\n");
    say(&slow, "# c\n out=x\ntwo");
    expect_now(&slow, "3! the option came too late: the URL above it has been taken\n");
    close(slow.to);
    expect_now(&slow, "4 two\n");
    list_close(slow.list);
}

/* ---- Opening ---- */

Test(list, a_folder_and_a_missing_file_are_refused)
{
    cr_assert_null(list_open("/"));
    cr_assert_eq(errno, EISDIR);
    cr_assert_null(list_open("/does/not/exist"));
    cr_assert_eq(errno, ENOENT);
    list_close(NULL);
}
