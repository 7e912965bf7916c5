/* Answer: reads what a worker sent about a job and decides what comes of it. A worker's bytes are read as if an
 * attacker had written them: what makes no sense gets the worker killed and the job asked for again. */
#include "crawl/crawl.h"

#include "base/clock.h"
#include "crawl/discovery/discovery.h"
#include "crawl/gate.h"
#include "crawl/identity.h"
#include "crawl/rest.h"

#include <stdio.h>

enum {
    DEATHS_BEFORE_SUSPECT = 2,
    LINKS_WAITING_MAX = 2 * FETCH_LINKS_BYTES_MAX, /* of one worker, which sends them one page after another */
    NOTED_DELAY_MS = 1000,                         /* a shorter delay has passed before another run asks */
};

static const char NOT_COME_BACK[] = "its worker did not come back and was killed";

static void leave_worker(struct crawl *c, struct job *job)
{
    c->load[job->slot]--;
    frontier_leave(&c->frontier, job, clock_ms());
}

/* ---- A worker that died ---- */

/* Many jobs were in the hands of the worker and one of them may have killed it. After the second death a job goes out
 * alone, so that the third one is its own fault. */
static void lost(struct crawl *c, struct job *job, bool silent)
{
    landing_abandon(job);
    if (++job->deaths >= MP_DEATHS)
        verdict_end(c, job, FETCH_LOST, silent ? NOT_COME_BACK : "every worker that fetched it died");
    else if (job->deaths < DEATHS_BEFORE_SUSPECT)
        admit_later(c, job, 0);
    else if (!frontier_add_suspect(&c->frontier, job))
        verdict_end(c, job, FETCH_IO, "out of memory");
}

void answer_give_up(struct crawl *c, struct job *job)
{
    verdict_end(c, job, FETCH_LOST, "workers die, or cannot be started");
}

/* The run is being stopped; what was in flight is no failure, unless that is why. */
static void cancelled(struct crawl *c, struct job *job)
{
    if (landing_has_failed(c, job))
        return;
    landing_abandon(job);
    if (c->broken) {
        answer_give_up(c, job);
        return;
    }
    rest_out(c, job);
    if (job->kind != JOB_ROBOTS)
        c->counts.in_flight--;
    job_free(job);
}

static void reject(struct crawl *c, struct job *job, const struct mp_part *part)
{
    mp_pool_reject_worker(c->pool, part->slot);
    lost(c, job, false);
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
        .retry_after_ms = answer->error ? -1 : verdict_retry_after(answer),
        .random = crawl_random(c),
        .asked_ms = job->asked_ms,
        .reason = reason,
    };
    if (heard.unreachable)
        snprintf(reason, sizeof reason, "%.*s", (int)answer->detail.len, answer->detail.data);
    bool well = !answer->error && (answer->status < 400 || job->kind == JOB_ROBOTS);
    if (answer->error != FETCH_BLOCKED) /* then it was not asked */
        gate_note_answer(c, host, answer->status != 0, well);
    bool before = frontier_given_up(host) != NULL;
    frontier_heard(&c->frontier, host, &heard, clock_ms());
    if (answer->status == 429 || answer->status == 503)
        note_next_ask(c, host, heard.retry_after_ms);
    if (!before && frontier_given_up(host))
        admit_give_up_host(c, host);
}

/* The host's address was looked up, so that hosts that share one can be asked in turn: now the request itself may go
 * out. */
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
    verdict_end(c, job, FETCH_IO, "out of memory");
}

/* Which bodies the worker keeps; of a page whose rest was asked for, that rest alone. */
static bool may_be_kept(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    bool by_status =
        answer->status < 300 ? answer->status >= 200 : answer->status >= 400 && c->config.options.keep_errors;
    return by_status && answer->resumed == (job->resume.at > 0) && (!answer->cut || job->kind == JOB_ROBOTS);
}

static bool may_be_dropped(const struct job *job, const struct fetch_answer *answer)
{
    bool is_success = answer->status >= 200 && answer->status < 300;
    if (answer->error)
        return true;
    return answer->status && (!is_success || job->resume.at || answer->unwanted || job->kind == JOB_SITEMAP);
}

/* What the worker may have, and what was not asked for. */
static bool is_wanted(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    bool has_types = c->config.options.type_count && job->kind == JOB_PAGE;
    return (job->reads_links || !answer->links.len) && (has_types || !answer->unwanted);
}

/* The pieces that came and the count in the answer agree, and no body is longer than was asked for. */
static bool adds_up(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    uint64_t bytes = job->bytes + answer->body.len;
    return bytes <= dispatch_max_bytes(c, job) && bytes - job->resume.at == (answer->kept ? answer->body_bytes : 0);
}

