/* The frontier against a model of it that is too simple to be wrong: arrays, and a look at everything at each step.
 * Random steps are taken with both. What the frontier gives out must be allowed by the model, and when it gives out
 * nothing, the model must allow nothing. */
#include "unit/crawl/frontier_jobs.h"

#include <stdlib.h>

enum { HOSTS = 7, JOBS = 60, GROUPS = 3, STEPS = 6000, PER_HOST = 2, ERRORS = 3, MAX_WAIT_MS = 400 };

enum state { UNUSED, QUEUED, LATER, SUSPECT, OUT };

struct model_job {
    struct job *job;
    enum state state;
    int host;
    int64_t order, due_ms;
    bool urgent, looks_up, wanted, told, grouped;
};

struct model_host {
    struct host *host;
    int group; /* -1: its address is not known */
    int64_t delay_ms, not_before_ms, last_start_ms, cooled_ms;
    unsigned steps, failures;
    bool closed, given_up;
};

static const char *const origins[HOSTS] = {
    "http://a", "https://a", "http://b:81", "http://c", "http://d", "http://192.0.2.1", "http://[2001:db8::1]",
};
static const char *const addresses[GROUPS] = {"192.0.2.0", "192.0.2.1", "2001:db8::1"};

static struct frontier f;
static struct model_job jobs[JOBS];
static struct model_host hosts[HOSTS];
static int64_t group_next_ms[GROUPS];
static int64_t now_ms, order, suspect_order;
static int suspect; /* the one that was let in; -1: none */
static unsigned per_ip;
static uint64_t random_state;
static unsigned long given;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) % limit);
}

/* ---- What the model allows ---- */

static int group_of(int host)
{
    return per_ip ? hosts[host].group : -1;
}

static unsigned out_of_host(int host)
{
    unsigned count = 0;
    for (int i = 0; i < JOBS; i++)
        count += jobs[i].state == OUT && jobs[i].host == host;
    return count;
}

static unsigned out_of_group(int group)
{
    unsigned count = 0;
    for (int i = 0; i < JOBS; i++)
        count += jobs[i].state == OUT && jobs[i].grouped && group_of(jobs[i].host) == group;
    return count;
}

/* Whether a job is out that keeps all others of its host, or of its group, in. */
static bool is_alone(const struct model_job *j, int host)
{
    if (j->state != OUT || (!j->looks_up && (!j->wanted || j->told)))
        return false;
    return j->host == host || (j->grouped && group_of(j->host) == group_of(host) && group_of(host) >= 0);
}

static bool has_place(int host)
{
    for (int i = 0; i < JOBS; i++)
        if (is_alone(&jobs[i], host))
            return false;
    int group = group_of(host);
    return out_of_host(host) < PER_HOST && (group < 0 || out_of_group(group) < per_ip);
}

/* The job of HOST that is next, at TIME: those that are due then may be it as well. -1: none. */
static int head_of(int host, int64_t time_ms)
{
    int head = -1;
    for (int i = 0; i < JOBS; i++) {
        const struct model_job *j = &jobs[i];
        bool waits = j->state == QUEUED || (j->state == LATER && j->due_ms <= time_ms);
        if (!waits || j->host != host || (hosts[host].closed && !j->urgent))
            continue;
        if (head < 0 || j->urgent > jobs[head].urgent ||
            (j->urgent == jobs[head].urgent && j->order < jobs[head].order))
            head = i;
    }
    return head;
}

