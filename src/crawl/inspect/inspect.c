/* All of a state: sums by origin and in all, and what fails. */
#include "crawl/inspect/inspect.h"

#include "crawl/origin_table.h"
#include "store/state/state_key.h"

#include <string.h>

/* One reading of all pages and all hosts. */
struct survey {
    const struct forage_inspector *to;
    struct inspection in;
    struct origin_table origins;
    struct forage_pages total;
    struct forage_queue queue;
    uint64_t origins_waiting;
    uint64_t answered, answered_bytes; /* since the last run began */
    bool out_of_memory;
};

/* ---- Summing up ---- */

static void add_fetch(struct forage_pages *sum, int64_t ms)
{
    if (ms && (!sum->oldest_fetch_ms || ms < sum->oldest_fetch_ms))
        sum->oldest_fetch_ms = ms;
    if (ms > sum->newest_fetch_ms)
        sum->newest_fetch_ms = ms;
}

static void add_page(struct forage_pages *sum, const struct state_page *page, bool due)
{
    sum->urls++;
    sum->discovered += page->discovered;
    sum->due += due;
    sum->failing += page->failures > 0;
    sum->gone += page->failures > 0 && page->gone > 0;
    add_fetch(sum, page->last_fetched_ms);
    if (!*page->file)
        return;
    sum->kept++;
    sum->bytes += page->bytes;
}

static void tell_failing(const struct survey *s, const struct state_page *page)
{
    const struct forage_failing failing = {
        .url = page->url,
        .since_ms = page->failing_since_ms,
        .times = page->failures,
        .gone = page->gone,
        .status = page->status,
        .error = page->error,
        .file = page->file,
        .last_fetched_ms = page->last_fetched_ms,
    };
    s->to->on_failing(&failing, s->to->context);
}

static bool see_page(const struct state_page *page, void *context)
{
    struct survey *s = context;
    struct origin *origin = origin_table_get(&s->origins, page->url, state_origin_len(page->url, page->url_len));
    if (!origin) {
        s->out_of_memory = true;
        return false;
    }
    bool due = page->discovered && due_is(&s->in.due, page, s->in.now_ms);
    add_page(&origin->pages, page, due);
    add_page(&s->total, page, due);
    if (page->last_fetched_ms >= s->in.run.started_ms) {
        s->answered++;
        s->answered_bytes += *page->file ? page->bytes : 0;
    }
    if (page->failures && s->to->on_failing)
        tell_failing(s, page);
    return true;
}

/* A host may have no pages: those that robots.txt forbids leave no row. */
static bool see_host(const struct state_host *host, void *context)
{
    struct survey *s = context;
    struct origin *origin = origin_table_get(&s->origins, host->origin, strlen(host->origin));
    if (!origin) {
        s->out_of_memory = true;
        return false;
    }
    origin->host = inspection_host(host);
    return true;
}

static bool see_entry(const struct backlog_entry *entry, void *context)
{
    struct survey *s = context;
    struct origin *origin = origin_table_get(&s->origins, entry->url, state_origin_len(entry->url, entry->url_len));
    if (!origin) {
        s->out_of_memory = true;
        return false;
    }
    origin->queue.found++;
    s->queue.found++;
    if (!inspection_waits(&s->in, entry))
        return true;
    s->queue.waiting++;
    s->origins_waiting += !origin->queue.waiting++;
    return true;
}

/* How fast the run is, or was. */
static void add_rates(struct survey *s)
{
    struct forage_last_run *run = &s->in.run;
    int64_t end_ms = run->ended_ms                                ? run->ended_ms
                     : run->state == FORAGE_RUN_UNDER_WAY         ? s->in.now_ms
                     : s->total.newest_fetch_ms > run->started_ms ? s->total.newest_fetch_ms
                                                                  : run->started_ms;
    double seconds = (double)(end_ms - run->started_ms) / 1000;
    uint64_t asked = run->new_pages + run->changed + run->unchanged + run->failed;
    if (run->state == FORAGE_RUN_NONE)
        return;
    run->answered = s->answered;
    if (seconds <= 0)
        return;
    run->pages_per_s = (double)(run->ended_ms ? asked : s->answered) / seconds;
    run->bytes_per_s = (double)(run->ended_ms ? run->bytes : s->answered_bytes) / seconds;
}

/* ---- Telling ---- */

static void tell_origins(struct survey *s)
{
    origin_table_sort(&s->origins);
    for (size_t i = 0; i < s->origins.count; i++) {
        const struct origin *o = s->origins.origins[i];
        const struct forage_origin told = {o->name, o->pages, o->host, o->queue};
        s->to->on_origin(&told, s->to->context);
    }
}

static void tell_end(struct survey *s)
{
    if (s->to->on_origin)
        tell_origins(s);
    if (s->to->on_total)
        s->to->on_total(&s->total, s->origins.count, s->to->context);
    if (s->to->on_queue)
        s->to->on_queue(&s->queue, s->origins_waiting, s->to->context);
    if (s->to->on_last_run)
        s->to->on_last_run(&s->in.run, s->to->context);
}

static enum forage_status survey_all(struct survey *s)
{
    struct inspection *in = &s->in;
    enum forage_status status = FORAGE_OK;
    if (state_each_page(in->state, NULL, see_page, s) == STATE_OK && !s->out_of_memory)
        state_each_host(in->state, see_host, s);
    if (!s->out_of_memory && (status = inspection_status(in)) == FORAGE_OK)
        status = inspection_queue(in, see_entry, s);
    if (s->out_of_memory)
        return inspection_fail(in, FORAGE_NO_MEMORY, NULL, "out of memory");
    if (status != FORAGE_OK)
        return status;
    add_rates(s);
    tell_end(s);
    return FORAGE_OK;
}

enum forage_status forage_inspect(const char *dir, const struct forage_inspector *inspector, char *error,
                                  size_t error_size)
{
    const struct forage_options defaults = {0};
    struct survey s = {.to = inspector};
    enum forage_status status = inspection_open(&s.in, dir, &defaults, error, error_size);
    if (status != FORAGE_OK)
        return status;
    origin_table_init(&s.origins);
    status = survey_all(&s);
    origin_table_release(&s.origins);
    inspection_close(&s.in);
    return status;
}
