/* Admit: jobs on their way to the frontier, whether new, redirected or to be tried again. What need not, or may not, be
 * asked for ends here. */
#include "crawl/crawl.h"

#include "crawl/discovery/discovery.h"
#include "crawl/gate.h"
#include "crawl/identity.h"
#include "web/account/hsts.h"

#include <stdio.h>

static bool upgrade(struct crawl *c, struct job *job)
{
    const struct url *from = job_target(job);
    struct url to = {0};
    if (from->scheme != URL_HTTP || !identity_wants_tls(c->identity, from))
        return true;
    return hsts_upgrade(from, &to) == URL_OK && job_redirect(job, &to);
}

static bool give_up_unreachable(struct crawl *c, struct host *host, struct job *job)
{
    const char *reason = frontier_given_up(host);
    char detail[sizeof job->detail];
    if (!reason)
        return false;
    snprintf(detail, sizeof detail, "the host was given up: %s", reason);
    job->status = 0;
    verdict_end(c, job, FETCH_UNREACHABLE, detail);
    return true;
}

/* The host's promises come first: those of this run, then its robots.txt. False: the job has ended. */
static bool may_wait_at(struct crawl *c, struct host *host, struct job *job)
{
    return !give_up_unreachable(c, host, job) && gate_admit(c, host, job);
}

static void queue(struct crawl *c, struct host *host, struct job *job)
{
    if (job->own && job->own->delay_ms >= 0 && !job->foreign)
        host_set_delay_ms(&c->frontier, host, job->own->delay_ms);
    /* A redirect of robots.txt goes out although the host is closed for want of it. */
    bool queued = job->kind == JOB_ROBOTS ? frontier_add_first(&c->frontier, job) : frontier_add(&c->frontier, job);
    if (!queued)
        verdict_end(c, job, FETCH_IO, "out of memory");
}

void admit_target(struct crawl *c, struct job *job)
{
    struct host *host = upgrade(c, job) ? frontier_host(&c->frontier, job_target(job)) : NULL;
    if (!host)
        verdict_end(c, job, FETCH_IO, "out of memory");
    else if (may_wait_at(c, host, job))
        queue(c, host, job);
}

void admit_new(struct crawl *c, struct job *job)
{
    if (job->kind != JOB_PAGE)
        return admit_target(c, job);
    record_look_up(c, job);
    discovery_know_seed(c, job);
    int error = naming_reserve(c, job);
    if (error)
        return verdict_end(c, job, FETCH_IO, naming_error_text(error));
    const char *not_due = record_why_not(c, job);
    if (!not_due)
        not_due = discovery_why_not(c, job);
    if (!not_due) {
        discovery_takes(c, job);
        return admit_target(c, job);
    }
    job->outcome = OUTCOME_SKIPPED;
    verdict_end(c, job, FETCH_OK, not_due);
}

void admit_later(struct crawl *c, struct job *job, int64_t due_ms)
{
    struct host *host = frontier_host(&c->frontier, job_target(job));
    if (host && give_up_unreachable(c, host, job))
        return;
    if (!host || !frontier_add_later(&c->frontier, job, due_ms))
        verdict_end(c, job, FETCH_IO, "out of memory");
}

static bool take(struct job *job, void *arg)
{
    struct job **list = arg;
    job->next = *list;
    *list = job;
    return false;
}

struct job *admit_take_waiting(struct crawl *c, struct host *host)
{
    struct job *taken = NULL;
    frontier_sift(&c->frontier, host, take, &taken);
    return taken;
}

void admit_give_up_host(struct crawl *c, struct host *host)
{
    struct job *taken = admit_take_waiting(c, host);
    for (struct job *job = taken, *next; job; job = next) {
        next = job->next;
        give_up_unreachable(c, host, job);
    }
}
