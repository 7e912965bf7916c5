#include "crawl/gate.h"

#include "base/clock.h"
#include "crawl/cache_lifetime.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"
#include "web/robots/robots.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS (24 * 60 * 60 * INT64_C(1000))
#define DESPAIR_MS                                                                                                     \
    (30 * DAY_MS) /* RFC 9309 section 2.3.1.4: after so long an unreachable host may be asked all the same */

struct gate {
    enum {
        GATE_NEW,   /* no page has come yet */
        GATE_ASKED, /* robots.txt is on its way */
        GATE_RULES,
        GATE_SHUT,  /* robots.txt cannot be had */
        GATE_LATER, /* the host is to be left alone for longer than this run waits */
    } state;
    struct robots *robots; /* NULL: all is allowed */
    enum host_class class;
    int64_t unreachable_since_ms, next_ask_ms; /* as in the host's row */
    enum fetch_error error;                    /* why nothing may be asked for: a failure, or an answer of 5xx */
    unsigned status;
    unsigned blamed; /* jobs that have failed for that reason */
    char detail[sizeof((struct job *)0)->detail];
};

void gate_free(void *arg)
{
    struct gate *g = arg;
    if (g)
        robots_free(g->robots);
    free(g);
}

/* ---- What the rules say of a job ---- */

static bool refuse(struct crawl *c, struct job *job, unsigned line)
{
    job->outcome = OUTCOME_SKIPPED;
    job->rule = line;
    job->status = 0;
    char detail[sizeof job->detail];
    snprintf(detail, sizeof detail, "robots.txt disallows it in line %u", line);
    verdict_end(c, job, FETCH_ROBOTS, detail);
    return false;
}

/* Nothing may be asked for, because robots.txt could not be had. That is a failure, and each page says which. A host
 * that cannot be reached is given up after so many as if each page had been asked for. */
static bool fail_shut(struct crawl *c, struct gate *g, struct job *job)
{
    unsigned most = c->config.options.host_errors;
    bool given_up = g->error != FETCH_ROBOTS && most && g->blamed++ >= most;
    job->status = g->status;
    verdict_end(c, job, given_up ? FETCH_UNREACHABLE : g->error, g->detail);
    return false;
}

static bool put_off(struct crawl *c, struct gate *g, struct job *job)
{
    job->outcome = OUTCOME_PUT_OFF;
    job->status = g->status;
    verdict_end(c, job, g->error, g->detail);
    return false;
}

static bool obey(struct crawl *c, struct gate *g, struct job *job)
{
    if (g->state == GATE_SHUT)
        return fail_shut(c, g, job);
    if (g->state == GATE_LATER)
        return put_off(c, g, job);
    if (g->state == GATE_ASKED || !g->robots)
        return true;
    const struct url *url = job_target(job);
    struct robots_verdict v = robots_check(g->robots, url->target.at, url->target.len);
    return v.allowed || refuse(c, job, v.line);
}

/* ---- What is known from before ---- */

/* Where its sitemaps are stands in robots.txt. */
static void tell_rules(struct crawl *c, struct host *host)
{
    const struct gate *g = host_robots(host);
    if (g->state == GATE_RULES)
        discovery_rules(c, host_origin(host), g->robots);
}

static const struct state_host *known_host(struct crawl *c, const struct host *host)
{
    return c->state ? state_find_host(c->state, host_origin(host)) : NULL;
}

static bool use_text(struct crawl *c, struct gate *g, struct host *host, const char *text, size_t len)
{
    struct robots *robots = robots_parse(text, len, c->config.options.user_agent);
    if (!robots)
        return false;
    g->robots = robots;
    g->state = GATE_RULES;
    if (robots_crawl_delay_ms(robots) > 0)
        host_set_crawl_delay_ms(&c->frontier, host, robots_crawl_delay_ms(robots));
    return true;
}

