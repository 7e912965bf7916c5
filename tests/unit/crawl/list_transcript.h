/* What a list gives, as text: so that a table can say it and a failing row shows itself. For the tests of
 * crawl/list/list.h. */
#ifndef UNIT_CRAWL_LIST_TRANSCRIPT_H
#define UNIT_CRAWL_LIST_TRANSCRIPT_H

#include "crawl/list/list.h"

#include "base/buffer.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define LIST_ORPHAN "an indented line is an option, but there is no URL above it\n"
#define LIST_ABSENT "the list cannot be included: No such file or directory\n"

/* A list with options. */
#define SAMPLE "http://h/1\n  out=one\nhttp://h/2\n\nhttp://h/3\n  out=three\n  tries=3\nhttp://h/4\n"

/* ---- Lists of given bytes ---- */

struct bytes {
    char *at;
    size_t len;
};

/* gzip, in members of at most MEMBER bytes of text each. */
static inline struct bytes pack(const char *text, size_t len, size_t member)
{
    struct bytes out = {support_alloc(len + len / 2 + 64 * (len / member + 2)), 0};
    size_t at = 0;
    do {
        size_t n = len - at < member ? len - at : member;
        z_stream z = {.next_in = (unsigned char *)text + at, .avail_in = (uInt)n};
        z.next_out = (unsigned char *)out.at + out.len;
        z.avail_out = (uInt)(n + n / 2 + 64);
        cr_assert_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
        cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
        out.len += z.total_out;
        deflateEnd(&z);
        at += n;
    } while (at < len);
    return out;
}

static inline struct list *open_descriptor(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    struct list *list = list_open(path);
    cr_assert_not_null(list);
    return list;
}

static inline struct list *list_of(const char *bytes, size_t len)
{
    int fd = memfd_create("list", MFD_CLOEXEC);
    cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
    struct list *list = open_descriptor(fd);
    close(fd);
    return list;
}

/* ---- What a list gives, as text ---- */

static inline void tell_options(struct buffer *b, const struct line_options *o)
{
    if (!o)
        return;
    if (o->out)
        buffer_printf(b, " out=%s", o->out);
    for (size_t i = 0; i < o->header_count; i++)
        buffer_printf(b, " header=%s", o->headers[i]);
    if (o->tries)
        buffer_printf(b, " tries=%u", o->tries);
}

/* One line of the transcript: "1 url option=..." for an entry, "2! words" for a bad line, "3!! words" for a bad
 * file. */
static inline void tell(struct buffer *b, enum list_status s, const struct list_entry *e, bool with_file)
{
    if (with_file)
        buffer_printf(b, "%s:", strrchr(e->file, '/') ? strrchr(e->file, '/') + 1 : e->file);
    buffer_printf(b, "%lu", e->line);
    if (s != LIST_ENTRY) {
        cr_assert(!e->url && !e->options && e->reason);
        buffer_printf(b, "%s %s\n", s == LIST_BAD_LINE ? "!" : "!!", e->reason);
        return;
    }
    cr_assert(!e->reason && e->url_len && e->url_len <= LIST_LINE_MAX);
    buffer_printf(b, " %.*s", (int)e->url_len, e->url);
    tell_options(b, e->options);
    buffer_append_text(b, "\n");
    line_options_free(e->options);
}

/* Add all that LIST gives until it waits or ends. */
static inline enum list_status read_list(struct list *list, struct buffer *b, bool with_file)
{
    struct list_entry e;
    enum list_status s;
    while ((s = list_next(list, &e)) != LIST_END && s != LIST_WAIT)
        if (s != LIST_BUSY)
            tell(b, s, &e, with_file);
    return s;
}

static inline char *transcript(const char *bytes, size_t len)
{
    struct buffer b = {0};
    struct list *list = list_of(bytes, len);
    cr_assert_eq(read_list(list, &b, false), LIST_END);
    cr_assert_eq(read_list(list, &b, false), LIST_END, "the end stays the end");
    list_close(list);
    return buffer_take(&b);
}

static inline void expect_text(char *got, const char *expected, const char *what, size_t at)
{
    cr_expect_str_eq(got, expected, "%s, at %zu:\n%s", what, at, got);
    free(got);
}

#endif
