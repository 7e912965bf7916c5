/* Answer: reads what a worker sent about a job and decides what comes of it. A worker's bytes are read as if an attacker
 * had written them: what makes no sense gets the worker killed and the job asked for again. */
#include "crawl/crawl.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { DEATHS_BEFORE_SUSPECT = 2 };

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void fail(struct crawl *c, struct job *job, enum fetch_error error, const char *detail)
{
    job->error = error;
    snprintf(job->detail, sizeof job->detail, "%s", detail);
    report_end(c, job);
}

static void leave_worker(struct crawl *c, struct job *job)
{
    c->load[job->slot]--;
    frontier_leave(&c->frontier, job, clock_ms());
}

/* ---- A worker that died ---- */

/* Many jobs were in the hands of the worker and one of them may have killed it. After the second death a job goes out
 * alone, so that the third one is its own fault. */
static void lost(struct crawl *c, struct job *job)
{
    landing_abandon(job);
    if (++job->deaths >= MP_DEATHS)
        fail(c, job, FETCH_LOST, "every worker that fetched it died");
    else if (!(job->deaths >= DEATHS_BEFORE_SUSPECT ? frontier_add_suspect : frontier_add)(&c->frontier, job))
        fail(c, job, FETCH_IO, "out of memory");
}

void answer_give_up(struct crawl *c, struct job *job)
{
    fail(c, job, FETCH_LOST, "workers die, or cannot be started");
}

/* The run is being stopped; what was in flight is no failure, unless that is why. */
static void cancelled(struct crawl *c, struct job *job)
{
    if (c->broken) {
        landing_abandon(job);
        answer_give_up(c, job);
        return;
    }
    landing_abandon(job);
    c->counts.in_flight--;
    job_free(job);
}

static void reject(struct crawl *c, struct job *job, const struct mp_part *part)
{
    mp_pool_reject_worker(c->pool, part->slot);
    lost(c, job);
}

/* ---- Redirects: each hop goes through the frontier again ---- */

/* What the user gave for one origin is not for another (CVE-2018-1000007), and a Location has no say in credentials. */
static void leave_origin(struct job *job, const struct url *from, struct url *to)
{
    if (!url_same_origin(from, to))
        job->foreign = true;
}

static void follow(struct crawl *c, struct job *job, struct text location)
{
    const struct url *from = job_target(job);
    struct url to = {0};
    enum url_status status = url_parse(&to, location.data, location.len, from);
    if (status == URL_SCHEME)
        return fail(c, job, FETCH_SCHEME, "the redirect leads to something that is neither http nor https");
    if (status != URL_OK)
        return fail(c, job, FETCH_REDIRECT, url_status_text(status));
    if (++job->redirects > (unsigned)c->config.options.max_redirects) {
        url_release(&to);
        return fail(c, job, FETCH_REDIRECT, "too many redirects");
    }
    if (to.username.len + to.password.len && !url_same_origin(from, &to)) {
        url_release(&to);
        return fail(c, job, FETCH_REDIRECT, "the redirect names a user and a password");
    }
    leave_origin(job, from, &to);
    job->deaths = job->attempts = 0;
    if (!job_redirect(job, &to) || !frontier_add(&c->frontier, job))
        fail(c, job, FETCH_IO, "out of memory");
}

/* ---- Answers ---- */

static void keep_type(struct job *job, struct text type)
{
    size_t n = 0;
    for (; n < type.len && n < sizeof job->type - 1 && !strchr("; \t,", type.data[n]); n++) {
        char ch = type.data[n];
        if (ch <= ' ' || ch > '~')
            break;
        job->type[n] = (char)(ch >= 'A' && ch <= 'Z' ? ch + 32 : ch);
    }
    job->type[n] = '\0';
}

static void failed(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    job->error = answer->error;
    snprintf(job->detail, sizeof job->detail, "%.*s", (int)answer->detail.len, answer->detail.data);
    if (answer->error == FETCH_BLOCKED && feed_park(c, job))
        return;
    report_end(c, job);
}

static void settle(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    job->status = answer->status;
    job->ms += answer->elapsed_ms;
    window_answered(&c->window, answer->elapsed_ms, clock_ms());
    job->bytes = answer->body_bytes;
    keep_type(job, answer->type);
    if (!answer->error && answer->kept)
        return landing_finish(c, job, part, answer->body);
    landing_abandon(job);
    if (answer->error)
        failed(c, job, answer);
    else if (is_redirect(answer->status) && answer->location.len && c->config.options.max_redirects >= 0)
        follow(c, job, answer->location);
    else
        report_end(c, job);
}

/* The pieces that came and the count in the answer must agree, and no body may be longer than was asked for. */
static bool adds_up(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    if (answer->error)
        return true;
    return answer->body_bytes <= c->config.options.max_bytes && job->bytes + answer->body.len == answer->body_bytes;
}

static void end_of_task(struct crawl *c, struct job *job, const struct mp_part *part)
{
    struct fetch_answer answer;
    leave_worker(c, job);
    if (part->status == MP_CANCELLED)
        cancelled(c, job);
    else if (part->status != MP_OK)
        lost(c, job);
    else if (!fetch_answer_decode(&answer, part->data, part->len) || (answer.kept && !adds_up(c, job, &answer)))
        reject(c, job, part);
    else
        settle(c, job, part, &answer);
}

void answer_part(const struct mp_part *part, void *context)
{
    struct job *job = context;
    struct crawl *c = job->crawl;
    if (part->last) {
        end_of_task(c, job, part);
        return;
    }
    job->bytes += part->len;
    if (job->bytes > c->config.options.max_bytes)
        mp_pool_reject_worker(c->pool, part->slot);
    else
        landing_piece(c, job, part);
}
