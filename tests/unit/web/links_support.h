/* What the tests of links share: the links of a page as URLs, and the charsets that the product reads elsewhere. */
#ifndef TESTS_LINKS_SUPPORT_H
#define TESTS_LINKS_SUPPORT_H

#include <iconv.h>
#include <string.h>
#include <strings.h>

#include "unit/web/conformance.h"
#include "web/links/page_links.h"

/* A page and what is found in it. The URLs are JSON arrays of text. */
struct page_case {
    const char *url;
    const char *charset; /* of the bytes: an iconv name; NULL or "UTF-8": nothing is converted */
    size_t piece;        /* bytes a call of links_feed; 0: all of them */
    bool requisites;
    json_t *places;   /* what is to be followed */
    json_t *nofollow; /* those of them that have rel=nofollow */
    json_t *all;      /* places, <link> and requisites */
    unsigned robots;
    char meta_charset[64];
};

/* The bytes that base64 text stands for. Owned by the caller. */
static inline char *conformance_base64(const char *encoded, size_t *len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *bytes = malloc(strlen(encoded) + 1);
    unsigned bits = 0, have = 0;
    *len = 0;
    for (const char *p = encoded, *digit; *p && (digit = strchr(digits, *p)); p++) {
        bits = bits << 6 | (unsigned)(digit - digits);
        have += 6;
        if (have >= 8)
            bytes[(*len)++] = (char)(bits >> (have -= 8));
    }
    return bytes;
}

static inline bool is_place(enum link_kind kind)
{
    return kind < LINK_SVG_A;
}

static inline bool json_has(const json_t *list, const char *text)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        if (strcmp(json_string_value(item), text) == 0)
            return true;
    }
    return false;
}

static inline void add_once(json_t *list, const char *text)
{
    if (!json_has(list, text))
        json_array_append_new(list, json_string(text));
}

static inline void collect_link(void *context, const struct page_link *link)
{
    struct page_case *page = context;
    if (link->kind != LINK_SVG_A)
        add_once(page->all, link->url->href);
    if (!is_place(link->kind))
        return;
    add_once(page->places, link->url->href);
    if (link->rel & LINK_REL_NOFOLLOW)
        add_once(page->nofollow, link->url->href);
}

/* TEXT converted from one charset to another; what cannot be is left out. Owned by the caller. */
static inline char *convert(const char *from, const char *to, const char *text, size_t len, size_t *out_len)
{
    size_t room = 4 * len + 16;
    char *converted = malloc(room), *out = converted, *in = (char *)(uintptr_t)text;
    iconv_t handle = iconv_open(to, from);
    cr_assert_neq((intptr_t)handle, -1, "no charset %s", from);
    size_t left = len, out_left = room;
    while (left && iconv(handle, &in, &left, &out, &out_left) == (size_t)-1 && left) {
        in++;
        left--;
    }
    iconv_close(handle);
    *out_len = room - out_left;
    return converted;
}

static inline bool encode_with_iconv(void *context, const char *text, size_t len, struct buffer *encoded)
{
    const struct page_case *page = context;
    size_t converted_len;
    char *converted = convert("UTF-8", page->charset, text, len, &converted_len);
    bool fits = buffer_append(encoded, converted, converted_len);
    free(converted);
    return fits;
}

static inline bool is_utf(const char *charset)
{
    return !charset || strncasecmp(charset, "utf", 3) == 0;
}

/* Feed all but the terminating NUL of each piece from memory of its own, so that a read past its end is seen. */
static inline void feed_pieces(struct links *links, const char *text, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        char *exact = malloc(n);
        memcpy(exact, text + at, n);
        links_feed(links, exact, n);
        free(exact);
    }
}

static inline void page_case_init(struct page_case *page)
{
    page->places = json_array();
    page->nofollow = json_array();
    page->all = json_array();
}

static inline void page_case_release(struct page_case *page)
{
    json_decref(page->places);
    json_decref(page->nofollow);
    json_decref(page->all);
}

/* Find the links of TEXT, which is UTF-8, and resolve them. */
static inline void page_case_run(struct page_case *page, const char *text, size_t len)
{
    struct url document = {0};
    cr_assert_eq(url_parse(&document, page->url, strlen(page->url), NULL), URL_OK, "%s", page->url);
    struct page_links *found = page_links_new();
    struct links_options options = {.found = page_links_add, .context = found, .requisites = page->requisites};
    struct links *links = links_new(&options);
    feed_pieces(links, text, len, page->piece ? page->piece : len ? len : 1);
    cr_assert(links_end(links));
    struct links_resolve_options resolve = {
        .document = &document,
        .found = collect_link,
        .context = page,
        .encode_query = is_utf(page->charset) ? NULL : encode_with_iconv,
    };
    cr_assert(links_resolve(found, &resolve));
    page->robots = page_links_robots(found);
    struct url_part charset = page_links_charset(found);
    snprintf(page->meta_charset, sizeof page->meta_charset, "%.*s", (int)charset.len, charset.at);
    links_free(links);
    page_links_free(found);
    url_release(&document);
}

#endif
