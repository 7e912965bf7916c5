/* How many requests a rule of recrawling saves, and how stale that makes the copy: 90 days of a site whose pages change
 * at known rates, against asking for everything each day.
 *
 * bench_recrawl [PAGES]: by default 10,000. The same figures each time and everywhere; it takes no time but the
 * processor's. */
#include "../unit/crawl/recrawl_simulation.h"

#include <stdlib.h>

/* ---- Candidates ---- */

static int64_t within(const struct due_policy *policy, double ms)
{
    double least = (double)policy->min_interval_ms, most = (double)policy->max_interval_ms;
    return (int64_t)(ms < least ? least : ms > most ? most : ms);
}

static int64_t multiply(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms,
                        double when_changed, double when_not)
{
    if (!row->visits++)
        row->interval_ms = DAY_MS;
    else
        row->interval_ms = within(policy, (double)row->interval_ms * (changed ? when_changed : when_not));
    return now_ms + row->interval_ms;
}

/* The rates of Nutch's AdaptiveFetchSchedule. */
static int64_t after_nutch(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms)
{
    return multiply(policy, row, changed, now_ms, 0.8, 1.4);
}

static int64_t after_doubling(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms)
{
    return multiply(policy, row, changed, now_ms, 0.5, 2);
}

static int64_t after_careful(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms)
{
    return multiply(policy, row, changed, now_ms, 0.5, 1.2);
}

/* The same estimate, but each page is asked for when it has changed with the same probability, of a third. */
static int64_t after_proportional(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms)
{
    due_after(policy, row, changed, now_ms);
    row->interval_ms = within(policy, 0.4 * (double)row->watched_ms / (row->changes + 0.25));
    return now_ms + row->interval_ms;
}

static bool is_due_weekly(const struct due_policy *policy, const struct state_page *row, int64_t now_ms)
{
    (void)policy, (void)row;
    return (now_ms - START_MS) % (7 * DAY_MS) == 0;
}

static bool is_due_always(const struct due_policy *policy, const struct state_page *row, int64_t now_ms)
{
    (void)policy, (void)row, (void)now_ms;
    return true;
}

/* ---- Tables ---- */

static void print_rule(const struct simulation *of, const struct rule *rule)
{
    struct outcome o = simulate(of, rule);
    printf("%-34s %8.1f %9.1f%% %8.2f%% %9.2f\n", rule->name, o.all.requests,
           100 - 100 * o.all.requests / SIMULATED_DAYS, 100 * o.all.stale, o.all.stale_hours);
    fflush(stdout);
}

static void compare(const struct simulation *of, const char *what)
{
    const struct rule rules[] = {
        {"everything in each run", is_due_always, after_nothing},
        rule_of_each_day,
        {"everything each week", is_due_weekly, after_nothing},
        {"doubled and halved", due_is, after_doubling},
        {"Nutch's: times 1.4 and 0.8", due_is, after_nutch},
        {"times 1.2 and 0.5", due_is, after_careful},
        {"as probably changed as any other", due_is, after_proportional},
        rule_of_due,
    };
    printf("\n-- %s, %u pages, of which %u%% have a Last-Modified\n", what, of->pages, of->dated / 10);
    printf("%-34s %8s %10s %9s %9s\n", "", "requests", "saved", "stale", "stale for");
    printf("%-34s %8s %10s %9s %9s\n", "", "a page", "", "pages", "hours");
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        print_rule(of, &rules[i]);
}

static void print_kinds(const struct simulation *of, const char *what)
{
    struct outcome each_day = simulate(of, &rule_of_each_day), due = simulate(of, &rule_of_due);
    printf("\n-- %s, by how often pages change: requests a page, stale pages; each day | crawl/due.c\n", what);
    for (unsigned kind = 0; kind < SIMULATED_KINDS; kind++) {
        const struct figures *a = &each_day.of_kind[kind], *b = &due.of_kind[kind];
        printf("%-10s %4.1f%%   %8.1f %8.2f%%   |  %8.1f %8.2f%%\n", simulated_kinds[kind].name,
               simulated_kinds[kind].share / 10.0, a->requests, 100 * a->stale, b->requests, 100 * b->stale);
    }
}

int main(int argc, char **argv)
{
    unsigned pages = argc > 1 ? (unsigned)atoi(argv[1]) : 10000;
    printf("Saved: of the requests of asking for everything each day. Stale: means over all pages and 90 days.\n");
    const struct simulation daily = {.pages = pages, .every_ms = DAY_MS, .dated = 500};
    const struct simulation hourly = {.pages = pages, .every_ms = HOUR_MS, .dated = 500};
    struct simulation other = daily;
    compare(&daily, "A run each day");
    print_kinds(&daily, "A run each day");
    compare(&hourly, "A run each hour");
    print_kinds(&hourly, "A run each hour");
    other.dated = 0;
    compare(&other, "A run each day, no dates");
    other.dated = 500;
    other.changes_way = SIMULATED_DAYS / 2 * DAY_MS;
    compare(&other, "A run each day, what changed often changes rarely from the 45th day on and the other way round");
    return 0;
}
