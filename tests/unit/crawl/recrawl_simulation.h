/* A site whose pages change at known rates, and a copy of it that a rule keeps fresh: what is saved, and how stale it
 * is.
 *
 * Each page's changes are a Poisson process of its own seed, so that every rule meets the same changes. Nothing depends
 * on the machine: random numbers are SplitMix64's, waiting times are drawn by comparisons alone (J. von Neumann,
 * Various Techniques Used in Connection with Random Digits, 1951). */
#ifndef RECRAWL_SIMULATION_H
#define RECRAWL_SIMULATION_H

#include "base/status.h"
#include "crawl/due.h"
#include "web/date.h"

#include <stdio.h>

#define HOUR_MS  (INT64_C(3600) * 1000)
#define DAY_MS   (24 * HOUR_MS)
#define START_MS INT64_C(1790000000000)

enum { SIMULATED_DAYS = 90, SIMULATED_KINDS = 6 };

/* How often pages change, and how many of a thousand do so. */
static const struct {
    const char *name;
    int64_t mean_ms; /* between two changes; 0: never */
    unsigned share;
} simulated_kinds[SIMULATED_KINDS] = {
    {"hourly", HOUR_MS, 20},       {"daily", DAY_MS, 80},         {"weekly", 7 * DAY_MS, 150},
    {"monthly", 30 * DAY_MS, 250}, {"yearly", 365 * DAY_MS, 300}, {"never", 0, 200},
};

struct rule {
    const char *name;
    bool (*is_due)(const struct due_policy *policy, const struct state_page *row, int64_t now_ms);
    int64_t (*after)(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms);
};

struct simulation {
    unsigned pages;
    int64_t every_ms;    /* a run each */
    unsigned dated;      /* of a thousand pages, those with Last-Modified */
    int64_t changes_way; /* 0, or a page's kind turns over at that time: the fastest becomes the slowest */
};

/* What came of it, for all pages and for each kind. Means over all pages and all of the time. */
struct figures {
    double requests;    /* a page */
    double stale;       /* share of pages that are out of date */
    double stale_hours; /* for how long a page has been out of date; 0 for one that is not */
};

struct outcome {
    struct figures all, of_kind[SIMULATED_KINDS];
};

/* ---- Chance ---- */

static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline double next_share(uint64_t *state)
{
    return (double)(next_random(state) >> 11) * 0x1p-53;
}

/* A waiting time whose mean is 1: descending runs of odd length are accepted. */
static inline double next_wait(uint64_t *state)
{
    for (unsigned whole = 0;; whole++) {
        double first = next_share(state), last = first;
        for (bool odd = true;; odd = !odd) {
            double drawn = next_share(state);
            if (drawn < last) {
                last = drawn;
                continue;
            }
            if (odd)
                return whole + first;
            break;
        }
    }
}

/* ---- One page ---- */

struct simulated_page {
    const struct simulation *of;
    unsigned kind;
    bool dated;
    uint64_t chance; /* of its changes */
    int64_t modified_ms, next_change_ms;
    int64_t stale_since_ms; /* 0: the copy is as the page is */
    struct state_page row;
    char last_modified[40];
    double requests, stale_ms, stale_ms2;
};

static inline int64_t next_change(struct simulated_page *p, int64_t after_ms)
{
    unsigned kind = p->kind;
    if (p->of->changes_way && after_ms >= START_MS + p->of->changes_way)
        kind = SIMULATED_KINDS - 1 - kind;
    int64_t mean = simulated_kinds[kind].mean_ms;
    double wait = mean ? next_wait(&p->chance) * (double)mean : 0;
    int64_t at = mean ? after_ms + 1 + (int64_t)wait : INT64_MAX;
    int64_t turn = START_MS + p->of->changes_way;
    return after_ms < turn && at > turn ? next_change(p, turn) : at; /* waiting has no memory */
}

static inline void simulated_page_init(struct simulated_page *p, const struct simulation *of, unsigned number)
{
    *p = (struct simulated_page){.of = of, .chance = number * UINT64_C(0xd1342543de82ef95) + 1};
    unsigned drawn = (unsigned)(next_random(&p->chance) % 1000);
    while (drawn >= simulated_kinds[p->kind].share)
        drawn -= simulated_kinds[p->kind++].share;
    p->dated = next_random(&p->chance) % 1000 < of->dated;
    int64_t mean = simulated_kinds[p->kind].mean_ms;
    p->modified_ms = START_MS - (int64_t)(next_wait(&p->chance) * (double)(mean ? mean : 3650 * DAY_MS));
    p->next_change_ms = next_change(p, START_MS);
}

