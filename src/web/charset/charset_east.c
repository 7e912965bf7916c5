/* Shift_JIS, EUC-KR, GBK and gb18030 are what iconv makes of CP932, UHC and GB18030: the standard's indexes are those
 * tables, apart from single places that are mended here. (Of gb18030, 24 characters are those of the edition of 2022,
 * where the standard's older index had them in the private use area.) Big5 has more such places, so its pairs are
 * looked at one by one. */
#include "web/charset/charset_east.h"

#include "web/charset/charset_utf8.h"

enum { IDEOGRAPHIC_SPACE = 0x3000 };

/* U+E5E5 stands where the standard has the ideographic space U+3000: bytes A3 A0, which old pages indent with. Both are
 * three bytes long, and no other bytes give U+E5E5. */
static void mend_spaces(char *from, char *to)
{
    while ((from = memmem(from, (size_t)(to - from), "\xee\x97\xa5", 3)))
        from = charset_utf8_put(from, IDEOGRAPHIC_SPACE);
}

static bool is_lead(enum charset_kind kind, uint8_t c)
{
    if (kind == CHARSET_SHIFT_JIS)
        return (c >= 0x81 && c <= 0x9f) || (c >= 0xe0 && c <= 0xfc);
    return c >= 0x81 && c <= 0xfe;
}

/* The single bytes that the standard knows and iconv does not; 0 for others. */
static uint32_t single_byte(enum charset_kind kind, uint8_t c)
{
    if (c != 0x80)
        return 0;
    return kind == CHARSET_GBK || kind == CHARSET_GB18030 ? 0x20ac : kind == CHARSET_SHIFT_JIS ? 0x80 : 0;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* How long a sequence that iconv refuses is. A lead byte takes its second byte along, unless that is ASCII and so may
 * be a '<' that a broken character must not swallow; the four bytes of gb18030 go together once they are of that form.
 * 0: END cuts the sequence, so that it is not known yet. */
static size_t refused_len(const struct charset_decoder *d, const uint8_t *s, const uint8_t *end)
{
    enum charset_kind kind = d->charset->kind;
    size_t len = (size_t)(end - s);
    if (kind == CHARSET_EUC_JP || kind == CHARSET_ISO_2022_JP) /* nothing but pairs comes here from those */
        return 2;
    if (!is_lead(kind, s[0]))
        return 1;
    if (len == 1)
        return 0;
    if (s[1] >= 0x80)
        return 2;
    if ((kind != CHARSET_GBK && kind != CHARSET_GB18030) || !is_digit(s[1]) || (len > 2 && !is_lead(kind, s[2])))
        return 1;
    return len < 4 ? 0 : is_digit(s[3]) ? 4 : 1;
}

/* The C library's UHC refuses A2 E8 like other bytes that are no character, but leaves them behind as read. */
static bool skipped(const struct charset_decoder *d, const uint8_t *begin, const uint8_t *at)
{
    return d->charset->kind == CHARSET_EUC_KR && at - begin >= 2 && at[-2] == 0xa2 && at[-1] == 0xe8;
}

char *charset_convert(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    for (;;) {
        const uint8_t *begin = *at;
        char *in = (char *)begin;
        size_t in_left = (size_t)(end - *at), out_left = 3 * in_left + 16;
        iconv(d->iconv, &in, &in_left, &to, &out_left);
        *at = (const uint8_t *)in;
        iconv(d->iconv, NULL, NULL, &to, &out_left); /* a character that waited for a combining one */
        if (skipped(d, begin, *at)) {
            to = charset_put_error(d, to);
            continue;
        }
        size_t len = in_left ? refused_len(d, *at, end) : 0;
        if (!len)
            return to;
        uint32_t code = single_byte(d->charset->kind, **at);
        to = code ? charset_utf8_put(to, code) : charset_put_error(d, to);
        *at += len;
    }
}

char *charset_decode_east(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    char *from = to;
    const uint8_t *run = *at;
    *at = charset_skip_ascii(run, end);
    memcpy(to, run, (size_t)(*at - run));
    to = charset_convert(d, at, end, to + (*at - run));
    if (d->charset->kind == CHARSET_GBK || d->charset->kind == CHARSET_GB18030)
        mend_spaces(from, to);
    return to;
}

char *charset_decode_big5(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    const uint8_t *s = *at;
    while (s < end) {
        s = charset_skip_ascii(s, end);
        bool lead = s < end && is_lead(CHARSET_BIG5, s[0]);
        if (s == end || (lead && end - s == 1))
            break;
        uint32_t code = lead ? charset_big5_decode((unsigned)s[0] << 8 | s[1]) : CHARSET_REPLACED;
        size_t len = lead && s[1] >= 0x40 ? 2 : 1;
        if (code) {
            to = charset_convert(d, at, s, to);
            to = lead ? charset_utf8_put(to, code) : charset_put_error(d, to);
            *at = s + len;
        }
        s += len;
    }
    return charset_convert(d, at, end, to);
}
