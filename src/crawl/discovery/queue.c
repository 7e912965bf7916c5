/* From the backlog to the frontier: URLs become jobs as there is room, of each host in turn. */
#include "crawl/discovery/parts.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum {
    WAITING_MAX = 8 * 1024,
    JOBS_PER_TURN = 2048,
    SEEDS_MAX = 1024, /* jobs that wait in the frontier before the rest of the lists is queued on disk */
    PATIENCE_MS = 10 * 1000,
};

/* An entry's flags: how it was found in the lowest bits. */
enum {
    VIA_BITS = 0xf,
    IS_SITEMAP = 0x10,
    IS_GUESSED = 0x20,
    IS_OVERDUE = 0x40,
    HAS_ACCOUNT = 0x80,
    HOPS_SHIFT = 8,
    HOPS_MAX = 0x3fffff,
    IS_FOREIGN = 1 << 30,
};

static const char *const via_words[VIA_COUNT] = {
    [VIA_USER] = "seed",       [VIA_LINK] = "link",         [VIA_REQUISITE] = "requisite",
    [VIA_SITEMAP] = "sitemap", [VIA_REDIRECT] = "redirect", [VIA_STATE] = "state",
};

const char *discovery_via_word(enum via via)
{
    return via_words[via];
}

const char *discovery_via(const struct job *job)
{
    return job->crawl->discovery ? via_words[job->from.via] : "";
}

uint32_t discovery_flags(const struct offer *offer)
{
    uint32_t flags = offer->via | (offer->hops < HOPS_MAX ? offer->hops : HOPS_MAX) << HOPS_SHIFT;
    flags |= offer->is_sitemap ? IS_SITEMAP : 0;
    flags |= offer->guessed ? IS_GUESSED : 0;
    flags |= offer->overdue ? IS_OVERDUE : 0;
    flags |= offer->foreign ? IS_FOREIGN : 0;
    return flags | (offer->has_account ? HAS_ACCOUNT : 0);
}

bool discovery_is_seed(const struct backlog_entry *entry)
{
    return (entry->flags & VIA_BITS) == VIA_USER;
}

struct job *discovery_job(struct crawl *c, const struct offer *offer, struct url *url, const char *parent)
{
    struct job *job = job_new(c, url, NULL);
    if (!job)
        return NULL;
    job->kind = offer->is_sitemap ? JOB_SITEMAP : JOB_PAGE;
    job->foreign = offer->foreign && !discovery_names_origin(c, &job->asked);
    job->from = (struct origin_of_job){
        .via = offer->via,
        .depth = offer->depth,
        .hops = offer->hops,
        .parent = parent && *parent ? strdup(parent) : NULL,
        .overdue = offer->overdue,
        .guessed = offer->guessed,
    };
    return job;
}

/* An entry as it was offered. The file may have been changed by somebody: what makes no sense is passed over. */
static bool offer_of(const struct backlog_entry *entry, struct offer *offer)
{
    if ((entry->flags & VIA_BITS) >= VIA_COUNT)
        return false;
    *offer = (struct offer){
        .url = entry->url,
        .len = entry->url_len,
        .via = (enum via)(entry->flags & VIA_BITS),
        .depth = entry->depth,
        .hops = entry->flags >> HOPS_SHIFT & HOPS_MAX,
        .is_sitemap = entry->flags & IS_SITEMAP,
        .guessed = entry->flags & IS_GUESSED,
        .overdue = entry->flags & IS_OVERDUE,
        .has_account = entry->flags & HAS_ACCOUNT,
        .foreign = entry->flags & IS_FOREIGN,
    };
    return true;
}

const char *discovery_page_parent(const struct job *job)
{
    return job->from.parent && job->from.via != VIA_SITEMAP ? job->from.parent : "";
}

