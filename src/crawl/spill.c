#include "crawl/crawl.h"
#include "store/backlog/backlog.h"

enum {
    SPILL_MAX = 1000000, /* some 100 MB on disk */
    ROOM_BELOW = 8 * 1024,
    OUT_MAX = 4 * 1024,
    WINDOW_BYTES = 1 << 20,
    CACHE_BYTES = 1 << 20,
};

static bool make(struct spill *spill)
{
    const struct backlog_options options = {
        .out_max = OUT_MAX, .window_bytes = WINDOW_BYTES, .cache_bytes = CACHE_BYTES};
    struct backlog_failure failure;
    return spill->backlog || backlog_open(NULL, false, &options, &spill->backlog, &failure) == BACKLOG_OK;
}

uint64_t spill_waiting(const struct crawl *c)
{
    return c->spill.backlog ? backlog_waiting(c->spill.backlog) : 0;
}

bool spill_is_full(const struct crawl *c)
{
    return spill_waiting(c) >= SPILL_MAX;
}

bool spill_url(struct crawl *c, const struct url *url)
{
    struct backlog_entry entry = {.url = url->href, .url_len = url->href_len, .parent = ""};
    if (!make(&c->spill) || backlog_add(c->spill.backlog, &entry) != BACKLOG_OK)
        return false;
    c->spill.dry = false;
    return true;
}

static void admit(struct crawl *c, const struct backlog_entry *entry)
{
    struct url url = {0};
    struct job *job = url_parse(&url, entry->url, entry->url_len, NULL) == URL_OK ? job_new(c, &url, NULL) : NULL;
    if (!job)
        return report_trouble(c, FORAGE_NO_MEMORY);
    job->spilled = true;
    c->counts.in_flight++;
    admit_new(c, job);
}

bool spill_is_due(const struct crawl *c)
{
    return spill_waiting(c) && !c->spill.dry && c->frontier.queued < ROOM_BELOW;
}

void spill_turn(struct crawl *c)
{
    struct backlog_entry entry;
    struct backlog_failure failure;
    while (spill_is_due(c)) {
        c->spill.dry = !backlog_next(c->spill.backlog, &entry);
        if (!c->spill.dry)
            admit(c, &entry);
        else if (backlog_failed(c->spill.backlog, &failure))
            report_disaster(c, "URLs that wait on disk", failure.text);
    }
}

void spill_left(struct crawl *c, const struct job *job)
{
    if (!job->spilled)
        return;
    c->spill.dry = false;
    backlog_done(c->spill.backlog, job->asked.href, job->asked.href_len);
}

void spill_close(struct crawl *c)
{
    backlog_close(c->spill.backlog, true, NULL);
    c->spill = (struct spill){0};
}
