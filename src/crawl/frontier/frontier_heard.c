/* What answers, and the want of them, say about a host: its pace, when it is to be left alone, and whether it is
 * there. */
#include "crawl/frontier/frontier_internal.h"

#include "crawl/frontier/retry.h"

#include <stdlib.h>
#include <string.h>

static void leave_alone(struct host *h, int64_t now_ms, int64_t wait_ms)
{
    int64_t until = frontier_after(now_ms, wait_ms);
    if (until > h->not_before_ms)
        h->not_before_ms = until;
}

/* Whether the request went out after the host was cooled down last: then it has been patient, and the answer is
 * news. */
static bool is_news(const struct host *h, const struct heard *heard)
{
    return heard->asked_ms > h->cooled_ms;
}

static void cool_down(struct frontier *f, struct host *h, const struct heard *heard, int64_t now_ms)
{
    int max_wait_ms = f->options.max_wait_ms;
    if (heard->retry_after_ms >= 0)
        leave_alone(h, now_ms, heard->retry_after_ms < max_wait_ms ? heard->retry_after_ms : max_wait_ms);
    if (!is_news(h, heard))
        return;
    h->cooled_ms = now_ms;
    h->cool_steps++;
    if (heard->retry_after_ms < 0)
        leave_alone(h, now_ms, retry_backoff_ms(h->cool_steps, max_wait_ms, heard->random));
}

static void answered(struct frontier *f, struct host *h, const struct heard *heard, int64_t now_ms)
{
    h->failures = 0;
    pace_answered(&h->pace, heard->status, heard->first_byte_ms);
    if (heard->status == 429 || heard->status == 503)
        cool_down(f, h, heard, now_ms);
    else if (is_news(h, heard))
        h->cool_steps = 0;
}

static void not_reached(struct frontier *f, struct host *h, const struct heard *heard)
{
    h->failures++;
    if (h->given_up || !f->options.host_errors || h->failures < f->options.host_errors)
        return;
    h->given_up = true;
    h->reason = heard->reason ? strdup(heard->reason) : NULL;
}

void frontier_heard(struct frontier *f, struct host *h, const struct heard *heard, int64_t now_ms)
{
    frontier_tell_time(f, now_ms);
    if (heard->answered)
        answered(f, h, heard, now_ms);
    else if (heard->unreachable)
        not_reached(f, h, heard);
    host_changed(f, h);
}

const char *frontier_given_up(const struct host *h)
{
    if (!h->given_up)
        return NULL;
    return h->reason ? h->reason : "unreachable";
}
