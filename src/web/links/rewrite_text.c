#include "web/links/rewrite_text.h"

#include <string.h>

#include "web/links/css.h"
#include "web/links/entities.h"

/* ---- Reading ---- */

static bool decode_charset(const char *raw, size_t len, const struct charset *charset, struct buffer *out)
{
    struct charset_decoder *decoder = charset_decoder_new(charset);
    bool ok = decoder && charset_decoder_feed(decoder, raw, len, out) && charset_decoder_end(decoder, out);
    charset_decoder_free(decoder);
    return ok;
}

struct css_reading {
    struct buffer *out;
    bool ok;
};

static void take_css(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct css_reading *reading = context;
    (void)kind;
    reading->ok = reading->ok && buffer_append(reading->out, text, len);
}

/* Let the reader of CSS decode its own escapes. */
static bool decode_css(const char *text, size_t len, char quote, struct buffer *out)
{
    struct css_reading reading = {out, true};
    struct css css;
    css_init(&css, take_css, &reading);
    css_feed(&css, "url(", 4);
    css_feed(&css, &quote, quote != 0);
    css_feed(&css, text, len);
    css_feed(&css, &quote, quote != 0);
    css_feed(&css, ")", 1);
    bool complete = css_end(&css);
    css_release(&css);
    return complete && reading.ok;
}

bool rewrite_text_read(const char *raw, size_t len, const struct rewrite_spot *spot, const struct charset *charset,
                       struct buffer *out)
{
    struct buffer decoded = {0}, plain = {0};
    bool ok = decode_charset(raw, len, charset, &decoded);
    if (ok && spot->in_attribute)
        ok = entities_decode_attribute(&plain, buffer_text(&decoded), decoded.len);
    const struct buffer *text = spot->in_attribute ? &plain : &decoded;
    if (ok && spot->is_css)
        ok = decode_css(buffer_text(text), text->len, spot->css_quote, out);
    else if (ok)
        ok = buffer_append(out, buffer_text(text), text->len);
    buffer_release(&decoded);
    buffer_release(&plain);
    return ok;
}

/* ---- Writing ---- */

static bool append_percent(struct buffer *out, char c)
{
    return buffer_printf(out, "%%%02X", (unsigned char)c);
}

/* A comma at either end of a candidate separates it from others. */
static bool write_candidate(const char *text, size_t len, struct buffer *out)
{
    bool ok = true;
    size_t begin = strspn(text, ","), end = len;
    while (end > begin && text[end - 1] == ',')
        end--;
    for (size_t i = 0; ok && i < len; i++)
        ok = i < begin || i >= end ? append_percent(out, text[i]) : buffer_append_char(out, text[i]);
    return ok;
}

/* A quote begins or ends the URL of a refresh. */
static bool write_refresh(const char *text, struct buffer *out)
{
    bool ok = true;
    for (const char *p = text; ok && *p; p++)
        ok = *p == '"' || *p == '\'' ? append_percent(out, *p) : buffer_append_char(out, *p);
    return ok;
}

/* A '<' might end the style element. */
static bool write_css(const char *text, const struct rewrite_spot *spot, struct buffer *out)
{
    bool ok = true;
    for (const char *p = text; ok && *p; p++) {
        bool special = *p == '\\' || (spot->css_quote ? *p == spot->css_quote : strchr("\"'()", *p) != NULL);
        if (*p == '<' && !spot->in_attribute)
            ok = buffer_append_text(out, "\\3c ");
        else
            ok = (!special || buffer_append_char(out, '\\')) && buffer_append_char(out, *p);
    }
    return ok;
}

static const char *reference_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool write_attribute(const char *text, const struct rewrite_spot *spot, struct buffer *out)
{
    bool unquoted = !spot->quote && spot->whole, ok = !unquoted || buffer_append_char(out, '"');
    for (const char *p = text; ok && *p; p++) {
        bool other_quote = (*p == '"' && spot->quote == '\'') || (*p == '\'' && spot->quote == '"');
        const char *reference = other_quote ? NULL : reference_of(*p);
        ok = reference ? buffer_append_text(out, reference) : buffer_append_char(out, *p);
    }
    return ok && (!unquoted || buffer_append_char(out, '"'));
}

bool rewrite_text_write(const char *text, const struct rewrite_spot *spot, struct buffer *out)
{
    struct buffer inner = {0};
    bool ok;
    if (spot->is_css)
        ok = write_css(text, spot, &inner);
    else if (spot->kind == LINK_IMAGE)
        ok = write_candidate(text, strlen(text), &inner);
    else if (spot->kind == LINK_REFRESH)
        ok = write_refresh(text, &inner);
    else
        ok = buffer_append_text(&inner, text);
    if (ok)
        ok = spot->in_attribute ? write_attribute(buffer_text(&inner), spot, out)
                                : buffer_append(out, buffer_text(&inner), inner.len);
    buffer_release(&inner);
    return ok;
}

/* ---- Bytes that are not what they seem ---- */

enum multibyte { MULTIBYTE_NONE, MULTIBYTE_SHIFT_JIS, MULTIBYTE_TWO, MULTIBYTE_FOUR };

/* EUC-JP and UTF-8 are not among them: they have no ASCII bytes inside their characters. */
static enum multibyte multibyte_of(const struct charset *charset)
{
    static const struct {
        const char *name;
        enum multibyte kind;
    } table[] = {
        {"Shift_JIS", MULTIBYTE_SHIFT_JIS}, {"Big5", MULTIBYTE_TWO}, {"EUC-KR", MULTIBYTE_TWO}, {"GBK", MULTIBYTE_FOUR},
        {"gb18030", MULTIBYTE_FOUR},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(charset_name(charset), table[i].name) == 0)
            return table[i].kind;
    }
    return MULTIBYTE_NONE;
}

bool rewrite_text_must_mask(const struct charset *charset)
{
    return multibyte_of(charset) != MULTIBYTE_NONE;
}

/* Whether BYTE begins a character of two bytes or more. */
static bool is_lead(unsigned char byte, enum multibyte kind)
{
    if (kind == MULTIBYTE_SHIFT_JIS)
        return (byte > 0x80 && byte < 0xA0) || (byte >= 0xE0 && byte < 0xFD);
    return byte > 0x80 && byte < 0xFF;
}

void rewrite_text_mask(char *bytes, size_t len, const struct charset *charset)
{
    enum multibyte kind = multibyte_of(charset);
    for (size_t i = 0; i + 1 < len; i++) {
        if (!is_lead((unsigned char)bytes[i], kind))
            continue;
        unsigned char second = (unsigned char)bytes[i + 1];
        if (kind == MULTIBYTE_FOUR && second >= '0' && second <= '9' && i + 3 < len) {
            bytes[i + 1] = bytes[i + 3] = (char)0xFF;
            i += 3;
        } else if (second >= 0x40) {
            bytes[i + 1] = second < 0x7F ? (char)0xFF : bytes[i + 1];
            i++;
        }
    }
}