/* Whether it answers what was asked. Then job->bytes is what has come of the page. */
static bool makes_sense(const struct crawl *c, const struct job *job, const struct fetch_answer *answer)
{
    if (job->distrusted || !adds_up(c, job, answer) || !is_wanted(c, job, answer))
        return false;
    if (job->looks_up)
        return !answer->status && !answer->kept;
    return answer->kept ? may_be_kept(c, job, answer) : may_be_dropped(job, answer);
}

static void end_without_answer(struct crawl *c, struct job *job, const struct mp_part *part)
{
    job->looks_up = false;
    leave_worker(c, job);
    if (part->status == MP_CANCELLED)
        cancelled(c, job);
    else if (part->status != MP_OK || job->distrusted)
        lost(c, job, part->status == MP_WORKER_LOST && part->code == MP_SILENT);
    else
        reject(c, job, part);
}

/* All that came counts, also of a body that is not kept, or that decodes to nothing. */
static void count_received(struct crawl *c, const struct fetch_answer *answer)
{
    uint64_t bytes = answer->wire_bytes > answer->body_bytes ? answer->wire_bytes : answer->body_bytes;
    c->received = bytes > UINT64_MAX - c->received ? UINT64_MAX : c->received + bytes;
    if (c->config.options.quota_bytes && c->received >= c->config.options.quota_bytes)
        crawl_end_early(c, END_QUOTA);
}

static void end_of_task(struct crawl *c, struct job *job, const struct mp_part *part)
{
    struct fetch_answer answer;
    bool looks_up = job->looks_up;
    if (part->status != MP_OK || !fetch_answer_take(&answer, &c->answer, part->data, part->len) ||
        !makes_sense(c, job, &answer))
        return end_without_answer(c, job, part);
    job->looks_up = false;
    window_answered(&c->window, answer.elapsed_ms, clock_ms());
    if (looks_up) {
        dispatch_forget(c, job);
        if (!answer.error)
            return looked_up(c, job, &answer);
    }
    hear(c, job, job->host, &answer);
    leave_worker(c, job);
    count_received(c, &answer);
    identity_learn(c->identity, job, &answer);
    verdict(c, job, part, &answer);
}

/* The request is on its way: the host's delay counts from now, also for a run that begins soon. A worker may say so as
 * often as it likes. */
static void started(struct crawl *c, struct job *job)
{
    if (!frontier_wants_start(job))
        return;
    frontier_started(&c->frontier, job, clock_ms());
    if (host_delay_ms(job->host) >= NOTED_DELAY_MS)
        gate_note_ask(c, job->host, host_delay_ms(job->host));
}

/* The pieces of an answer; false when they make no sense. */
static bool body_piece(struct crawl *c, struct job *job, const struct mp_part *part, struct text bytes)
{
    job->bytes += bytes.len;
    if (job->looks_up || job->kind == JOB_SITEMAP || job->bytes > dispatch_max_bytes(c, job))
        return false;
    landing_piece(c, job, part, bytes);
    return true;
}

static bool link_piece(struct crawl *c, struct job *job, struct text records)
{
    size_t *waiting = job->links_counted ? job->links_counter : &c->links_waiting[job->slot];
    if (job->kind == JOB_SITEMAP)
        return discovery_sitemap_piece(c, job, records);
    if (job->links.len + records.len > FETCH_LINKS_BYTES_MAX || *waiting + records.len > LINKS_WAITING_MAX)
        return false;
    if (!buffer_append(&job->links, records.data, records.len)) {
        job->out_of_memory = true;
        return true;
    }
    job->links_counter = waiting;
    job->links_counted += records.len;
    *waiting += records.len;
    return true;
}

/* Of a page whose links are read a piece begins with what it holds. */
static bool tagged_piece(struct crawl *c, struct job *job, const struct mp_part *part)
{
    const char *data = part->data;
    struct text rest = {data + 1, part->len - 1};
    switch (*data) {
    case FETCH_PART_BODY:
        return body_piece(c, job, part, rest);
    case FETCH_PART_LINKS:
        return link_piece(c, job, rest);
    default:
        return false;
    }
}

/* What the worker had sent before it died may still come. */
static void distrust(struct crawl *c, struct job *job, const struct mp_part *part)
{
    job->distrusted = true;
    mp_pool_reject_worker(c->pool, part->slot);
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
    if (job->distrusted)
        return;
    if (!(job->reads_links ? tagged_piece(c, job, part)
                           : body_piece(c, job, part, (struct text){part->data, part->len})))
        distrust(c, job, part);
}
