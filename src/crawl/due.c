#include "crawl/due.h"

#include "web/date.h"

#include <limits.h>
#include <string.h>

/* In seconds, all of them, so that products of three fit in 64 bits. */
enum {
    WORTH_S = DUE_WORTH_MS / 1000,
    FIRST_S = DUE_FIRST_MS / 1000,
    SPAN_MAX_S = 1 << 30, /* 34 years; more is a clock that was wrong */
    WATCHED_MIN_S = 60,
};

/* Before anything is known, a quarter of an event was seen, in such a time that the first interval comes of it. */
enum { QUARTERS = 4, PRIOR_S = FIRST_S / WORTH_S * FIRST_S / QUARTERS };

#define HOUR_MS (INT64_C(3600) * 1000)

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Of a number of at most 62 bits; rounded down. */
static int64_t square_root(int64_t n)
{
    int64_t root = 0;
    for (int64_t bit = INT64_C(1) << 30; bit; bit >>= 1)
        if ((root + bit) * (root + bit) <= n)
            root += bit;
    return root;
}

/* Events so far in quarters, with the one that was there before them. */
static int64_t quarters(const struct state_page *row)
{
    return QUARTERS * (int64_t)row->changes + 1;
}

static int64_t watched_s(const struct state_page *row)
{
    return least(most(row->watched_ms / 1000, WATCHED_MIN_S), SPAN_MAX_S);
}

/* ---- What a visit tells ---- */

/* How long before NOW_MS the page changed last, by its own account; -1: it does not say, or speaks of the future. */
static int64_t age_s(const struct state_page *row, int64_t now_ms)
{
    int64_t at;
    const char *text = row->last_modified;
    if (!text || !http_date_parse(text, strlen(text), &at))
        return -1;
    int64_t age = now_ms / 1000 - at;
    return age < 0 ? -1 : least(age, SPAN_MAX_S);
}

/* How long was waited for the change that was found after SPAN_S. */
static int64_t wait_s(const struct state_page *row, int64_t span_s, int64_t now_ms)
{
    int64_t age = age_s(row, now_ms), watched = watched_s(row);
    if (age >= 0 && age <= span_s)
        return age;
    if (!span_s)
        return 0;
    return 4 * watched * span_s / (quarters(row) * span_s + 8 * watched);
}

/* Half of the events and as much of the time that what is left says the same. Time in which nothing happened is
 * forgotten, too, when there is more than gives a page that never changed the longest interval: it would only be slow
 * to learn. */
static void forget(const struct due_policy *policy, struct state_page *row)
{
    int64_t max_s = policy->max_interval_ms / 1000, watched = watched_s(row);
    int64_t enough_s = least(most(max_s / WORTH_S * max_s / QUARTERS, 60 * 24 * 3600), SPAN_MAX_S);
    if (row->changes >= DUE_EVENTS || (watched > enough_s && row->changes)) {
        int64_t before = quarters(row);
        row->changes /= 2;
        row->visits -= row->visits / 2;
        watched = watched * quarters(row) / before;
    }
    row->watched_ms = least(watched, enough_s) * 1000;
}

static void learn_first(struct state_page *row, int64_t now_ms)
{
    int64_t age = age_s(row, now_ms);
    row->changes = 0;
    row->watched_ms = PRIOR_S * INT64_C(1000);
    if (age < 0 || row->last_fetched_ms)
        return;
    row->changes = 1;
    row->watched_ms += age * 1000;
}

static void learn(struct state_page *row, bool changed, int64_t now_ms)
{
    if (row->last_fetched_ms <= 0 || row->last_fetched_ms > now_ms)
        return;
    int64_t span_s = least((now_ms - row->last_fetched_ms) / 1000, SPAN_MAX_S);
    row->watched_ms += 1000 * (changed ? wait_s(row, span_s, now_ms) : span_s);
    row->changes += changed;
}

/* ---- When ---- */

struct due_policy due_policy_of(int64_t min_interval_ms, int64_t max_interval_ms)
{
    int64_t min = min_interval_ms, max = max_interval_ms;
    if (!min)
        min = max ? least(max, HOUR_MS) : HOUR_MS;
    return (struct due_policy){min, max ? max : most(min, 30 * 24 * HOUR_MS)};
}

static int64_t interval_ms(const struct due_policy *policy, const struct state_page *row)
{
    int64_t ms = 1000 * square_root(WORTH_S * QUARTERS * watched_s(row) / quarters(row));
    return least(most(ms, policy->min_interval_ms), policy->max_interval_ms);
}

int64_t due_after(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms)
{
    row->changes = (unsigned)least(row->changes, DUE_EVENTS - 1);
    row->watched_ms = 1000 * watched_s(row);
    if (!row->visits)
        learn_first(row, now_ms);
    learn(row, changed, now_ms);
    row->visits += row->visits < UINT_MAX;
    forget(policy, row);
    row->interval_ms = interval_ms(policy, row);
    row->last_fetched_ms = now_ms;
    return row->next_due_ms = now_ms + row->interval_ms;
}

int64_t due_failed(const struct due_policy *policy, struct state_page *row, int64_t now_ms)
{
    int64_t longest = row->interval_ms > 0 ? row->interval_ms : DUE_FIRST_MS, wait = policy->min_interval_ms;
    if (row->gone)
        longest = policy->max_interval_ms;
    longest = least(longest, policy->max_interval_ms);
    for (unsigned n = 1; n < row->failures && wait < longest; n++)
        wait *= 2;
    wait = most(least(wait, longest), policy->min_interval_ms);
    return row->next_due_ms = now_ms + wait;
}

bool due_is(const struct due_policy *policy, const struct state_page *row, int64_t now_ms)
{
    int64_t interval = row->failures ? 0 : least(row->interval_ms, policy->max_interval_ms);
    int64_t early_ms = most(interval, policy->min_interval_ms) / 8;
    return row->next_due_ms <= now_ms + early_ms || row->next_due_ms > now_ms + policy->max_interval_ms;
}
