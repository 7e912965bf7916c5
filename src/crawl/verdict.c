/* Verdict: what comes of an answer that makes sense: follow it, keep its body, ask again later, or end the job. */
#include "crawl/crawl.h"

#include "base/clock.h"
#include "crawl/discovery/discovery.h"
#include "crawl/frontier/retry_after.h"
#include "crawl/gate.h"
#include "crawl/resume.h"
#include "crawl/text_copy.h"
#include "web/links/meta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Successes without a page (RFC 9110 sections 15.3.5 and 15.3.6): the last good copy of one stays. */
enum { NO_CONTENT = 204, RESET_CONTENT = 205 };

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

void verdict_end(struct crawl *c, struct job *job, enum fetch_error error, const char *detail)
{
    job->error = error;
    snprintf(job->detail, sizeof job->detail, "%s", detail);
    end(c, job);
}

/* ---- Redirects: each hop goes through the frontier again ---- */

/* What the user gave for one origin is not for another (CVE-2018-1000007), and a Location has no say in credentials. */
static void leave_origin(struct job *job, const struct url *from, struct url *to)
{
    if (!url_same_origin(from, to))
        job->foreign = true;
}

static bool has_account(const struct url *url)
{
    return url->username.len || url->password.len;
}

/* Within an origin a Location leads on for the same account, which it does not repeat unless it is relative. */
static enum url_status keep_account(const struct url *from, struct url *to)
{
    struct buffer href = {0};
    struct url with = {0};
    if (!has_account(from) || has_account(to) || !url_same_origin(from, to))
        return URL_OK;
    int scheme = to->scheme == URL_HTTPS ? (int)strlen("https://") : (int)strlen("http://");
    enum url_status status = URL_NO_MEMORY;
    if (buffer_printf(&href, "%.*s%.*s:%.*s@%s", scheme, to->href, (int)from->username.len, from->username.at,
                      (int)from->password.len, from->password.at, to->href + scheme))
        status = url_parse(&with, href.data, href.len, NULL);
    if (href.data)
        explicit_bzero(href.data, href.len);
    buffer_release(&href);
    if (status != URL_OK)
        return status;
    url_release(to);
    *to = with;
    return URL_OK;
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
    if (status == URL_OK)
        status = keep_account(from, &to);
    if (status != URL_OK)
        url_release(&to);
    if (status == URL_SCHEME)
        return verdict_end(c, job, FETCH_SCHEME, "the redirect leads to something that is neither http nor https");
    if (status != URL_OK)
        return verdict_end(c, job, FETCH_REDIRECT, url_status_text(status));
    if (++job->redirects + job->from.hops > most_redirects(c, job)) {
        url_release(&to);
        return verdict_end(c, job, FETCH_REDIRECT, "too many redirects");
    }
    if (has_account(&to) && !url_same_origin(from, &to)) {
        url_release(&to);
        return verdict_end(c, job, FETCH_REDIRECT, "the redirect names a user and a password");
    }
    if (c->discovery && job->kind == JOB_PAGE) {
        if (job->from.via != VIA_USER)
            return discovery_redirect(c, job, &to);
        discovery_seed_led_to(c, &to);
    }
    leave_origin(job, from, &to);
    job->deaths = job->attempts = job->failures = 0;
    if (job_redirect(job, &to))
        admit_target(c, job);
    else
        verdict_end(c, job, FETCH_IO, "out of memory");
}

static bool follows(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    if (!is_redirect(answer->status) || !answer->location.len)
        return false;
    return job->kind == JOB_ROBOTS || c->config.options.max_redirects >= 0;
}

/* ---- Failures: now, later, or never ---- */

int64_t verdict_retry_after(const struct fetch_answer *answer)
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

/* The last answer counts: of robots.txt, a status says what it says whether or not it is one that is tried again. */
static void give_up(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    landing_abandon(job);
    if (job->kind == JOB_ROBOTS && !job->error)
        gate_answered(c, job, answer);
    else
        end(c, job);
}

/* The answer is a failure (job->error, or a status): ask again now or later, or end the job. */
static void try_again(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    struct retry_policy policy = c->config.retry;
    int64_t after_ms = answer->error ? -1 : verdict_retry_after(answer);
    if (job->own && job->own->tries)
        policy.tries = job->own->tries;
    struct retry d = retry_decide(&policy, ++job->failures, job->error, job->status, after_ms, crawl_random(c));
    if (d.verdict == RETRY_GIVE_UP)
        return give_up(c, job, answer);
    if (d.verdict == RETRY_NEXT_RUN)
        return put_off(c, job, after_ms);
    if (!resume_prepare(job, answer))
        landing_abandon(job);
    admit_later(c, job, clock_ms() + d.wait_ms);
}

