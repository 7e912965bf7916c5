/* What expat gets to see: tags, text and CDATA sections. Comments and processing instructions are left out, anything
 * else behind "<!" ends the reading, a tag is handed over when it is whole. So expat never reads a document type, and
 * never reads the beginning of a long token again and again, which takes it quadratic time (CVE-2023-52425). */
#include "web/sitemap/sitemap_parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* XML 1.0 section 2.2. */
static bool is_xml_character(unsigned long code)
{
    return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code < 0xd800) ||
           (code >= 0xe000 && code < 0xfffe) || (code >= 0x10000 && code < 0x110000);
}

/* Bytes that need no look in text: all but the ones that begin something, and the controls. */
static bool is_plain(char c, enum sitemap_filter_state state)
{
    if ((unsigned char)c < 0x20)
        return c == '\t' || c == '\n' || c == '\r';
    switch (state) {
    case FILTER_TEXT:
        return c != '<' && c != '>' && c != '&' && c != '\xef';
    case FILTER_TAG:
        return c != '>' && c != '&' && c != '"' && c != '\'' && c != '\xef';
    default: /* FILTER_CDATA */
        return c != '>' && c != '\xef';
    }
}

static bool put(struct sitemap_filter *f, const char *bytes, size_t len)
{
    if (f->state == FILTER_TAG)
        f->tag_bytes += len;
    return buffer_append(&f->out, bytes, len);
}

/* Between tokens: all that is there may be read. */
static void mark_whole(struct sitemap_filter *f)
{
    f->whole = f->out.len;
}

/* ---- references ---- */

static bool is_known(const char *reference)
{
    static const char *const names[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(reference, names[i]) == 0)
            return true;
    }
    return false;
}

/* A reference that ends with ';'. One to a character that XML has not stands for what is no character. */
static bool put_reference(struct sitemap_filter *f)
{
    char *end = f->reference + 1;
    f->reference[f->reference_len] = '\0';
    size_t len = f->reference_len;
    f->reference_len = 0;
    if (f->reference[1] == '#') {
        bool hex = f->reference[2] == 'x';
        const char *digits = f->reference + (hex ? 3 : 2);
        unsigned long code = *digits == ';' ? 0 : strtoul(digits, &end, hex ? 16 : 10);
        if (*end == ';' && is_xml_character(code))
            return put(f, f->reference, len);
        if (*end == ';')
            return put(f, "\xef\xbf\xbd", 3);
    } else if (is_known(f->reference)) {
        return put(f, f->reference, len);
    }
    return put(f, "&amp;", 5) && put(f, f->reference + 1, len - 1);
}

/* What turned out to be a bare '&', as addresses with a query often have it. */
static bool put_bare(struct sitemap_filter *f)
{
    size_t len = f->reference_len;
    f->reference_len = 0;
    return put(f, "&amp;", 5) && put(f, f->reference + 1, len - 1);
}

/* One more byte behind '&'. False: memory is out. TAKEN says whether the byte belonged to it. */
static bool reference_byte(struct sitemap_filter *f, char c, bool *taken)
{
    bool name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c == '#' && f->reference_len == 1);
    *taken = (name || c == ';') && f->reference_len < sizeof f->reference - 1;
    if (!*taken)
        return put_bare(f);
    f->reference[f->reference_len++] = c;
    return c != ';' || put_reference(f);
}

/* ---- what begins with '<' ---- */

static enum sitemap_status begin(struct sitemap_filter *f, enum sitemap_filter_state state)
{
    f->state = state;
    f->tail[0] = f->tail[1] = '\0';
    f->quote = 0;
    f->tag_bytes = 0;
    bool kept = state == FILTER_TAG || state == FILTER_CDATA;
    if (kept && !put(f, f->markup, f->markup_len))
        return SITEMAP_NO_MEMORY;
    if (state == FILTER_CDATA)
        mark_whole(f);
    return SITEMAP_OK;
}

/* One more byte behind '<', from the second on. */
static enum sitemap_status markup_byte(struct sitemap_filter *f, char c)
{
    static const char cdata[] = "<![CDATA[", comment[] = "<!--";
    f->markup[f->markup_len++] = c;
    size_t len = f->markup_len;
    if (f->markup[1] == '?')
        return begin(f, FILTER_INSTRUCTION);
    if (f->markup[1] != '!')
        return begin(f, FILTER_TAG);
    if (len <= strlen(comment) && memcmp(f->markup, comment, len) == 0)
        return len == strlen(comment) ? begin(f, FILTER_COMMENT) : SITEMAP_OK;
    if (len <= strlen(cdata) && memcmp(f->markup, cdata, len) == 0)
        return len == strlen(cdata) ? begin(f, FILTER_CDATA) : SITEMAP_OK;
    return strncasecmp(f->markup, "<!D", 3) == 0 ? SITEMAP_DOCTYPE : SITEMAP_MALFORMED;
}

