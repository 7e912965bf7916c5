/* What becomes of a URL that was found: it is known, outside of what the user asked for, refused, a trap, or it waits
 * to be asked for. */
#include "crawl/discovery/parts.h"

#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 100 }; /* refusals of one kind that are logged; a trap has no end of them */

/* ---- Saying no ---- */

void discovery_refuse(struct crawl *c, struct job *job, const struct traps_verdict *verdict)
{
    bool is_told = c->discovery->told[verdict->reason]++ < TOLD_MAX;
    job->outcome = OUTCOME_SKIPPED;
    job->error = FETCH_SCOPE;
    snprintf(job->detail, sizeof job->detail, "trap %s: %s", verdict->word, verdict->detail);
    if (is_told)
        return report_end(c, job);
    discovery_left(c, job);
    c->counts.in_flight--;
    c->counts.skipped++;
    job_free(job);
}

static void refuse(struct crawl *c, const struct offer *offer, struct url *url, const struct traps_verdict *verdict)
{
    struct job *job = discovery_job(c, offer, url, offer->parent ? offer->parent->href_public : NULL);
    if (!job)
        return discovery_failed(c, "out of memory");
    c->counts.in_flight++;
    discovery_refuse(c, job, verdict);
}

static bool user_wants(struct crawl *c, const struct offer *offer, const struct url *url)
{
    const struct forage_options *o = &c->config.options;
    struct forage_link link = {
        .url = url->href_public,
        .parent = offer->parent ? offer->parent->href_public : "",
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

static bool is_in_scope(const struct discovery *d, const struct offer *offer, const struct url *url)
{
    return offer->via == VIA_REQUISITE ? scope_has_requisite(d->scope, url, NULL) : scope_has(d->scope, url, NULL);
}

bool discovery_is_unwanted(struct crawl *c, const struct offer *offer, const struct url *url)
{
    if (offer->is_sitemap)
        return false;
    return is_too_deep(c, offer) || filter_check(c->discovery->filter, url, NULL) != FILTER_WANTED;
}

/* Outside of what the user wants: no word of it, for most links of the web are. A sitemap may lie anywhere that
 * robots.txt says. */
static bool is_outside(struct crawl *c, const struct offer *offer, const struct url *url)
{
    struct discovery *d = c->discovery;
    if (offer->is_sitemap)
        return offer->guessed && !scope_has(d->scope, url, NULL);
    return !is_in_scope(d, offer, url) || discovery_is_unwanted(c, offer, url);
}

/* ---- The queue ---- */

static bool is_known_page(struct crawl *c, const struct url *url)
{
    const struct state_page *row = record_find(c, url);
    return row && row->last_fetched_ms;
}

/* Breadth first, and sitemaps before all, for they say what need not be asked for; what is known already comes last. */
static unsigned priority_of(struct crawl *c, const struct offer *offer, const struct url *url)
{
    enum { FIRST, LIKELY, OTHERS, LAST = BACKLOG_PRIORITIES - 1, KNOWN = LAST, DEEPEST = 4, LIKELY_FROM = 800 };
    unsigned depth = offer->depth < DEEPEST ? offer->depth : DEEPEST;
    if (offer->is_sitemap)
        return FIRST;
    if (discovery_goes_by_level(c))
        return offer->depth < LAST ? offer->depth : LAST;
    if (offer->via == VIA_STATE || is_known_page(c, url))
        return KNOWN;
    if (offer->via == VIA_SITEMAP && offer->priority >= LIKELY_FROM)
        return LIKELY;
    return OTHERS + depth;
}

static void queue(struct crawl *c, const struct offer *offer, const struct url *url, uint32_t number)
{
    const char *parent = offer->parent ? offer->parent->href_public : "";
    struct backlog_entry entry = {
        .url = url->href_public,
        .url_len = strlen(url->href_public),
        .parent = parent,
        .parent_len = strlen(parent),
        .depth = offer->depth,
        .flags = discovery_flags(offer),
        .priority = priority_of(c, offer, url),
        .number = number,
    };
    if (c->discovery->failed)
        return;
    c->discovery->dry = false;
    enum backlog_status s = backlog_add(c->discovery->backlog, &entry);
    if (s != BACKLOG_OK && s != BACKLOG_INVALID)
        discovery_broke(c);
}

void discovery_queue_seed(struct crawl *c, const struct url *url)
{
    queue(c, &(struct offer){.via = VIA_USER}, url, 0);
}

/* ---- One URL ---- */

/* A sitemap is no page that leads to others. */
static const struct url *page_parent(const struct offer *offer)
{
    return offer->via == VIA_SITEMAP ? NULL : offer->parent;
}

/* It leads to what is known. Says so to those who look at how a site links. */
static bool is_known(struct crawl *c, const struct offer *offer, const char *url, size_t len)
{
    if (!seen_has(&c->seen, url, len) && !seen_has(&c->discovery->with_account, url, len))
        return false;
    const struct url *parent = page_parent(offer);
    if (parent)
        traps_known(c->discovery->traps, url, len, parent->href_public, strlen(parent->href_public));
    return true;
}

/* Of a trap, URL's chain of pages goes on from the page that it was found on, or is what it was in the run that found
 * it. */
static bool is_no_trap(struct discovery *d, const struct offer *offer, const struct url *url,
                       struct traps_verdict *verdict)
{
    *verdict = (struct traps_verdict){0};
    if (offer->is_sitemap)
        return true;
    bool passes = traps_check(d->traps, url, page_parent(offer), offer->parent_number, verdict);
    if (passes && offer->via == VIA_STATE)
        verdict->number = traps_number(d->traps, url, NULL, offer->depth);
    return passes;
}

/* It is of interest: no other of the same text comes here again. Takes over URL's memory. */
static void judge(struct crawl *c, const struct offer *offer, struct url *url)
{
    struct traps_verdict verdict;
    if (!user_wants(c, offer, url))
        c->counts.skipped++;
    else if (is_no_trap(c->discovery, offer, url, &verdict))
        queue(c, offer, url, verdict.number);
    else
        return refuse(c, offer, url, &verdict);
    url_release(url);
}

/* The address as the crawl asks for it, with nothing in it that the user wants out. Fills URL; false: it is none. */
static bool read_url(struct crawl *c, const struct offer *offer, struct url *url)
{
    enum url_status s = url_parse(url, offer->url, offer->len, NULL);
    if (s == URL_OK && !offer->is_sitemap && strip_query(c->discovery->strip, url) == STRIP_NO_MEMORY)
        s = URL_NO_MEMORY;
    if (s == URL_NO_MEMORY)
        discovery_failed(c, "out of memory");
    if (s != URL_OK)
        url_release(url);
    return s == URL_OK;
}

bool discovery_asks_for(struct crawl *c, const struct url *url, struct url *asked)
{
    if (url_copy(asked, url) != URL_OK)
        return false;
    if (strip_query(c->discovery->strip, asked) != STRIP_NO_MEMORY)
        return true;
    url_release(asked);
    return false;
}

void discovery_offer(struct crawl *c, const struct offer *offer)
{
    struct url url = {0};
    if (is_known(c, offer, offer->url, offer->len) || !read_url(c, offer, &url))
        return;
    size_t len = strlen(url.href_public);
    if (is_outside(c, offer, &url) || is_known(c, offer, url.href_public, len)) {
        url_release(&url);
        return;
    }
    if (seen_add(&c->seen, url.href_public, len) == SEEN_NO_MEMORY) {
        url_release(&url);
        return discovery_failed(c, "out of memory");
    }
    judge(c, offer, &url);
}