/* What was fetched in the future was fetched before the clock was put back, and nobody knows when. */
static bool is_fresh(const struct state_host *known)
{
    int64_t now = clock_wall_ms();
    return known->robots_fetched_ms <= now && known->robots_expires_ms > now;
}

/* Robots.txt of an earlier run, if it is young enough, or if nothing better can be had (section 2.4). */
static bool use_known(struct crawl *c, struct gate *g, struct host *host, const struct state_host *known,
                      bool at_any_age)
{
    if (!known || !known->robots_fetched_ms || (!at_any_age && !is_fresh(known)))
        return false;
    if (known->robots_status >= 200 && known->robots_status < 300)
        return use_text(c, g, host, known->robots ? known->robots : "", known->robots_len);
    g->state = GATE_RULES; /* there was none */
    return true;
}

/* Put HOST's row. What it does not say of robots.txt stays as it is. */
static void remember(struct crawl *c, struct host *host, struct state_host row)
{
    const struct gate *g = host_robots(host);
    enum state_status s;
    if (!c->state)
        return;
    row.origin = host_origin(host);
    row.delay_ms = host_delay_ms(host);
    row.unreachable_since_ms = g->unreachable_since_ms;
    row.next_ask_ms = g->next_ask_ms;
    while ((s = state_put_host(c->state, &row)) == STATE_FULL)
        memory_wait(c);
    if (s != STATE_OK && s != STATE_INVALID)
        memory_failed(c);
}

void gate_note_answer(struct crawl *c, struct host *host, bool answered, bool well)
{
    struct gate *g = host_robots(host);
    if (!g)
        return;
    enum host_class class = g->class;
    if (answered)
        class = well && class <= HOST_WELL ? HOST_WELL : HOST_WITH_ERRORS;
    else if (class != HOST_UNMET)
        class = class == HOST_WELL ? HOST_WITH_ERRORS : class;
    else
        class = HOST_UNREACHABLE;
    if (class == g->class)
        return;
    if (g->class)
        c->hosts[g->class]--;
    c->hosts[class]++;
    g->class = class;
}

void gate_note_ask(struct crawl *c, struct host *host, int64_t wait_ms)
{
    struct gate *g = host_robots(host);
    int64_t next_ask_ms = clock_wall_ms() + wait_ms;
    if (!g || wait_ms <= 0 || next_ask_ms <= g->next_ask_ms)
        return;
    g->next_ask_ms = next_ask_ms;
    remember(c, host, (struct state_host){0});
}

/* ---- Asking ---- */

static struct job *robots_job(struct crawl *c, struct host *host)
{
    struct url base = {0}, url = {0};
    const char *origin = host_origin(host);
    if (url_parse(&base, origin, strlen(origin), NULL) != URL_OK)
        return NULL;
    enum url_status s = url_parse(&url, "/robots.txt", strlen("/robots.txt"), &base);
    url_release(&base);
    struct job *job = s == URL_OK ? job_new(c, &url, NULL) : NULL;
    if (job) {
        job->kind = JOB_ROBOTS;
        job->gate = host;
    }
    return job;
}

static bool ask(struct crawl *c, struct host *host)
{
    struct job *job = robots_job(c, host);
    if (job && frontier_add_first(&c->frontier, job)) {
        host_close(&c->frontier, host);
        return true;
    }
    job_free(job);
    return false;
}

/* What the host has asked for in an earlier run holds in this one. */
static void keep_promise(struct crawl *c, struct gate *g, struct host *host)
{
    int64_t wait_ms = g->next_ask_ms - clock_wall_ms();
    if (wait_ms <= 0)
        return;
    if (wait_ms <= c->config.options.max_wait_ms) {
        host_set_not_before_ms(&c->frontier, host, clock_ms() + wait_ms);
        return;
    }
    g->state = GATE_LATER;
    g->error = FETCH_UNREACHABLE;
    snprintf(g->detail, sizeof g->detail, "put off to the next run: the host asked to be left alone for another %lld s",
             (long long)(wait_ms / 1000));
}

