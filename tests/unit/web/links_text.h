/* Findings as text: "a /x; link next,stylesheet /y; refresh 5 /z", so that a table of pages reads. */
#ifndef TESTS_LINKS_TEXT_H
#define TESTS_LINKS_TEXT_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "web/links/links.h"

static inline const char *kind_text(enum link_kind kind)
{
    static const char *const names[] = {
        [LINK_A] = "a",
        [LINK_AREA] = "area",
        [LINK_IFRAME] = "iframe",
        [LINK_FRAME] = "frame",
        [LINK_SVG_A] = "svg_a",
        [LINK_LINK] = "link",
        [LINK_IMAGE] = "image",
        [LINK_MEDIA] = "media",
        [LINK_SCRIPT] = "script",
        [LINK_OBJECT] = "object",
        [LINK_SVG_USE] = "use",
        [LINK_CSS_URL] = "css",
        [LINK_BASE] = "base",
        [LINK_ROBOTS] = "robots",
        [LINK_CSS_IMPORT] = "import",
        [LINK_CHARSET] = "charset",
        [LINK_REFRESH] = "refresh",
    };
    return names[kind];
}

static inline void append_rel(struct buffer *text, unsigned rel)
{
    static const char *const names[] = {"nofollow",   "next",       "prev",     "alternate",     "canonical",
                                        "stylesheet", "icon",       "preload",  "modulepreload", "prefetch",
                                        "manifest",   "preconnect", "pingback", "search",        "other"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (rel >> i & 1)
            buffer_printf(text, " %s", names[i]);
    }
}

static inline void append_finding(void *context, const struct link *link)
{
    struct buffer *text = context;
    buffer_printf(text, "%s%s", text->len ? "; " : "", kind_text(link->kind));
    append_rel(text, link->rel);
    if (link->kind == LINK_REFRESH)
        buffer_printf(text, " %u", (unsigned)link->seconds);
    if (link->in_noscript)
        buffer_append_text(text, " noscript");
    if (link->names_agent)
        buffer_append_text(text, " agent");
    buffer_append_char(text, ' ');
    buffer_append(text, link->text, link->len);
}

/* Find with pieces of PIECE bytes, each in memory of its own; 0: all at once. The text stays until the next call. */
static inline const char *findings(const char *html, size_t len, bool requisites, size_t piece)
{
    static struct buffer text;
    buffer_clear(&text);
    struct links *links = links_new(&(struct links_options){
        .found = append_finding, .context = &text, .requisites = requisites, .agent = "forage"});
    for (size_t at = 0, n; at < len; at += n) {
        n = piece && piece < len - at ? piece : len - at;
        char *exact = malloc(n);
        links_feed(links, memcpy(exact, html + at, n), n);
        free(exact);
    }
    cr_assert(links_end(links));
    links_free(links);
    return buffer_text(&text);
}

struct page_row {
    const char *html, *found;
};

/* Each page at once and byte by byte, behind a text so that the short way through ordinary pages is taken too. */
static inline void check_rows(const struct page_row *rows, size_t count, bool requisites)
{
    static const char *const fronts[] = {"", "<body>text"},
                             behind[] = "                                                            "
                                        "                                                            "
                                        "                                        ";
    int wrong = 0;
    for (size_t i = 0; i < count * 4; i++) {
        const struct page_row *row = &rows[i / 4];
        struct buffer page = {0};
        cr_assert(buffer_append_text(&page, fronts[i & 1]) && buffer_append_text(&page, row->html) &&
                  buffer_append(&page, behind, i & 1 ? sizeof behind - 1 : 0));
        const char *found = findings(page.data, page.len, requisites, i >> 1 & 1);
        if (strcmp(found, row->found) != 0) {
            cr_log_error("%s: found '%s', wanted '%s'", page.data, found, row->found);
            wrong++;
        }
        buffer_release(&page);
    }
    cr_assert_eq(wrong, 0, "%d rows are wrong", wrong);
}

#endif
