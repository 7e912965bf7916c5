#include "fetch/harvest/harvest.h"

#include "base/hash.h"
#include "fetch/harvest/declared.h"
#include "fetch/harvest/page_text.h"
#include "web/charset/charset.h"
#include "web/links/css.h"
#include "web/links/links.h"
#include "web/links/page_links.h"
#include "web/sitemap/sitemap.h"
#include "web/url/url.h"

#include <stdlib.h>
#include <string.h>

enum {
    POOL_MAX = 32,
    PAGE_KEPT_BYTES = 256 * 1024, /* a page that took more is forgotten together with its memory */
    REFERENCE_BYTES = 32,         /* that a reference takes beside its text, about */
    RECENT = 256,                 /* references by which repeated ones are told; a power of two */
    HELD_KEPT_BYTES = 64 * 1024,
};

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
    size_t page_bytes;       /* that were put into the page */
    uint64_t recent[RECENT]; /* hashes of references in it, each in the place that it says */
    uint64_t seed;           /* another one for each page */
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

struct harvest *harvest_new(struct harvest_pool *pool)
{
    struct harvest *h = calloc(1, sizeof *h);
    if (h) {
        h->pool = pool;
        h->seed = hash_random_seed();
    }
    return h;
}

/* ---- Findings ---- */

static bool is_ascii(const char *text, size_t len)
{
    unsigned char any = 0;
    for (size_t i = 0; i < len; i++)
        any |= (unsigned char)text[i];
    return any < 0x80;
}

/* What is no UTF-8 in the reference becomes U+FFFD, as it would have if the page had been decoded. In UTF-8 no error
 * swallows an ASCII character, so that markup is the same either way, and only what is found in it needs to be
 * decoded. */
static bool mend(struct harvest *h, struct link *link)
{
    if (!h->mender) {
        h->mender = charset_decoder_new(charset_utf8());
        if (!h->mender ||
            !charset_decoder_feed(h->mender, "-", 1, &h->mended)) /* a mark counts at the beginning only */
            return false;
    }
    buffer_clear(&h->mended);
    if (!charset_decoder_feed(h->mender, link->text, link->len, &h->mended) ||
        !charset_decoder_end(h->mender, &h->mended))
        return false;
    link->text = buffer_text(&h->mended);
    link->len = h->mended.len;
    return true;
}

/* A page that holds much pays for it; the others are not to run out of memory for it. */
static bool count_finding(struct harvest *h, const struct link *link)
{
    size_t bytes = link->len + REFERENCE_BYTES;
    if (!h->page || bytes > HARVEST_POOL_BYTES - h->pool->bytes)
        return false;
    h->pool->bytes += bytes;
    h->page_bytes += bytes;
    return true;
}

/* Whether the reference is there already: pages repeat most of theirs, and to resolve one takes ten times as long as
 * to hash it. What only leads to another place of the page is one reference. Only plain ones are looked at, which
 * change nothing about what is known of the first (web/links/page_links.h says what of two that are the same
 * counts). */
static bool is_repeated(struct harvest *h, const struct link *link)
{
    if (link->kind != LINK_A || link->rel)
        return false;
    size_t len = link->len && *link->text == '#' ? 1 : link->len;
    uint64_t hash = hash_bytes(link->text, len, h->seed), *place = &h->recent[hash % RECENT];
    bool is_known = *place == hash;
    *place = hash;
    return is_known;
}

static void keep_finding(void *context, const struct link *found)
{
    struct harvest *h = context;
    struct link link = *found;
    if (is_repeated(h, found))
        return;
    bool is_raw = page_text_is_raw(&h->text) && !is_ascii(link.text, link.len);
    if ((is_raw && !mend(h, &link)) || !count_finding(h, &link))
        h->cut = true;
    else
        page_links_add(h->page, &link);
}

static void keep_css(void *context, enum css_kind kind, const char *text, size_t len)
{
    keep_finding(context, &(struct link){
                              .kind = kind == CSS_IMPORT ? LINK_CSS_IMPORT : LINK_CSS_URL,
                              .text = text,
                              .len = len,
                          });
}

/* ---- Giving links ---- */

static bool give(struct harvest *h, const struct fetch_link *link)
{
    return link->url.len > FETCH_LINK_URL_MAX || h->job.link(h->job.context, link);
}

static struct text href_of(const struct url *url)
{
    return (struct text){url->href, url->href_len};
}

