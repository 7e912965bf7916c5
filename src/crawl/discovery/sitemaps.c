/* Sitemaps: found in robots.txt or where they usually are, read like pages, and their locations offered. */
#include "crawl/discovery/parts.h"

#include <stdio.h>
#include <string.h>

enum {
    NAMED_MAX = 1000, /* sitemaps that one robots.txt names */
    NESTED_MAX = 2,   /* indexes that lead to a sitemap; one is what the protocol allows */
};

/* ---- Finding them ---- */

static void offer_sitemap(struct crawl *c, const struct url *base, const char *location, bool guessed)
{
    struct url url = {0};
    if (url_parse(&url, location, strlen(location), base) != URL_OK)
        return;
    struct offer offer = {
        .url = url.href_public,
        .len = strlen(url.href_public),
        .via = VIA_SITEMAP,
        .is_sitemap = true,
        .guessed = guessed,
    };
    discovery_offer(c, &offer);
    url_release(&url);
}

void discovery_rules(struct crawl *c, const char *origin, const struct robots *robots)
{
    struct discovery *d = c->discovery;
    struct url base = {0};
    if (!d || !c->config.options.sitemaps || url_parse(&base, origin, strlen(origin), NULL) != URL_OK)
        return;
    if (scope_has(d->scope, &base, NULL) && seen_add(&d->mapped, origin, strlen(origin)) == SEEN_NEW) {
        size_t count = robots ? robots_sitemap_count(robots) : 0;
        for (size_t i = 0; i < count && i < NAMED_MAX; i++)
            offer_sitemap(c, &base, robots_sitemap(robots, i), false);
        offer_sitemap(c, &base, "/sitemap.xml", true);
    }
    url_release(&base);
}

/* ---- Reading them ---- */

/* What a sitemap says of a page that is known: it has not changed since, it has, or nothing. Sets offer->overdue. */
static bool is_unchanged(struct crawl *c, const struct fetch_link *link, struct offer *offer)
{
    struct url url = {0};
    bool unchanged = false;
    if (!link->has_lastmod || !c->state || c->config.options.fresh ||
        url_parse(&url, link->url.data, link->url.len, NULL) != URL_OK)
        return false;
    const struct state_page *row = record_find(c, &url);
    if (row && !row->failures && row->last_fetched_ms) {
        int64_t fetched_s = row->last_fetched_ms / 1000;
        offer->overdue = fetched_s < link->lastmod_s;
        unchanged = fetched_s > link->lastmod_until_s && *row->file && state_has_file(c->state, row);
    }
    url_release(&url);
    return unchanged;
}

static void take_location(struct crawl *c, struct job *job, const struct fetch_link *link)
{
    struct offer offer = {
        .url = link->url.data,
        .len = link->url.len,
        .via = VIA_SITEMAP,
        .depth = job->from.depth + 1,
        .parent = &job->asked,
        .priority = link->priority,
        .is_sitemap = link->kind == FETCH_LINK_SITEMAP,
    };
    if (offer.is_sitemap ? offer.depth > NESTED_MAX : link->kind != FETCH_LINK_SITEMAP_PAGE)
        return;
    if (!offer.is_sitemap && is_unchanged(c, link, &offer))
        seen_add(&c->discovery->unchanged, link->url.data, link->url.len);
    discovery_offer(c, &offer);
}

static void take_locations(struct crawl *c, struct job *job, struct text records)
{
    struct fetch_link link;
    for (; fetch_link_next(&records, &link); job->locations++)
        take_location(c, job, &link);
}

/* Workers send them as they find them, of many sitemaps at once; so they do not wait for the end. What is right of a
 * sitemap is right also when the rest of it never comes. The records are copied, since the worker could change them
 * while they are read. */
bool discovery_sitemap_piece(struct crawl *c, struct job *job, struct text records)
{
    struct buffer copy = {0};
    job->location_bytes += records.len;
    if (job->location_bytes > FETCH_LINKS_BYTES_MAX)
        return false;
    if (buffer_append(&copy, records.data, records.len))
        take_locations(c, job, (struct text){copy.data, copy.len});
    else
        job->out_of_memory = true;
    buffer_release(&copy);
    return true;
}

void discovery_sitemap_read(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    take_locations(c, job, answer->links);
    discovery_flush(c);
    job->outcome = OUTCOME_SKIPPED;
    snprintf(job->detail, sizeof job->detail, "a sitemap: %zu locations%s%.*s", job->locations,
             answer->detail.len ? ", " : "", (int)answer->detail.len, answer->detail.data);
    report_end(c, job);
}

/* What a sitemap knows of a page holds for what is queued already as well. */
const char *discovery_why_not(struct crawl *c, const struct job *job)
{
    const struct discovery *d = c->discovery;
    const char *url = job->asked.href_public;
    if (!d || !job->known || job->from.via == VIA_USER || c->config.options.fresh)
        return NULL;
    if (d->unchanged.count && seen_has(&d->unchanged, url, strlen(url)))
        return "not changed since it was fetched, says the sitemap";
    if (discovery_has_canonical(c, url, strlen(url), job->known->row.canonical))
        return "the page that it says it is a copy of is kept";
    return NULL;
}
