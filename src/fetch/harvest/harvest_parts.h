/* What the files of the harvest share. */
#ifndef FETCH_HARVEST_PARTS_H
#define FETCH_HARVEST_PARTS_H

#include "fetch/harvest/harvest.h"
#include "fetch/harvest/page_text.h"
#include "web/charset/charset.h"
#include "web/links/css.h"
#include "web/links/links.h"
#include "web/links/page_links.h"
#include "web/sitemap/sitemap.h"
#include "web/url/url.h"

enum { HARVEST_RECENT = 256 }; /* references by which repeated ones are told; a power of two */

struct harvest {
    struct harvest_pool *pool;
    struct harvest *next; /* in it */
    struct harvest_job job;
    struct url url;
    struct page_text text;

    /* Links. What was made for one page is used for the next. */
    struct links *links;
    bool links_requisites; /* what they were made with */
    const char *links_agent;
    struct page_links *page;
    size_t page_bytes;               /* that were put into the page */
    uint64_t recent[HARVEST_RECENT]; /* hashes of references in it, each in the place that it says */
    uint64_t seed;                   /* another one for each page */
    struct css css;
    bool css_begun;
    bool cut; /* some links are missing */
    struct charset_decoder *mender;
    struct buffer mended;

    struct sitemap *sitemap;
    enum sitemap_status sitemap_status;

    /* Conversion. */
    struct buffer held; /* the text's beginning, in which it may say what it is in */
    struct buffer rewritten;
    bool streams; /* the beginning has gone out */
    enum page_text_status sink_status;
};

bool harvest_is_ascii(const char *text, size_t len);

/* What is found on a page; a callback of struct links. CONTEXT is the harvest, here and below. */
void harvest_keep_finding(void *context, const struct link *found);

/* The same in a style sheet. */
void harvest_keep_css(void *context, enum css_kind kind, const char *text, size_t len);

/* What a sitemap names; a callback of struct sitemap. */
bool harvest_give_location(void *context, const struct sitemap_entry *entry);

#endif
