/* Paths and percent-encoding of a URL being written. */
#include <string.h>

#include "web/url/url_chars.h"
#include "web/url/url_draft.h"

static inline char *put_encoded(char *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    out[0] = '%';
    out[1] = digits[byte >> 4];
    out[2] = digits[byte & 15];
    return out + 3;
}

void url_draft_append(struct url_draft *d, const char *text, size_t len)
{
    memcpy(d->text + d->len, text, len);
    d->len += len;
}

/* Copy and encode until TO or a character of the STOP class; returns where it stopped. The end of the text is kept in a
 * variable of its own, because the compiler must assume that a byte written may change the draft. */
static const char *encode_until(struct url_draft *d, const char *from, const char *to, unsigned set, unsigned stop)
{
    char *out = d->text + d->len;
    for (; from < to; from++) {
        uint8_t class = url_char(*from);
        if (class & stop)
            break;
        if (class & set)
            out = put_encoded(out, *from);
        else
            *out++ = *from;
    }
    d->len = (size_t)(out - d->text);
    return from;
}

void url_draft_encode(struct url_draft *d, const char *from, const char *to, unsigned set)
{
    encode_until(d, from, to, set, 0);
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
        url_draft_char(d, '/');
        const char *p = encode_until(d, from, end, CHAR_ENCODE_PATH, CHAR_ENDS_PART);
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
