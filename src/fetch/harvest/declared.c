/* Tags and attributes are stepped over as the HTML standard's prescan does (section 13.2.3.2), because that is how
 * those who read the page find its declarations. */
#include "fetch/harvest/declared.h"

#include "web/charset/charset.h"
#include "web/links/meta.h"

#include <string.h>
#include <strings.h>

struct rewriting {
    const char *at, *end;
    const char *copied; /* all before it is in OUT */
    struct buffer *out;
    unsigned count;
    bool failed;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_word(struct text t, const char *word)
{
    return t.len == strlen(word) && strncasecmp(t.data, word, t.len) == 0;
}

static bool begins_with(const struct rewriting *r, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(r->end - r->at) >= len && strncasecmp(r->at, word, len) == 0;
}

/* Behind the next WORD, or at the end. */
static void skip_behind(struct rewriting *r, const char *word)
{
    size_t len = strlen(word);
    const char *found = memmem(r->at, (size_t)(r->end - r->at), word, len);
    r->at = found ? found + len : r->end;
}

/* LABEL, which lies behind all that was replaced before, becomes utf-8. */
static void replace(struct rewriting *r, struct text label)
{
    if (!label.len || label.data < r->copied)
        return;
    r->count++;
    if (charset_find(label.data, label.len) == charset_utf8())
        return;
    r->failed |=
        !buffer_append(r->out, r->copied, (size_t)(label.data - r->copied)) || !buffer_append_text(r->out, "utf-8");
    r->copied = label.data + label.len;
}

/* ---- Tags ---- */

struct attribute {
    struct text name, value;
};

static void skip_blanks(struct rewriting *r)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
}

static struct text read_quoted(struct rewriting *r)
{
    const char quote = *r->at++, *begin = r->at, *close = memchr(begin, quote, (size_t)(r->end - begin));
    r->at = close ? close + 1 : r->end;
    return (struct text){begin, (size_t)((close ? close : r->end) - begin)};
}

static struct text read_value(struct rewriting *r)
{
    skip_blanks(r);
    if (r->at < r->end && (*r->at == '"' || *r->at == '\''))
        return read_quoted(r);
    const char *begin = r->at;
    while (r->at < r->end && !is_blank(*r->at) && *r->at != '>')
        r->at++;
    return (struct text){begin, (size_t)(r->at - begin)};
}

/* The tag's next attribute; false at its end, which stays to be read. */
static bool read_attribute(struct rewriting *r, struct attribute *a)
{
    while (r->at < r->end && (is_blank(*r->at) || *r->at == '/'))
        r->at++;
    if (r->at == r->end || *r->at == '>')
        return false;
    const char *begin = r->at++;
    while (r->at < r->end && !is_blank(*r->at) && *r->at != '=' && *r->at != '>' && *r->at != '/')
        r->at++;
    *a = (struct attribute){.name = {begin, (size_t)(r->at - begin)}};
    skip_blanks(r);
    if (r->at < r->end && *r->at == '=') {
        r->at++;
        a->value = read_value(r);
    }
    return true;
}

static struct text label_in(struct text content)
{
    struct text label = {NULL, 0};
    if (content.len)
        label.data = meta_charset(content.data, content.len, &label.len);
    return label;
}

static void read_meta(struct rewriting *r)
{
    struct attribute a;
    struct text charset = {NULL, 0}, content = {NULL, 0};
    bool is_type = false;
    while (read_attribute(r, &a)) {
        if (is_word(a.name, "charset") && !charset.data)
            charset = a.value;
        else if (is_word(a.name, "content") && !content.data)
            content = a.value;
        else if (is_word(a.name, "http-equiv"))
            is_type = is_word(a.value, "content-type");
    }
    struct text label = is_type ? label_in(content) : (struct text){NULL, 0};
    bool content_first = label.len && charset.data && label.data < charset.data;
    if (content_first)
        replace(r, label);
    replace(r, charset);
    if (!content_first)
        replace(r, label);
}

/* At '<'. */
static void read_markup(struct rewriting *r)
{
    struct attribute a;
    if (begins_with(r, "<!--")) {
        r->at += 2; /* "<!-->" is a whole comment */
        skip_behind(r, "-->");
    } else if (begins_with(r, "<meta") && r->end - r->at > 5 && (is_blank(r->at[5]) || r->at[5] == '/')) {
        r->at += 5;
        read_meta(r);
    } else if (begins_with(r, "<!") || begins_with(r, "</") || begins_with(r, "<?")) {
        skip_behind(r, ">");
    } else if (r->end - r->at > 1 && is_letter(r->at[1])) {
        while (r->at < r->end && !is_blank(*r->at) && *r->at != '>')
            r->at++;
        while (read_attribute(r, &a))
            ;
    } else {
        r->at++;
    }
}

/* ---- Declarations ---- */

/* XML 1.0 section 2.8: encoding="LABEL" in the declaration that the text begins with. */
static void read_xml(struct rewriting *r)
{
    static const char word[] = "encoding";
    const char *end = memmem(r->at, (size_t)(r->end - r->at), "?>", 2);
    const char *found = end ? memmem(r->at, (size_t)(end - r->at), word, sizeof word - 1) : NULL;
    if (!found)
        return;
    struct rewriting inside = {.at = found + sizeof word - 1, .end = end};
    skip_blanks(&inside);
    if (inside.at == end || *inside.at++ != '=')
        return;
    skip_blanks(&inside);
    if (inside.at < end && (*inside.at == '"' || *inside.at == '\''))
        replace(r, read_quoted(&inside));
}

static void rewrite_html(struct rewriting *r)
{
    if (begins_with(r, "<?xml"))
        read_xml(r);
    for (const char *found; (found = memchr(r->at, '<', (size_t)(r->end - r->at)));) {
        r->at = found;
        read_markup(r);
    }
}

static void rewrite_css(struct rewriting *r)
{
    static const char begin[] = "@charset \"";
    size_t len = (size_t)(r->end - r->at), begin_len = sizeof begin - 1;
    if (len <= begin_len || memcmp(r->at, begin, begin_len) != 0)
        return;
    const char *label = r->at + begin_len, *quote = memchr(label, '"', len - begin_len);
    if (quote)
        replace(r, (struct text){label, (size_t)(quote - label)});
}

bool declared_as_utf8(enum use_kind kind, const char *text, size_t len, struct buffer *out, unsigned *count)
{
    struct rewriting r = {.at = text, .end = text + len, .copied = text, .out = out};
    if (kind == USE_HTML)
        rewrite_html(&r);
    else if (kind == USE_CSS)
        rewrite_css(&r);
    *count = r.count;
    return !r.failed && buffer_append(out, r.copied, (size_t)(r.end - r.copied));
}