/* The page is as of NOW_MS. Returns whether it changed since it was looked at last. */
static inline bool simulated_page_change(struct simulated_page *p, int64_t now_ms)
{
    bool changed = false;
    for (; p->next_change_ms <= now_ms; changed = true) {
        p->modified_ms = p->next_change_ms;
        if (!p->stale_since_ms)
            p->stale_since_ms = p->modified_ms;
        p->next_change_ms = next_change(p, p->modified_ms);
    }
    return changed;
}

static inline void count_stale(struct simulated_page *p, int64_t now_ms)
{
    double ms = p->stale_since_ms ? (double)(now_ms - p->stale_since_ms) : 0;
    p->stale_ms += ms;
    p->stale_ms2 += ms * ms / 2;
    p->stale_since_ms = 0;
}

static inline void write_date(int64_t ms, char text[40])
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct date d;
    if (!date_from_unix(ms / 1000, &d))
        d = (struct date){.year = 1970, .month = 1, .day = 1};
    snprintf(text, 40, "Thu, %02d %s %04d %02d:%02d:%02d GMT", d.day % 100, months[(d.month - 1) % 12],
             (int)(d.year % 10000), d.hour % 100, d.minute % 100, d.second % 100);
}

static inline void simulated_page_visit(struct simulated_page *p, const struct rule *rule,
                                        const struct due_policy *policy, int64_t now_ms)
{
    bool changed = simulated_page_change(p, now_ms);
    if (p->requests > 0)
        count_stale(p, now_ms);
    p->stale_since_ms = 0;
    p->requests++;
    if (p->dated)
        write_date(p->modified_ms, p->last_modified);
    p->row.last_modified = p->last_modified;
    p->row.next_due_ms = rule->after(policy, &p->row, changed, now_ms);
    p->row.last_fetched_ms = now_ms;
}

/* ---- All of them ---- */

/* A run takes some time, and a page has its place in it, more or less. */
static inline void simulate_page(struct simulated_page *p, const struct rule *rule, const struct due_policy *policy,
                                 unsigned number)
{
    int64_t end = START_MS + SIMULATED_DAYS * DAY_MS, length = p->of->every_ms / 24;
    uint64_t chance = number * UINT64_C(0xaf251af3b0f025b5) + 7;
    double place = next_share(&chance);
    for (int64_t run = START_MS; run < end; run += p->of->every_ms) {
        int64_t at = run + (int64_t)((0.8 * place + 0.2 * next_share(&chance)) * (double)length);
        if (rule->is_due(policy, &p->row, run))
            simulated_page_visit(p, rule, policy, at);
    }
    simulated_page_change(p, end);
    count_stale(p, end);
}

static inline void add_figures(struct figures *sum, const struct simulated_page *p)
{
    sum->requests += p->requests;
    sum->stale += p->stale_ms / (double)(SIMULATED_DAYS * DAY_MS);
    sum->stale_hours += p->stale_ms2 / (double)(SIMULATED_DAYS * DAY_MS) / (double)HOUR_MS;
}

static inline void divide_figures(struct figures *sum, unsigned pages)
{
    if (!pages)
        return;
    sum->requests /= pages;
    sum->stale /= pages;
    sum->stale_hours /= pages;
}

static inline struct outcome simulate(const struct simulation *of, const struct rule *rule)
{
    const struct due_policy policy = {HOUR_MS, 30 * DAY_MS};
    struct outcome outcome = {0};
    unsigned pages[SIMULATED_KINDS] = {0};
    for (unsigned i = 0; i < of->pages; i++) {
        struct simulated_page p;
        simulated_page_init(&p, of, i);
        simulate_page(&p, rule, &policy, i);
        add_figures(&outcome.all, &p);
        add_figures(&outcome.of_kind[p.kind], &p);
        pages[p.kind]++;
    }
    divide_figures(&outcome.all, of->pages);
    for (unsigned kind = 0; kind < SIMULATED_KINDS; kind++)
        divide_figures(&outcome.of_kind[kind], pages[kind]);
    return outcome;
}

/* ---- Rules ---- */

static inline bool is_due_daily(const struct due_policy *policy, const struct state_page *row, int64_t now_ms)
{
    (void)policy, (void)row;
    return (now_ms - START_MS) % DAY_MS == 0;
}

static inline int64_t after_nothing(const struct due_policy *policy, struct state_page *row, bool changed,
                                    int64_t now_ms)
{
    (void)policy, (void)row, (void)changed;
    return now_ms;
}

static const struct rule rule_of_each_day = {"everything each day", is_due_daily, after_nothing};
static const struct rule rule_of_due = {"crawl/due.c", due_is, due_after};

#endif
