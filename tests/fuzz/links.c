/* libFuzzer target: what holds for every page. The first byte of the input chooses the options and how the page is
 * cut into pieces, the rest is the page.
 *
 * - However the page is cut, the same is found; blanks behind it, if that is chosen, let all of it be read in the short
 *   way for ordinary pages.
 * - What is written at the offsets of a finding spells its text.
 * - The places of <a href> are those of gumbo's tree. It builds a tree by the standard of 2014, so pages are left out
 *   where links has a doubt (links.h says which those are) and where gumbo is known to differ: see agrees_by_design. */
#include <ctype.h>
#include <gumbo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "target.h"
#include "web/links/css.h"
#include "web/links/entities.h"
#include "web/links/links.h"

enum { BLANKS = 128 };
enum { GUMBO_TAGS_MAX = 200 }; /* gumbo takes time in the square of the depth */

/* All findings as text, one a line, and the hrefs of <a>, each behind its length. */
struct findings {
    struct buffer all, hrefs;
    unsigned doubts;
    const char *page;
    size_t page_len;
};

static void add_href(struct buffer *hrefs, const char *text, size_t len)
{
    HOLDS(buffer_append(hrefs, &len, sizeof len) && buffer_append(hrefs, text, len));
}

static void keep_text(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct buffer *kept = context;
    HOLDS(kind == CSS_URL && kept->len == 0 && buffer_append(kept, text, len));
}

/* What a sheet has that is but a url() with WRITTEN in it, which ends with the sheet. */
static void read_as_css(const struct buffer *written, char quote, struct buffer *text)
{
    struct css css;
    css_init(&css, keep_text, text);
    css_feed(&css, "url(", 4);
    css_feed(&css, &quote, quote != 0);
    css_feed(&css, written->data, written->len);
    HOLDS(css_end(&css));
    css_release(&css);
}

static void spells_its_text(const struct findings *findings, const struct link *link)
{
    const char *page = findings->page;
    HOLDS(link->value_begin <= link->written_begin && link->written_begin <= link->written_end);
    HOLDS(link->written_end <= link->value_end && link->value_end <= findings->page_len);
    bool is_css = link->kind == LINK_CSS_URL || link->kind == LINK_CSS_IMPORT;
    if (link->quote && !is_css)
        HOLDS(page[link->value_begin - 1] == link->quote && page[link->value_end] == link->quote);
    const char *written = page + link->written_begin;
    size_t len = (size_t)(link->written_end - link->written_begin);
    struct buffer decoded = {0}, text = {0};
    HOLDS(link->in_attribute ? entities_decode_attribute(&decoded, written, len)
                             : buffer_append(&decoded, written, len));
    if (is_css)
        read_as_css(&decoded, link->css_quote, &text);
    const struct buffer *spelled = is_css ? &text : &decoded;
    HOLDS(spelled->len == link->len && (link->len == 0 || memcmp(spelled->data, link->text, link->len) == 0));
    buffer_release(&decoded);
    buffer_release(&text);
}

static void note(void *context, const struct link *link)
{
    struct findings *findings = context;
    if (link->written_begin != UINT64_MAX)
        spells_its_text(findings, link);
    else
        HOLDS(link->written_end == UINT64_MAX && link->in_attribute);
    HOLDS(link->kind <= LINK_CHARSET && link->len <= 3 * (size_t)LINKS_VALUE_MAX);
    HOLDS(link->kind == LINK_REFRESH || link->seconds == 0);
    HOLDS(buffer_printf(&findings->all, "%d %u %u %d %d %d %d %zu %zu %zu %zu %zu ", link->kind, link->rel,
                        (unsigned)link->seconds, link->in_noscript, link->names_agent, link->quote, link->css_quote,
                        (size_t)link->value_begin, (size_t)link->value_end, (size_t)link->written_begin,
                        (size_t)link->written_end, link->len));
    HOLDS(buffer_append(&findings->all, link->text, link->len));
    if (link->kind == LINK_A)
        add_href(&findings->hrefs, link->text, link->len);
}

/* A piece of LEN bytes at most in memory of its own, so that a read beyond it is seen. */
static size_t feed_piece(struct links *links, const char *text, size_t len, size_t piece)
{
    size_t n = piece < len ? piece : len;
    char *exact = malloc(n);
    HOLDS(exact);
    memcpy(exact, text, n);
    links_feed(links, exact, n);
    free(exact);
    return n;
}

/* PIECE 0: pieces of changing lengths. */
static void find(struct links *links, const char *text, size_t len, size_t piece, struct findings *findings)
{
    uint32_t changing = (uint32_t)len * 2654435761U + 1;
    findings->all.len = findings->hrefs.len = 0;
    links_reset(links);
    while (len) {
        changing = changing * 1664525U + 1013904223U;
        size_t n = feed_piece(links, text, len, piece ? piece : 1 + (changing >> 16) % 150);
        text += n;
        len -= n;
    }
    HOLDS(links_end(links));
    findings->doubts = links_doubts(links);
}

static void same(const struct findings *a, const struct findings *b)
{
    HOLDS(a->all.len == b->all.len && a->doubts == b->doubts);
    HOLDS(a->all.len == 0 || memcmp(a->all.data, b->all.data, a->all.len) == 0);
}

static bool has_href(const struct buffer *hrefs, const char *text, size_t len)
{
    for (size_t at = 0, n; at < hrefs->len; at += sizeof n + n) {
        memcpy(&n, hrefs->data + at, sizeof n);
        if (n == len && memcmp(hrefs->data + at + sizeof n, text, len) == 0)
            return true;
    }
    return false;
}

