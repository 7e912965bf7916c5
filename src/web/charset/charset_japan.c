/* EUC-JP and ISO-2022-JP are taken apart here, and what is of JIS X 0208 goes to iconv as Shift_JIS: of the tables that
 * the C library has, CP932 is the one that is the standard's index. */
#include "web/charset/charset_east.h"

#include "web/charset/charset_utf8.h"

#include <errno.h>

enum { BATCH_BYTES = 512, FIRST_KATAKANA = 0xff61 };

unsigned charset_jis_shift(unsigned euc)
{
    unsigned row = (euc >> 8) - 0xa1, cell = (euc & 0xff) - 0xa1 + row % 2 * 94;
    unsigned lead = row / 2 + (row < 62 ? 0x81 : 0xc1);
    return lead << 8 | (cell + (cell < 63 ? 0x40 : 0x41));
}

/* Rows from 95 on, IBM's additions, are in rows 89 to 92 as well, where NEC put them; EUC has only those. */
unsigned charset_jis_euc(unsigned shift)
{
    static const uint16_t moved[][2] = {{0xfa54, 0x81ca}, {0xfa55, 0xeefa}, {0xfa56, 0xeefb}, {0xfa57, 0xeefc}};
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++) {
        if (shift == moved[i][0])
            shift = moved[i][1];
    }
    unsigned lead = shift >> 8, trail = shift & 0xff;
    unsigned index = (lead - (lead < 0xa0 ? 0x81 : 0xc1)) * 188 + trail - (trail < 0x7f ? 0x40 : 0x41);
    enum {
        NEC_SMALL_ROMAN = 0x2d * 188 + 174,
        NEC_FIRST = 0x2c * 188,
        IBM_FIRST = 0x39 * 188,
        IBM_KANJI = IBM_FIRST + 28
    };
    if (index >= IBM_KANJI)
        index = index - IBM_KANJI + NEC_FIRST;
    else if (index >= IBM_FIRST)
        index = index - IBM_FIRST + NEC_SMALL_ROMAN;
    return index < 94 * 94 ? (index / 94 + 0xa1) << 8 | (index % 94 + 0xa1) : 0;
}

/* Shift_JIS that is to be converted. */
struct batch {
    uint8_t bytes[BATCH_BYTES];
    size_t len;
};

static char *flush(struct charset_decoder *d, struct batch *b, char *to)
{
    const uint8_t *at = b->bytes, *end = at + b->len;
    b->len = 0;
    return charset_convert(d, &at, end, to);
}

static char *put_pair(struct charset_decoder *d, struct batch *b, unsigned euc, char *to)
{
    unsigned shift = charset_jis_shift(euc);
    if (b->len + 2 > sizeof b->bytes)
        to = flush(d, b, to);
    b->bytes[b->len++] = (uint8_t)(shift >> 8);
    b->bytes[b->len++] = (uint8_t)shift;
    return to;
}

static bool is_upper(uint8_t c)
{
    return c >= 0xa1 && c <= 0xfe;
}

/* A character of JIS X 0212, three bytes. The C library has vendors' rows behind the standard's last one, 77. */
static char *put_jis0212(struct charset_decoder *d, const uint8_t *s, char *to)
{
    if (!d->has_jis0212) {
        d->jis0212 = iconv_open("UTF-8", "EUC-JP-MS");
        d->has_jis0212 = d->jis0212 != (iconv_t)-1;
    }
    if (s[1] == 0xa2 && s[2] == 0xc3)
        return charset_utf8_put(to, 0xa6);
    char *in = (char *)s;
    size_t in_left = 3, out_left = 4;
    if (s[1] > 0xed || !d->has_jis0212 || iconv(d->jis0212, &in, &in_left, &to, &out_left) == (size_t)-1)
        to = charset_put_error(d, to);
    return to;
}

