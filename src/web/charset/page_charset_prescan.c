/* The prescan of the HTML Standard, section 13.2.3.2: what a page says of its encoding, found without parsing it. */
#include "web/charset/page_charset.h"

#include <string.h>
#include <strings.h>

struct scan {
    const char *at, *end;
};

/* A name or value; the bytes are compared without regard to case. */
struct word {
    const char *at;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(const struct word *word, const char *text)
{
    return word->len == strlen(text) && strncasecmp(word->at, text, word->len) == 0;
}

static bool begins(const struct scan *s, const char *text)
{
    size_t len = strlen(text);
    return (size_t)(s->end - s->at) >= len && strncasecmp(s->at, text, len) == 0;
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && is_blank(*s->at))
        s->at++;
}

/* The value behind '='. False when the bytes end in it. */
static bool read_value(struct scan *s, struct word *value)
{
    skip_blanks(s);
    if (s->at == s->end)
        return false;
    char quote = *s->at;
    const char *from = s->at;
    if (quote != '"' && quote != '\'') {
        while (s->at < s->end && !is_blank(*s->at) && *s->at != '>')
            s->at++;
        *value = (struct word){from, (size_t)(s->at - from)};
        return s->at < s->end;
    }
    from++;
    s->at = memchr(from, quote, (size_t)(s->end - from));
    if (!s->at) {
        s->at = s->end;
        return false;
    }
    *value = (struct word){from, (size_t)(s->at - from)};
    s->at++;
    return true;
}

/* "Get an attribute". False when there is none: the tag ends, or the bytes do. */
static bool read_attribute(struct scan *s, struct word *name, struct word *value)
{
    while (s->at < s->end && (is_blank(*s->at) || *s->at == '/'))
        s->at++;
    if (s->at == s->end || *s->at == '>')
        return false;
    const char *from = s->at++; /* even a '=', which begins a name here */
    while (s->at < s->end && !is_blank(*s->at) && *s->at != '=' && *s->at != '/' && *s->at != '>')
        s->at++;
    *name = (struct word){from, (size_t)(s->at - from)};
    *value = (struct word){from, 0};
    skip_blanks(s);
    if (s->at < s->end && *s->at == '=') {
        s->at++;
        return read_value(s, value);
    }
    return s->at < s->end;
}

/* "Extracting a character encoding from a meta element": what stands behind the first charset= of a content. */
static const struct charset *of_content(const struct word *content)
{
    struct scan s = {content->at, content->at + content->len};
    while ((size_t)(s.end - s.at) >= 7) {
        if (!begins(&s, "charset")) {
            s.at++;
            continue;
        }
        s.at += 7;
        skip_blanks(&s);
        if (s.at == s.end || *s.at != '=')
            continue;
        s.at++;
        skip_blanks(&s);
        if (s.at == s.end)
            return NULL;
        const char *from = s.at, *to = s.at;
        if (*from == '"' || *from == '\'') {
            from++;
            to = memchr(from, from[-1], (size_t)(s.end - from));
            return to ? charset_find(from, (size_t)(to - from)) : NULL;
        }
        while (to < s.end && !is_blank(*to) && *to != ';')
            to++;
        return charset_find(from, (size_t)(to - from));
    }
    return NULL;
}

/* A page whose ASCII can be read is not in UTF-16, and one that is made of characters is not "user defined". */
static const struct charset *as_meant(const struct charset *charset)
{
    if (charset && charset_is_utf16(charset))
        return charset_utf8();
    if (charset && strcmp(charset_name(charset), "x-user-defined") == 0)
        return charset_windows_1252();
    return charset;
}

