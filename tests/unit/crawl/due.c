/* When a page is asked for again: sooner and later, within bounds, whatever clocks and servers say. */
#include "crawl/due.h"

#include "recrawl_simulation.h"

#include <criterion/criterion.h>
#include <stdlib.h>

TestSuite(due, .timeout = 120);

static const struct due_policy policy = {HOUR_MS, 30 * DAY_MS};

static double hours(int64_t ms)
{
    return (double)ms / (double)HOUR_MS;
}

/* Ask for the page of ROW when it is due, or LATE_MS after that. Returns when. */
static int64_t visit(struct state_page *row, bool changed, int64_t late_ms)
{
    int64_t now = row->visits ? row->next_due_ms + late_ms : START_MS;
    int64_t next = due_after(&policy, row, changed, now);
    cr_assert_eq(next, now + row->interval_ms);
    cr_assert_eq(row->next_due_ms, next);
    cr_assert_eq(row->last_fetched_ms, now);
    cr_assert(row->interval_ms >= policy.min_interval_ms && row->interval_ms <= policy.max_interval_ms);
    return now;
}

static void date(struct state_page *row, int64_t ms)
{
    static char text[40];
    write_date(ms, text);
    row->last_modified = text;
}

/* ---- The first visit ---- */

Test(due, a_page_of_which_nothing_is_known_is_asked_for_after_a_day)
{
    struct state_page row = {0};
    visit(&row, true, 0);
    cr_assert_eq(row.interval_ms, DAY_MS);
    cr_assert_eq(row.visits, 1);
    cr_assert_eq(row.changes, 0);
}

Test(due, at_the_first_visit_its_date_tells_how_often_a_page_changes)
{
    static const struct {
        int64_t age_ms;
        double least, most; /* hours */
    } rows[] = {
        {0, 10, 11},           {HOUR_MS, 10, 12},        {DAY_MS, 15, 20},
        {30 * DAY_MS, 60, 80}, {365 * DAY_MS, 230, 245}, {3650 * DAY_MS, 700, 720},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct state_page row = {0};
        date(&row, START_MS - rows[i].age_ms);
        visit(&row, false, 0);
        double interval = hours(row.interval_ms);
        cr_expect(interval >= rows[i].least && interval <= rows[i].most, "%.0f h old: asked for again after %.1f h",
                  hours(rows[i].age_ms), interval);
    }
}

Test(due, a_date_that_cannot_be_is_none)
{
    static const char *const dates[] = {"", "yesterday", "Thu, 01 Jan 2099 00:00:00 GMT",
                                        "Thu, 99 Foo 2020 00:00:00 GMT", "0"};
    for (size_t i = 0; i < COUNT_OF(dates); i++) {
        struct state_page row = {.last_modified = dates[i]};
        visit(&row, false, 0);
        cr_expect_eq(row.interval_ms, DAY_MS, "\"%s\": %.1f h", dates[i], hours(row.interval_ms));
    }
}

Test(due, what_was_fetched_before_intervals_were_kept_is_learned_from)
{
    struct state_page row = {.last_fetched_ms = START_MS - 60 * DAY_MS}, fresh = {0};
    visit(&row, false, 0);
    visit(&fresh, false, 0);
    cr_assert_gt(row.interval_ms, fresh.interval_ms);
}

/* ---- Sooner and later ---- */

Test(due, it_is_later_each_time_the_page_is_as_it_was_up_to_the_bound)
{
    struct state_page row = {0};
    visit(&row, false, 0);
    unsigned visits = 0;
    for (int64_t last = 0; row.interval_ms < policy.max_interval_ms; visits++) {
        last = row.interval_ms;
        visit(&row, false, 0);
        cr_assert_gt(row.interval_ms, last, "visit %u", visits);
    }
    cr_assert_lt(visits, 50);
    visit(&row, false, 0);
    cr_assert_eq(row.interval_ms, policy.max_interval_ms);
}