static bool learn_rules(struct crawl *c, struct gate *g, struct host *host, const struct state_host *known)
{
    g->state = GATE_RULES;
    if (c->config.options.ignore_robots || use_known(c, g, host, known, false)) {
        tell_rules(c, host);
        return true;
    }
    bool asked = ask(c, host);
    g->state = asked ? GATE_ASKED : GATE_NEW;
    return asked;
}

static struct gate *gate_new(struct crawl *c, struct host *host, const struct state_host *known)
{
    struct gate *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    host_set_robots(&c->frontier, host, g);
    if (known) {
        g->unreachable_since_ms = known->unreachable_since_ms;
        g->next_ask_ms = known->next_ask_ms;
    }
    keep_promise(c, g, host);
    return g;
}

/* HOST's gate; FOR_PAGE: with its rules, or what is known instead. NULL when memory is out. */
static struct gate *gate_of(struct crawl *c, struct host *host, bool for_page)
{
    struct gate *g = host_robots(host);
    if (g && (g->state != GATE_NEW || !for_page))
        return g;
    const struct state_host *known = known_host(c, host);
    if (!g && !(g = gate_new(c, host, known)))
        return NULL;
    return !for_page || g->state != GATE_NEW || learn_rules(c, g, host, known) ? g : NULL;
}

/* A job for robots.txt that comes here is another origin's, which was led here: it needs no leave of the rules. */
bool gate_admit(struct crawl *c, struct host *host, struct job *job)
{
    struct gate *g = gate_of(c, host, job->kind != JOB_ROBOTS);
    if (!g) {
        verdict_end(c, job, FETCH_IO, "out of memory");
        return false;
    }
    if (g->state == GATE_LATER)
        return put_off(c, g, job);
    return job->kind == JOB_ROBOTS || obey(c, g, job);
}

void gate_take_back(struct crawl *c, struct job *job)
{
    struct host *host = job->gate;
    if (host_has_jobs(host) && frontier_add_first(&c->frontier, job))
        return;
    struct gate *g = host_robots(host);
    g->state = GATE_NEW;
    job_free(job);
    host_open(&c->frontier, host);
}

/* ---- The answer ---- */

/* A job for robots.txt that waits here is another origin's, which was led here. */
static bool keep_waiting_job(struct job *job, void *arg)
{
    struct host *host = arg;
    return job->kind == JOB_ROBOTS || obey(job->crawl, host_robots(host), job);
}

/* The rules are known: the jobs that wait are judged by them. */
static void open_gate(struct crawl *c, struct job *robots)
{
    struct host *host = robots->gate;
    job_free(robots);
    tell_rules(c, host);
    frontier_sift(&c->frontier, host, keep_waiting_job, host);
    host_open(&c->frontier, host);
}

static void remember_answer(struct crawl *c, const struct job *job, int64_t lifetime)
{
    struct gate *g = host_robots(job->gate);
    int64_t now = clock_wall_ms();
    bool has_text = job->status >= 200 && job->status < 300;
    g->unreachable_since_ms = 0;
    remember(c, job->gate,
             (struct state_host){
                 .robots = has_text && job->body.data ? job->body.data : "",
                 .robots_len = has_text ? job->body.len : 0,
                 .robots_status = job->status,
                 .robots_fetched_ms = now,
                 .robots_expires_ms = now + lifetime,
             });
}

/* Whether a failure tells of the host, and not of memory or workers here, or of an address that is not asked. */
static bool tells_of_host(enum fetch_error error)
{
    return error != FETCH_IO && error != FETCH_LOST && error != FETCH_BLOCKED;
}

/* Section 2.3.1.4: what cannot be reached, or answers that it has failed, allows nothing; unless what it said before is
 * known, or it has been so for a month. */
