/* Jobs: how they come into the frontier, go out and leave. */
#include "crawl/frontier/frontier_internal.h"

#include "base/hash.h"

enum { IDLE_HOSTS = 65536 };

void frontier_init(struct frontier *f, const struct frontier_options *options)
{
    *f = (struct frontier){.options = *options};
    if (!f->options.idle_hosts)
        f->options.idle_hosts = IDLE_HOSTS;
    name_table_init(&f->hosts);
    name_table_init(&f->groups);
}

/* ---- Coming ---- */

static void arrived(struct frontier *f, struct host *h, struct job *job)
{
    job->host = h;
    job->in_group = job->told = false;
    f->queued++;
    host_changed(f, h);
}

static bool add(struct frontier *f, struct job *job, bool urgent)
{
    struct host *h = hosts_get(f, job_target(job));
    if (!h)
        return false;
    job->suspect = false; /* a redirect of one is a new start */
    job->urgent = urgent;
    queues_append(queues_of(h, job), job);
    arrived(f, h, job);
    return true;
}

bool frontier_add(struct frontier *f, struct job *job)
{
    return add(f, job, false);
}

bool frontier_add_first(struct frontier *f, struct job *job)
{
    return add(f, job, true);
}

static bool add_later(struct frontier *f, struct job *job, bool suspect, int64_t key)
{
    struct host *h = hosts_get(f, job_target(job));
    if (!h)
        return false;
    job->suspect = suspect;
    if (!queues_push_later(f, h, job, key)) {
        host_changed(f, h); /* it may be new */
        return false;
    }
    arrived(f, h, job);
    return true;
}

bool frontier_add_later(struct frontier *f, struct job *job, int64_t due_ms)
{
    return add_later(f, job, false, due_ms);
}

bool frontier_add_suspect(struct frontier *f, struct job *job)
{
    if (!add_later(f, job, true, f->suspect_count++))
        return false;
    queues_let_suspect(f);
    return true;
}

/* ---- Going ---- */

static struct host *take_turn(struct frontier *f)
{
    struct turn *t = turns_take(&f->ready);
    return (struct host *)(t && t->is_group ? turns_take(&((struct group *)t)->ready) : t);
}

static void go_out(struct frontier *f, struct host *h, struct job *job)
{
    job->asked_ms = f->now_ms;
    h->turn.out++;
    f->queued--;
    f->in_flight++;
    if (f->options.per_ip && !h->group) {
        h->looking_up = job;
        return;
    }
    bool wants_start = host_delay_ms(h) > 0;
    h->turn.starting = wants_start ? job : NULL;
    if (!wants_start)
        h->last_start_ms = f->now_ms;
    if (!h->group)
        return;
    job->in_group = true;
    h->group->turn.out++;
    h->group->turn.starting = h->turn.starting;
}

struct job *frontier_next(struct frontier *f, int64_t now_ms)
{
    queues_settle(f, now_ms);
    struct host *h = take_turn(f);
    if (!h)
        return NULL;
    struct job *job = queues_pop(h->urgent.first ? &h->urgent : &h->jobs);
    go_out(f, h, job);
    host_changed(f, h);
    return job;
}

bool frontier_has_next(struct frontier *f, int64_t now_ms)
{
    queues_settle(f, now_ms);
    return turns_any(&f->ready);
}

int64_t frontier_due_ms(const struct frontier *f)
{
    const struct heap_node *job = heap_first(&f->later), *turn = heap_first(&f->waiting);
    int64_t due_ms = job ? job->key : INT64_MAX;
    return turn && turn->key < due_ms ? turn->key : due_ms;
}

bool frontier_wants_start(const struct job *job)
{
    return job->host && job->host->turn.starting == job;
}

/* ---- Starting and leaving ---- */

static void end_start(struct host *h, struct job *job)
{
    if (h->turn.starting == job)
        h->turn.starting = NULL;
    if (h->group && h->group->turn.starting == job)
        h->group->turn.starting = NULL;
}

static void start_counts(struct frontier *f, struct host *h, struct job *job)
{
    h->last_start_ms = f->now_ms;
    if (!job->in_group)
        return;
    int64_t next_ms = frontier_after(f->now_ms, host_delay_ms(h));
    if (next_ms > h->group->next_start_ms)
        h->group->next_start_ms = next_ms;
}

void frontier_started(struct frontier *f, struct job *job, int64_t now_ms)
{
    if (!frontier_wants_start(job))
        return;
    frontier_tell_time(f, now_ms);
    job->told = true;
    job->asked_ms = now_ms;
    end_start(job->host, job);
    start_counts(f, job->host, job);
    host_changed(f, job->host);
}

static void give_place_back(struct frontier *f, struct host *h, struct job *job)
{
    f->in_flight--;
    h->turn.out--;
    if (job->in_group)
        h->group->turn.out--;
    job->in_group = false;
    if (h->looking_up == job)
        h->looking_up = NULL;
    end_start(h, job);
}

void frontier_leave(struct frontier *f, struct job *job, int64_t now_ms)
{
    struct host *h = job->host;
    frontier_tell_time(f, now_ms);
    if (!job->told && h->looking_up != job)
        start_counts(f, h, job);
    give_place_back(f, h, job);
    job->host = NULL;
    host_changed(f, h);
    if (f->suspect == job) {
        f->suspect = NULL;
        queues_let_suspect(f);
    }
}

void frontier_put_back(struct frontier *f, struct job *job, int64_t now_ms)
{
    struct host *h = job->host;
    frontier_tell_time(f, now_ms);
    give_place_back(f, h, job);
    queues_prepend(queues_of(h, job), job);
    arrived(f, h, job);
}

/* ---- The preferred worker ---- */

int frontier_home(const struct job *job)
{
    return job->host ? (int)host_home(job->host) - 1 : -1;
}

void frontier_set_home(struct job *job, unsigned worker)
{
    if (job->host)
        host_set_home(job->host, worker + 1);
}

unsigned frontier_affinity(const struct job *job)
{
    const struct url *url = job_target(job);
    return (unsigned)(hash_bytes(url->host.at, url->host.len, url->port) >> 32);
}
