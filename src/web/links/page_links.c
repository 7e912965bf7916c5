#include "web/links/page_links.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "web/links/meta.h"

/* A reference as it was written. */
struct reference {
    uint32_t at, len; /* into the text */
    uint32_t seconds;
    uint16_t rel;
    uint8_t kind;
    bool in_noscript;
};

struct page_links {
    struct buffer text;
    struct reference *references;
    size_t count, capacity;
    struct buffer base, charset;
    uint64_t seed;
    unsigned robots;
    bool has_base, full;
};

struct page_links *page_links_new(void)
{
    struct page_links *page = calloc(1, sizeof *page);
    if (page)
        page->seed = hash_random_seed();
    return page;
}

static bool make_room(struct page_links *page)
{
    if (page->count < page->capacity)
        return true;
    if (page->count == PAGE_LINKS_MAX)
        return false;
    size_t capacity = page->capacity ? page->capacity * 2 : 64;
    struct reference *references = realloc(page->references, capacity * sizeof *references);
    if (!references)
        return false;
    page->references = references;
    page->capacity = capacity;
    return true;
}

static void keep_reference(struct page_links *page, const struct link *link)
{
    if (link->len > PAGE_LINKS_BYTES - page->text.len || !make_room(page) || !buffer_reserve(&page->text, link->len)) {
        page->full = true;
        return;
    }
    page->references[page->count++] = (struct reference){
        .at = (uint32_t)page->text.len,
        .len = (uint32_t)link->len,
        .seconds = link->seconds,
        .rel = (uint16_t)link->rel,
        .kind = (uint8_t)link->kind,
        .in_noscript = link->in_noscript,
    };
    buffer_append(&page->text, link->text, link->len);
}

void page_links_add(void *context, const struct link *link)
{
    struct page_links *page = context;
    switch (link->kind) {
    case LINK_BASE:
        if (!page->has_base)
            page->full |= !buffer_append(&page->base, link->text, link->len);
        page->has_base = true;
        break;
    case LINK_ROBOTS:
        page->robots |= meta_robots(link->text, link->len);
        break;
    case LINK_CHARSET:
        if (page->charset.len == 0)
            page->full |= !buffer_append(&page->charset, link->text, link->len);
        break;
    case LINK_REFRESH:
        if (!link->in_noscript)
            keep_reference(page, link);
        break;
    default:
        keep_reference(page, link);
    }
}

/* A link that has been resolved and waits for its other occurrences. */
struct resolved {
    uint32_t at, len; /* of its canonical URL, into the hrefs */
    uint32_t first;   /* occurrence: a place in the references */
    unsigned rel;
};

struct resolving {
    const struct page_links *page;
    const struct links_resolve_options *options;
    struct url base;
    const struct url *used_base; /* NULL: only absolute references can be resolved */
    struct resolved *links;
    size_t count;
    uint32_t *table; /* of places in links, plus one; 0 is free */
    size_t table_size;
    struct buffer hrefs;
    struct buffer encoded;
    size_t work; /* bytes of all URLs so far, repeated ones too */
};

/* An http or https URL is a base, one of another scheme leaves relative references without a meaning, and what is
 * no URL is no base. data: and javascript: are the standard's exceptions: they are no base either. */
static void find_base(struct resolving *r)
{
    r->used_base = r->options->document;
    if (!r->page->has_base)
        return;
    const struct buffer *text = &r->page->base;
    enum url_status status = url_parse(&r->base, buffer_text(text), text->len, r->options->document);
    if (status == URL_OK) {
        r->used_base = &r->base;
        return;
    }
    static const char *const no_bases[] = {"data:", "javascript:"};
    const char *p = buffer_text(text), *end = p + text->len;
    while (p < end && (unsigned char)*p <= ' ')
        p++;
    bool no_base = status != URL_SCHEME;
    for (size_t i = 0; i < COUNT_OF(no_bases); i++)
        no_base |= strncasecmp(p, no_bases[i], strlen(no_bases[i])) == 0;
    if (!no_base)
        r->used_base = NULL;
}

static bool is_ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] >= 0x80)
            return false;
    }
    return true;
}

/* The reference with its query in the page's charset, in r->encoded; false: it needs none, or there is no memory
 * for it. */
static bool encode_query(struct resolving *r, const char *text, size_t len)
{
    const char *end = text + len, *hash = memchr(text, '#', len);
    const char *part_end = hash ? hash : end;
    const char *query = memchr(text, '?', (size_t)(part_end - text));
    if (!query || is_ascii(query, (size_t)(part_end - query)))
        return false;
    buffer_clear(&r->encoded);
    return buffer_append(&r->encoded, text, (size_t)(query - text)) &&
           r->options->encode_query(r->options->context, query, (size_t)(part_end - query), &r->encoded);
}

static enum url_status parse_reference(struct resolving *r, struct url *url, const struct reference *reference)
{
    const char *text = buffer_text(&r->page->text) + reference->at;
    size_t len = reference->len;
    if (r->options->encode_query && encode_query(r, text, len)) {
        text = buffer_text(&r->encoded);
        len = r->encoded.len;
    }
    return url_parse(url, text, len, r->used_base);
}

