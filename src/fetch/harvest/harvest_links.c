/* The links of a body: what is found on its way through, and what the harvest gives of it. */
#include "fetch/harvest/harvest_parts.h"

#include "base/hash.h"

enum { REFERENCE_BYTES = 32 }; /* that a reference takes beside its text, about */

/* ---- Findings ---- */

bool harvest_is_ascii(const char *text, size_t len)
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
    uint64_t hash = hash_bytes(link->text, len, h->seed), *place = &h->recent[hash % HARVEST_RECENT];
    bool is_known = *place == hash;
    *place = hash;
    return is_known;
}

void harvest_keep_finding(void *context, const struct link *found)
{
    struct harvest *h = context;
    struct link link = *found;
    if (is_repeated(h, found))
        return;
    bool is_raw = page_text_is_raw(&h->text) && !harvest_is_ascii(link.text, link.len);
    if ((is_raw && !mend(h, &link)) || !count_finding(h, &link))
        h->cut = true;
    else
        page_links_add(h->page, &link);
}

void harvest_keep_css(void *context, enum css_kind kind, const char *text, size_t len)
{
    harvest_keep_finding(context, &(struct link){
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

bool harvest_give_location(void *context, const struct sitemap_entry *entry)
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
