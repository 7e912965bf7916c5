#include "crawl/frontier/frontier_internal.h"

const char *host_origin(const struct host *h)
{
    return h->origin;
}

int host_delay_ms(const struct host *h)
{
    return h->delay_ms >= 0 ? h->delay_ms : pace_delay_ms(&h->pace);
}

int64_t host_next_ask_ms(const struct host *h)
{
    int delay_ms = host_delay_ms(h);
    int64_t at = delay_ms ? frontier_after(h->last_start_ms, delay_ms) : 0;
    return at > h->not_before_ms ? at : h->not_before_ms;
}

void *host_robots(const struct host *h)
{
    return h->robots;
}

void host_set_robots(struct frontier *f, struct host *h, void *robots)
{
    if (f->options.free_robots && h->robots && h->robots != robots)
        f->options.free_robots(h->robots);
    h->robots = robots;
}

static void set_closed(struct frontier *f, struct host *h, bool closed)
{
    h->closed = closed;
    host_changed(f, h);
}

void host_close(struct frontier *f, struct host *h)
{
    set_closed(f, h, true);
}

void host_open(struct frontier *f, struct host *h)
{
    set_closed(f, h, false);
}

bool host_is_closed(const struct host *h)
{
    return h->closed;
}

void host_set_crawl_delay_ms(struct frontier *f, struct host *h, int64_t ms)
{
    pace_set_crawl_delay_ms(&h->pace, ms);
    host_changed(f, h);
}

void host_set_delay_ms(struct frontier *f, struct host *h, int delay_ms)
{
    h->delay_ms = delay_ms;
    host_changed(f, h);
}

void host_set_not_before_ms(struct frontier *f, struct host *h, int64_t not_before_ms)
{
    if (not_before_ms <= h->not_before_ms)
        return;
    h->not_before_ms = not_before_ms;
    host_changed(f, h);
}

unsigned host_home(const struct host *h)
{
    return h->home;
}

void host_set_home(struct host *h, unsigned home)
{
    h->home = home;
}

bool host_has_queue(const struct host *h)
{
    return h->jobs.first != NULL;
}

bool host_has_jobs(const struct host *h)
{
    return h->jobs.first || h->later;
}