static void walk(const GumboNode *node, struct buffer *hrefs)
{
    if (node->type != GUMBO_NODE_ELEMENT && node->type != GUMBO_NODE_DOCUMENT)
        return; /* a template is a type of its own */
    const GumboVector *children =
        node->type == GUMBO_NODE_DOCUMENT ? &node->v.document.children : &node->v.element.children;
    if (node->type == GUMBO_NODE_ELEMENT && node->v.element.tag == GUMBO_TAG_A &&
        node->v.element.tag_namespace == GUMBO_NAMESPACE_HTML) {
        const GumboAttribute *href = gumbo_get_attribute(&node->v.element.attributes, "href");
        if (href)
            add_href(hrefs, href->value, strlen(href->value));
    }
    for (unsigned i = 0; i < children->length; i++)
        walk(children->data[i], hrefs);
}

static size_t count_byte(const char *text, size_t len, char byte)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++)
        count += text[i] == byte;
    return count;
}

static bool begins_with(const char *text, const char *end, const char *word)
{
    return (size_t)(end - text) >= strlen(word) && strncasecmp(text, word, strlen(word)) == 0;
}

/* Gumbo takes all names that it does not know for one, and inside svg and math it does not recognise an end tag
 * that has anything behind its name. */
static bool has_odd_end_tag_with_foreign(const char *text, size_t len)
{
    bool foreign = false, odd = false;
    const char *end = text + len;
    for (const char *p = text; p < end; p++) {
        foreign |= begins_with(p, end, "<svg") || begins_with(p, end, "<math");
        if (!begins_with(p, end, "</"))
            continue;
        const char *name_end = p + 2;
        while (name_end<end && * name_end> ' ' && *name_end != '>' && *name_end != '/')
            name_end++;
        bool unknown = gumbo_tagn_enum(p + 2, (int)(name_end - p - 2)) == GUMBO_TAG_UNKNOWN;
        odd |= unknown || (name_end < end && *name_end != '>');
    }
    return foreign && odd;
}

static bool contains(const char *text, size_t len, const char *word)
{
    for (const char *p = text; p < text + len; p++) {
        if (begins_with(p, text + len, word))
            return true;
    }
    return false;
}

/* Gumbo computes large numbers modulo the size of an int. */
static bool has_long_number(const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        size_t at = i + 2;
        if (text[i] == '&' && text[i + 1] == '#')
            at += at < len && (text[at] | 0x20) == 'x';
        else
            continue;
        size_t digits = at;
        while (digits < len && isxdigit((unsigned char)text[digits]))
            digits++;
        if (digits - at > 7)
            return true;
    }
    return false;
}

static bool agrees_by_design(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool plain = (text[i] >= ' ' && text[i] <= '~') || text[i] == '\n' || text[i] == '\t' || text[i] == '\f';
        if (!plain)
            return false; /* gumbo replaces controls and invalid UTF-8 and changes CR, before it looks at anything */
    }
    if (contains(text, len, "<frameset") && contains(text, len, "</br"))
        return false; /* to gumbo a body that began with </br> has not begun */
    if (contains(text, len, "<svg") && contains(text, len, "<title"))
        return false; /* gumbo lets an end tag reach across the title of an svg */
    return count_byte(text, len, '<') <= GUMBO_TAGS_MAX && !has_long_number(text, len) &&
           !has_odd_end_tag_with_foreign(text, len);
}

/* All of A are among B. */
static void contained(const struct buffer *a, const struct buffer *b, const char *whose, const char *text, size_t len)
{
    for (size_t at = 0, n; at < a->len; at += sizeof n + n) {
        memcpy(&n, a->data + at, sizeof n);
        if (has_href(b, a->data + at + sizeof n, n))
            continue;
        fprintf(stderr, "only %s finds '%.*s' in:\n%.*s\n", whose, (int)n, a->data + at + sizeof n, (int)len, text);
        abort();
    }
}

static void compare_with_gumbo(const char *text, size_t len, const struct findings *findings)
{
    if (findings->doubts || !agrees_by_design(text, len))
        return;
    struct buffer hrefs = {0};
    GumboOutput *output = gumbo_parse_with_options(&kGumboDefaultOptions, text, len);
    walk(output->document, &hrefs);
    gumbo_destroy_output(&kGumboDefaultOptions, output);
    contained(&hrefs, &findings->hrefs, "gumbo", text, len);
    contained(&findings->hrefs, &hrefs, "links", text, len);
    buffer_release(&hrefs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 0, 16, 3};
    if (size == 0)
        return 0;
    struct buffer page = {0};
    HOLDS(buffer_append(&page, "<body>text", data[0] & 8 ? 10 : 0) && buffer_append(&page, data + 1, size - 1));
    for (int i = 0; i < BLANKS && (data[0] & 8); i++)
        HOLDS(buffer_append_char(&page, ' '));
    const char *text = buffer_text(&page);
    size_t len = page.len;
    struct findings whole = {.page = text, .page_len = len}, cut = whole;
    struct links_options options = {.found = note, .requisites = data[0] & 1, .agent = "forage"};
    options.context = &whole;
    struct links *links = links_new(&options);
    options.context = &cut;
    struct links *other = links_new(&options);
    HOLDS(links && other);
    find(links, text, len, len ? len : 1, &whole);
    find(other, text, len, pieces[data[0] >> 1 & 3], &cut);
    same(&whole, &cut);
    compare_with_gumbo(text, len, &whole);
    links_free(links);
    links_free(other);
    buffer_release(&page);
    buffer_release(&whole.all);
    buffer_release(&whole.hrefs);
    buffer_release(&cut.all);
    buffer_release(&cut.hrefs);
    return 0;
}
