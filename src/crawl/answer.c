/* Answer: reads what a worker sent about a job and decides what comes of it. A worker's bytes are read as if an attacker
 * had written them: what makes no sense gets the worker killed and the job asked for again. */
#include "crawl/crawl.h"

#include "base/clock.h"
#include "crawl/gate.h"
#include "crawl/identity.h"
#include "crawl/resume.h"
#include "crawl/retry_after.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEATHS_BEFORE_SUSPECT = 2,
    NOTED_DELAY_MS = 1000, /* a shorter delay has passed before another run asks */
};

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* The job ends with job->error, or with a status that is no success. */
static void end(struct crawl *c, struct job *job)
{
    landing_abandon(job);
    if (job->kind == JOB_ROBOTS)
        gate_failed(c, job);
    else
        report_end(c, job);
}

static void fail(struct crawl *c, struct job *job, enum fetch_error error, const char *detail)
{
    job->error = error;
    snprintf(job->detail, sizeof job->detail, "%s", detail);
    end(c, job);
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
    else if (job->deaths >= DEATHS_BEFORE_SUSPECT)
        frontier_add_suspect(&c->frontier, job);
    else
        admit_later(c, job, 0);
}

void answer_give_up(struct crawl *c, struct job *job)
{
    fail(c, job, FETCH_LOST, "workers die, or cannot be started");
}