void verdict_failed(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    job->error = answer->error;
    snprintf(job->detail, sizeof job->detail, "%.*s", (int)answer->detail.len, answer->detail.data);
    if (job->kind == JOB_PAGE && answer->error == FETCH_BLOCKED && feed_park(c, job))
        return;
    try_again(c, job, answer);
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
    return text_copy(value);
}

/* What the answer that goes on with a body does not repeat is as the first one had it (RFC 9110 section 15.3.7). */
static void keep_validators(struct job *job, const struct fetch_answer *answer)
{
    free(job->etag);
    free(job->last_modified);
    job->etag = header_copy(answer, "etag");
    job->last_modified = header_copy(answer, "last-modified");
    if (answer->resumed && !job->etag)
        job->etag = strdup(job->resume.etag);
    if (answer->resumed && !job->last_modified)
        job->last_modified = strdup(job->resume.last_modified);
}

/* The page was answered well, and is not to have a file. */
static void leave_unkept(struct crawl *c, struct job *job, enum unkept why)
{
    static const char *const words[UNKEPT_COUNT] = {
        [UNKEPT_NOINDEX] = "not kept: the page says noindex",
        [UNKEPT_TYPE] = "not kept: its media type is not among --types",
        [UNKEPT_EMPTY] = "not kept: the server answers that it has no content",
    };
    landing_drop(job);
    job->unkept = why;
    job->outcome = OUTCOME_SKIPPED;
    snprintf(job->detail, sizeof job->detail, "%s", words[why]);
    report_end(c, job);
}

static void finish_page(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    if (c->discovery && answer->status < 300 && !discovery_page(c, job, answer)) {
        landing_abandon(job);
        return report_left(c, job);
    }
    if (answer->status == NO_CONTENT || answer->status == RESET_CONTENT)
        return leave_unkept(c, job, UNKEPT_EMPTY);
    if (answer->unwanted)
        return leave_unkept(c, job, UNKEPT_TYPE);
    if (c->discovery && job->robots & META_NOINDEX)
        return leave_unkept(c, job, UNKEPT_NOINDEX);
    if (c->state)
        keep_validators(job, answer);
    job->bytes += answer->body.len;
    landing_finish(c, job, part, answer->body);
}

static void finish(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    if (job->out_of_memory)
        return verdict_end(c, job, FETCH_IO, "out of memory");
    if (job->kind == JOB_PAGE)
        return finish_page(c, job, part, answer);
    if (job->kind == JOB_SITEMAP)
        return discovery_sitemap_read(c, job, answer);
    job->bytes += answer->body.len;
    if (buffer_append(&job->body, answer->body.data, answer->body.len))
        gate_answered(c, job, answer);
    else
        verdict_end(c, job, FETCH_IO, "out of memory");
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

/* Whether the answer is neither the rest of a body that broke off nor anything in its place: what has come of the page
 * stays, and so does what it is. */
static bool waits_for_rest(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    return job->resume.at && !answer->resumed && (answer->error || is_retried(&c->config.retry, answer->status));
}

void verdict(struct crawl *c, struct job *job, const struct mp_part *part, const struct fetch_answer *answer)
{
    job->status = answer->status;
    job->error = FETCH_OK;
    *job->detail = '\0';
    job->ms += answer->elapsed_ms;
    if (!waits_for_rest(c, job, answer) && (!answer->resumed || answer->type.len))
        keep_type(job, answer->type);
    if (answer->error)
        return verdict_failed(c, job, answer);
    if (resume_is_refused(job, answer))
        return start_over(c, job);
    if (is_retried(&c->config.retry, answer->status) && !(answer->kept && is_last_try(c, job)))
        return try_again(c, job, answer);
    if (answer->kept || answer->unwanted || (job->kind == JOB_SITEMAP && job_is_success(job)))
        return finish(c, job, part, answer);
    landing_abandon(job);
    if (follows(c, job, answer))
        follow(c, job, answer->location);
    else if (job->kind == JOB_ROBOTS)
        gate_answered(c, job, answer);
    else
        report_end(c, job);
}