/* Links of one group are the same when their URLs are. */
static unsigned group_of(const struct reference *reference)
{
    enum link_kind kind = (enum link_kind)reference->kind;
    if (kind == LINK_LINK)
        return 2U + (reference->rel & ~(unsigned)LINK_REL_NOFOLLOW);
    return kind > LINK_LINK;
}

/* Where in the table the link is, or would be. */
static uint32_t *find_place(struct resolving *r, const struct url *url, unsigned group)
{
    uint64_t hash = hash_bytes(url->href, url->href_len, r->page->seed + group);
    for (size_t i = hash & (r->table_size - 1);; i = (i + 1) & (r->table_size - 1)) {
        uint32_t *place = &r->table[i];
        if (*place == 0)
            return place;
        const struct resolved *known = &r->links[*place - 1];
        if (group_of(&r->page->references[known->first]) == group && known->len == url->href_len &&
            memcmp(buffer_text(&r->hrefs) + known->at, url->href, url->href_len) == 0)
            return place;
    }
}

static void merge_rel(struct resolved *known, unsigned rel)
{
    unsigned nofollow = known->rel & rel & LINK_REL_NOFOLLOW;
    known->rel = ((known->rel | rel) & ~(unsigned)LINK_REL_NOFOLLOW) | nofollow;
}

static bool add_resolved(struct resolving *r, const struct url *url, size_t index)
{
    const struct reference *reference = &r->page->references[index];
    uint32_t *place = find_place(r, url, group_of(reference));
    if (*place) {
        merge_rel(&r->links[*place - 1], reference->rel);
        return true;
    }
    size_t at = r->hrefs.len;
    if (!buffer_append(&r->hrefs, url->href, url->href_len))
        return false;
    r->links[r->count] = (struct resolved){(uint32_t)at, (uint32_t)url->href_len, (uint32_t)index, reference->rel};
    *place = (uint32_t)++r->count;
    return true;
}

static bool make_tables(struct resolving *r)
{
    size_t count = r->page->count ? r->page->count : 1;
    for (r->table_size = 2; r->table_size < 2 * count;)
        r->table_size *= 2;
    r->table = calloc(r->table_size, sizeof *r->table);
    r->links = calloc(count, sizeof *r->links);
    return r->table && r->links;
}

/* A long base with many short references would make work beyond all measure: it ends at PAGE_LINKS_WORK. */
static bool resolve_all(struct resolving *r)
{
    bool complete = true;
    for (size_t i = 0; i < r->page->count && r->work < PAGE_LINKS_WORK; i++) {
        struct url url = {0};
        enum url_status status = parse_reference(r, &url, &r->page->references[i]);
        r->work += status == URL_OK ? url.href_len : 0;
        if (status == URL_OK)
            complete &= add_resolved(r, &url, i);
        else if (status == URL_NO_MEMORY)
            complete = false;
        url_release(&url);
    }
    return complete && r->work < PAGE_LINKS_WORK;
}

static bool give_all(struct resolving *r)
{
    bool complete = true;
    for (size_t i = 0; i < r->count; i++) {
        const struct resolved *link = &r->links[i];
        const struct reference *first = &r->page->references[link->first];
        struct url url = {0};
        if (url_parse(&url, buffer_text(&r->hrefs) + link->at, link->len, NULL) != URL_OK) {
            complete = false;
            continue;
        }
        struct page_link given = {
            .url = &url,
            .kind = (enum link_kind)first->kind,
            .rel = link->rel,
            .seconds = first->seconds,
            .in_noscript = first->in_noscript,
        };
        r->options->found(r->options->context, &given);
        url_release(&url);
    }
    return complete;
}

bool links_resolve(const struct page_links *page, const struct links_resolve_options *options)
{
    struct resolving r = {.page = page, .options = options};
    find_base(&r);
    bool complete = make_tables(&r);
    if (complete) {
        complete = resolve_all(&r);
        complete &= give_all(&r);
    }
    free(r.links);
    free(r.table);
    buffer_release(&r.hrefs);
    buffer_release(&r.encoded);
    url_release(&r.base);
    return complete;
}

unsigned page_links_robots(const struct page_links *page)
{
    return page->robots;
}

struct url_part page_links_charset(const struct page_links *page)
{
    return (struct url_part){buffer_text(&page->charset), page->charset.len};
}

bool page_links_full(const struct page_links *page)
{
    return page->full;
}

void page_links_reset(struct page_links *page)
{
    page->count = 0;
    page->robots = 0;
    page->has_base = page->full = false;
    buffer_clear(&page->text);
    buffer_clear(&page->base);
    buffer_clear(&page->charset);
}

void page_links_free(struct page_links *page)
{
    if (!page)
        return;
    free(page->references);
    buffer_release(&page->text);
    buffer_release(&page->base);
    buffer_release(&page->charset);
    free(page);
}
