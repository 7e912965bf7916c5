#include "web/charset/charset.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct charset *named(const char *label)
{
    const struct charset *charset = charset_find(label, strlen(label));
    cr_assert(charset, "%s is no label", label);
    return charset;
}

/* The text that BYTES are, fed in chunks of STEP, in OUT. Returns how many errors there were. */
static uint64_t decode(const char *label, const char *bytes, size_t len, size_t step, struct buffer *out)
{
    struct charset_decoder *decoder = charset_decoder_new(named(label));
    cr_assert(decoder, "no decoder for %s", label);
    for (size_t at = 0; at < len; at += step) {
        size_t n = len - at < step ? len - at : step;
        char *chunk = malloc(n); /* of its own, so that a sanitizer sees a byte too far */
        memcpy(chunk, bytes + at, n);
        cr_assert(charset_decoder_feed(decoder, chunk, n, out));
        free(chunk);
    }
    cr_assert(charset_decoder_end(decoder, out));
    uint64_t errors = charset_decoder_errors(decoder);
    charset_decoder_free(decoder);
    return errors;
}

Test(charset, labels_are_those_of_the_standard)
{
    static const struct {
        const char *label, *name;
    } rows[] = {
        {"utf-8", "UTF-8"},
        {"UTF8", "UTF-8"},
        {" \t\r\n\futf-8\n", "UTF-8"},
        {"unicode-1-1-utf-8", "UTF-8"},
        {"x-unicode20utf8", "UTF-8"},
        {"ascii", "windows-1252"},
        {"ISO-8859-1", "windows-1252"},
        {"latin1", "windows-1252"},
        {"cp1252", "windows-1252"},
        {"iso-8859-9", "windows-1254"},
        {"tis-620", "windows-874"},
        {"iso-8859-11", "windows-874"},
        {"iso-8859-2", "ISO-8859-2"},
        {"visual", "ISO-8859-8"},
        {"logical", "ISO-8859-8-I"},
        {"koi8-ru", "KOI8-U"},
        {"mac", "macintosh"},
        {"x-mac-ukrainian", "x-mac-cyrillic"},
        {"gb2312", "GBK"},
        {"gb18030", "gb18030"},
        {"big5-hkscs", "Big5"},
        {"x-euc-jp", "EUC-JP"},
        {"csiso2022jp", "ISO-2022-JP"},
        {"ms_kanji", "Shift_JIS"},
        {"windows-31j", "Shift_JIS"},
        {"ks_c_5601-1987", "EUC-KR"},
        {"iso-2022-kr", "replacement"},
        {"hz-gb-2312", "replacement"},
        {"utf-16", "UTF-16LE"},
        {"ucs-2", "UTF-16LE"},
        {"unicodefffe", "UTF-16BE"},
        {"x-user-defined", "x-user-defined"},
        {"utf-7", NULL},
        {"utf 8", NULL},
        {"utf", NULL},
        {"utf-8x", NULL},
        {"", NULL},
        {"   ", NULL},
        {"utf-32", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct charset *found = charset_find(rows[i].label, strlen(rows[i].label));
        const char *name = found ? charset_name(found) : NULL;
        cr_expect(name == rows[i].name || (name && rows[i].name && strcmp(name, rows[i].name) == 0), "%s is %s, not %s",
                  rows[i].label, name ? name : "nothing", rows[i].name ? rows[i].name : "nothing");
    }
    cr_expect(charset_find("utf-8\0", 6) == NULL);
}

Test(charset, a_name_is_a_label_of_itself)
{
    static const char *const labels[] = {
        "utf-8",          "866",         "latin2",   "latin3",   "latin4",        "cyrillic",    "arabic",
        "greek",          "hebrew",      "logical",  "latin6",   "iso-8859-13",   "iso-8859-14", "l9",
        "iso-8859-16",    "koi",         "koi8-u",   "mac",      "dos-874",       "cp1250",      "cp1251",
        "ascii",          "cp1253",      "cp1254",   "cp1255",   "cp1256",        "cp1257",      "cp1258",
        "x-mac-cyrillic", "chinese",     "gb18030",  "big5",     "euc-jp",        "iso-2022-jp", "sjis",
        "korean",         "replacement", "utf-16be", "utf-16le", "x-user-defined"};
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        const struct charset *charset = named(labels[i]);
        cr_expect(charset_find(charset_name(charset), strlen(charset_name(charset))) == charset, "%s", labels[i]);
        struct charset_decoder *decoder = charset_decoder_new(charset);
        cr_expect(decoder, "no decoder for %s", labels[i]);
        charset_decoder_free(decoder);
    }
}

