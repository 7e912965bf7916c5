/* What a body yields besides its bytes: links of pages, style sheets and sitemaps; and its text as UTF-8.
 *
 * harvest_new once; for each body harvest_begin, harvest_feed for each piece, harvest_end when it is whole or cut,
 * harvest_links unless what came of it shall not count, harvest_reset, which keeps the memory for the next body;
 * harvest_free. Memory is bounded whatever the body is (web/links/page_links.h), and what a large page took is given
 * back by harvest_reset.
 *
 * Pure, but that iconv may load a module. Context: one thread at a time. */
#ifndef FETCH_HARVEST_H
#define FETCH_HARVEST_H

#include "fetch/message.h"
#include "fetch/use.h"

struct harvest_job {
    enum use_kind kind; /* not USE_OTHER */
    bool finds_links;
    bool requisites;
    bool converts;
    const char *robots_agent; /* see fetch_options */
    const char *content_type; /* the header's value; "": none */
    struct text url;          /* where the body came from, canonical */

    /* Gets the text when it CONVERTS; false: stop. Called inside harvest_feed and harvest_end. */
    bool (*text)(void *context, const char *text, size_t len);

    /* Gets each link that is no longer than FETCH_LINK_URL_MAX: of a sitemap inside harvest_feed and harvest_end, of
     * others inside harvest_links. False: stop. The link is borrowed for the call. */
    bool (*link)(void *context, const struct fetch_link *link);
    void *context; /* of both */
};

enum harvest_status {
    HARVEST_OK,
    HARVEST_STOPPED, /* text said so */
    HARVEST_ENOUGH,  /* nothing more comes of this body, however it goes on: a sitemap that is full, broken, or none */
    HARVEST_NO_MEMORY, /* the text could not be converted; links that are missing for it do not end anything */
};

/* What harvest_links says. */
struct harvest_result {
    unsigned robots;    /* META_* bits */
    bool cut;           /* not all links were given */
    const char *detail; /* what is wrong with a sitemap, a constant; "" */
};

struct harvest;
struct harvest_pool;

/* POOL counts its memory. NULL when memory is out. */
struct harvest *harvest_new(struct harvest_pool *pool);

/* JOB is copied; what it points to is borrowed until harvest_reset. False when memory is out. */
bool harvest_begin(struct harvest *h, const struct harvest_job *job);

enum harvest_status harvest_feed(struct harvest *h, const char *bytes, size_t len);

/* No more bytes come. CUT: there would have been more. */
enum harvest_status harvest_end(struct harvest *h, bool cut);

/* Give the links, after harvest_end. */
void harvest_links(struct harvest *h, struct harvest_result *result);

void harvest_reset(struct harvest *h);

/* Accepts NULL. */
void harvest_free(struct harvest *h);

/* ---- Those that wait for their next body ---- */

/* References that wait for the end of their page, in all pages of a pool together, take no more memory than this;
 * what is beyond is left out. One page alone takes less (web/links/page_links.h). */
enum { HARVEST_POOL_BYTES = 64 << 20 };

/* Zeroes are an empty pool. It stays where it is while one of its harvests is out. */
struct harvest_pool {
    struct harvest *free;
    unsigned count;
    size_t bytes; /* of references, in all that are out */
};

/* One of the pool, or a new one; NULL when memory is out. */
struct harvest *harvest_pool_take(struct harvest_pool *pool);

/* Reset it and put it back. Accepts NULL. */
void harvest_pool_give(struct harvest_pool *pool, struct harvest *h);

void harvest_pool_release(struct harvest_pool *pool);

#endif
