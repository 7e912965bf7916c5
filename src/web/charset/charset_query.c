/* A link's query in the encoding of its page (URL Standard section 1.3, "percent-encode after encoding"). */
#include "web/charset/charset_east.h"

#include "web/charset/charset_utf8.h"

enum { ENCODED_BYTES = 8 };

/* What encodes one query. */
struct encoder {
    const struct charset *charset;
    iconv_t to;                      /* from UTF-8 to what iconv has for the encoding */
    struct charset_decoder *decoder; /* of the encoding, to see whether a character comes back */
    struct buffer back;
    enum charset_jis_state state; /* ISO-2022-JP */
    struct buffer *out;
};

/* The special-query percent-encode set, beyond what is not ASCII. */
static bool must_escape(uint8_t c)
{
    return c <= 0x20 || c >= 0x7f || c == '"' || c == '#' || c == '<' || c == '>' || c == '\'';
}

static bool put_byte(struct encoder *e, uint8_t c)
{
    return must_escape(c) ? buffer_printf(e->out, "%%%02X", c) : buffer_append_char(e->out, (char)c);
}

static bool put_bytes(struct encoder *e, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!put_byte(e, bytes[i]))
            return false;
    }
    return true;
}

/* A character as it was read: its UTF-8 is needed as often as its number. */
struct character {
    const uint8_t *utf8;
    size_t len;
    uint32_t code;
};

static size_t encode_single(const struct charset *charset, uint32_t code, uint8_t *to)
{
    for (unsigned i = 0; i < 128; i++) {
        if (code == (charset->upper ? charset->upper[i] : 0xf780 + i)) {
            to[0] = (uint8_t)(0x80 + i);
            return 1;
        }
    }
    return 0;
}

/* The characters whose bytes come back as another one; 0: none of these. The minus sign is sent as the wide one. */
static size_t encode_one_way(enum charset_kind kind, uint32_t code, uint8_t *to)
{
    bool japan = kind == CHARSET_SHIFT_JIS || kind == CHARSET_EUC_JP;
    unsigned bytes = 0;
    if ((code == 0x20ac && kind == CHARSET_GBK) || (code == 0x80 && kind == CHARSET_SHIFT_JIS))
        bytes = 0x80;
    else if (code == 0xa5 && japan)
        bytes = 0x5c;
    else if (code == 0x203e && japan)
        bytes = 0x7e;
    else if (code == 0x2212 && japan)
        bytes = kind == CHARSET_SHIFT_JIS ? 0x817c : 0xa1dd;
    else if (code == 0x3000 && (kind == CHARSET_GBK || kind == CHARSET_GB18030))
        bytes = 0xa1a1;
    if (bytes > 0xff)
        *to++ = (uint8_t)(bytes >> 8);
    *to = (uint8_t)bytes;
    return bytes > 0xff ? 2 : bytes ? 1 : 0;
}

/* What iconv has for a character, in the encoding's own form; it may be a likeness. */
static size_t encode_iconv(const struct encoder *e, const struct character *c, uint8_t *to)
{
    enum charset_kind kind = e->charset->kind;
    unsigned big5 = kind == CHARSET_BIG5 ? charset_big5_encode(c->code) : 0;
    if (big5) {
        to[0] = (uint8_t)(big5 >> 8);
        to[1] = (uint8_t)big5;
        return 2;
    }
    char *in = (char *)c->utf8, *out = (char *)to;
    size_t in_left = c->len, out_left = ENCODED_BYTES;
    size_t rc = iconv(e->to, &in, &in_left, &out, &out_left);
    iconv(e->to, NULL, NULL, &out, &out_left);
    size_t len = ENCODED_BYTES - out_left;
    if (rc == (size_t)-1)
        return 0;
    if (kind != CHARSET_EUC_JP)
        return len;
    if (len == 1 && to[0] >= 0xa1 && to[0] <= 0xdf) { /* half-width katakana */
        to[1] = to[0];
        to[0] = 0x8e;
        return 2;
    }
    unsigned euc = len == 2 ? charset_jis_euc((unsigned)to[0] << 8 | to[1]) : 0;
    to[0] = (uint8_t)(euc >> 8);
    to[1] = (uint8_t)euc;
    return euc ? 2 : 0;
}

/* What the standard's encoders leave out of what its decoders have. */
static bool is_left_out(enum charset_kind kind, uint32_t code, const uint8_t *bytes, size_t len)
{
    if (kind == CHARSET_BIG5)
        return bytes[0] < 0xa1; /* Hong Kong's additions */
    if (kind == CHARSET_SHIFT_JIS)
        return code >= 0xe000 && code < 0xf900; /* made up by the user */
    return kind == CHARSET_GBK && len == 4;
}

static bool comes_back(struct encoder *e, const struct character *c, const uint8_t *bytes, size_t len)
{
    buffer_clear(&e->back);
    return charset_decoder_feed(e->decoder, (const char *)bytes, len, &e->back) &&
           charset_decoder_end(e->decoder, &e->back) && e->back.len == c->len &&
           memcmp(e->back.data, c->utf8, c->len) == 0;
}

/* Encode a character that is not ASCII. Returns how many bytes it has; 0: the encoding lacks it. */
static size_t encode(struct encoder *e, const struct character *c, uint8_t *to)
{
    const struct charset *charset = e->charset;
    if (charset->kind == CHARSET_UTF8) {
        memcpy(to, c->utf8, c->len);
        return c->len;
    }
    if (!charset->iconv_name)
        return encode_single(charset, c->code, to);
    size_t len = encode_one_way(charset->kind, c->code, to);
    if (len)
        return len;
    len = encode_iconv(e, c, to);
    return len && !is_left_out(charset->kind, c->code, to, len) && comes_back(e, c, to, len) ? len : 0;
}

