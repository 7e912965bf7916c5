#include "fetch/head.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Feed TEXT line by line, as libcurl does, each in memory that ends with it. Returns what the last line said. */
static enum head_line feed(struct head *h, const char *text)
{
    enum head_line said = HEAD_MORE;
    while (*text && said == HEAD_MORE) {
        size_t len = strcspn(text, "\n") + 1;
        char *exact = malloc(len);
        memcpy(exact, text, len);
        said = head_line(h, exact, len);
        free(exact);
        text += len;
    }
    return said;
}

Test(head, forwards_what_the_parent_decides_by_and_nothing_else)
{
    static const struct {
        const char *lines, *forwarded;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nServer: x\r\n", ""},
        {"ETag: \"a\"\r\n", "etag: \"a\"\n"},
        {"etag:\"a\"\n", "etag: \"a\"\n"},
        {"ETAG: \t \"a\" \t \r\n", "etag: \"a\"\n"},
        {"Date:\r\n", "date: \n"},
        {"Retry-After: 1\r\nRETRY-AFTER: 2\r\n", "retry-after: 1\nretry-after: 2\n"},
        {"Last-Modified: a\r\nCache-Control: b\r\nAccept-Ranges: c\r\nContent-Encoding: d\r\nSet-Cookie: e\r\n",
         "last-modified: a\ncache-control: b\naccept-ranges: c\ncontent-encoding: d\nset-cookie: e\n"},
        {"Strict-Transport-Security: a\r\nX-Robots-Tag: b\r\nLink: c\r\nDate: d\r\n",
         "strict-transport-security: a\nx-robots-tag: b\nlink: c\ndate: d\n"},
        {"Link: caf\xe9\tx\r\n", "link: caf\xe9\tx\n"},
        {"Link: a: b: c\r\n", "link: a: b: c\n"},

        /* Not those names. */
        {"ETag : a\r\n ETag: b\r\nX-ETag: c\r\nETags: d\r\nETa: e\r\nETag\r\n", ""},
        {"Location: a\r\nContent-Type: b\r\nContent-Length: 1\r\nContent-Range: x\r\n", ""},

        /* Bytes that would mean something else where the value is shown or sent again. */
        {"Link: \x1b[2J\r\nDate: \x7f\r\nETag: a\rb\r\nSet-Cookie: a\x01\r\nLink: fine\r\n", "link: fine\n"},

        /* A value that goes on in the next line. */
        {"Link: a\r\n b\r\nDate: d\r\n", "date: d\n"},
        {"Date: d\r\nLink: a\r\n\tb\r\n c\r\nDate: e\r\n", "date: d\ndate: e\n"},
        {"Date: d\r\nServer: a\r\n b\r\n", "date: d\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct head h = {0};
        cr_expect_eq(feed(&h, rows[i].lines), HEAD_MORE);
        cr_expect_str_eq(buffer_text(&h.forwarded), rows[i].forwarded, "%s became %s", rows[i].lines,
                         buffer_text(&h.forwarded));
        cr_expect_eq(h.forwarded.len, strlen(rows[i].forwarded));
        head_release(&h);
    }
}

static void add_line(struct head *h, struct buffer *line, const char *name, size_t value_len)
{
    buffer_clear(line);
    buffer_printf(line, "%s: ", name);
    for (size_t i = 0; i < value_len; i++)
        buffer_append_char(line, 'v');
    buffer_append_text(line, "\r\n");
    cr_assert_eq(head_line(h, line->data, line->len), HEAD_MORE);
}

static size_t count_lines(const struct head *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->forwarded.len; i++)
        n += h->forwarded.data[i] == '\n';
    return n;
}

Test(head, forwards_no_more_than_its_limits)
{
    struct head h = {0};
    struct buffer line = {0};
    add_line(&h, &line, "Link", FETCH_HEADER_VALUE_MAX);
    cr_expect_eq(count_lines(&h), 1);
    add_line(&h, &line, "Link", FETCH_HEADER_VALUE_MAX + 1);
    cr_expect_eq(count_lines(&h), 1);
    for (int i = 0; i < 12; i++)
        add_line(&h, &line, "Link", FETCH_HEADER_VALUE_MAX);
    cr_expect_eq(count_lines(&h), 7);
    cr_expect_leq(h.forwarded.len, FETCH_HEADERS_MAX);
    add_line(&h, &line, "ETag", 8); /* a short one still fits */
    cr_expect_eq(count_lines(&h), 8);
    head_begin(&h);
    for (int i = 0; i < 100; i++)
        add_line(&h, &line, "Set-Cookie", 8);
    add_line(&h, &line, "ETag", 8);
    cr_expect_eq(count_lines(&h), FETCH_COOKIES_MAX + 1);
    buffer_release(&line);
    head_release(&h);
}

