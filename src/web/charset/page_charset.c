#include "web/charset/page_charset.h"

#include "web/charset/charset_utf8.h"

#include "base/status.h"

#include <strings.h>
#include <uchardet.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

/* ---- the byte order mark, which outdoes all else ---- */

static const struct {
    const char *bytes;
    size_t len;
    const char *label;
} marks[] = {{"\xef\xbb\xbf", 3, "utf-8"}, {"\xfe\xff", 2, "utf-16be"}, {"\xff\xfe", 2, "utf-16le"}};

/* The encoding that a mark says; with NULL, MORE says whether a mark may still become whole. */
static const struct charset *of_mark(const char *head, size_t len, bool *more)
{
    *more = false;
    for (size_t i = 0; i < COUNT_OF(marks); i++) {
        size_t n = len < marks[i].len ? len : marks[i].len;
        if (n && memcmp(head, marks[i].bytes, n) != 0)
            continue;
        if (n == marks[i].len)
            return charset_find(marks[i].label, strlen(marks[i].label));
        *more = true;
    }
    return NULL;
}

/* ---- Content-Type ---- */

struct value {
    const char *at;
    size_t len;
};

/* The value behind '=', at AT: quoted or up to the next ';'. Returns where the reading goes on. */
static const char *read_value(const char *at, const char *end, struct value *value)
{
    if (at < end && *at == '"') {
        const char *close = memchr(at + 1, '"', (size_t)(end - at - 1));
        if (!close)
            close = end;
        *value = (struct value){at + 1, (size_t)(close - at - 1)};
        at = memchr(close, ';', (size_t)(end - close));
        return at ? at : end;
    }
    const char *stop = memchr(at, ';', (size_t)(end - at));
    if (!stop)
        stop = end;
    *value = (struct value){at, (size_t)(stop - at)};
    return stop;
}

const struct charset *page_charset_of_type(const char *content_type, size_t len)
{
    const char *end = content_type + len, *at = memchr(content_type, ';', len);
    while (at && at < end) {
        for (at++; at < end && is_blank(*at); at++)
            ;
        const char *name = at;
        while (at < end && *at != ';' && *at != '=')
            at++;
        size_t name_len = (size_t)(at - name);
        if (at == end || *at == ';')
            continue;
        struct value value;
        at = read_value(at + 1, end, &value);
        if (name_len == 7 && strncasecmp(name, "charset", 7) == 0 && value.len)
            return charset_find(value.at, value.len);
    }
    return NULL;
}

/* ---- the looks of the bytes ---- */

/* Whether the bytes are UTF-8 as far as they go; PLAIN says whether they are all ASCII. */
static bool is_utf8(const uint8_t *s, size_t len, bool *plain)
{
    const uint8_t *end = s + len;
    *plain = true;
    while ((s = charset_skip_ascii(s, end)) < end) {
        int n = charset_utf8_next(s, (size_t)(end - s));
        *plain = false;
        if (n <= 0)
            return n == 0;
        s += n;
    }
    return true;
}

/* uchardet's names that are no labels. */
static const char *const renamed[][2] = {{"UHC", "euc-kr"}, {"MAC-CYRILLIC", "x-mac-cyrillic"}};

static const struct charset *guess(const char *head, size_t len)
{
    uchardet_t detector = uchardet_new();
    if (!detector)
        return NULL;
    const struct charset *charset = NULL;
    if (uchardet_handle_data(detector, head, len) == 0) {
        uchardet_data_end(detector);
        const char *name = uchardet_get_charset(detector);
        for (size_t i = 0; i < COUNT_OF(renamed); i++) {
            if (strcmp(name, renamed[i][0]) == 0)
                name = renamed[i][1];
        }
        if (strcmp(name, "ASCII") != 0)
            charset = charset_find(name, strlen(name));
    }
    uchardet_delete(detector);
    return charset;
}

/* UTF-8 is told by its form, which other text of any length does not have by chance. What a guess must not lead to is
 * an encoding in which the markup would be other than its ASCII, or nothing at all. */
static struct page_charset by_looks(const char *head, size_t len)
{
    bool plain;
    if (len == 0)
        return (struct page_charset){charset_windows_1252(), PAGE_CHARSET_DEFAULT};
    if (is_utf8((const uint8_t *)head, len, &plain) && !plain)
        return (struct page_charset){charset_utf8(), PAGE_CHARSET_GUESSED};
    const struct charset *charset = plain && !memchr(head, 0x1b, len) ? NULL : guess(head, len);
    if (charset && charset_output(charset) == charset)
        return (struct page_charset){charset, PAGE_CHARSET_GUESSED};
    return (struct page_charset){charset_windows_1252(), PAGE_CHARSET_DEFAULT};
}

/* ---- all of it ---- */

bool page_charset_find(const char *content_type, const char *head, size_t len, bool whole, struct page_charset *out)
{
    bool more;
    const struct charset *charset = of_mark(head, len, &more);
    if (charset) {
        *out = (struct page_charset){charset, PAGE_CHARSET_BOM};
        return true;
    }
    if (more && !whole)
        return false;
    charset = content_type ? page_charset_of_type(content_type, strlen(content_type)) : NULL;
    if (charset) {
        *out = (struct page_charset){charset, PAGE_CHARSET_HTTP};
        return true;
    }
    if (len < PAGE_CHARSET_PRESCAN_BYTES && !whole)
        return false;
    charset = len ? page_charset_prescan(head, len) : NULL;
    if (charset) {
        *out = (struct page_charset){charset, PAGE_CHARSET_META};
        return true;
    }
    if (len < PAGE_CHARSET_DETECT_BYTES && !whole)
        return false;
    *out = by_looks(head, len < PAGE_CHARSET_DETECT_BYTES ? len : PAGE_CHARSET_DETECT_BYTES);
    return true;
}

const char *page_charset_source_text(enum page_charset_source source)
{
    static const char *const texts[] = {"bom", "http", "meta", "guessed", "default"};
    return texts[source];
}