/* Comments and instructions: pass over all up to their end. Returns where the reading goes on. */
static const char *skip(struct sitemap_filter *f, const char *at, const char *end)
{
    bool comment = f->state == FILTER_COMMENT;
    while (at < end) {
        const char *close = memchr(at, '>', (size_t)(end - at));
        const char *stop = close ? close : end;
        for (const char *tail = stop - at > 2 ? stop - 2 : at; tail < stop; tail++) {
            f->tail[0] = f->tail[1];
            f->tail[1] = *tail;
        }
        if (!close)
            return end;
        at = close + 1;
        if (f->tail[1] == (comment ? '-' : '?') && (!comment || f->tail[0] == '-')) {
            f->state = FILTER_TEXT;
            return at;
        }
        f->tail[0] = f->tail[1];
        f->tail[1] = '>';
    }
    return at;
}

/* ---- one byte that is not plain ---- */

/* U+FFFE and U+FFFF are no characters of XML. EF begins many that are. */
static const char *put_ef(struct sitemap_filter *f, const char *at, const char *end, bool *ok)
{
    bool none = end - at >= 3 && at[1] == '\xbf' && (at[2] == '\xbe' || at[2] == '\xbf');
    size_t len = end - at >= 3 ? 3 : 1;
    *ok = put(f, none ? "\xef\xbf\xbd" : at, len);
    return at + len;
}

static bool ends_cdata(const struct sitemap_filter *f)
{
    return f->out.len - f->whole >= 2 && memcmp(f->out.data + f->out.len - 2, "]]", 2) == 0;
}

/* Put '>', a quote or a control character. */
static bool put_special(struct sitemap_filter *f, char c)
{
    if (f->state == FILTER_TAG && (c == '"' || c == '\''))
        f->quote = !f->quote ? c : f->quote == c ? 0 : f->quote;
    bool ends = c == '>' && (f->state == FILTER_TAG ? !f->quote : f->state == FILTER_CDATA && ends_cdata(f));
    if (!put(f, (unsigned char)c < 0x20 ? " " : &c, 1))
        return false;
    if (ends) {
        f->state = FILTER_TEXT;
        mark_whole(f);
    }
    return true;
}

/* Text, tags and CDATA: put a run of plain bytes, or one byte that is not. */
static const char *copy(struct sitemap_filter *f, const char *at, const char *end, bool *ok)
{
    const char *run = at;
    while (at < end && is_plain(*at, f->state))
        at++;
    if (at > run) {
        *ok = put(f, run, (size_t)(at - run));
        return at;
    }
    if (*at == '\xef')
        return put_ef(f, at, end, ok);
    if (*at == '&' && f->state != FILTER_CDATA) {
        f->reference[0] = '&';
        f->reference_len = 1;
        return at + 1;
    }
    if (*at == '>' && f->state == FILTER_TEXT) { /* so that no "]]>" stands in text */
        *ok = put(f, "&gt;", 4);
        return at + 1;
    }
    if (*at == '<' && f->state == FILTER_TEXT) {
        mark_whole(f);
        f->state = FILTER_MARKUP;
        f->markup[0] = '<';
        f->markup_len = 1;
        return at + 1;
    }
    *ok = put_special(f, *at);
    return at + 1;
}

enum sitemap_status sitemap_filter_feed(struct sitemap_filter *f, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    bool ok = true, taken;
    while (at < end && ok) {
        if (f->state == FILTER_COMMENT || f->state == FILTER_INSTRUCTION) {
            at = skip(f, at, end);
        } else if (f->state == FILTER_MARKUP) {
            enum sitemap_status status = markup_byte(f, *at++);
            if (status)
                return status;
        } else if (f->reference_len) {
            ok = reference_byte(f, *at, &taken);
            at += taken;
        } else {
            at = copy(f, at, end, &ok);
        }
        if (f->state == FILTER_TAG && f->tag_bytes > SITEMAP_MAX_TAG_BYTES)
            return SITEMAP_TOO_COMPLEX;
    }
    if (f->state == FILTER_TEXT || f->state == FILTER_CDATA)
        mark_whole(f);
    for (int i = 0; i < 2 && f->state == FILTER_CDATA && f->whole && f->out.data[f->whole - 1] == ']'; i++)
        f->whole--; /* the section's end may come with the next chunk */
    return ok ? SITEMAP_OK : SITEMAP_NO_MEMORY;
}

void sitemap_filter_taken(struct sitemap_filter *f)
{
    if (!f->whole)
        return;
    f->out.len -= f->whole;
    memmove(f->out.data, f->out.data + f->whole, f->out.len);
    f->whole = 0;
}

void sitemap_filter_release(struct sitemap_filter *f)
{
    buffer_release(&f->out);
}