static void shut(struct crawl *c, struct job *job, enum fetch_error error, const char *why)
{
    struct host *host = job->gate;
    struct gate *g = host_robots(host);
    int64_t now = clock_wall_ms();
    bool is_hosts = tells_of_host(error);
    if (!g->unreachable_since_ms && is_hosts)
        g->unreachable_since_ms = now;
    if (!use_known(c, g, host, known_host(c, host), true)) {
        g->state = is_hosts && now - g->unreachable_since_ms >= DESPAIR_MS ? GATE_RULES : GATE_SHUT;
        g->error = error;
        g->status = job->status;
        snprintf(g->detail, sizeof g->detail, "robots.txt cannot be had: %s", why);
    }
    remember(c, host, (struct state_host){0});
    open_gate(c, job);
}

/* Of these it is known that another answer may come soon. */
static bool is_passing(unsigned status)
{
    return status == 408 || status == 425 || status == 429;
}

void gate_answered(struct crawl *c, struct job *job, const struct fetch_answer *answer)
{
    struct gate *g = host_robots(job->gate);
    char why[64];
    if (job->status >= 500) {
        snprintf(why, sizeof why, "the server answered %u", job->status);
        return shut(c, job, FETCH_ROBOTS, why);
    }
    bool has_text = job->status >= 200 && job->status < 300;
    g->state = GATE_RULES; /* other answers than 2xx: there is none, and all is allowed (section 2.3.1.3) */
    if (has_text && !use_text(c, g, job->gate, job->body.data ? job->body.data : "", job->body.len))
        return shut(c, job, FETCH_IO, "out of memory");
    if (is_passing(job->status))
        use_known(c, g, job->gate, known_host(c, job->gate), true);
    else
        remember_answer(c, job, cache_lifetime_ms(answer, DAY_MS));
    open_gate(c, job);
}

static bool keep_robots(struct job *job, void *arg)
{
    struct job **pages = arg;
    if (job->kind == JOB_ROBOTS)
        return true;
    job->next = *pages;
    *pages = job;
    return false;
}

/* The host may still be named by a list: then its pages wait for that, and so does robots.txt. One that was named
 * meanwhile is closed again by the first page that comes back. */
static void blocked(struct crawl *c, struct job *robots)
{
    static const char why[] = "the address is not a public one";
    struct host *host = robots->gate;
    struct gate *g = host_robots(host);
    struct job *pages = NULL;
    g->state = GATE_NEW;
    job_free(robots);
    frontier_sift(&c->frontier, host, keep_robots, &pages);
    host_open(&c->frontier, host);
    for (struct job *job = pages, *next; job; job = next) {
        next = job->next;
        job->error = FETCH_BLOCKED;
        snprintf(job->detail, sizeof job->detail, "%s", why);
        if (!feed_park(c, job))
            verdict_end(c, job, FETCH_BLOCKED, why);
    }
}

/* The host asks to be left alone for longer than this run waits, so its pages are put off as robots.txt is. */
static void leave_alone(struct crawl *c, struct job *job)
{
    struct gate *g = host_robots(job->gate);
    g->state = GATE_LATER;
    g->error = job->error;
    g->status = job->status;
    snprintf(g->detail, sizeof g->detail, "%s", job->detail);
    open_gate(c, job);
}

void gate_failed(struct crawl *c, struct job *job)
{
    if (job->outcome == OUTCOME_PUT_OFF)
        return leave_alone(c, job);
    if (job->error == FETCH_BLOCKED && !job->redirects)
        return blocked(c, job);
    /* A redirect that leads nowhere, or on and on, says as little as a 404 (section 2.3.1.2). */
    if (job->error == FETCH_REDIRECT || job->error == FETCH_SCHEME || job->error == FETCH_URL) {
        struct fetch_answer none = {0};
        job->status = 404;
        job->error = FETCH_OK;
        return gate_answered(c, job, &none);
    }
    char why[sizeof job->detail];
    snprintf(why, sizeof why, "%s", *job->detail ? job->detail : fetch_error_word(job->error));
    shut(c, job, job->error, why);
}