Test(due, it_is_sooner_each_time_the_page_has_changed_down_to_the_bound)
{
    struct state_page row = {0};
    visit(&row, false, 0);
    unsigned visits = 0;
    for (int64_t last = 0; row.interval_ms > policy.min_interval_ms; visits++) {
        last = row.interval_ms;
        visit(&row, true, 0);
        cr_assert_lt(row.interval_ms, last, "visit %u", visits);
    }
    cr_assert_lt(visits, 100);
    visit(&row, true, 0);
    cr_assert_eq(row.interval_ms, policy.min_interval_ms);
}

Test(due, a_change_makes_it_sooner_and_none_later_whatever_came_before)
{
    uint64_t chance = 1;
    for (unsigned page = 0; page < 200; page++) {
        struct state_page row = {0};
        double often = next_share(&chance);
        visit(&row, false, 0);
        for (unsigned i = 0; i < 100; i++) {
            bool changed = next_share(&chance) < often;
            int64_t last = row.interval_ms;
            visit(&row, changed, 0);
            cr_assert(changed ? row.interval_ms <= last : row.interval_ms >= last - 1000,
                      "page %u, visit %u, %s: %.3f h after %.3f h", page, i, changed ? "changed" : "unchanged",
                      hours(row.interval_ms), hours(last));
            cr_assert_lt(row.changes, DUE_EVENTS);
        }
    }
}

Test(due, a_page_that_changes_its_ways_is_followed)
{
    struct state_page row = {0};
    visit(&row, false, 0);
    for (unsigned i = 0; i < 60; i++)
        visit(&row, false, 0);
    unsigned changed = 0;
    for (; row.interval_ms > 2 * DAY_MS; changed++)
        visit(&row, true, 0);
    cr_assert_lt(changed, 20);
    for (unsigned i = 0; i < 200; i++)
        visit(&row, true, 0);
    cr_assert_lt(row.interval_ms, 2 * HOUR_MS);
    for (int64_t end = row.next_due_ms + 60 * DAY_MS; row.next_due_ms < end;)
        visit(&row, false, 0);
    cr_assert_gt(row.interval_ms, DAY_MS);
}

Test(due, a_date_tells_more_than_that_the_page_has_changed)
{
    struct state_page plain = {0}, lately = {0};
    visit(&plain, false, 0);
    visit(&lately, false, 0);
    date(&lately, lately.next_due_ms - 60 * 1000);
    visit(&plain, true, 0);
    visit(&lately, true, 0);
    cr_assert_lt(lately.interval_ms, plain.interval_ms);
}

Test(due, a_date_before_the_last_visit_does_not_say_when_a_page_changed_since)
{
    struct state_page plain = {0}, old = {0};
    visit(&plain, false, 0);
    visit(&old, false, 0);
    date(&old, START_MS - 365 * DAY_MS);
    visit(&plain, true, 0);
    visit(&old, true, 0);
    cr_assert_eq(old.interval_ms, plain.interval_ms);
}

/* ---- Clocks ---- */

Test(due, a_visit_that_comes_late_counts_for_the_time_that_has_passed)
{
    struct state_page in_time = {0}, late = {0};
    visit(&in_time, false, 0);
    visit(&late, false, 0);
    visit(&in_time, false, 0);
    visit(&late, false, 10 * DAY_MS);
    cr_assert_gt(late.interval_ms, 2 * in_time.interval_ms);
}

Test(due, nothing_is_learned_when_the_clock_was_put_back)
{
    struct state_page row = {0};
    visit(&row, false, 0);
    visit(&row, false, 0);
    for (int changed = 0; changed < 2; changed++) {
        struct state_page again = row;
        int64_t now = row.last_fetched_ms - 400 * DAY_MS;
        cr_expect(due_is(&policy, &again, now), "what is due too late to be true is due now");
        cr_expect_eq(due_after(&policy, &again, changed, now), now + row.interval_ms);
        cr_expect_eq(again.watched_ms, row.watched_ms);
    }
}

