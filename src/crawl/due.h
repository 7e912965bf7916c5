/* When a known page is asked for again: sooner if it changed when it was asked for, later if it did not.
 *
 * due_after after each good answer and due_failed after each other one, on the page's row before it is put; due_is at
 * the start of a run, on the rows that are there. What is learned is in the row, so a page costs nothing while nobody
 * asks.
 *
 * The rule. Changes of a page are taken for a Poisson process. Its rate is estimated from what was seen at visits that
 * come at irregular intervals, as the events divided by the time they were waited for, a changed page's Last-Modified
 * telling when the event was (J. Cho and H. Garcia-Molina, Estimating Frequency of Change, ACM TOIT 3(3), 2003).
 * Looking back from a visit, the wait ends at the last change, or at the visit before when there was none. When no date
 * tells, half of the time between the visits is taken, and less the more often the page is thought to change. The half
 * of what is known is forgotten when it holds DUE_EVENTS changes, so that a page that changes its ways is followed.
 *
 * The interval is the square root of the page's mean time between changes times DUE_WORTH_MS. That is where an hour's
 * lengthening would save as much as it costs, if a request is worth DUE_WORTH_MS / 2 of a page's being out of date: for
 * a page of rate r and an interval I the copy is stale for the share rI/2 of the time, and 1/I requests are made (the
 * argument of J. Cho and H. Garcia-Molina, Effective Page Refresh Policies for Web Crawlers, ACM TODS 28(4), 2003, and
 * of C. Olston and S. Pandey, Recrawl Scheduling Based on Information Longevity, WWW 2008, with the first term of its
 * series, which unlike the exact sum does not give up pages that change all the time).
 *
 * It was chosen by simulation (tests/bench/recrawl.c), beside fixed intervals and beside intervals that are multiplied
 * by constants, as Nutch's AdaptiveFetchSchedule does.
 *
 * Pure: whole numbers only, the same on every machine. Context: any thread. */
#ifndef CRAWL_DUE_H
#define CRAWL_DUE_H

#include "store/state/state.h"

struct due_policy {
    int64_t min_interval_ms; /* above 0, below the next one, which is 30 years at most */
    int64_t max_interval_ms;
};

/* 0 stands for the default: an hour, and 30 days. One that is given alone moves the other's default out of its way. */
struct due_policy due_policy_of(int64_t min_interval_ms, int64_t max_interval_ms);

enum { DUE_EVENTS = 8 };
#define DUE_WORTH_MS (INT64_C(8) * 3600 * 1000)

/* The first interval of a page of which nothing is known; a day. */
#define DUE_FIRST_MS (INT64_C(24) * 3600 * 1000)

/* The page of ROW was answered well at NOW_MS, CHANGED (of the first visit it is ignored) or as it was. But for
 * last_fetched_ms, which must be as it was found, ROW is what is to be put: last_modified is of this answer. Sets
 * last_fetched_ms, next_due_ms, interval_ms, visits, changes and watched_ms.
 *
 * A visit that comes late counts for the time that has passed. One that comes before the last one, because the clock
 * was put back, teaches nothing. At the first visit Last-Modified is taken for a change that long ago. Returns
 * next_due_ms. */
int64_t due_after(const struct due_policy *policy, struct state_page *row, bool changed, int64_t now_ms);

/* The page of ROW failed, or is gone, and ROW's failures count this time, too. Sets next_due_ms: after the shortest
 * interval, and twice as long each time, but never later than if it had been visited; of a page that is gone, up to the
 * longest one. What is known of the page's changes stays. Returns next_due_ms. */
int64_t due_failed(const struct due_policy *policy, struct state_page *row, int64_t now_ms);

/* Whether a run that begins at NOW_MS asks for the page of ROW. The eighth of the interval that may be missing lets a
 * page that was asked for at the end of one daily run be asked for at the start of the next. A page that is due later
 * than an interval can reach is due now: the clock was put back, or the bounds were changed. */
bool due_is(const struct due_policy *policy, const struct state_page *row, int64_t now_ms);

#endif