Test(head, says_how_long_the_whole_is)
{
    static const struct {
        unsigned status;
        const char *lines;
        uint64_t total;
    } rows[] = {
        {200, "Server: x\r\n", 0},
        {200, "Content-Length: 12\r\n", 12},
        {200, "Content-Length: 12\r\nTransfer-Encoding: chunked\r\n", 0},
        {206, "Content-Length: 12\r\nContent-Range: bytes 8-19/20\r\n", 20},
        {206, "Content-Length: 12\r\nContent-Range: bytes 8-19/*\r\n", 0},
        {206, "Content-Length: 12\r\nContent-Range: bytes 8-19/19\r\n", 0},
        {206, "Content-Length: 12\r\n", 0},
        {206, "Content-Range: bytes 8-19/20\r\nContent-Range: bytes 8-19/20\r\n", 0},
        {200, "Content-Length: 12\r\nContent-Range: bytes 8-19/20\r\n", 12},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct head h = {0};
        cr_expect_eq(feed(&h, rows[i].lines), HEAD_MORE);
        cr_expect_eq(head_total(&h, rows[i].status), rows[i].total, "%s", rows[i].lines);
        head_release(&h);
    }
}

Test(head, that_leaves_open_where_the_body_ends_is_told_at_once)
{
    static const char *const rows[] = {
        "Content-Length: -1\r\n",      "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1,2\r\n",     "Content-Length: 9999999999999999999999\r\n",
        "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: chunked, gzip\r\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct head h = {0};
        cr_expect_eq(feed(&h, rows[i]), HEAD_UNFRAMED, "%s", rows[i]);
        head_release(&h);
    }
}

Test(head, before_the_last_one_and_trailers_behind_it_are_forgotten)
{
    struct head h = {0};
    cr_assert_eq(feed(&h, "HTTP/1.1 103 Early\r\nLink: early\r\nSet-Cookie: early\r\nLocation: /early\r\n\r\n"),
                 HEAD_END);
    head_forget(&h);
    cr_assert_eq(feed(&h, "HTTP/1.1 200 OK\r\nLink: right\r\nContent-Length: 3\r\n\r\n"), HEAD_END);
    head_close(&h);
    cr_assert_eq(feed(&h, "Link: late\r\nContent-Length: 9\r\nSet-Cookie: late\r\n\r\n"), HEAD_MORE);
    cr_assert_str_eq(buffer_text(&h.forwarded), "link: right\n");
    cr_assert_str_eq(buffer_text(&h.location), "");
    cr_assert_eq(head_total(&h, 200), 3);
    head_begin(&h);
    cr_assert_eq(h.bytes, 0);
    cr_assert_eq(feed(&h, "Link: next\r\n\r\n"), HEAD_END);
    cr_assert_str_eq(buffer_text(&h.forwarded), "link: next\n");
    head_release(&h);
}

/* libcurl takes a line that begins with a line end for the end of the head, whatever comes behind. */
Test(head, ends_where_libcurl_says_so)
{
    static const char *const rows[] = {"\r\n", "\n", "\rETag: a\r\n", "\r\r\n"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct head h = {0};
        cr_expect_eq(feed(&h, rows[i]), HEAD_END, "row %zu", i);
        cr_expect_eq(h.forwarded.len, 0);
        head_release(&h);
    }
}

Test(head, that_does_not_end_is_told_when_it_is_too_large)
{
    struct head h = {0};
    size_t lines = 0;
    while (lines < 100000 && feed(&h, "X-Some-Header: of twenty-eight\r\n") == HEAD_MORE)
        lines++;
    cr_assert_eq(lines, HEAD_BYTES_MAX / 32);
    head_close(&h); /* trailers count, too */
    cr_assert_eq(feed(&h, "a: b\r\n"), HEAD_TOO_LARGE);
    head_release(&h);
}

Test(head, agrees_with_a_validator_unless_it_says_another_one)
{
    static const struct {
        const char *lines, *expected;
        bool agrees;
    } rows[] = {
        {"ETag: \"a\"\r\n", "\"a\"", true},  {"ETag: \"b\"\r\n", "\"a\"", false},
        {"ETag: \"A\"\r\n", "\"a\"", false}, {"ETag: W/\"a\"\r\n", "\"a\"", false},
        {"ETag: \"a\"\r\n", "", true},       {"Server: x\r\n", "\"a\"", true},
        {"ETag: \r\n", "\"a\"", false},      {"ETag: \"a\"\r\nETag: \"b\"\r\n", "\"a\"", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct head h = {0};
        struct buffer expected = {0};
        buffer_append_text(&expected, rows[i].expected);
        cr_assert_eq(feed(&h, rows[i].lines), HEAD_MORE);
        cr_expect_eq(head_agrees(&h, "etag", &expected), rows[i].agrees, "%s and %s", rows[i].lines, rows[i].expected);
        buffer_release(&expected);
        head_release(&h);
    }
}