/* The attributes of a meta tag. Only the first of each name counts. */
static const struct charset *read_meta(struct scan *s)
{
    bool saw_pragma = false, saw_content = false, saw_charset = false, is_pragma = false, need_pragma = false;
    const struct charset *charset = NULL;
    struct word name, value;
    while (read_attribute(s, &name, &value)) {
        if (is_word(&name, "http-equiv") && !saw_pragma) {
            saw_pragma = true;
            is_pragma = is_word(&value, "content-type");
        } else if (is_word(&name, "content") && !saw_content) {
            saw_content = true;
            const struct charset *found = of_content(&value);
            if (found && !charset && !saw_charset) {
                charset = found;
                need_pragma = true;
            }
        } else if (is_word(&name, "charset") && !saw_charset) {
            saw_charset = true;
            charset = charset_find(value.at, value.len);
            need_pragma = false;
        }
    }
    if (s->at == s->end || (need_pragma && !is_pragma)) /* a tag that is cut says nothing */
        return NULL;
    return as_meant(charset);
}

static void skip_tag(struct scan *s)
{
    struct word name, value;
    while (s->at < s->end && !is_blank(*s->at) && *s->at != '>')
        s->at++;
    while (read_attribute(s, &name, &value))
        ;
}

static void skip_to(struct scan *s, const char *text)
{
    const char *found = memmem(s->at, (size_t)(s->end - s->at), text, strlen(text));
    s->at = found ? found + strlen(text) - 1 : s->end;
}

/* "Get an XML encoding". */
const struct charset *page_charset_declared(const char *head, size_t len)
{
    struct scan s = {head, head + len};
    if (!begins(&s, "<?xml"))
        return NULL;
    const char *close = memchr(s.at, '>', (size_t)(s.end - s.at));
    if (!close)
        return NULL;
    s.end = close;
    const char *found = memmem(s.at, (size_t)(s.end - s.at), "encoding", 8);
    if (!found)
        return NULL;
    s.at = found + 8;
    while (s.at < s.end && (unsigned char)*s.at <= ' ')
        s.at++;
    if (s.at == s.end || *s.at++ != '=')
        return NULL;
    while (s.at < s.end && (unsigned char)*s.at <= ' ')
        s.at++;
    if (s.at == s.end || (*s.at != '"' && *s.at != '\''))
        return NULL;
    const char *to = memchr(s.at + 1, *s.at, (size_t)(s.end - s.at - 1));
    for (const char *at = s.at + 1; to && at < to; at++) {
        if ((unsigned char)*at <= ' ')
            return NULL;
    }
    const struct charset *charset = to ? charset_find(s.at + 1, (size_t)(to - s.at - 1)) : NULL;
    return charset && charset_is_utf16(charset) ? charset_utf8() : charset;
}

const struct charset *page_charset_prescan(const char *head, size_t len)
{
    if (len > PAGE_CHARSET_PRESCAN_BYTES)
        len = PAGE_CHARSET_PRESCAN_BYTES;
    struct scan s = {head, head + len};
    if (s.end - s.at >= 6 && memcmp(s.at, "<\0?\0x", 6) == 0)
        return charset_find("utf-16le", 8);
    if (s.end - s.at >= 6 && memcmp(s.at, "\0<\0?\0x", 6) == 0)
        return charset_find("utf-16be", 8);
    for (; s.at < s.end; s.at += s.at < s.end) {
        if (*s.at != '<')
            continue;
        if (begins(&s, "<!--")) {
            s.at += 2;
            skip_to(&s, "-->");
        } else if (begins(&s, "<meta") && s.end - s.at > 5 && (is_blank(s.at[5]) || s.at[5] == '/')) {
            s.at += 5;
            const struct charset *charset = read_meta(&s);
            if (charset)
                return charset;
        } else if (s.end - s.at > 2 && (is_letter(s.at[1]) || (s.at[1] == '/' && is_letter(s.at[2])))) {
            skip_tag(&s);
        } else if (begins(&s, "<!") || begins(&s, "</") || begins(&s, "<?")) {
            skip_to(&s, ">");
        }
    }
    return page_charset_declared(head, len);
}