static int64_t later_of(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t next_ask_ms(int host)
{
    const struct model_host *h = &hosts[host];
    return later_of(h->not_before_ms, h->delay_ms ? h->last_start_ms + h->delay_ms + 1 : 0);
}

static bool may_go(int host, int64_t time_ms)
{
    int group = group_of(host);
    return head_of(host, time_ms) >= 0 && has_place(host) && next_ask_ms(host) <= time_ms &&
           (group < 0 || group_next_ms[group] <= time_ms);
}

static bool any_may_go(int64_t time_ms)
{
    for (int host = 0; host < HOSTS; host++)
        if (may_go(host, time_ms))
            return true;
    return false;
}

/* ---- What happens of itself ---- */

static void let_suspect_in(void)
{
    int first = -1;
    for (int i = 0; i < JOBS; i++)
        if (jobs[i].state == SUSPECT && (first < 0 || jobs[i].order < jobs[first].order))
            first = i;
    if (suspect >= 0 || first < 0)
        return;
    suspect = first;
    jobs[first].state = QUEUED;
    jobs[first].order = -++order;
}

/* Jobs that are due queue up by the time when they were; of those with the same time either may be first. */
static void queue_due(void)
{
    for (;;) {
        int64_t first = INT64_MAX;
        for (int i = 0; i < JOBS; i++)
            if (jobs[i].state == LATER && jobs[i].due_ms < first)
                first = jobs[i].due_ms;
        if (first > now_ms)
            return;
        order++;
        for (int i = 0; i < JOBS; i++) {
            if (jobs[i].state == LATER && jobs[i].due_ms == first) {
                jobs[i].state = QUEUED;
                jobs[i].order = order;
            }
        }
    }
}

/* ---- Steps ---- */

static int random_job(enum state state)
{
    int start = (int)random_below(JOBS);
    for (int i = 0; i < JOBS; i++)
        if (jobs[(start + i) % JOBS].state == state)
            return (start + i) % JOBS;
    return -1;
}

static struct model_job *job_made(int host)
{
    int i = random_job(UNUSED);
    if (i < 0)
        return NULL;
    char url[64];
    snprintf(url, sizeof url, "%s/%d", origins[host], i);
    jobs[i] = (struct model_job){.job = job_for(url), .host = host};
    jobs[i].job->slot = (unsigned)i;
    return &jobs[i];
}

static void add_somehow(struct model_job *j)
{
    bool was_urgent = j->job->urgent;
    j->looks_up = j->wanted = j->told = j->grouped = false;
    switch (random_below(5)) {
    case 0:
        cr_assert(frontier_add_first(&f, j->job));
        j->state = QUEUED;
        j->urgent = true;
        j->order = ++order;
        break;
    case 1:
        j->due_ms = now_ms + random_below(100);
        cr_assert(frontier_add_later(&f, j->job, j->due_ms));
        j->state = LATER;
        j->urgent = was_urgent;
        j->order = INT64_MAX;
        break;
    case 2:
        cr_assert(frontier_add_suspect(&f, j->job));
        j->state = SUSPECT;
        j->urgent = was_urgent;
        j->order = ++suspect_order;
        let_suspect_in();
        break;
    default:
        cr_assert(frontier_add(&f, j->job));
        j->state = QUEUED;
        j->urgent = false;
        j->order = ++order;
    }
}

static void step_add(void)
{
    struct model_job *j = job_made((int)random_below(HOSTS));
    if (j)
        add_somehow(j);
}

static void check_given(struct job *job)
{
    struct model_job *j = &jobs[job->slot];
    int head = head_of(j->host, now_ms);
    cr_assert(j->state == QUEUED && j->job == job, "job %u is given out and does not wait", job->slot);
    cr_assert(may_go(j->host, now_ms), "job %u of %s may not go at %lld", job->slot, origins[j->host],
              (long long)now_ms);
    cr_assert(head >= 0 && j->urgent == jobs[head].urgent && j->order == jobs[head].order, "job %u before job %d",
              job->slot, head);
}

static void goes_out(struct model_job *j)
{
    struct model_host *h = &hosts[j->host];
    j->state = OUT;
    j->looks_up = per_ip && h->group < 0;
    j->wanted = !j->looks_up && h->delay_ms > 0;
    j->told = false;
    j->grouped = group_of(j->host) >= 0;
    if (!j->looks_up && !j->wanted)
        h->last_start_ms = now_ms;
    cr_assert_eq(frontier_wants_start(j->job), j->wanted);
    cr_assert_eq(frontier_needs_address(&f, j->job), j->looks_up);
    cr_assert_eq(j->job->asked_ms, now_ms);
    given++;
}

/* Nothing may go before the frontier says that something is due. */
static void check_due(void)
{
    int64_t due_ms = frontier_due_ms(&f);
    cr_assert_gt(due_ms, now_ms);
    for (int64_t t = now_ms + 1; t < due_ms && t < now_ms + 500; t++)
        cr_assert_not(any_may_go(t), "something may go at %lld, and is due at %lld", (long long)t, (long long)due_ms);
}

static void step_next(void)
{
    queue_due();
    bool some = any_may_go(now_ms);
    cr_assert_eq(frontier_has_next(&f, now_ms), some, "at %lld", (long long)now_ms);
    struct job *job = frontier_next(&f, now_ms);
    cr_assert_eq(job != NULL, some);
    if (!job) {
        check_due();
        return;
    }
    check_given(job);
    goes_out(&jobs[job->slot]);
}

static void start_counts(struct model_job *j)
{
    struct model_host *h = &hosts[j->host];
    h->last_start_ms = now_ms;
    if (j->grouped)
        group_next_ms[h->group] = later_of(group_next_ms[h->group], h->delay_ms ? now_ms + h->delay_ms + 1 : now_ms);
}

static void step_started(void)
{
    int i = random_job(OUT);
    if (i < 0)
        return;
    struct model_job *j = &jobs[i];
    frontier_started(&f, j->job, now_ms); /* perhaps unwanted, or again */
    if (j->wanted && !j->told) {
        j->told = true;
        start_counts(j);
    }
}

static void hear(struct model_job *j)
{
    static const unsigned statuses[] = {200, 200, 404, 503, 429};
    struct model_host *h = &hosts[j->host];
    uint32_t kind = random_below(7);
    struct heard heard = {.answered = kind < 5,
                          .unreachable = kind == 5,
                          .status = kind < 5 ? statuses[kind] : 0,
                          .retry_after_ms = random_below(2) ? (int64_t)random_below(2 * MAX_WAIT_MS) : -1,
                          .random = UINT32_MAX,
                          .asked_ms = j->job->asked_ms};
    bool refused = heard.status == 503 || heard.status == 429, news = heard.asked_ms > h->cooled_ms;
    int64_t wait_ms = refused ? heard.retry_after_ms : -1;
    frontier_heard(&f, h->host, &heard, now_ms);
    if (news && refused) {
        h->cooled_ms = now_ms;
        h->steps++;
        if (wait_ms < 0)
            wait_ms = MAX_WAIT_MS; /* all of the back-off, which begins with more */
    } else if (news && heard.answered) {
        h->steps = 0;
    }
    if (wait_ms > MAX_WAIT_MS)
        wait_ms = MAX_WAIT_MS;
    if (wait_ms >= 0)
        h->not_before_ms = later_of(h->not_before_ms, wait_ms ? now_ms + wait_ms + 1 : now_ms);
    h->failures = heard.answered ? 0 : h->failures + heard.unreachable;
    h->given_up = h->given_up || h->failures >= ERRORS;
    cr_assert_eq(frontier_given_up(h->host) != NULL, h->given_up);
}

static void leaves(int i)
{
    struct model_job *j = &jobs[i];
    if (!j->looks_up && (!j->wanted || !j->told))
        start_counts(j);
    frontier_leave(&f, j->job, now_ms);
    j->state = UNUSED;
    if (suspect == i) {
        suspect = -1;
        let_suspect_in();
    }
}

static void looked_up(struct model_job *j)
{
    struct model_host *h = &hosts[j->host];
    if (random_below(4) > 0) { /* else it is asked for again */
        h->group = (int)(h - hosts) % GROUPS;
        cr_assert(frontier_set_address(&f, h->host, addresses[h->group], now_ms));
    }
    frontier_put_back(&f, j->job, now_ms);
    j->state = QUEUED;
    j->order = -++order;
}

static void step_end(void)
{
    int i = random_job(OUT);
    if (i < 0)
        return;
    struct model_job *j = &jobs[i];
    if (j->looks_up) {
        looked_up(j);
        return;
    }
    hear(j);
    leaves(i);
    if (random_below(3) == 0)
        add_somehow(j);
    else
        job_free(j->job);
}

static void step_host(void)
{
    static const int delays[] = {0, 5, 40};
    struct model_host *h = &hosts[random_below(HOSTS)];
    switch (random_below(6)) {
    case 0:
        host_close(&f, h->host);
        h->closed = true;
        break;
    case 1:
        h->delay_ms = delays[random_below(3)];
        host_set_delay_ms(&f, h->host, (int)h->delay_ms);
        break;
    case 2: {
        int64_t not_before_ms = now_ms + random_below(50);
        host_set_not_before_ms(&f, h->host, not_before_ms);
        h->not_before_ms = later_of(h->not_before_ms, not_before_ms);
        break;
    }
    default:
        host_open(&f, h->host);
        h->closed = false;
    }
    cr_assert_eq(host_next_ask_ms(h->host), next_ask_ms((int)(h - hosts)));
}

static bool keep_some(struct job *job, void *asked)
{
    unsigned i = job->slot;
    struct model_job *j = &jobs[i];
    cr_assert(j->state == QUEUED || j->state == LATER || j->state == SUSPECT);
    cr_assert_not(((bool *)asked)[i], "job %u is asked of twice", i);
    ((bool *)asked)[i] = true;
    if (random_below(4) > 0)
        return true;
    j->state = UNUSED;
    if (suspect == (int)i)
        suspect = -1;
    job_free(job);
    return false;
}

static void step_sift(void)
{
    int host = (int)random_below(HOSTS);
    bool asked[JOBS] = {0}, waits[JOBS];
    for (int i = 0; i < JOBS; i++)
        waits[i] =
            jobs[i].host == host && (jobs[i].state == QUEUED || jobs[i].state == LATER || jobs[i].state == SUSPECT);
    frontier_sift(&f, hosts[host].host, keep_some, asked);
    for (int i = 0; i < JOBS; i++)
        cr_assert_eq(asked[i], waits[i]);
    let_suspect_in();
}

static void check_counts(void)
{
    size_t queued = 0, in_flight = 0;
    for (int i = 0; i < JOBS; i++) {
        in_flight += jobs[i].state == OUT;
        queued += jobs[i].state != OUT && jobs[i].state != UNUSED;
    }
    cr_assert_eq(f.queued, queued);
    cr_assert_eq(f.in_flight, in_flight);
    for (int i = 0; i < HOSTS; i++)
        cr_assert_leq(out_of_host(i), PER_HOST);
    for (int i = 0; per_ip && i < GROUPS; i++)
        cr_assert_leq(out_of_group(i), per_ip);
}

static void random_step(void)
{
    uint32_t kind = random_below(100);
    if (kind < 20)
        step_add();
    else if (kind < 50)
        step_next();
    else if (kind < 65)
        step_started();
    else if (kind < 85)
        step_end();
    else if (kind < 90)
        step_host();
    else if (kind < 91)
        step_sift();
    else
        now_ms += random_below(random_below(3) ? 10 : 120);
}

/* All hosts are open, and every job that comes out ends: nothing may be left. */
static void run_dry(void)
{
    for (int i = 0; i < HOSTS; i++) {
        host_open(&f, hosts[i].host);
        hosts[i].closed = false;
    }
    while (f.queued || f.in_flight) {
        step_next();
        int i = random_job(OUT);
        if (i >= 0 && jobs[i].looks_up) {
            looked_up(&jobs[i]);
        } else if (i >= 0) {
            leaves(i);
            job_free(jobs[i].job);
        } else if (!frontier_has_next(&f, now_ms)) {
            cr_assert_lt(frontier_due_ms(&f), INT64_MAX, "%zu jobs wait for nothing", f.queued);
            now_ms = frontier_due_ms(&f);
        }
        check_counts();
    }
}

static int literal_group(const char *origin)
{
    for (int i = 0; i < GROUPS; i++)
        if (strstr(origin, addresses[i]))
            return i;
    return -1;
}

static void run(uint64_t seed, unsigned limit)
{
    random_state = seed * 0x9e3779b97f4a7c15;
    per_ip = limit;
    now_ms = order = suspect_order = 0;
    suspect = -1;
    memset(jobs, 0, sizeof jobs);
    memset(group_next_ms, 0, sizeof group_next_ms);
    frontier_init(&f, &(struct frontier_options){
                          .per_host = PER_HOST, .per_ip = per_ip, .host_errors = ERRORS, .max_wait_ms = MAX_WAIT_MS});
    for (int i = 0; i < HOSTS; i++) {
        hosts[i] = (struct model_host){.host = host_for(&f, origins[i]),
                                       .group = per_ip ? literal_group(origins[i]) : -1,
                                       .last_start_ms = INT64_MIN / 4,
                                       .cooled_ms = INT64_MIN};
    }
    for (int i = 0; i < STEPS; i++) {
        random_step();
        check_counts();
    }
    run_dry();
    frontier_release(&f, drop, NULL);
}

Test(frontier_model, random_steps_keep_every_promise_and_lose_no_job, .timeout = 60)
{
    for (uint64_t seed = 1; seed <= 8; seed++)
        run(seed, 0);
    cr_assert_gt(given, 4000);
}

Test(frontier_model, hosts_that_share_an_address_keep_its_promises_as_well, .timeout = 60)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        run(seed, 1);
        run(seed, 3);
    }
    cr_assert_gt(given, 4000);
}