/* One sequence that is not ASCII. */
static char *euc_sequence(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, struct batch *b, char *to)
{
    const uint8_t *s = *at;
    bool lead = s[0] == 0x8e || s[0] == 0x8f || is_upper(s[0]);
    if (lead && end - s == 1)
        return to;
    if (s[0] == 0x8f && is_upper(s[1])) {
        if (end - s == 2)
            return to;
        *at += s[2] < 0x80 ? 2 : 3;
        to = flush(d, b, to);
        return is_upper(s[2]) ? put_jis0212(d, s, to) : charset_put_error(d, to);
    }
    *at += lead && s[1] >= 0x80 ? 2 : 1;
    if (is_upper(s[0]) && is_upper(s[1]))
        return put_pair(d, b, (unsigned)s[0] << 8 | s[1], to);
    to = flush(d, b, to);
    if (s[0] == 0x8e && s[1] >= 0xa1 && s[1] <= 0xdf)
        return charset_utf8_put(to, FIRST_KATAKANA + s[1] - 0xa1u);
    return charset_put_error(d, to);
}

char *charset_decode_euc_jp(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    struct batch b = {.len = 0};
    while (*at < end) {
        const uint8_t *run = *at, *s = charset_skip_ascii(run, end);
        if (s > run) {
            to = flush(d, &b, to);
            memcpy(to, run, (size_t)(s - run));
            to += s - run;
            *at = s;
            continue;
        }
        to = euc_sequence(d, at, end, &b, to);
        if (*at == s)
            break;
    }
    return flush(d, &b, to);
}

/* The three bytes of an escape sequence. */
static bool read_escape(const uint8_t *s, enum charset_jis_state *state)
{
    static const struct {
        char bytes[3];
        enum charset_jis_state state;
    } escapes[] = {
        {"(B", JIS_ASCII}, {"(J", JIS_ROMAN}, {"(I", JIS_KATAKANA}, {"$@", JIS_PAIRS}, {"$B", JIS_PAIRS},
    };
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (memcmp(s + 1, escapes[i].bytes, 2) == 0) {
            *state = escapes[i].state;
            return true;
        }
    }
    return false;
}

/* Two escapes with nothing between them are an error, so that they cannot hide in a text (section 13.2.1). */
static char *escape(struct charset_decoder *d, const uint8_t **at, char *to)
{
    bool again = d->just_escaped;
    d->just_escaped = read_escape(*at, &d->state);
    *at += d->just_escaped ? 3 : 1;
    return again || !d->just_escaped ? charset_put_error(d, to) : to;
}

static char *jis_single(struct charset_decoder *d, uint8_t c, char *to)
{
    if (d->state == JIS_KATAKANA)
        return c >= 0x21 && c <= 0x5f ? charset_utf8_put(to, FIRST_KATAKANA + c - 0x21u) : charset_put_error(d, to);
    if (c >= 0x80 || c == 0x0e || c == 0x0f)
        return charset_put_error(d, to);
    if (d->state == JIS_ROMAN && (c == 0x5c || c == 0x7e))
        return charset_utf8_put(to, c == 0x5c ? 0xa5 : 0x203e);
    return charset_utf8_put(to, c);
}

static bool is_cell(uint8_t c)
{
    return c >= 0x21 && c <= 0x7e;
}

char *charset_decode_iso_2022_jp(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to)
{
    struct batch b = {.len = 0};
    while (*at < end) {
        const uint8_t *s = *at;
        if (s[0] == 0x1b) {
            if (end - s < 3)
                break;
            to = flush(d, &b, to);
            to = escape(d, at, to);
            continue;
        }
        if (d->state == JIS_PAIRS && is_cell(s[0]) && end - s < 2)
            break;
        d->just_escaped = false;
        if (d->state == JIS_PAIRS && is_cell(s[0]) && is_cell(s[1])) {
            to = put_pair(d, &b, 0x8080u | (unsigned)s[0] << 8 | s[1], to);
            *at += 2;
            continue;
        }
        to = flush(d, &b, to);
        *at += d->state == JIS_PAIRS && is_cell(s[0]) && s[1] != 0x1b ? 2 : 1;
        to = d->state == JIS_PAIRS ? charset_put_error(d, to) : jis_single(d, s[0], to);
    }
    return flush(d, &b, to);
}
