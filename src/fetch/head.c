#include "fetch/head.h"

#include <string.h>
#include <strings.h>

enum kind { LOCATION, TYPE, CODING, LENGTH, TRANSFER, RANGE, COOKIE, OTHER };

struct known {
    const char *name; /* in lower case */
    size_t len;
    enum kind kind;
    bool forwarded;
};

#define KNOWN(name, ...)                                                                                               \
    {                                                                                                                  \
        name, sizeof name - 1, __VA_ARGS__                                                                             \
    }

static const struct known known_headers[] = {
    KNOWN("location", LOCATION, false),
    KNOWN("content-type", TYPE, false),
    KNOWN("content-encoding", CODING, true),
    KNOWN("content-length", LENGTH, false),
    KNOWN("transfer-encoding", TRANSFER, false),
    KNOWN("content-range", RANGE, false),
    KNOWN("set-cookie", COOKIE, true),
    KNOWN("etag", OTHER, true),
    KNOWN("last-modified", OTHER, true),
    KNOWN("retry-after", OTHER, true),
    KNOWN("cache-control", OTHER, true),
    KNOWN("accept-ranges", OTHER, true),
    KNOWN("strict-transport-security", OTHER, true),
    KNOWN("x-robots-tag", OTHER, true),
    KNOWN("link", OTHER, true),
    KNOWN("date", OTHER, true),
};

/* ---- One line ---- */

static const struct known *find_known(const char *line, size_t name_len)
{
    for (size_t i = 0; i < sizeof known_headers / sizeof *known_headers; i++) {
        const struct known *k = &known_headers[i];
        if (k->len == name_len && strncasecmp(line, k->name, name_len) == 0)
            return k;
    }
    return NULL;
}

static struct text trimmed(const char *begin, const char *end)
{
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct text){begin, (size_t)(end - begin)};
}

static bool has_control(struct text value)
{
    for (size_t i = 0; i < value.len; i++)
        if (((unsigned char)value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == '\x7f')
            return true;
    return false;
}

static void keep(struct buffer *b, struct text value, size_t max)
{
    if (memchr(value.data, '\0', value.len))
        return;
    buffer_clear(b);
    buffer_append(b, value.data, value.len < max ? value.len : max);
}

/* All of the line or nothing: a value without its end could mean something else. */
static void forward(struct head *h, const struct known *k, struct text value)
{
    size_t len = k->len + sizeof ": \n" - 1 + value.len;
    if (value.len > FETCH_HEADER_VALUE_MAX || h->forwarded.len + len > FETCH_HEADERS_MAX || has_control(value))
        return;
    if (k->kind == COOKIE && ++h->cookies > FETCH_COOKIES_MAX)
        return;
    if (!buffer_reserve(&h->forwarded, len))
        return;
    buffer_append(&h->forwarded, k->name, k->len);
    buffer_append(&h->forwarded, ": ", 2);
    buffer_append(&h->forwarded, value.data, value.len);
    buffer_append_char(&h->forwarded, '\n');
}

static void add_coding(struct head *h, struct text value)
{
    buffer_append_text(&h->codings, h->codings.len ? "," : "");
    buffer_append(&h->codings, value.data, value.len);
}

static void read_range(struct head *h, struct text value)
{
    h->has_range = range_parse(&h->range, value.data, value.len) && h->ranges == 0;
    h->ranges++;
}

/* False when the line leaves open where the body ends. */
static bool read_known(struct head *h, const struct known *k, struct text value)
{
    if (k->forwarded)
        forward(h, k, value);
    switch (k->kind) {
    case LOCATION:
        keep(&h->location, value, FETCH_LOCATION_MAX);
        return true;
    case TYPE:
        keep(&h->type, value, FETCH_TYPE_MAX);
        return true;
    case CODING:
        add_coding(h, value);
        return true;
    case LENGTH:
        return framing_length(&h->framing, value.data, value.len);
    case TRANSFER:
        h->chunked = true;
        return framing_coding(value.data, value.len);
    case RANGE:
        read_range(h, value);
        return true;
    case COOKIE:
    case OTHER:
        break;
    }
    return true;
}

/* ---- Lines ---- */

/* A line that begins with a blank goes on where the one before ended (obs-fold, RFC 9112 section 5.2). */
static void drop_folded(struct head *h)
{
    if (h->line_begin < h->forwarded.len)
        h->forwarded.data[h->line_begin] = '\0';
    h->forwarded.len = h->line_begin;
}

static enum head_line read_line(struct head *h, const char *line, const char *end)
{
    while (end > line && (end[-1] == '\n' || end[-1] == '\r'))
        end--;
    if (*line == ' ' || *line == '\t') {
        drop_folded(h);
        return HEAD_MORE;
    }
    h->line_begin = h->forwarded.len;
    const char *colon = memchr(line, ':', (size_t)(end - line));
    const struct known *k = colon ? find_known(line, (size_t)(colon - line)) : NULL;
    return !k || read_known(h, k, trimmed(colon + 1, end)) ? HEAD_MORE : HEAD_UNFRAMED;
}

enum head_line head_line(struct head *h, const char *line, size_t len)
{
    h->bytes += len;
    if (h->bytes > HEAD_BYTES_MAX)
        return HEAD_TOO_LARGE;
    if (h->closed)
        return HEAD_MORE;
    if (!len || *line == '\r' || *line == '\n') /* what libcurl takes for the end, whatever comes behind it */
        return HEAD_END;
    return read_line(h, line, line + len);
}

void head_forget(struct head *h)
{
    struct buffer *all[] = {&h->location, &h->type, &h->codings, &h->forwarded};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_clear(all[i]);
    framing_forget(&h->framing);
    h->line_begin = 0;
    h->cookies = h->ranges = 0;
    h->chunked = h->has_range = false;
}

void head_begin(struct head *h)
{
    head_forget(h);
    h->closed = false;
    h->bytes = 0;
}

void head_close(struct head *h)
{
    h->closed = true;
}

/* ---- What they say together ---- */

uint64_t head_total(const struct head *h, unsigned status)
{
    if (status == 206)
        return h->has_range ? h->range.total : 0;
    return h->framing.has_length && !h->chunked ? h->framing.length : 0;
}

bool head_agrees(const struct head *h, const char *name, const struct buffer *expected)
{
    struct fetch_answer lines = {.headers = {buffer_text(&h->forwarded), h->forwarded.len}};
    struct text value;
    size_t at = 0;
    while (expected->len && fetch_answer_header(&lines, name, &at, &value))
        if (value.len != expected->len || memcmp(value.data, expected->data, value.len) != 0)
            return false;
    return true;
}

void head_release(struct head *h)
{
    struct buffer *all[] = {&h->location, &h->type, &h->codings, &h->forwarded};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_release(all[i]);
}
