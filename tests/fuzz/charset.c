/* libFuzzer target: what holds for every text in every encoding. The first byte of the input is the encoding, the
 * second the length of the chunks, the rest the text, which is then taken for a page and for a query, too. */
#include "web/charset/charset.h"

#include "base/status.h"
#include "target.h"
#include "web/charset/charset_utf8.h"
#include "web/charset/page_charset.h"

#include <string.h>

static const char *const labels[] = {"utf-8",    "windows-1252", "gbk",          "gb18030",     "big5",
                                     "euc-jp",   "iso-2022-jp",  "shift_jis",    "euc-kr",      "utf-16le",
                                     "utf-16be", "koi8-u",       "windows-1255", "replacement", "x-user-defined"};

/* Returns how many U+FFFD are in it. */
static uint64_t is_text(const struct buffer *text)
{
    const uint8_t *at = (const uint8_t *)text->data, *end = at + text->len;
    uint64_t replaced = 0;
    while (at < end) {
        int n = charset_utf8_next(at, (size_t)(end - at));
        HOLDS(n > 0);
        replaced += charset_utf8_code(at) == CHARSET_REPLACED;
        at += n;
    }
    return replaced;
}

static void decode(const struct charset *charset, const uint8_t *data, size_t size, size_t step, struct buffer *out)
{
    struct charset_decoder *decoder = charset_decoder_new(charset);
    HOLDS(decoder);
    for (size_t at = 0; at < size; at += step)
        HOLDS(charset_decoder_feed(decoder, (const char *)data + at, size - at < step ? size - at : step, out));
    HOLDS(charset_decoder_end(decoder, out));
    HOLDS(out->len <= 3 * size + 16);
    HOLDS(charset_decoder_errors(decoder) <= is_text(out));
    charset_decoder_free(decoder);
}

static int hex_digit(char c)
{
    const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The byte that "%XX" at TEXT stands for, when it is none of ASCII's; else -1. */
static int escaped_byte(const char *text, size_t len)
{
    if (len < 3 || text[0] != '%' || hex_digit(text[1]) < 8 || hex_digit(text[2]) < 0)
        return -1;
    return hex_digit(text[1]) << 4 | hex_digit(text[2]);
}

/* A query is made of characters that a URL has, and its bytes are text of the encoding that it was written in. Where
 * the text has percent signs of its own, or the encoding makes some (ISO-2022-JP's katakana begin with that byte, which
 * the standard leaves alone), the bytes cannot be told. */
static void encode(const struct charset *charset, const struct buffer *text)
{
    struct buffer query = {0}, bytes = {0}, back = {0};
    HOLDS(charset_encode_query(charset, text->data, text->len, &query));
    for (size_t i = 0; i < query.len; i++) {
        char c = query.data[i];
        int escaped = escaped_byte(query.data + i, query.len - i);
        HOLDS(c > 0x20 && c < 0x7f && !strchr("\"#<>'", c));
        HOLDS(buffer_append_char(&bytes, escaped < 0 ? c : (char)escaped));
        i += escaped < 0 ? 0 : 2;
    }
    if (!memchr(text->data, '%', text->len) && charset != charset_find("iso-2022-jp", 11)) {
        struct charset_decoder *decoder = charset_decoder_new(charset_output(charset));
        HOLDS(decoder && charset_decoder_feed(decoder, bytes.data, bytes.len, &back) &&
              charset_decoder_end(decoder, &back));
        HOLDS(charset_decoder_errors(decoder) == 0);
        charset_decoder_free(decoder);
    }
    buffer_release(&query);
    buffer_release(&bytes);
    buffer_release(&back);
}

static void guess(const char *page, size_t len)
{
    struct page_charset early, late;
    HOLDS(page_charset_find(NULL, page, len, true, &late));
    if (page_charset_find(NULL, page, len, false, &early))
        HOLDS(early.charset == late.charset && early.source == late.source);
    page_charset_of_type(page, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    struct buffer whole = {0}, parts = {0};
    const struct charset *charset =
        charset_find(labels[data[0] % COUNT_OF(labels)], strlen(labels[data[0] % COUNT_OF(labels)]));
    decode(charset, data + 2, size - 2, size, &whole);
    decode(charset, data + 2, size - 2, data[1] + 1u, &parts);
    HOLDS(whole.len == parts.len && memcmp(buffer_text(&whole), buffer_text(&parts), parts.len) == 0);
    if (whole.len)
        encode(charset, &whole);
    guess((const char *)data + 2, size - 2);
    buffer_release(&whole);
    buffer_release(&parts);
    return 0;
}