Test(due, a_clock_that_jumps_ahead_is_forgotten_in_some_visits)
{
    struct state_page row = {0};
    visit(&row, false, 0);
    visit(&row, false, 10000 * DAY_MS);
    cr_assert_eq(row.interval_ms, policy.max_interval_ms);
    unsigned changed = 0;
    for (; row.interval_ms > 3 * DAY_MS; changed++)
        visit(&row, true, 0);
    cr_assert_lt(changed, 20);
}

Test(due, a_page_is_due_an_eighth_of_its_interval_early_and_not_before)
{
    struct state_page row = {.next_due_ms = START_MS, .interval_ms = 8 * DAY_MS};
    cr_expect(due_is(&policy, &row, START_MS));
    cr_expect(due_is(&policy, &row, START_MS + 1000 * DAY_MS), "a run may be late");
    cr_expect(due_is(&policy, &row, START_MS - DAY_MS));
    cr_expect_not(due_is(&policy, &row, START_MS - DAY_MS - 1));
    row.failures = 1;
    cr_expect_not(due_is(&policy, &row, START_MS - HOUR_MS));
    cr_expect(due_is(&policy, &row, START_MS - HOUR_MS / 8));
    cr_expect(due_is(&policy, &(struct state_page){0}, START_MS), "one of which nothing is known");
}

/* Asked for at the end of one run, and due at the start of the next. */
Test(due, a_page_that_changes_all_the_time_is_asked_for_in_each_run)
{
    static const struct {
        int64_t every_ms, length_ms;
    } rows[] = {{DAY_MS, 2 * HOUR_MS}, {HOUR_MS, 7 * 60 * 1000}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct state_page row = {0};
        unsigned asked = 0;
        for (unsigned run = 0; run < 1000; run++) {
            int64_t start = START_MS + run * rows[i].every_ms;
            if (!due_is(&policy, &row, start))
                continue;
            asked += run >= 900;
            due_after(&policy, &row, true, start + (run % 2 ? 0 : rows[i].length_ms));
        }
        cr_expect_eq(asked, 100, "%u of 100 runs", asked);
    }
}

/* ---- Failures ---- */

Test(due, a_page_that_fails_is_tried_again_soon_and_no_later_than_if_it_had_not)
{
    struct state_page row = {0};
    for (unsigned i = 0; i < 10; i++)
        visit(&row, false, 0);
    struct state_page before = row;
    int64_t now = row.next_due_ms;
    static const int wanted[] = {1, 2, 4, 8, 16, 32, 64};
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        row.failures++;
        cr_expect_eq(due_failed(&policy, &row, now), now + wanted[i] * HOUR_MS, "failure %zu", i);
    }
    for (unsigned i = 0; i < 1000; i++, row.failures += 1000000)
        cr_assert_leq(due_failed(&policy, &row, now), now + before.interval_ms);
    cr_expect_eq(row.interval_ms, before.interval_ms);
    cr_expect_eq(row.watched_ms, before.watched_ms);
    cr_expect_eq(row.changes, before.changes);
    cr_expect_eq(row.visits, before.visits);
    cr_expect_eq(row.last_fetched_ms, before.last_fetched_ms);
    row.failures = 0;
    visit(&row, false, 0);
    cr_expect_gt(row.interval_ms, before.interval_ms, "and what was known is gone on with");
}

Test(due, a_page_that_was_never_there_is_tried_each_day_at_least)
{
    struct state_page row = {.failures = 30};
    cr_assert_eq(due_failed(&policy, &row, START_MS), START_MS + DAY_MS);
}

Test(due, a_page_that_is_gone_is_asked_for_more_and_more_rarely)
{
    struct state_page row = {.interval_ms = 2 * HOUR_MS};
    int64_t last = 0;
    for (row.failures = row.gone = 1; row.gone < 20; row.failures++, row.gone++) {
        int64_t wait = due_failed(&policy, &row, START_MS) - START_MS;
        cr_assert(wait > last || wait == policy.max_interval_ms);
        last = wait;
    }
    cr_assert_eq(last, policy.max_interval_ms);
}

