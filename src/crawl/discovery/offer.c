/* What becomes of a URL that was found: it is known, outside of what the user asked for, refused, a trap, or it waits to be asked for. */
#include "crawl/discovery/parts.h"

#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 100 }; /* refusals of one kind that are logged; a trap has no end of them */

/* ---- Saying no ---- */

/* The log gets a line, as for a page. Takes over URL's memory. */
static void tell_refusal(struct crawl *c, const struct offer *offer, struct url *url, const char *detail)
{
    struct job *job = discovery_job(c, offer, url);
    if (!job)
        return discovery_failed(c, "out of memory");
    job->outcome = OUTCOME_SKIPPED;
    job->error = FETCH_SCOPE;
    snprintf(job->detail, sizeof job->detail, "%s", detail);
    c->counts.in_flight++;
    report_end(c, job);
}

static bool user_wants(struct crawl *c, const struct offer *offer, const struct url *url)
{
    const struct forage_options *o = &c->config.options;
    struct forage_link link = {
        .url = url->href_public,
        .parent = offer->parent ? offer->parent : "",
        .depth = offer->depth,
        .via = discovery_via_word(offer->via),
    };
    return !o->filter || offer->is_sitemap || o->filter(&link, o->context);
}

static bool is_too_deep(const struct crawl *c, const struct offer *offer)
{
    unsigned most = c->config.options.max_depth;
    return most && offer->depth > (most == FORAGE_DEPTH_NONE ? 0 : most);
}

/* Outside of what the user wants: no word of it, for most links of the web are. A sitemap may lie anywhere that robots.txt says. */
static bool is_outside(struct crawl *c, const struct offer *offer, const struct url *url)
{
    struct discovery *d = c->discovery;
    if (offer->is_sitemap)
        return offer->guessed && !scope_has(d->scope, url, NULL);
    return is_too_deep(c, offer) || !scope_has(d->scope, url, NULL) ||
           filter_check(d->filter, url->href_public, strlen(url->href_public), NULL) != FILTER_ACCEPTED;
}

/* ---- The queue ---- */

/* Breadth first, and sitemaps before all, for they say what need not be asked for; what is known already comes last. */
static unsigned priority_of(const struct offer *offer)
{
    enum { FIRST, LIKELY, OTHERS, KNOWN = 7, DEEPEST = 4, LIKELY_FROM = 800 };
    unsigned depth = offer->depth < DEEPEST ? offer->depth : DEEPEST;
    if (offer->is_sitemap)
        return FIRST;
    if (offer->via == VIA_STATE)
        return KNOWN;
    if (offer->via == VIA_SITEMAP && offer->priority >= LIKELY_FROM)
        return LIKELY;
    return OTHERS + depth;
}

static void queue(struct crawl *c, const struct offer *offer, const struct url *url, uint32_t chain)
{
    struct backlog_entry entry = {
        .url = url->href_public,
        .url_len = strlen(url->href_public),
        .depth = offer->depth,
        .priority = priority_of(offer),
        .flags = discovery_flags(offer, chain),
        .parent = offer->parent ? offer->parent : "",
        .parent_len = offer->parent ? strlen(offer->parent) : 0,
    };
    if (c->discovery->failed)
        return;
    enum backlog_status s = backlog_add(c->discovery->backlog, &entry);
    if (s != BACKLOG_OK && s != BACKLOG_INVALID)
        discovery_broke(c);
}

void discovery_queue_seed(struct crawl *c, const struct url *url)
{
    queue(c, &(struct offer){.via = VIA_USER}, url, 0);
}

/* ---- One URL ---- */

static bool is_known(const struct crawl *c, const char *url, size_t len)
{
    return seen_has(&c->seen, url, len);
}

/* It is of interest: no other of the same text comes here again. Takes over URL's memory. */
static void judge(struct crawl *c, const struct offer *offer, struct url *url)
{
    struct discovery *d = c->discovery;
    struct trap trap;
    uint32_t chain = 0;
    if (!offer->is_sitemap && !traps_check(d->traps, url, offer->chain, &chain, &trap)) {
        c->counts.skipped += d->told[trap.kind] >= TOLD_MAX;
        if (d->told[trap.kind]++ < TOLD_MAX)
            return tell_refusal(c, offer, url, trap.detail);
    } else if (user_wants(c, offer, url)) {
        queue(c, offer, url, chain);
    } else {
        c->counts.skipped++;
    }
    url_release(url);
}

/* The address as the crawl asks for it, with nothing in it that the user wants out. Fills URL; false: it is none. */
static bool read_url(const struct discovery *d, const struct offer *offer, struct url *url)
{
    if (url_parse(url, offer->url, offer->len, NULL) != URL_OK)
        return false;
    if (!d->strip || !url->has_query)
        return true;
    if (strip_query(d->strip, url) != URL_NO_MEMORY)
        return true;
    url_release(url);
    return false;
}

void discovery_offer(struct crawl *c, const struct offer *offer)
{
    struct url url = {0};
    if (is_known(c, offer->url, offer->len) || !read_url(c->discovery, offer, &url))
        return;
    size_t len = strlen(url.href_public);
    if (is_outside(c, offer, &url) || is_known(c, url.href_public, len)) {
        url_release(&url);
        return;
    }
    if (seen_add(&c->seen, url.href_public, len) == SEEN_NO_MEMORY) {
        url_release(&url);
        return discovery_failed(c, "out of memory");
    }
    judge(c, offer, &url);
}
