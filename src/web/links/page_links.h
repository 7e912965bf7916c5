/* The links of one page as URLs: in document order, each once, relative to the page's base.
 *
 * page_links_new; page_links_add for each finding of a struct links (it has the shape of links_options.found);
 * then links_resolve; page_links_reset or page_links_free. The base element may stand behind the links that it
 * governs, so the references are kept until the end: at most PAGE_LINKS_MAX of them, with PAGE_LINKS_BYTES in all.
 * What is beyond that is left out, and page_links_full says so. Pure; one thread at a time. */
#ifndef WEB_PAGE_LINKS_H
#define WEB_PAGE_LINKS_H

#include "base/buffer.h"
#include "web/links/links.h"
#include "web/url/url.h"

enum {
    PAGE_LINKS_MAX = 1 << 17,
    PAGE_LINKS_BYTES = 16 << 20,
    PAGE_LINKS_WORK = 64 << 20 /* links_resolve: the bytes of all URLs together, repeated ones too */
};

/* A link that has been resolved. Everything is borrowed for the call. */
struct page_link {
    const struct url *url;
    enum link_kind kind; /* of its first occurrence */
    unsigned rel;        /* of all occurrences together; LINK_REL_NOFOLLOW only when all of them have it */
    uint32_t seconds;
    bool in_noscript;
};

struct links_resolve_options {
    const struct url *document; /* where the page came from, after redirects */
    void (*found)(void *context, const struct page_link *link);
    void *context;
    /* Turns the part of a query that is not ASCII into the page's charset (URL standard: query encoding); NULL or
     * false: it stays UTF-8. What the charset cannot express has to become "%26%23NUMBER%3B". */
    bool (*encode_query)(void *context, const char *text, size_t len, struct buffer *encoded);
};

struct page_links;

struct page_links *page_links_new(void);

/* CONTEXT is a struct page_links. */
void page_links_add(void *context, const struct link *link);

/* Give each URL once for each of: places to go to, <link> (each set of rels), requisites. References that are no
 * http or https URL are passed over, and so are meta refreshes inside <noscript>, which speak of missing scripts.
 *
 * The base is that of the first base element with an href outside <noscript>. When it is no URL at all the
 * document's own is used; when it is a URL of a scheme that is not fetched, only absolute references remain.
 * Returns false when memory ran out or the URLs were longer than PAGE_LINKS_WORK together; then some links are
 * missing. */
bool links_resolve(const struct page_links *page, const struct links_resolve_options *options);

/* The META_* bits of all meta robots together. */
unsigned page_links_robots(const struct page_links *page);

/* The first charset that a meta names; len 0: none. */
struct url_part page_links_charset(const struct page_links *page);

/* Whether links were left out: too many, or no memory for them. */
bool page_links_full(const struct page_links *page);

void page_links_reset(struct page_links *page);

/* Accepts NULL. */
void page_links_free(struct page_links *page);

#endif