/* More may be known of a trap by now than when it was queued. */
static bool is_trap(struct crawl *c, struct job *job, struct traps_verdict *verdict)
{
    const char *parent = discovery_page_parent(job);
    if (job->kind == JOB_SITEMAP || job->from.via == VIA_USER)
        return false;
    return !traps_ask(c->discovery->traps, &job->asked, parent, strlen(parent), verdict);
}

static void admit(struct crawl *c, const struct backlog_entry *entry)
{
    struct discovery *d = c->discovery;
    struct traps_verdict verdict;
    struct offer offer;
    struct url url = {0};
    if (!offer_of(entry, &offer) || url_parse(&url, offer.url, offer.len, NULL) != URL_OK) {
        backlog_done(d->backlog, entry->url, entry->url_len);
        return;
    }
    if (d->goes_on && !discovery_is_seed(entry) && discovery_is_unwanted(c, &offer, &url)) { /* by now */
        backlog_done(d->backlog, entry->url, entry->url_len);
        return url_release(&url);
    }
    if (offer.has_account)
        accounts_put_in(&d->accounts, &url);
    struct job *job = discovery_job(c, &offer, &url, entry->parent_len ? entry->parent : NULL);
    if (!job)
        return discovery_failed(c, "out of memory");
    job->from.queued = true;
    d->sitemaps += offer.is_sitemap;
    job->from.number = (uint32_t)entry->number;
    c->counts.in_flight++;
    if (discovery_is_listed(c, job))
        return report_left(c, job);
    if (is_trap(c, job, &verdict))
        return discovery_refuse(c, job, &verdict);
    admit_new(c, job);
}

void discovery_left(struct crawl *c, const struct job *job)
{
    struct discovery *d = c->discovery;
    if (!d || !d->backlog)
        return;
    d->dry = false;
    if (job->from.queued)
        backlog_done(d->backlog, job->asked.href_public, strlen(job->asked.href_public));
    d->sitemaps -= job->kind == JOB_SITEMAP;
    d->seeds -= job->kind == JOB_PAGE && job->from.via == VIA_USER;
}

/* Known pages come after what the user named and what sitemaps say of them, unless that takes long. */
static bool is_time_to_reseed(const struct discovery *d)
{
    bool is_quiet = !d->seeds && !d->sitemaps && !backlog_waiting(d->backlog);
    return !d->reseeded && (is_quiet || clock_ms() - d->began_ms > PATIENCE_MS);
}

bool discovery_is_due(const struct crawl *c)
{
    const struct discovery *d = c->discovery;
    if (!d || !d->backlog || d->failed)
        return false;
    bool has_more = !d->dry && backlog_waiting(d->backlog) && c->frontier.queued < WAITING_MAX;
    return has_more || is_time_to_reseed(d);
}

void discovery_turn(struct crawl *c)
{
    struct discovery *d = c->discovery;
    struct backlog_entry entry;
    if (!d || d->failed)
        return;
    if (is_time_to_reseed(d))
        discovery_reseed(c);
    for (int i = 0; i < JOBS_PER_TURN && c->frontier.queued < WAITING_MAX && !c->end && !d->failed; i++) {
        d->dry = !backlog_next(d->backlog, &entry);
        if (d->dry)
            return discovery_broke(c);
        admit(c, &entry);
    }
}

bool discovery_is_done(const struct crawl *c)
{
    const struct discovery *d = c->discovery;
    return !d || d->failed || !d->backlog || (d->reseeded && !backlog_waiting(d->backlog));
}

bool discovery_goes_by_level(const struct crawl *c)
{
    unsigned most = c->config.options.max_depth;
    return most && most != FORAGE_DEPTH_NONE;
}

bool discovery_wants_seeds(const struct crawl *c)
{
    return c->discovery && (discovery_goes_by_level(c) || c->frontier.queued >= SEEDS_MAX);
}

uint64_t discovery_waiting(const struct crawl *c)
{
    return c->discovery && c->discovery->backlog ? backlog_waiting(c->discovery->backlog) : 0;
}