static bool give_location(void *context, const struct sitemap_entry *entry)
{
    struct harvest *h = context;
    struct url url = {0};
    enum url_status s = url_parse(&url, entry->location, entry->location_len, &h->url);
    if (s != URL_OK) {
        h->cut |= s == URL_NO_MEMORY;
        return true;
    }
    struct fetch_link link = {
        .kind = entry->kind == SITEMAP_SITEMAP ? FETCH_LINK_SITEMAP : FETCH_LINK_SITEMAP_PAGE,
        .has_lastmod = entry->has_lastmod,
        .priority = entry->priority,
        .lastmod_s = entry->has_lastmod ? entry->lastmod : 0,
        .lastmod_until_s = entry->has_lastmod ? entry->lastmod_until : 0,
        .url = href_of(&url),
    };
    bool go_on = give(h, &link);
    url_release(&url);
    return go_on;
}

enum {
    REL_PAGE = LINK_REL_NEXT | LINK_REL_PREV | LINK_REL_ALTERNATE,
    REL_REQUISITE = LINK_REL_STYLESHEET | LINK_REL_ICON | LINK_REL_PRELOAD | LINK_REL_MODULEPRELOAD | LINK_REL_MANIFEST,
};

/* Which kinds of links a finding is, as bits. An "alternate stylesheet" is no other version of the page. */
static unsigned kinds_of(const struct page_link *link, bool requisites)
{
    unsigned kinds = 0;
    if (link->kind < LINK_LINK)
        return 1U << FETCH_LINK_PAGE;
    if (link->kind > LINK_LINK)
        return 1U << FETCH_LINK_REQUISITE;
    if (link->rel & LINK_REL_CANONICAL)
        kinds |= 1U << FETCH_LINK_CANONICAL;
    if (link->rel & REL_PAGE && !(link->rel & LINK_REL_STYLESHEET))
        kinds |= 1U << FETCH_LINK_PAGE;
    if (link->rel & REL_REQUISITE && requisites)
        kinds |= 1U << FETCH_LINK_REQUISITE;
    return kinds;
}

static void give_found(void *context, const struct page_link *found)
{
    struct harvest *h = context;
    unsigned kinds = kinds_of(found, h->job.requisites);
    for (unsigned kind = 0; kind < FETCH_LINK_KIND_COUNT; kind++) {
        if (!(kinds & 1U << kind))
            continue;
        struct fetch_link link = {
            .kind = (enum fetch_link_kind)kind,
            .nofollow = found->rel & LINK_REL_NOFOLLOW,
            .priority = FETCH_LINK_PRIORITY_DEFAULT,
            .url = href_of(found->url),
        };
        give(h, &link);
    }
}

/* URL standard, "query state": a page's links are encoded as the page is. TEXT begins with its '?'. */
static bool encode_query(void *context, const char *text, size_t len, struct buffer *encoded)
{
    const struct harvest *h = context;
    return buffer_append_char(encoded, '?') &&
           charset_encode_query(page_text_charset(&h->text).charset, text + 1, len - 1, encoded);
}

static bool has_query_encoding(const struct harvest *h)
{
    const struct charset *charset = page_text_charset(&h->text).charset;
    return h->job.kind == USE_HTML && charset && charset_output(charset) != charset_utf8();
}

static void links_of_page(struct harvest *h, struct harvest_result *result)
{
    if (h->job.kind != USE_CSS)
        h->cut |= !links_end(h->links);
    struct links_resolve_options options = {
        .document = &h->url,
        .found = give_found,
        .context = h,
        .encode_query = has_query_encoding(h) ? encode_query : NULL,
    };
    h->cut |= !links_resolve(h->page, &options);
    h->cut |= page_links_full(h->page);
    result->robots = page_links_robots(h->page);
}

void harvest_links(struct harvest *h, struct harvest_result *result)
{
    *result = (struct harvest_result){.detail = ""};
    if (!h->job.finds_links)
        return;
    if (h->job.kind != USE_SITEMAP)
        links_of_page(h, result);
    else if (h->sitemap_status != SITEMAP_OK)
        result->detail = sitemap_status_text(h->sitemap_status);
    result->cut = h->cut;
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
        .found = keep_finding, .context = h, .requisites = job->requisites, .agent = job->robots_agent});
    return h->links;
}

static bool begin_css(struct harvest *h)
{
    if (!h->page && !(h->page = page_links_new()))
        return false;
    if (!h->css_begun)
        css_init(&h->css, keep_css, h);
    return h->css_begun = true;
}

static bool begin_links(struct harvest *h)
{
    if (url_parse(&h->url, h->job.url.data, h->job.url.len, NULL) != URL_OK)
        return false;
    switch (h->job.kind) {
    case USE_SITEMAP:
        h->sitemap = sitemap_new(NULL, give_location, h);
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
           !(whole && is_ascii(buffer_text(&h->held), h->held.len));
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
