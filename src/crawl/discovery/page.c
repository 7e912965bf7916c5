/* What a page or a sitemap says of itself, and where it leads. */
#include "base/status.h"
#include "crawl/discovery/parts.h"
#include "crawl/discovery/told.h"
#include "web/links/meta.h"

#include <stdio.h>
#include <string.h>

enum { LINKS_KEPT_MAX = 64 << 20 };

/* X-Robots-Tag speaks of the answer as meta robots does of the page. */
static unsigned header_robots(const struct crawl *c, const struct fetch_answer *answer)
{
    struct text value;
    size_t position = 0;
    unsigned robots = 0;
    while (fetch_answer_header(answer, "x-robots-tag", &position, &value))
        robots |= meta_robots_header(value.data, value.len, c->config.fetch.robots_agent);
    return robots;
}

static bool is_to_follow(const struct crawl *c, const struct job *job, const struct fetch_link *link)
{
    if (c->config.options.follow_nofollow || link->kind == FETCH_LINK_REQUISITE)
        return true;
    return !link->nofollow && !(job->robots & META_NOFOLLOW);
}

static struct offer offer_of_link(const struct job *job, const struct fetch_link *link)
{
    bool requisite = link->kind == FETCH_LINK_REQUISITE;
    return (struct offer){
        .url = link->url.data,
        .len = link->url.len,
        .via = requisite ? VIA_REQUISITE : VIA_LINK,
        .depth = job->from.depth + !requisite, /* what a page needs to be shown belongs to it */
        .parent = &job->asked,
        .parent_number = job->from.number,
        .has_account = job->asked.username.len || job->asked.password.len,
    };
}

static void take_link(struct crawl *c, struct job *job, const struct fetch_link *link)
{
    switch (link->kind) {
    case FETCH_LINK_PAGE:
    case FETCH_LINK_REQUISITE:
        if (is_to_follow(c, job, link)) {
            struct offer offer = offer_of_link(job, link);
            discovery_offer(c, &offer);
        }
        break;
    case FETCH_LINK_CANONICAL:
        if (!job->canonical)
            job->canonical = told_url(link->url);
        break;
    default: /* a worker that calls a page a sitemap */
        break;
    }
}

/* The user's callback gets them when the page is in place; for others they have done their work. When those of pages
 * that are being written are many, the writers get time. */
static void keep_links(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    if (!c->config.options.page_links)
        return job_forget_links(job);
    while (c->links_kept > LINKS_KEPT_MAX && c->pages && pages_pending(c->pages))
        landing_wait(c);
    if (!job_keep_links(job, answer->links))
        job->out_of_memory = true;
}

void discovery_flush(struct crawl *c)
{
    struct discovery *d = c->discovery;
    if (d->backlog && !d->failed && backlog_flush(d->backlog) != BACKLOG_OK)
        discovery_broke(c);
}

bool discovery_page(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    struct fetch_link link;
    struct text spans[] = {{job->links.data, job->links.len}, answer->links};
    job->robots = answer->robots | header_robots(c, answer);
    if (!accounts_add(&c->discovery->accounts, job_target(job))) /* it may have gone over to TLS */
        discovery_failed(c, "out of memory");
    for (size_t i = 0; i < COUNT_OF(spans); i++)
        while (fetch_link_next(&spans[i], &link))
            take_link(c, job, &link);
    discovery_flush(c);
    keep_links(c, job, answer);
    return !c->discovery->failed;
}

void discovery_redirect(struct crawl *c, struct job *job, struct url *to)
{
    bool requisite = job->from.via == VIA_REQUISITE;
    struct scope *scope = c->discovery->scope;
    struct offer offer = {
        .url = to->href_public,
        .len = strlen(to->href_public),
        .via = requisite ? VIA_REQUISITE : VIA_REDIRECT,
        .depth = job->from.depth,
        .hops = job->from.hops + 1,
        .parent = &job->asked,
        .parent_number = job->from.number,
        .has_account = to->username.len || to->password.len,
        .foreign = job->foreign || !url_same_origin(job_target(job), to),
    };
    bool inside = requisite ? scope_has_requisite(scope, to, NULL) : scope_has(scope, to, NULL);
    discovery_offer(c, &offer);
    discovery_flush(c);
    if (c->discovery->failed || !job_redirect(job, to)) {
        url_release(to);
        discovery_failed(c, "out of memory");
        return report_left(c, job);
    }
    job->outcome = OUTCOME_SKIPPED;
    job->unkept = UNKEPT_MOVED;
    job->error = inside ? FETCH_OK : FETCH_SCOPE;
    snprintf(job->detail, sizeof job->detail,
             inside ? "it redirects to %.200s" : "it redirects out of scope, to %.200s", job->target->href_public);
    report_end(c, job);
}

void discovery_kept(struct crawl *c, const struct job *job, const void *digest, size_t len)
{
    const char *parent = discovery_page_parent(job);
    if (c->discovery)
        traps_page(c->discovery->traps, &job->asked, parent, strlen(parent), digest, len);
}