static bool put_number(struct encoder *e, uint32_t code)
{
    return buffer_printf(e->out, "%%26%%23%u%%3B", (unsigned)code);
}

static bool put_character(struct encoder *e, const struct character *c)
{
    uint8_t bytes[ENCODED_BYTES];
    if (c->code < 0x80)
        return put_byte(e, (uint8_t)c->code);
    size_t len = encode(e, c, bytes);
    return len ? put_bytes(e, bytes, len) : put_number(e, c->code);
}

/* ---- ISO-2022-JP: the same bytes as EUC-JP's in seven bits, behind escapes that say which set they are of ---- */

static bool enter(struct encoder *e, enum charset_jis_state state)
{
    static const char *const escapes[] = {[JIS_ASCII] = "%1B(B", [JIS_ROMAN] = "%1B(J", [JIS_PAIRS] = "%1B$B"};
    if (e->state == state)
        return true;
    e->state = state;
    return buffer_append_text(e->out, escapes[state]);
}

/* Half-width katakana, from U+FF61 on, are sent in full width. */
static const uint16_t wide_katakana[] = {
    0x3002, 0x300c, 0x300d, 0x3001, 0x30fb, 0x30f2, 0x30a1, 0x30a3, 0x30a5, 0x30a7, 0x30a9, 0x30e3, 0x30e5,
    0x30e7, 0x30c3, 0x30fc, 0x30a2, 0x30a4, 0x30a6, 0x30a8, 0x30aa, 0x30ab, 0x30ad, 0x30af, 0x30b1, 0x30b3,
    0x30b5, 0x30b7, 0x30b9, 0x30bb, 0x30bd, 0x30bf, 0x30c1, 0x30c4, 0x30c6, 0x30c8, 0x30ca, 0x30cb, 0x30cc,
    0x30cd, 0x30ce, 0x30cf, 0x30d2, 0x30d5, 0x30d8, 0x30db, 0x30de, 0x30df, 0x30e0, 0x30e1, 0x30e2, 0x30e4,
    0x30e6, 0x30e8, 0x30e9, 0x30ea, 0x30eb, 0x30ec, 0x30ed, 0x30ef, 0x30f3, 0x309b, 0x309c,
};

static bool put_iso_2022_jp(struct encoder *e, const struct character *c)
{
    uint8_t bytes[ENCODED_BYTES];
    char wide[4];
    struct character w = *c;
    if (c->code == 0xa5 || c->code == 0x203e)
        return enter(e, JIS_ROMAN) && put_byte(e, c->code == 0xa5 ? 0x5c : 0x7e);
    if (c->code == 0x0e || c->code == 0x0f ||
        c->code == 0x1b) /* these would switch the set behind the encoder's back */
        return put_number(e, CHARSET_REPLACED);
    if (c->code < 0x80) {
        bool stays = e->state == JIS_ROMAN && c->code != 0x5c && c->code != 0x7e;
        return (stays || enter(e, JIS_ASCII)) && put_byte(e, (uint8_t)c->code);
    }
    if (c->code >= 0xff61 && c->code <= 0xff9f) {
        w.code = wide_katakana[c->code - 0xff61];
        w.len = (size_t)(charset_utf8_put(wide, w.code) - wide);
        w.utf8 = (const uint8_t *)wide;
    }
    if (encode(e, &w, bytes) != 2)
        return (e->state != JIS_PAIRS || enter(e, JIS_ASCII)) && put_number(e, c->code);
    return enter(e, JIS_PAIRS) && put_byte(e, bytes[0] & 0x7f) && put_byte(e, bytes[1] & 0x7f);
}

/* ---- a whole query ---- */

static bool is_dropped(uint8_t c)
{
    return c == '\t' || c == '\n' || c == '\r';
}

static bool put_query(struct encoder *e, const uint8_t *s, size_t len, bool jis)
{
    for (const uint8_t *end = s + len; s < end;) {
        int n = charset_utf8_next(s, (size_t)(end - s));
        struct character c = {s, (size_t)n, 0};
        if (n > 0)
            c.code = charset_utf8_code(s);
        else
            c = (struct character){(const uint8_t *)"\xef\xbf\xbd", 3, CHARSET_REPLACED};
        s += n > 0 ? n : n < 0 ? -n : end - s;
        if (is_dropped((uint8_t)c.code) && c.code < 0x80)
            continue;
        if (!(jis ? put_iso_2022_jp(e, &c) : put_character(e, &c)))
            return false;
    }
    return !jis || enter(e, JIS_ASCII);
}

static bool open_iconv(struct encoder *e)
{
    if (!e->charset->iconv_name)
        return true;
    e->to = iconv_open(e->charset->iconv_name, "UTF-8");
    if (e->to == (iconv_t)-1)
        return false;
    e->decoder = charset_decoder_new(e->charset);
    if (!e->decoder)
        iconv_close(e->to);
    return e->decoder;
}

bool charset_encode_query(const struct charset *charset, const char *query, size_t len, struct buffer *out)
{
    struct encoder e = {.charset = charset_output(charset), .out = out};
    bool jis = charset->kind == CHARSET_ISO_2022_JP;
    size_t before = out->len;
    if (jis)
        e.charset = charset_find("euc-jp", 6);
    if (!open_iconv(&e))
        return false;
    bool done = put_query(&e, (const uint8_t *)query, len, jis);
    if (!done) {
        out->len = before;
        if (out->data)
            out->data[before] = '\0';
    }
    if (e.decoder)
        iconv_close(e.to);
    charset_decoder_free(e.decoder);
    buffer_release(&e.back);
    return done;
}
