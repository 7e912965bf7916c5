#include "fetch/harvest/harvest_parts.h"

#include "base/hash.h"
#include "fetch/harvest/declared.h"

#include <stdlib.h>

enum {
    POOL_MAX = 32,
    PAGE_KEPT_BYTES = 256 * 1024, /* a page that took more is forgotten together with its memory */
    HELD_KEPT_BYTES = 64 * 1024,
};

struct harvest *harvest_new(struct harvest_pool *pool)
{
    struct harvest *h = calloc(1, sizeof *h);
    if (h) {
        h->pool = pool;
        h->seed = hash_random_seed();
    }
    return h;
}

/* ---- Beginning ---- */

static bool begin_page(struct harvest *h)
{
    const struct harvest_job *job = &h->job;
    bool fits = h->links && h->links_requisites == job->requisites && h->links_agent == job->robots_agent;
    if (!h->page && !(h->page = page_links_new()))
        return false;
    if (fits)
        return true;
    links_free(h->links);
    h->links_requisites = job->requisites;
    h->links_agent = job->robots_agent;
    h->links = links_new(&(struct links_options){
        .found = harvest_keep_finding, .context = h, .requisites = job->requisites, .agent = job->robots_agent});
    return h->links;
}

static bool begin_css(struct harvest *h)
{
    if (!h->page && !(h->page = page_links_new()))
        return false;
    if (!h->css_begun)
        css_init(&h->css, harvest_keep_css, h);
    return h->css_begun = true;
}

static bool begin_links(struct harvest *h)
{
    if (url_parse(&h->url, h->job.url.data, h->job.url.len, NULL) != URL_OK)
        return false;
    switch (h->job.kind) {
    case USE_SITEMAP:
        h->sitemap = sitemap_new(NULL, harvest_give_location, h);
        return h->sitemap;
    case USE_CSS:
        return begin_css(h);
    default:
        return begin_page(h);
    }
}

static bool take_text(void *context, const char *text, size_t len);

bool harvest_begin(struct harvest *h, const struct harvest_job *job)
{
    h->job = *job;
    struct page_text_options text = {
        .kind = job->kind,
        .content_type = job->content_type,
        .strict = job->converts,
        .text = take_text,
        .context = h,
    };
    page_text_begin(&h->text, &text);
    return !job->finds_links || begin_links(h);
}

/* ---- Text ---- */

static bool give_text(struct harvest *h, const char *text, size_t len)
{
    bool go_on = !len || h->job.text(h->job.context, text, len);
    if (!go_on)
        h->sink_status = PAGE_TEXT_STOPPED;
    return go_on;
}

/* Without a mark or a declaration a page that is not UTF-8 for those who get it by HTTP would not be what it is now for
 * those who open the file. WHOLE: nothing follows what is held. */
static bool needs_mark(const struct harvest *h, unsigned declarations, bool whole)
{
    struct page_charset found = page_text_charset(&h->text);
    if (found.source == PAGE_CHARSET_BOM)
        return true;
    return h->job.kind == USE_HTML && !declarations && found.charset != charset_utf8() &&
           !(whole && harvest_is_ascii(buffer_text(&h->held), h->held.len));
}

static bool give_beginning(struct harvest *h, bool whole)
{
    unsigned declarations;
    h->streams = true;
    buffer_clear(&h->rewritten);
    if (!declared_as_utf8(h->job.kind, buffer_text(&h->held), h->held.len, &h->rewritten, &declarations)) {
        h->sink_status = PAGE_TEXT_NO_MEMORY;
        return false;
    }
    return (!needs_mark(h, declarations, whole) || give_text(h, "\xef\xbb\xbf", 3)) &&
           give_text(h, buffer_text(&h->rewritten), h->rewritten.len);
}

static bool convert(struct harvest *h, const char *text, size_t len)
{
    if (h->streams)
        return give_text(h, text, len);
    if (!buffer_append(&h->held, text, len)) {
        h->sink_status = PAGE_TEXT_NO_MEMORY;
        return false;
    }
    return h->held.len < DECLARED_BYTES || give_beginning(h, false);
}

static bool take_text(void *context, const char *text, size_t len)
{
    struct harvest *h = context;
    if (h->job.finds_links && h->job.kind == USE_CSS)
        css_feed(&h->css, text, len);
    else if (h->job.finds_links)
        links_feed(h->links, text, len);
    return !h->job.converts || convert(h, text, len);
}