struct text {
    const char *label, *bytes;
    size_t len;
    const char *utf8;
    unsigned errors;
};

#define TEXT(label, bytes, utf8, errors)                                                                               \
    {                                                                                                                  \
        label, bytes, sizeof(bytes) - 1, utf8, errors                                                                  \
    }
#define BAD "\xef\xbf\xbd"

static const struct text texts[] = {
    TEXT("utf-8", "", "", 0),
    TEXT("utf-8", "plain", "plain", 0),
    TEXT("utf-8", "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80", "naïve € 😀", 0),
    TEXT("utf-8", "\xef\xbb\xbfmark", "mark", 0),
    TEXT("utf-8", "\xef\xbb\xbf\xef\xbb\xbfsecond", "\xef\xbb\xbfsecond", 0),
    TEXT("utf-8", "\xef\xbb", BAD, 1),
    TEXT("utf-8",
         "a\xff"
         "b",
         "a" BAD "b", 1),
    TEXT("utf-8", "\xc0\xaf", BAD BAD, 2), /* a long form */
    TEXT("utf-8", "\xe0\x80\xaf", BAD BAD BAD, 3),
    TEXT("utf-8", "\xed\xa0\x80", BAD BAD BAD, 3),         /* a surrogate */
    TEXT("utf-8", "\xf4\x90\x80\x80", BAD BAD BAD BAD, 4), /* past the last code point */
    TEXT("utf-8", "\xe2\x82<", BAD "<", 1),                /* one error for what could have become a character */
    TEXT("utf-8", "\xf0\x9f\x98<", BAD "<", 1),
    TEXT("utf-8", "\xe2\x82", BAD, 1),
    TEXT("windows-1252", "caf\xe9 \x80 \x81", "café € \xc2\x81", 0),
    TEXT("windows-1252", "\xef\xbb\xbf", "ï»¿", 0),
    TEXT("iso-8859-15", "\xa4", "€", 0),
    TEXT("windows-1251", "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет", 0),
    TEXT("koi8-r", "\xf0\xd2\xc9\xd7\xc5\xd4", "Привет", 0),
    TEXT("koi8-u", "\xae\xbe", "ўЎ", 0),
    TEXT("x-mac-cyrillic", "\x8f\xff", "П€", 0),
    TEXT("windows-1253", "\xaa<", BAD "<", 1),
    TEXT("iso-8859-8-i", "\xf9\xec\xe5\xed", "שלום", 0),
    TEXT("windows-874", "\xca\xc7\xd1\xca\xb4\xd5", "สวัสดี", 0),
    TEXT("x-user-defined", "a\x80\xff", "a\xef\x9e\x80\xef\x9f\xbf", 0),
    TEXT("replacement", "anything <a href>", BAD, 1),
    TEXT("replacement", "", "", 0),
    TEXT("utf-16le",
         "\xff\xfe"
         "a\0\xac\x20=\xd8\0\xde",
         "a€😀", 0),
    TEXT("utf-16be", "\xfe\xff\0a\x20\xac\xd8=\xde\0", "a€😀", 0),
    TEXT("utf-16le", "\xfe\xff", "\xef\xbf\xbe", 0),
    TEXT("utf-16le",
         "\0\xdc"
         "a\0",
         BAD "a", 1),
    TEXT("utf-16le",
         "\0\xd8"
         "a\0",
         BAD "a", 1),
    TEXT("utf-16le", "\0\xd8\0\xd8", BAD BAD, 2),
    TEXT("utf-16le", "a\0b", "a" BAD, 1),
    TEXT("gbk", "\xc4\xe3\xba\xc3 \x80 \xa3\xa0", "你好 € \xe3\x80\x80", 0),
    TEXT("gb2312", "\x81\x30\x81\x30\x95\x32\x82\x36", "\xc2\x80𠀀", 0),
    TEXT("gb18030", "\x84\x31\xa5\x30x",
         "\xef\xbf\xbd"
         "x",
         1), /* of the form, but nothing */
    TEXT("gb18030", "\x81\x30\x81 ", BAD "0" BAD " ", 2),
    TEXT("gb18030", "\x81\x30<", BAD "0<", 1),
    TEXT("gb18030", "\xff<\x81", BAD "<" BAD, 2),
    TEXT("big5", "\xa7\x41\xa6\x6e\xa1\x45\xa1\xe3", "你好‧～", 0),
    TEXT("big5", "\x88\x62", "Ê̄", 0),
    TEXT("big5", "\x8e\x69\x80\xa7<", "箸" BAD BAD "<", 2),
    TEXT("euc-jp", "\xc6\xfc\xcb\xdc\xb8\xec \x8e\xb6 \x8f\xb0\xa1 \xf9\xa1", "日本語 ｶ 丂 纊", 0),
    TEXT("euc-jp", "\xa1\xc1\xad\xa1", "～①", 0),
    TEXT("euc-jp", "\xc6<\x8f\xb0<\x8e<\x8f\xf3\xf3\xc6", BAD "<" BAD "<" BAD "<" BAD BAD, 5),
    TEXT("shift_jis", "\x93\xfa\x96\x7b\x8c\xea\xb6\\\x81\x5f\x80", "日本語ｶ\\＼\xc2\x80", 0),
    TEXT("shift_jis", "\x93<\x85\xfd\xa0", BAD "<" BAD BAD, 3),
    TEXT("euc-kr", "\xbe\xc8\xb3\xe7\x81\x41", "안녕갂", 0),
    TEXT("euc-kr", "\xa2\xe8\xbe\xc8\xbe<", BAD "안" BAD "<", 2),
    TEXT("iso-2022-jp", "a\x1b$BF|K\\\x1b(Bb\x1b(J\\~\x1b(I6\x1b(B", "a日本b¥‾ｶ", 0),
    TEXT("iso-2022-jp", "\x1b$B-!\x1b(B", "①", 0),
    TEXT("iso-2022-jp", "\x1b$B\x1b(B<", BAD "<", 1),
    TEXT("iso-2022-jp", "\x1b$BF\n\x1b(Bx", BAD "x", 1),
    TEXT("iso-2022-jp", "\x1b$BF", BAD, 1),
    TEXT("iso-2022-jp", "\x1b(\x0e\xe9", BAD "(" BAD BAD, 3),
    TEXT("iso-2022-jp", "a\x1b(", "a" BAD "(", 1),
};

