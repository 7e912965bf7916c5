#include "web/charset/charset_decoder.h"

#include "web/charset/charset_utf8.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* So much is decoded at a time, so that what is reserved for the output stays in proportion. */
enum { SLICE_BYTES = 16384, JOIN_BYTES = 16 };

char *charset_put_error(struct charset_decoder *d, char *to)
{
    d->errors++;
    return charset_utf8_put(to, CHARSET_REPLACED);
}

static char *put_run(char *to, const uint8_t *from, const uint8_t *end)
{
    size_t n = (size_t)(end - from);
    memcpy(to, from, n);
    return to + n;
}

static char *decode_utf8(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    const uint8_t *s = *at, *run = s;
    int n = 1;
    for (;;) {
        s = charset_skip_ascii(s, end);
        if (s == end)
            break;
        n = charset_utf8_next(s, (size_t)(end - s));
        if (n > 0) {
            s += n;
            continue;
        }
        to = put_run(to, run, s);
        run = s;
        if (n == 0)
            break;
        to = charset_put_error(d, to);
        run = s -= n;
    }
    if (n != 0)
        to = put_run(to, run, s);
    *at = s;
    return to;
}

static char *decode_utf16(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    const uint8_t *s = *at;
    int high = d->charset->kind == CHARSET_UTF16BE ? 0 : 1;
    while (end - s >= 2) {
        uint32_t unit = (uint32_t)s[high] << 8 | s[1 - high];
        if (unit >= 0xd800 && unit < 0xdc00) {
            if (end - s < 4)
                break;
            uint32_t second = (uint32_t)s[2 + high] << 8 | s[3 - high];
            if (second >= 0xdc00 && second < 0xe000) {
                to = charset_utf8_put(to, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
                s += 4;
                continue;
            }
        }
        to = unit >= 0xd800 && unit < 0xe000 ? charset_put_error(d, to) : charset_utf8_put(to, unit);
        s += 2;
    }
    *at = s;
    return to;
}

static char *decode_single(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    const uint16_t *upper = d->charset->upper;
    for (const uint8_t *s = *at; s < end; s++) {
        const uint8_t *run = s;
        s = charset_skip_ascii(s, end);
        to = put_run(to, run, s);
        if (s == end)
            break;
        uint32_t code = upper ? upper[*s - 0x80] : 0xf780u + (*s - 0x80u);
        to = code ? charset_utf8_put(to, code) : charset_put_error(d, to);
    }
    *at = end;
    return to;
}

static char *decode_replacement(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    if (*at < end && !d->replaced) {
        d->replaced = true;
        to = charset_put_error(d, to);
    }
    *at = end;
    return to;
}

static charset_decode *const decoders[] = {
    [CHARSET_UTF8] = decode_utf8,
    [CHARSET_UTF16LE] = decode_utf16,
    [CHARSET_UTF16BE] = decode_utf16,
    [CHARSET_SINGLE] = decode_single,
    [CHARSET_USER_DEFINED] = decode_single,
    [CHARSET_REPLACEMENT] = decode_replacement,
    [CHARSET_GBK] = charset_decode_east,
    [CHARSET_GB18030] = charset_decode_east,
    [CHARSET_SHIFT_JIS] = charset_decode_east,
    [CHARSET_EUC_KR] = charset_decode_east,
    [CHARSET_BIG5] = charset_decode_big5,
    [CHARSET_EUC_JP] = charset_decode_euc_jp,
    [CHARSET_ISO_2022_JP] = charset_decode_iso_2022_jp,
};

struct charset_decoder *charset_decoder_new(const struct charset *charset)
{
    struct charset_decoder *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->charset = charset;
    if (charset->iconv_name) {
        d->iconv = iconv_open("UTF-8", charset->iconv_name);
        if (d->iconv == (iconv_t)-1) {
            free(d);
            return NULL;
        }
        d->has_iconv = true;
    }
    return d;
}

/* The first character is whole here, so that a mark is recognised by its UTF-8. */
static void drop_mark(struct charset_decoder *d, struct buffer *out, size_t start)
{
    if (d->begun || out->len == start)
        return;
    d->begun = true;
    bool marked = d->charset->kind == CHARSET_UTF8 || charset_is_utf16(d->charset);
    if (marked && out->len - start >= 3 && memcmp(out->data + start, "\xef\xbb\xbf", 3) == 0) {
        memmove(out->data + start, out->data + start + 3, out->len - start - 3);
        out->len -= 3;
        out->data[out->len] = '\0';
    }
}

/* How many bytes of these LEN were decoded; SIZE_MAX when memory is out. */
static size_t decode(struct charset_decoder *d, const uint8_t *bytes, size_t len, struct buffer *out)
{
    size_t start = out->len;
    const uint8_t *at = bytes;
    if (!buffer_reserve(out, 3 * len + 16))
        return SIZE_MAX;
    char *end = decoders[d->charset->kind](d, &at, bytes + len, out->data + start);
    assert(bytes + len - at < 4);
    out->len = (size_t)(end - out->data);
    out->data[out->len] = '\0';
    drop_mark(d, out, start);
    return (size_t)(at - bytes);
}

/* What was held is decoded together with what follows it. Returns how many of the new bytes are done with. */
static size_t decode_held(struct charset_decoder *d, const uint8_t *bytes, size_t len, struct buffer *out)
{
    uint8_t join[JOIN_BYTES];
    size_t held = d->held_len, taken = len < JOIN_BYTES - held ? len : JOIN_BYTES - held;
    memcpy(join, d->held, held);
    memcpy(join + held, bytes, taken);
    size_t done = decode(d, join, held + taken, out);
    if (done == SIZE_MAX)
        return done;
    if (done >= held) {
        d->held_len = 0;
        return done - held;
    }
    d->held_len = held + taken - done;
    memmove(d->held, join + done, d->held_len);
    return taken;
}

bool charset_decoder_feed(struct charset_decoder *d, const char *chunk, size_t len, struct buffer *out)
{
    const uint8_t *bytes = (const uint8_t *)chunk;
    while (len) {
        size_t slice = len < SLICE_BYTES ? len : SLICE_BYTES, done;
        if (d->held_len) {
            done = decode_held(d, bytes, len, out);
        } else {
            done = decode(d, bytes, slice, out);
            if (done != SIZE_MAX) {
                d->held_len = slice - done;
                memcpy(d->held, bytes + done, d->held_len);
                done = slice;
            }
        }
        if (done == SIZE_MAX)
            return false;
        bytes += done;
        len -= done;
    }
    return true;
}

/* An escape that is cut is an error of its first byte, behind which the second one is a character. */
bool charset_decoder_end(struct charset_decoder *d, struct buffer *out)
{
    uint8_t second = d->held[1];
    bool escape = d->charset->kind == CHARSET_ISO_2022_JP && d->held_len == 2;
    if (!d->held_len)
        return true;
    d->held_len = 0;
    if (!buffer_reserve(out, 4))
        return false;
    out->len = (size_t)(charset_put_error(d, out->data + out->len) - out->data);
    out->data[out->len] = '\0';
    return !escape || (charset_decoder_feed(d, (const char *)&second, 1, out) && charset_decoder_end(d, out));
}

uint64_t charset_decoder_errors(const struct charset_decoder *d)
{
    return d->errors;
}

void charset_decoder_free(struct charset_decoder *d)
{
    int error = errno;
    if (d && d->has_iconv)
        iconv_close(d->iconv);
    if (d && d->has_jis0212)
        iconv_close(d->jis0212);
    free(d);
    errno = error;
}
