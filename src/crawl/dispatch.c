/* Dispatch: takes from the frontier what may be asked for now and gives it to workers. A host's URLs go to one worker while
 * that one keeps up, so that connections, TLS sessions and DNS answers are reused; otherwise to the least busy one. */
#include "crawl/crawl.h"

#include "base/clock.h"

enum { FEW = 16 }; /* so many transfers never keep a worker busy */

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

static unsigned request_flags(const struct crawl *c, const struct job *job)
{
    unsigned flags = 0;
    if (!c->config.options.allow_private && !feed_names_host(c, job_target(job)))
        flags |= FETCH_PUBLIC_ONLY;
    if (job->foreign)
        flags |= FETCH_FOREIGN;
    return flags;
}

static enum mp_status send_job(struct crawl *c, struct job *job, struct buffer *message)
{
    const struct url *url = job_target(job);
    struct fetch_request request = {
        .flags = request_flags(c, job),
        .port = url->port,
        .host = {url->host.at, url->host.len},
        .url = {url->href, url->href_len},
    };
    buffer_clear(message);
    job->slot = choose_worker(c, job);
    if (!fetch_request_encode(&request, message))
        return MP_NO_MEMORY;
    return mp_pool_submit(c->pool, (int)job->slot, message->data, message->len, answer_part, job);
}

/* A task holds 64 KiB, which only the longest URLs exceed. */
static void fail(struct crawl *c, struct job *job, enum mp_status status)
{
    frontier_leave(&c->frontier, job, clock_ms());
    job->error = status == MP_TOO_BIG ? FETCH_URL : FETCH_IO;
    snprintf(job->detail, sizeof job->detail, "%s",
             status == MP_TOO_BIG ? "the URL is too long for a request" : mp_status_text(status));
    report_end(c, job);
}

bool dispatch_is_due(struct crawl *c)
{
    return c->frontier.in_flight < c->window.size && frontier_has_next(&c->frontier, clock_ms());
}

void dispatch_turn(struct crawl *c)
{
    struct buffer message = {0};
    int64_t now_ms = clock_ms();
    if (frontier_has_next(&c->frontier, now_ms))
        window_turn(&c->window, (unsigned)c->frontier.in_flight, now_ms);
    while (c->frontier.in_flight < c->window.size) {
        struct job *job = frontier_next(&c->frontier, now_ms);
        if (!job)
            break;
        job->attempts++;
        enum mp_status status = send_job(c, job, &message);
        if (status == MP_OK)
            c->load[job->slot]++;
        else
            fail(c, job, status);
    }
    buffer_release(&message);
}