/* The run is being stopped; what was in flight is no failure, unless that is why. */
static void cancelled(struct crawl *c, struct job *job)
{
    landing_abandon(job);
    if (c->broken) {
        answer_give_up(c, job);
        return;
    }
    if (job->kind == JOB_PAGE)
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

static unsigned most_redirects(const struct crawl *c, const struct job *job)
{
    return job->kind == JOB_ROBOTS ? GATE_REDIRECTS_MAX : (unsigned)c->config.options.max_redirects;
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
    if (++job->redirects > most_redirects(c, job)) {
        url_release(&to);
        return fail(c, job, FETCH_REDIRECT, "too many redirects");
    }
    if (to.username.len + to.password.len && !url_same_origin(from, &to)) {
        url_release(&to);
        return fail(c, job, FETCH_REDIRECT, "the redirect names a user and a password");
    }
    leave_origin(job, from, &to);
    job->deaths = job->attempts = job->failures = 0;
    if (job_redirect(job, &to))
        admit_target(c, job);
    else
        fail(c, job, FETCH_IO, "out of memory");
}

static bool follows(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    if (!is_redirect(answer->status) || !answer->location.len)
        return false;
    return job->kind == JOB_ROBOTS || c->config.options.max_redirects >= 0;
}

/* ---- Failures: now, later, or never ---- */

static int64_t retry_after(const struct fetch_answer *answer)
{
    struct text value;
    size_t position = 0;
    if (!fetch_answer_header(answer, "retry-after", &position, &value))
        return -1;
    return retry_after_ms(value.data, value.len, clock_wall_ms());
}

static void put_off(struct crawl *c, struct job *job, int64_t wait_ms)
{
    job->outcome = OUTCOME_PUT_OFF;
    snprintf(job->detail, sizeof job->detail, "put off to the next run: Retry-After is %lld s, more than --max-wait",
             (long long)(wait_ms / 1000));
    end(c, job);
}

/* The answer is a failure (job->error, or a status): ask again now or later, or end the job. */
static void try_again(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    struct retry_policy policy = c->config.retry;
    int64_t after_ms = answer->error ? -1 : retry_after(answer);
    if (job->own && job->own->tries)
        policy.tries = job->own->tries;
    struct retry d = retry_decide(&policy, ++job->failures, job->error, job->status, after_ms, crawl_random(c));
    if (d.verdict == RETRY_GIVE_UP)
        return end(c, job);
    if (d.verdict == RETRY_NEXT_RUN)
        return put_off(c, job, after_ms);
    if (!resume_prepare(job, answer))
        landing_abandon(job);
    admit_later(c, job, clock_ms() + d.wait_ms);
}

static void failed(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    job->error = answer->error;
    snprintf(job->detail, sizeof job->detail, "%.*s", (int)answer->detail.len, answer->detail.data);
    if (job->kind == JOB_PAGE && answer->error == FETCH_BLOCKED && feed_park(c, job))
        return;
    try_again(c, job, answer);
}

/* ---- What the host's other jobs can learn from an answer ---- */

static bool tells_of_dead_host(const struct fetch_answer *answer)
{
    switch (answer->error) {
    case FETCH_TIMEOUT:
    case FETCH_RESET:
    case FETCH_EMPTY:
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_DNS:
    case FETCH_TLS:
        return !answer->status;
    default:
        return false;
    }
}

/* How long a host that has had enough is left alone, in this run and in one that begins meanwhile. */
static void note_next_ask(struct crawl *c, struct host *host, int64_t retry_after_ms)
{
    int64_t cooling_ms = host_next_ask_ms(host) - clock_ms();
    gate_note_ask(c, host, retry_after_ms > cooling_ms ? retry_after_ms : cooling_ms);
}

static void hear(struct crawl *c, const struct job *job, struct host *host, const struct fetch_answer *answer)
{
    char reason[FETCH_DETAIL_MAX + 1] = "";
    struct heard heard = {
        .answered = answer->status != 0,
        .unreachable = tells_of_dead_host(answer),
        .status = answer->status,
        .first_byte_ms = answer->first_byte_ms,
        .retry_after_ms = answer->error ? -1 : retry_after(answer),
        .random = crawl_random(c),
        .asked_ms = job->asked_ms,
        .reason = reason,
    };
    if (heard.unreachable)
        snprintf(reason, sizeof reason, "%.*s", (int)answer->detail.len, answer->detail.data);
    bool well = !answer->error && (answer->status < 400 || job->kind == JOB_ROBOTS);
    gate_note_answer(c, host, answer->status != 0, well);
    bool before = frontier_given_up(host) != NULL;
    frontier_heard(&c->frontier, host, &heard, clock_ms());
    if (answer->status == 429 || answer->status == 503)
        note_next_ask(c, host, heard.retry_after_ms);
    if (!before && frontier_given_up(host))
        admit_give_up_host(c, host);
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

static char *header_copy(const struct fetch_answer *answer, const char *name)
{
    struct text value;
    size_t position = 0;
    if (!fetch_answer_header(answer, name, &position, &value) || value.len > STATE_TEXT_MAX)
        return NULL;
    return strndup(value.data, value.len);
}

static void keep_validators(struct job *job, const struct fetch_answer *answer)
{
    free(job->etag);
    free(job->last_modified);
    job->etag = header_copy(answer, "etag");
    job->last_modified = header_copy(answer, "last-modified");
}

static void finish(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    if (job->crawl->state)
        keep_validators(job, answer);
    job->bytes += answer->body.len;
    if (job->kind == JOB_PAGE)
        return landing_finish(c, job, part, answer->body);
    if (buffer_append(&job->body, answer->body.data, answer->body.len))
        gate_answered(c, job, answer);
    else
        fail(c, job, FETCH_IO, "out of memory");
}

/* The server does not go on where the body broke off: from the start, and that is no failure. */
static void start_over(struct crawl *c, struct job *job)
{
    landing_abandon(job);
    job->resume.refused = true;
    admit_later(c, job, 0);
}

static bool is_retried(const struct retry_policy *policy, unsigned status)
{
    return status >= RETRY_STATUS_MIN && status <= RETRY_STATUS_MAX && policy->statuses[status - RETRY_STATUS_MIN];
}

static bool is_last_try(const struct crawl *c, const struct job *job)
{
    return job->failures + 1 >= (job->own && job->own->tries ? job->own->tries : c->config.retry.tries);
}

static void settle(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    job->status = answer->status;
    job->error = FETCH_OK;
    *job->detail = '\0';
    job->ms += answer->elapsed_ms;
    keep_type(job, answer->type);
    if (answer->error)
        return failed(c, job, answer);
    if (resume_is_refused(job, answer))
        return start_over(c, job);
    if (is_retried(&c->config.retry, answer->status) && !(answer->kept && is_last_try(c, job)))
        return try_again(c, job, answer);
    if (answer->kept)
        return finish(c, job, part, answer);
    landing_abandon(job);
    if (follows(c, job, answer))
        follow(c, job, answer->location);
    else if (job->kind == JOB_ROBOTS)
        gate_answered(c, job, answer);
    else
        report_end(c, job);
}

/* The host's address was looked up, so that hosts that share one can be asked in turn: now the request itself may go out. */
static void looked_up(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    char address[64];
    snprintf(address, sizeof address, "%.*s", (int)answer->address.len, answer->address.data);
    if (frontier_set_address(&c->frontier, job->host, address, clock_ms())) {
        c->load[job->slot]--;
        frontier_put_back(&c->frontier, job, clock_ms());
        return;
    }
    leave_worker(c, job);
    fail(c, job, FETCH_IO, "out of memory");
}

/* The pieces that came and the count in the answer must agree, and no body may be longer than was asked for. */
static bool adds_up(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    uint64_t bytes = job->bytes + answer->body.len;
    if (answer->error)
        return true;
    return bytes <= dispatch_max_bytes(c, job) && bytes - job->resume.at == answer->body_bytes;
}

static void end_without_answer(struct crawl *c, struct job *job, const struct mp_part *part)
{
    leave_worker(c, job);
    if (part->status == MP_CANCELLED)
        cancelled(c, job);
    else if (part->status != MP_OK)
        lost(c, job);
    else
        reject(c, job, part);
}

static void end_of_task(struct crawl *c, struct job *job, const struct mp_part *part)
{
    struct fetch_answer answer;
    bool looks_up = job->looks_up;
    job->looks_up = false;
    if (part->status != MP_OK || !fetch_answer_decode(&answer, part->data, part->len) ||
        (answer.kept && !adds_up(c, job, &answer)))
        return end_without_answer(c, job, part);
    window_answered(&c->window, answer.elapsed_ms, clock_ms());
    if (looks_up) {
        job->attempts--;
        if (!answer.error)
            return looked_up(c, job, &answer);
    }
    hear(c, job, job->host, &answer);
    leave_worker(c, job);
    identity_learn(c->identity, job_target(job), &answer);
    settle(c, job, part, &answer);
}

/* The request is on its way: the host's delay counts from now, also for a run that begins soon. */
static void started(struct crawl *c, struct job *job)
{
    frontier_started(&c->frontier, job, clock_ms());
    if (job->host && host_delay_ms(job->host) >= NOTED_DELAY_MS)
        gate_note_ask(c, job->host, host_delay_ms(job->host));
}

void answer_part(const struct mp_part *part, void *context)
{
    struct job *job = context;
    struct crawl *c = job->crawl;
    if (part->last) {
        end_of_task(c, job, part);
        return;
    }
    if (!part->len)
        return started(c, job);
    job->bytes += part->len;
    if (job->bytes > dispatch_max_bytes(c, job))
        mp_pool_reject_worker(c->pool, part->slot);
    else
        landing_piece(c, job, part);
}