/* ---- Anything ---- */

static int64_t anything(uint64_t *chance)
{
    uint64_t bits = next_random(chance);
    return (int64_t)(bits >> (next_random(chance) % 64)) * (next_random(chance) % 4 ? 1 : -1);
}

Test(due, rows_and_bounds_of_any_kind_give_a_time_within_the_bounds)
{
    uint64_t chance = 2;
    for (unsigned i = 0; i < 200000; i++) {
        struct due_policy any;
        any.min_interval_ms = 1 + (int64_t)(next_random(&chance) % (uint64_t)(10000 * DAY_MS));
        any.max_interval_ms = any.min_interval_ms + (int64_t)(next_random(&chance) % (uint64_t)(900 * DAY_MS));
        struct state_page row = {.visits = (unsigned)anything(&chance),
                                 .changes = (unsigned)anything(&chance),
                                 .failures = (unsigned)anything(&chance),
                                 .gone = next_random(&chance) % 2,
                                 .interval_ms = anything(&chance),
                                 .watched_ms = anything(&chance),
                                 .next_due_ms = anything(&chance),
                                 .last_fetched_ms = anything(&chance)};
        due_is(&any, &row, START_MS);
        int64_t wait = due_failed(&any, &row, START_MS) - START_MS;
        cr_assert(wait >= any.min_interval_ms && wait <= any.max_interval_ms, "%u: failed: %lld", i, (long long)wait);
        wait = due_after(&any, &row, next_random(&chance) % 2, START_MS) - START_MS;
        cr_assert(wait >= any.min_interval_ms && wait <= any.max_interval_ms, "%u: %lld", i, (long long)wait);
        cr_assert(row.watched_ms >= 0 && row.changes < DUE_EVENTS && row.visits);
    }
}

/* ---- What it is good for: tests/bench/recrawl.c has all the figures ---- */

static void expect_saving(int64_t every_ms, double saved_least, double stale_most)
{
    const struct simulation site = {.pages = 2000, .every_ms = every_ms, .dated = 500};
    struct outcome each_day = simulate(&site, &rule_of_each_day), due = simulate(&site, &rule_of_due);
    double saved = 1 - due.all.requests / each_day.all.requests, stale = due.all.stale - each_day.all.stale;
    cr_expect_eq(each_day.all.requests, SIMULATED_DAYS);
    cr_expect_geq(saved, saved_least, "%.3f of the requests are saved", saved);
    cr_expect_leq(stale, stale_most, "%.4f more of the pages are stale", stale);
}

Test(due, three_of_five_requests_are_saved_when_two_and_a_half_percent_more_of_the_pages_are_stale)
{
    expect_saving(DAY_MS, 0.6, 0.025);
}

Test(due, with_a_run_each_hour_a_quarter_is_saved_and_the_copy_is_fresher)
{
    expect_saving(HOUR_MS, 0.25, -0.002);
}

Test(due, it_costs_less_and_is_fresher_than_asking_for_all_pages_in_each_second_or_third_run)
{
    const struct simulation site = {.pages = 2000, .every_ms = DAY_MS, .dated = 0};
    struct outcome due = simulate(&site, &rule_of_due);
    const struct simulation rarely = {.pages = 2000, .every_ms = 2 * DAY_MS, .dated = 0};
    struct outcome second = simulate(&rarely, &rule_of_each_day);
    cr_expect_lt(due.all.requests, second.all.requests);
    cr_expect_lt(due.all.stale, second.all.stale);
}

Test(due, a_simulation_gives_the_same_figures_again)
{
    const struct simulation site = {.pages = 300, .every_ms = DAY_MS, .dated = 500};
    struct outcome one = simulate(&site, &rule_of_due), two = simulate(&site, &rule_of_due);
    cr_assert(one.all.requests == two.all.requests && one.all.stale == two.all.stale);
}
