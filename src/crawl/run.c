/* The run: one loop that waits on the workers' results, the writers' completions, the list that is being read, the time
 * when a host may be asked again and a request to stop, and sleeps when there is nothing to do. */
#include "crawl/run.h"

#include "base/clock.h"
#include "crawl/browsable.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"
#include "crawl/identity.h"
#include "crawl/prune.h"
#include "crawl/rest.h"

#include <string.h>
#include <sys/epoll.h>

enum { TICK_MS = 200 };

void crawl_end_early(struct crawl *c, enum end why)
{
    if (c->end == END_NOT_YET)
        c->end = why;
}

bool crawl_finishes(const struct crawl *c)
{
    return c->end == END_QUOTA || c->end == END_PAGES;
}

uint32_t crawl_random(struct crawl *c)
{
    c->random ^= c->random << 13; /* xorshift64 (Marsaglia 2003) */
    c->random ^= c->random >> 7;
    c->random ^= c->random << 17;
    return (uint32_t)(c->random >> 32);
}

static bool is_in_flight(const struct crawl *c)
{
    return c->frontier.in_flight || (c->pages && pages_pending(c->pages));
}

/* At a quota what has gone out is finished, with its redirects and tries, if there is time; for other ends it is
 * dropped, because there is no time, or no room, for it. */
static bool is_over(struct crawl *c)
{
    int64_t most_ms = c->config.options.max_time_ms;
    bool late = most_ms && clock_ms() - c->started_ms >= most_ms;
    bool is_done = feed_is_done(c) && discovery_is_done(c) && !c->frontier.queued && !is_in_flight(c);
    if (is_done && !c->left_rest &&
        (c->end == END_NOT_YET || crawl_finishes(c))) /* the last page may have reached the quota */
        c->end = END_DONE;
    if (c->stop)
        crawl_end_early(c, END_STOPPED);
    if (late)
        crawl_end_early(c, END_TIME);
    bool has_more = is_in_flight(c) || c->frontier.queued;
    return c->end && (!crawl_finishes(c) || c->stop || late || !has_more);
}

static int least(int a, int64_t b)
{
    return b < a ? (b < 0 ? 0 : (int)b) : a;
}

/* Links are judged by all that the user named, so lists are read before they are followed; but one that is slow holds
 * up nothing, and one of more than can wait, because each line has options of its own, would hold up itself. */
static bool is_reading(struct crawl *c)
{
    return c->discovery && feed_is_due(c);
}

static int sleep_ms(struct crawl *c)
{
    int64_t now = clock_ms(), due_ms = frontier_due_ms(&c->frontier);
    int sleep = c->waits_for_list ? LIST_PAUSE_MS : TICK_MS;
    if (!c->end && feed_is_due(c))
        return 0;
    if (!c->end && !c->sources && discovery_is_due(c))
        return 0;
    if (dispatch_is_due(c)) /* answers of this turn may have made room, or queued a redirect */
        return 0;
    if (frontier_has_next(&c->frontier, now))
        sleep = window_sleep_ms(&c->window, (unsigned)c->frontier.in_flight, sleep);
    else if (due_ms != INT64_MAX)
        sleep = least(sleep, due_ms - now);
    if (c->config.options.max_time_ms)
        sleep = least(sleep, c->started_ms + c->config.options.max_time_ms - now);
    return sleep;
}

static void sleep_until_something_happens(struct crawl *c)
{
    struct epoll_event events[8];
    if (c->pages)
        pages_flush(c->pages);
    epoll_wait(c->epoll, events, 8, sleep_ms(c));
}

static void turn_in(struct crawl *c)
{
    feed_turn(c);
    if (!is_reading(c))
        discovery_turn(c);
}

static void turn_out(struct crawl *c)
{
    feed_pause(c);
    if (crawl_finishes(c) && !c->finishing)
        dispatch_leave_rest(c);
    c->finishing = true;
}

static enum forage_status loop(struct crawl *c)
{
    while (!is_over(c)) {
        if (c->end)
            turn_out(c);
        else
            turn_in(c);
        if (!is_reading(c))
            dispatch_turn(c);
        enum mp_status s = mp_pool_turn(c->pool, 0);
        c->broken = s != MP_OK && s != MP_TIMEOUT;
        if (c->broken)
            return FORAGE_SYSTEM;
        landing_turn(c);
        memory_turn(c);
        report_tick(c, false);
        if (!is_over(c))
            sleep_until_something_happens(c);
    }
    return FORAGE_OK;
}

static void take(struct job *job, void *arg)
{
    struct job **list = arg;
    job->next = *list;
    *list = job;
}

static struct job *take_queued(struct crawl *c)
{
    struct job *list = NULL;
    frontier_drain(&c->frontier, take, &list);
    return list;
}

/* There are no workers any more: what was asked for fails by name, and so does the rest of the lists as far as it can
 * be read without waiting. */
static void give_up_rest(struct crawl *c)
{
    feed_unpark(c);
    while (c->frontier.queued || feed_is_due(c)) {
        feed_turn(c);
        for (struct job *job = take_queued(c), *next; job; job = next) {
            next = job->next;
            answer_give_up(c, job);
        }
    }
}

/* One that was stopped has not succeeded, whatever it had done by then. STOP_STATUS is forage_stop_as's; 0: none. */
static void decide_exit(struct crawl *c, int stop_status)
{
    if (c->end == END_STOPPED)
        exit_status_add(&c->exit.others, FORAGE_EXIT_OTHER);
    int status = exit_status_of_run(&c->exit, &c->counts, c->config.options.expect_failures);
    c->exit_status = stop_status ? stop_status : status;
}

/* What the run leaves behind, after its last page. A stop that comes when the outputs are being written is too late to
 * be in them, and does not count. */
static void settle(struct crawl *c)
{
    landing_drain(c);
    discovery_settle(c);
    browsable_make(c);
    identity_save(c);
    decide_exit(c, c->stop_status);
    memory_end(c);
    discovery_end(c);
    prune_files(c);
    report_tick(c, true);
    int stop_status = c->stop_status;
    decide_exit(c, stop_status); /* the state may have failed meanwhile */
    outputs_end(c);
    decide_exit(c, stop_status);
    if (c->run.exit_status != c->exit_status) /* one of the files could not be written */
        memory_end(c);
}

static void fill_summary(const struct crawl *c, struct forage_summary *summary)
{
    *summary = (struct forage_summary){
        .counts = c->counts,
        .exit_status = c->exit_status,
        .stopped = c->end == END_STOPPED,
        .out_of_time = c->end == END_TIME,
        .out_of_quota = c->end == END_QUOTA,
        .out_of_pages = c->end == END_PAGES,
    };
    if (c->end == END_TROUBLE)
        memcpy(summary->trouble, c->disaster, sizeof summary->trouble);
}

enum forage_status run_crawl(struct crawl *c, struct forage_summary *summary)
{
    c->started_ms = clock_ms();
    memory_begin(c);
    discovery_begin(c);
    enum forage_status s = loop(c);
    mp_pool_terminate(c->pool);
    if (c->broken)
        give_up_rest(c);
    rest_keep(c);
    settle(c);
    fill_summary(c, summary);
    return s == FORAGE_OK ? c->trouble : s;
}
