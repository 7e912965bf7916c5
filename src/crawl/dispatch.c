/* Dispatch: takes from the frontier what may be asked for now and gives it to workers. A host's URLs go to one worker
 * while that one keeps up, so that connections, TLS sessions and DNS answers are reused; otherwise to the least busy
 * one. */
#include "crawl/crawl.h"

#include "base/clock.h"
#include "crawl/discovery/discovery.h"
#include "crawl/gate.h"
#include "crawl/identity.h"
#include "crawl/rest.h"
#include "crawl/resume.h"

#include <assert.h>

enum { FEW = 16 }; /* so many transfers never keep a worker busy */

/* Where requests are put together, one after another. */
struct outgoing {
    struct buffer message;
    struct buffer lines;
};

static unsigned least_busy(const struct crawl *c)
{
    unsigned least = 0;
    for (unsigned i = 1; i < c->config.options.workers; i++)
        if (c->load[i] < c->load[least])
            least = i;
    return least;
}

/* A host that has no worker yet gets the one that its name stands for, or the least busy one. */
static unsigned home_of(const struct crawl *c, struct job *job)
{
    int home = frontier_home(job);
    if (home >= 0)
        return (unsigned)home;
    unsigned guess = frontier_affinity(job) % c->config.options.workers, least = least_busy(c);
    unsigned chosen = c->load[guess] > c->load[least] ? least : guess;
    frontier_set_home(job, chosen);
    return chosen;
}

/* A worker is one processor's worth of fetching: a host that may be asked for many pages at once is shared out when its
 * worker has twice as much in hand as another one. */
static unsigned choose_worker(const struct crawl *c, struct job *job)
{
    unsigned home = home_of(c, job);
    if (c->load[home] < FEW)
        return home;
    unsigned least = least_busy(c);
    return c->load[home] >= c->config.fetch.transfers || c->load[home] > 2 * c->load[least] ? least : home;
}

/* ---- The request ---- */

/* What the worker is to read in the body. The rest of a page that broke off is no page. */
static unsigned reading_flags(const struct crawl *c, const struct job *job)
{
    const struct forage_options *o = &c->config.options;
    unsigned flags = 0;
    if (job->kind == JOB_SITEMAP)
        return FETCH_SITEMAP;
    if (job->kind == JOB_ROBOTS)
        return FETCH_ANY_TYPE;
    if (job->resume.at)
        return 0;
    if (c->discovery)
        flags |= FETCH_LINKS;
    if (c->discovery && o->requisites)
        flags |= FETCH_REQUISITES;
    return o->utf8 ? flags | FETCH_UTF8 : flags;
}

static unsigned request_flags(const struct crawl *c, const struct job *job)
{
    unsigned flags = 0;
    if (!c->config.options.allow_private && !feed_names_host(c, job_target(job)))
        flags |= FETCH_PUBLIC_ONLY;
    if (job->foreign || job->unnamed || job->kind != JOB_PAGE)
        flags |= FETCH_FOREIGN;
    if (job->kind == JOB_ROBOTS)
        flags |= FETCH_CUT;
    if (job->looks_up)
        return flags | FETCH_RESOLVE_ONLY;
    if (frontier_wants_start(job))
        flags |= FETCH_TELL_START;
    return flags | reading_flags(c, job);
}

uint64_t dispatch_max_bytes(const struct crawl *c, const struct job *job)
{
    if (job->kind == JOB_ROBOTS)
        return GATE_TEXT_MAX;
    return job->own && job->own->max_bytes ? job->own->max_bytes : c->config.options.max_bytes;
}

/* What the list says of one URL is for its origin, as what the options say is. */
static bool own_header_lines(const struct job *job, struct buffer *lines)
{
    bool ok = true;
    if (!job->own || job->foreign)
        return true;
    for (size_t i = 0; i < job->own->header_count; i++)
        ok = ok && buffer_printf(lines, "%s\n", job->own->headers[i]);
    return ok;
}

static bool make_request(struct crawl *c, struct job *job, struct outgoing *out)
{
    const struct url *url = job_target(job);
    buffer_clear(&out->message);
    buffer_clear(&out->lines);
    struct fetch_request request = {
        .port = url->port,
        .max_bytes = dispatch_max_bytes(c, job),
        .host = {url->host.at, url->host.len},
        .url = {url->href, url->href_len},
    };
    if (job->kind == JOB_PAGE)
        record_fill_request(c, job, &request);
    resume_fill_request(job, &request);
    assert(job->resume.at || job_holds_nothing(job));
    job->unnamed = discovery_is_at_unnamed(c, job);
    request.flags = request_flags(c, job);
    job->reads_links = request.flags & (FETCH_LINKS | FETCH_SITEMAP);
    job->validated = job->validated && !job->resume.at;
    if (!identity_header_lines(c->identity, job, &out->lines) || !own_header_lines(job, &out->lines))
        return false;
    request.headers = (struct text){out->lines.data, out->lines.len};
    return fetch_request_encode(&request, &out->message);
}