Test(charset, text_is_decoded_however_it_is_cut)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct text *t = &texts[i];
        for (size_t step = 1; step <= t->len + 1; step++) {
            struct buffer out = {0};
            uint64_t errors = decode(t->label, t->bytes, t->len, step, &out);
            cr_expect(strcmp(buffer_text(&out), t->utf8) == 0 && errors == t->errors,
                      "text %zu of %s in chunks of %zu: %s with %u errors, not %s with %u", i, t->label, step,
                      buffer_text(&out), (unsigned)errors, t->utf8, t->errors);
            buffer_release(&out);
        }
    }
}

Test(charset, long_text_crosses_every_boundary)
{
    static const struct {
        const char *label, *unit;
        size_t unit_len, count, utf8_len;
    } rows[] = {{"utf-8", "\xe2\x82\xac", 3, 40001, 3},
                {"windows-1251", "\xcf", 1, 100003, 2},
                {"gb18030", "\x95\x32\x82\x36", 4, 30001, 4},
                {"euc-jp", "\xc6\xfc", 2, 50001, 3},
                {"shift_jis", "a\x93\xfa", 3, 33333, 4},
                {"big5",
                 "\xa1\x45"
                 "a",
                 3, 33333, 4},
                {"utf-16be", "\x20\xac", 2, 50001, 3},
                {"windows-1252", "\x80", 1, 70001, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = rows[i].unit_len * rows[i].count;
        char *text = malloc(len);
        for (size_t at = 0; at < len; at += rows[i].unit_len)
            memcpy(text + at, rows[i].unit, rows[i].unit_len);
        struct buffer out = {0};
        uint64_t errors = decode(rows[i].label, text, len, 16381, &out);
        cr_expect(errors == 0 && out.len == rows[i].utf8_len * rows[i].count, "%s: %zu bytes, %u errors", rows[i].label,
                  out.len, (unsigned)errors);
        cr_expect(out.len <= 3 * len + 16, "%s grows by more than it may", rows[i].label);
        buffer_release(&out);
        free(text);
    }
}

Test(charset, queries_are_written_in_the_pages_charset)
{
    static const struct {
        const char *label, *query, *encoded;
    } rows[] = {
        {"utf-8", "", ""},
        {"utf-8", "q=café&x=%20+y", "q=caf%C3%A9&x=%20+y"},
        {"utf-8", "a b\"#<>'~\x7f", "a%20b%22%23%3C%3E%27~%7F"},
        {"utf-8", "a\tb\r\nc", "abc"},
        {"utf-8", "\xff\xe2\x82", "%EF%BF%BD%EF%BF%BD"},
        {"windows-1252", "q=café €", "q=caf%E9%20%80"},
        {"windows-1252", "q=日", "q=%26%2326085%3B"},
        {"iso-8859-1", "😀", "%26%23128512%3B"},
        {"windows-1251", "Привет", "%CF%F0%E8%E2%E5%F2"},
        {"koi8-u", "ўЎ", "%AE%BE"},
        {"x-user-defined", "\xef\x9e\x80", "%80"},
        {"utf-16le", "é", "%C3%A9"},
        {"replacement", "é", "%C3%A9"},
        {"gbk", "你好€", "%C4%E3%BA%C3%80"},
        {"gbk", "𠀀", "%26%23131072%3B"},
        {"gb18030", "𠀀€", "%952%826%A2%E3"},
        {"big5", "你好∕€", "%A7A%A6n%A2A%A3%E1"},
        {"big5", "䏰", "%26%2317392%3B"},
        {"shift_jis", "日本¥‾−", "%93%FA%96{\\~%81|"},
        {"shift_jis", "\xee\x80\x80", "%26%2357344%3B"},
        {"shift_jis", "é", "%26%23233%3B"},
        {"euc-jp", "日本ｶ纊ⅰ丂", "%C6%FC%CB%DC%8E%B6%F9%A1%FC%F1%26%2319970%3B"},
        {"euc-kr", "안녕갂", "%BE%C8%B3%E7%81A"},
        {"iso-2022-jp", "a日本b", "a%1B$BF|K\\%1B(Bb"},
        {"iso-2022-jp", "¥aé日ｶ", "%1B(J\\a%26%23233%3B%1B$BF|%+%1B(B"},
        {"iso-2022-jp", "日é\x1b", "%1B$BF|%1B(B%26%23233%3B%26%2365533%3B"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer out = {0};
        buffer_append_text(&out, "?");
        cr_expect(charset_encode_query(named(rows[i].label), rows[i].query, strlen(rows[i].query), &out));
        cr_expect_str_eq(buffer_text(&out) + 1, rows[i].encoded, "%s in %s: %s, not %s", rows[i].query, rows[i].label,
                         buffer_text(&out) + 1, rows[i].encoded);
        buffer_release(&out);
    }
}

/* What every encoding says of itself: a character that it has comes back from the query that it stands in. */
Test(charset, a_query_decodes_to_what_was_asked)
{
    static const char *const labels[] = {"gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "iso-2022-jp"};
    for (size_t i = 0; i < COUNT_OF(labels); i++) {
        const char *word = strcmp(labels[i], "euc-kr") == 0 ? "한국어中文" : "中文日本一二三";
        struct buffer query = {0}, bytes = {0}, back = {0};
        cr_expect(charset_encode_query(named(labels[i]), word, strlen(word), &query));
        for (const char *at = buffer_text(&query); *at; at++) {
            unsigned value = (unsigned char)*at;
            if (*at == '%' && sscanf(at + 1, "%2X", &value) == 1)
                at += 2;
            buffer_append_char(&bytes, (char)value);
        }
        cr_expect(decode(labels[i], bytes.data, bytes.len, 3, &back) == 0);
        cr_expect_str_eq(buffer_text(&back), word, "%s: %s", labels[i], buffer_text(&query));
        buffer_release(&query);
        buffer_release(&bytes);
        buffer_release(&back);
    }
}

Test(charset, forms_are_never_sent_in_utf_16)
{
    cr_expect_eq(charset_output(named("utf-16be")), charset_utf8());
    cr_expect_eq(charset_output(named("replacement")), charset_utf8());
    cr_expect_eq(charset_output(named("gbk")), named("gbk"));
    cr_expect(charset_is_utf16(named("utf-16")) && !charset_is_utf16(charset_utf8()));
    cr_expect_str_eq(charset_name(charset_windows_1252()), "windows-1252");
}
