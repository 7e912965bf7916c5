/* Paths and percent-encoding of a URL being written. */
#include <string.h>

#include "web/url_chars.h"
#include "web/url_draft.h"

static void append_encoded(struct url_draft *d, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    url_draft_char(d, '%');
    url_draft_char(d, digits[byte >> 4]);
    url_draft_char(d, digits[byte & 15]);
}

void url_draft_append(struct url_draft *d, const char *text, size_t len)
{
    memcpy(d->text + d->len, text, len);
    d->len += len;
}

void url_draft_encode(struct url_draft *d, const char *from, const char *to, unsigned set)
{
    for (; from < to; from++) {
        if (url_char(*from) & set)
            append_encoded(d, *from);
        else
            url_draft_char(d, *from);
    }
}

void url_draft_shorten(struct url_draft *d)
{
    const char *slash = memrchr(d->text + d->path_at, '/', d->len - d->path_at);
    if (slash)
        d->len = (size_t)(slash - d->text);
}

/* How many dots the segment FROM..TO stands for, 1 or 2, when it is a dot segment; else 0. A dot may be written %2e. */
static int dots_in_segment(const char *from, const char *to)
{
    int dots = 0;
    while (from < to && dots < 3) {
        if (*from == '.')
            from++;
        else if (to - from >= 3 && from[0] == '%' && from[1] == '2' && url_lower(from[2]) == 'e')
            from += 3;
        else
            return 0;
        dots++;
    }
    return from == to && dots < 3 ? dots : 0;
}

const char *url_draft_path(struct url_draft *d, const char *from, const char *end)
{
    if (from < end && (*from == '/' || *from == '\\'))
        from++;
    for (;;) {
        size_t segment_at = d->len;
        const char *p = from;
        url_draft_char(d, '/');
        for (; p < end; p++) {
            uint8_t class = url_char(*p);
            if (class & CHAR_ENDS_PART)
                break;
            if (class & CHAR_ENCODE_PATH)
                append_encoded(d, *p);
            else
                url_draft_char(d, *p);
        }
        bool more = p < end && (*p == '/' || *p == '\\');
        int dots = p > from && (*from == '.' || *from == '%') ? dots_in_segment(from, p) : 0;
        if (dots) {
            d->len = segment_at;
            if (dots == 2)
                url_draft_shorten(d);
            if (!more)
                url_draft_char(d, '/');
        }
        if (!more)
            return p;
        from = p + 1;
    }
}