static enum mp_status send_job(struct crawl *c, struct job *job, struct outgoing *out)
{
    job->slot = choose_worker(c, job);
    job->looks_up = frontier_needs_address(&c->frontier, job);
    if (!make_request(c, job, out))
        return MP_NO_MEMORY;
    return mp_pool_submit(c->pool, (int)job->slot, out->message.data, out->message.len, answer_part, job);
}

/* A task holds 64 KiB, which only the longest URLs exceed. */
static void fail(struct crawl *c, struct job *job, enum mp_status status)
{
    frontier_leave(&c->frontier, job, clock_ms());
    if (status == MP_TOO_BIG)
        verdict_end(c, job, FETCH_URL, "the URL is too long for a request");
    else
        verdict_end(c, job, FETCH_IO, mp_status_text(status));
}

static bool is_first_request(const struct job *job)
{
    return job->kind == JOB_PAGE && !job->attempts && !job->redirects;
}

static void count_request(struct crawl *c, struct job *job)
{
    c->asked += is_first_request(job);
    job->attempts++;
}

void dispatch_forget(struct crawl *c, struct job *job)
{
    job->attempts--;
    c->asked -= is_first_request(job);
}

/* At --max-pages what is out is finished, and the rest is left for the next run. */
static bool is_one_too_many(struct crawl *c, const struct job *job)
{
    uint64_t most = c->config.options.max_pages;
    return is_first_request(job) && most && c->asked >= most;
}

/* While the job waited, its host has said that it wants to be asked over TLS: the job joins those that are. What came
 * of it without TLS may be anybody's and is not gone on with. */
static bool moves_to_tls(struct crawl *c, struct job *job, int64_t now)
{
    const struct url *to = job_target(job);
    if (to->scheme != URL_HTTP || !identity_wants_tls(c->identity, to))
        return false;
    frontier_leave(&c->frontier, job, now);
    landing_abandon(job);
    admit_target(c, job);
    return true;
}

/* Whether there is something to finish in JOB: it was asked for, or leads on from what was. */
static bool has_begun(const struct job *job)
{
    return job->attempts || job->redirects;
}

static bool keep_begun(struct job *job, void *context)
{
    struct job **left = context;
    if (has_begun(job))
        return true;
    job->next = *left;
    *left = job;
    return false;
}

static void leave(struct job *job)
{
    job->crawl->left_rest = true;
    rest_waiting(job->crawl, job);
    landing_abandon(job);
    job_free(job);
}

void dispatch_leave_rest(struct crawl *c)
{
    struct job *left = NULL;
    frontier_sift_all(&c->frontier, keep_begun, &left);
    for (struct job *job = left, *next; job; job = next) {
        next = job->next;
        if (job->kind == JOB_ROBOTS)
            gate_take_back(c, job);
        else
            leave(job);
    }
}

/* Nothing begins any more, except robots.txt for a page that has. */
static bool is_left(const struct crawl *c, const struct job *job)
{
    return c->end && !has_begun(job) && job->kind != JOB_ROBOTS;
}

static bool may_send(const struct crawl *c)
{
    return (!c->end || (crawl_finishes(c) && c->finishing)) && c->frontier.in_flight < c->window.size;
}

bool dispatch_is_due(struct crawl *c)
{
    return may_send(c) && frontier_has_next(&c->frontier, clock_ms());
}

void dispatch_turn(struct crawl *c)
{
    struct outgoing out = {0};
    int64_t now = clock_ms();
    if (!may_send(c))
        return;
    if (frontier_has_next(&c->frontier, now))
        window_turn(&c->window, (unsigned)c->frontier.in_flight, now);
    while (may_send(c)) {
        struct job *job = frontier_next(&c->frontier, now);
        if (!job)
            break;
        if (moves_to_tls(c, job, now))
            continue;
        if (is_left(c, job)) {
            frontier_leave(&c->frontier, job, now);
            leave(job);
            continue;
        }
        if (is_one_too_many(c, job)) {
            frontier_put_back(&c->frontier, job, now);
            crawl_end_early(c, END_PAGES); /* the loop takes note */
            break;
        }
        count_request(c, job);
        enum mp_status status = send_job(c, job, &out);
        if (status == MP_OK)
            c->load[job->slot]++;
        else
            fail(c, job, status);
    }
    buffer_release(&out.message);
    buffer_release(&out.lines);
}