/* What page_text said; where a sink of ours has stopped it, what that had to say. Links that are missing for want of
 * memory end nothing. */
static enum harvest_status text_status(struct harvest *h, enum page_text_status s)
{
    if (s == PAGE_TEXT_STOPPED)
        s = h->sink_status;
    if (s == PAGE_TEXT_OK)
        return HARVEST_OK;
    if (s == PAGE_TEXT_STOPPED)
        return HARVEST_STOPPED;
    h->cut = true;
    return h->job.converts ? HARVEST_NO_MEMORY : HARVEST_ENOUGH;
}

/* ---- Arriving ---- */

/* A file that is no sitemap at all is no sitemap of which something is missing. */
static enum harvest_status sitemap_said(struct harvest *h, enum sitemap_status s)
{
    h->sitemap_status = s;
    h->cut |= s != SITEMAP_OK && s != SITEMAP_UNKNOWN;
    return s == SITEMAP_OK ? HARVEST_OK : HARVEST_ENOUGH;
}

enum harvest_status harvest_feed(struct harvest *h, const char *bytes, size_t len)
{
    if (h->sitemap)
        return sitemap_said(h, sitemap_feed(h->sitemap, bytes, len));
    return text_status(h, page_text_feed(&h->text, bytes, len));
}

enum harvest_status harvest_end(struct harvest *h, bool cut)
{
    h->cut |= cut;
    if (h->sitemap)
        return cut || h->sitemap_status != SITEMAP_OK ? HARVEST_OK : sitemap_said(h, sitemap_end(h->sitemap));
    enum harvest_status s = text_status(h, page_text_end(&h->text));
    if (h->css_begun)
        h->cut |= !css_end(&h->css);
    if (s != HARVEST_OK || !h->job.converts || h->streams)
        return s;
    return give_beginning(h, true) ? HARVEST_OK : text_status(h, PAGE_TEXT_STOPPED);
}

/* ---- Ending ---- */

/* A tokenizer that is reset in the middle of a page may still find something, so the page goes after it. */
static void reset_page(struct harvest *h)
{
    if (h->links)
        links_reset(h->links);
    if (h->css_begun)
        css_release(&h->css);
    h->css_begun = false;
    if (h->page_bytes > PAGE_KEPT_BYTES) {
        page_links_free(h->page);
        h->page = NULL;
    } else if (h->page) {
        page_links_reset(h->page);
    }
    h->seed++;
    h->pool->bytes -= h->page_bytes;
    h->page_bytes = 0;
}

static void trim(struct buffer *b)
{
    if (b->capacity > HELD_KEPT_BYTES)
        buffer_release(b);
    buffer_clear(b);
}

void harvest_reset(struct harvest *h)
{
    reset_page(h);
    page_text_reset(&h->text);
    url_release(&h->url);
    sitemap_free(h->sitemap);
    h->sitemap = NULL;
    h->sitemap_status = SITEMAP_OK;
    struct buffer *all[] = {&h->held, &h->rewritten, &h->mended};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        trim(all[i]);
    h->cut = h->streams = false;
    h->sink_status = PAGE_TEXT_OK;
}

void harvest_free(struct harvest *h)
{
    if (!h)
        return;
    harvest_reset(h);
    links_free(h->links);
    page_links_free(h->page);
    page_text_release(&h->text);
    charset_decoder_free(h->mender);
    struct buffer *all[] = {&h->held, &h->rewritten, &h->mended};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        buffer_release(all[i]);
    free(h);
}

/* ---- The pool ---- */

struct harvest *harvest_pool_take(struct harvest_pool *pool)
{
    struct harvest *h = pool->free;
    if (!h)
        return harvest_new(pool);
    pool->free = h->next;
    pool->count--;
    return h;
}

void harvest_pool_give(struct harvest_pool *pool, struct harvest *h)
{
    if (h && pool->count < POOL_MAX) {
        harvest_reset(h);
        h->next = pool->free;
        pool->free = h;
        pool->count++;
        return;
    }
    harvest_free(h);
}

void harvest_pool_release(struct harvest_pool *pool)
{
    for (struct harvest *h = pool->free, *next; h; h = next) {
        next = h->next;
        harvest_free(h);
    }
    *pool = (struct harvest_pool){0};
}
