/* The state as JSON: one object, in ASCII, printed piece by piece, because there may be a million failing URLs.
 * Times are in UTC, null for never. A text that is no UTF-8 is given as inspect_escape makes it. */
#include "base/iso_time.h"
#include "base/status.h"
#include "cli/inspect_format.h"
#include "cli/inspect_output.h"

#include <jansson.h>
#include <stdio.h>

/* ---- Values ---- */

static json_t *time_value(int64_t ms)
{
    char text[ISO_TIME_SIZE];
    return ms ? json_string(iso_time_utc(ms, text)) : json_null();
}

static json_t *text_value(const char *text)
{
    struct buffer shown = {0};
    json_t *value = json_string(text);
    if (!value && inspect_escape(&shown, text))
        value = json_string(buffer_text(&shown));
    buffer_release(&shown);
    return value;
}

static json_t *count_value(uint64_t count)
{
    return json_integer((json_int_t)count);
}

static json_t *pages_value(const struct forage_pages *p)
{
    return json_pack("{so so so so so so so so so}", "discovered", count_value(p->discovered), "due",
                     count_value(p->due), "urls", count_value(p->urls), "kept", count_value(p->kept), "bytes",
                     count_value(p->bytes), "failing", count_value(p->failing), "gone", count_value(p->gone),
                     "oldest_fetch", time_value(p->oldest_fetch_ms), "newest_fetch", time_value(p->newest_fetch_ms));
}

static json_t *queue_value(const struct forage_queue *q)
{
    return json_pack("{so so}", "found", count_value(q->found), "waiting", count_value(q->waiting));
}

static json_t *host_value(const struct forage_host *h)
{
    static const char *const robots[] = {"unknown", "none", "rules"};
    return json_pack("{sI so so s{ss si so so}}", "delay_ms", (json_int_t)h->delay_ms, "next_ask",
                     time_value(h->next_ask_ms), "unreachable_since", time_value(h->unreachable_since_ms), "robots",
                     "state", robots[h->robots], "status", (int)h->robots_status, "fetched",
                     time_value(h->robots_fetched_ms), "expires", time_value(h->robots_expires_ms));
}

/* Print VALUE and free it. NULL, for want of memory, is printed as null rather than left out, so that it stays JSON. */
static void print_value(json_t *value)
{
    if (value)
        json_dumpf(value, stdout, JSON_ENSURE_ASCII | JSON_COMPACT);
    else
        fputs("null", stdout);
    json_decref(value);
}

/* ---- All of it ---- */

static void print_failing(const struct forage_failing *f, void *context)
{
    struct inspect_progress *progress = context;
    fputs(progress->failing++ ? ",\n" : "{\"failing\":[\n", stdout);
    print_value(json_pack("{so so si si si so so so}", "url", text_value(f->url), "since", time_value(f->since_ms),
                          "times", (int)f->times, "gone", (int)f->gone, "status", (int)f->status, "error",
                          text_value(f->error), "file", text_value(f->file), "last_fetched",
                          time_value(f->last_fetched_ms)));
}

/* End the failing URLs and begin the hosts. */
static void begin_hosts(const struct inspect_progress *progress)
{
    fputs(progress->failing ? "\n],\n\"hosts\":[" : "{\"failing\":[],\n\"hosts\":[", stdout);
}

static void print_origin(const struct forage_origin *o, void *context)
{
    struct inspect_progress *progress = context;
    if (!progress->origins)
        begin_hosts(progress);
    fputs(progress->origins++ ? ",\n" : "\n", stdout);
    json_t *value = json_pack("{so}", "origin", text_value(o->origin));
    json_t *pages = pages_value(&o->pages), *host = host_value(&o->host), *queue = queue_value(&o->queue);
    if (value && pages && host) {
        json_object_update(value, pages);
        json_object_update(value, host);
        json_object_set(value, "queue", queue);
    }
    json_decref(queue);
    json_decref(pages);
    json_decref(host);
    print_value(value);
}

static void print_total(const struct forage_pages *p, uint64_t origins, void *context)
{
    const struct inspect_progress *progress = context;
    if (!progress->origins)
        begin_hosts(progress);
    fputs("],\n\"total\":", stdout);
    json_t *value = pages_value(p);
    json_object_set_new(value, "hosts", count_value(origins));
    print_value(value);
}

static void print_queue(const struct forage_queue *q, uint64_t origins_waiting, void *context)
{
    (void)context;
    fputs(",\n\"queue\":", stdout);
    json_t *value = queue_value(q);
    json_object_set_new(value, "hosts", count_value(origins_waiting));
    print_value(value);
}

static void print_last_run(const struct forage_last_run *r, void *context)
{
    static const char *const states[] = {"none", "under-way", "interrupted", "ended-early", "complete"};
    bool ended = r->ended_ms != 0;
    (void)context;
    fputs(",\n\"last_run\":", stdout);
    json_t *value = json_pack("{ss so so so sf sf}", "state", states[r->state], "started", time_value(r->started_ms),
                              "ended", time_value(r->ended_ms), "answered", count_value(r->answered), "pages_per_s",
                              r->pages_per_s, "bytes_per_s", r->bytes_per_s);
    if (ended) {
        json_t *counts = json_pack(
            "{si so so so so so so so}", "exit_status", r->exit_status, "new", count_value(r->new_pages), "changed",
            count_value(r->changed), "unchanged", count_value(r->unchanged), "failed", count_value(r->failed), "gone",
            count_value(r->gone), "skipped", count_value(r->skipped), "bytes", count_value(r->bytes));
        json_object_update(value, counts);
        json_decref(counts);
    }
    print_value(value);
    fputs("}\n", stdout);
}

/* ---- One URL ---- */

static const char *verdict_word(enum forage_verdict verdict)
{
    static const char *const words[] = {"ask",        "validate",  "ask-robots",      "wait",        "put-off",
                                        "skip-fresh", "skip-done", "skip-disallowed", "skip-not-due"};
    return (size_t)verdict < COUNT_OF(words) ? words[verdict] : "";
}

static json_t *page_value(const struct forage_why *w)
{
    static const char *const kept[] = {"nothing", "intact", "changed", "missing"};
    if (!w->known)
        return json_null();
    return json_pack("{so so ss so so so si so si si so so so so}", "final_url", text_value(w->final_url), "file",
                     text_value(w->file), "kept", kept[w->kept], "bytes", count_value(w->bytes), "etag",
                     text_value(w->etag), "last_modified", text_value(w->last_modified), "status", (int)w->status,
                     "error", text_value(w->error), "failures", (int)w->failures, "gone", (int)w->gone, "failing_since",
                     time_value(w->failing_since_ms), "first_seen", time_value(w->first_seen_ms), "last_fetched",
                     time_value(w->last_fetched_ms), "last_changed", time_value(w->last_changed_ms));
}

/* As a crawl sees it. Depth and parent are known of what waits in its queue, too. */
static json_t *crawl_value(const struct forage_why *w)
{
    bool has_depth = w->found || (w->known && w->discovered);
    return json_pack("{sb so so so so sb sb sb so sI si si sb sb so}", "discovered", w->discovered, "depth",
                     has_depth ? count_value(w->depth) : json_null(), "parent", text_value(w->parent), "canonical",
                     text_value(w->canonical), "type", text_value(w->type), "noindex", w->noindex, "nofollow",
                     w->nofollow, "converted", w->converted, "due", time_value(w->due_ms), "interval_ms",
                     (json_int_t)w->interval_ms, "visits", (int)w->visits, "changes", (int)w->changes, "found",
                     w->found, "waiting", w->waiting, "scope",
                     !w->scope_known ? json_null()
                     : !*w->no_scope ? json_string("inside")
                                     : text_value(w->no_scope));
}

static json_t *rule_value(const struct forage_why *w)
{
    if (!w->rule_line)
        return json_null();
    return json_pack("{si so sb}", "line", (int)w->rule_line, "text", text_value(w->rule), "allows", !w->disallowed);
}

static void print_why(const struct forage_why *w, void *context)
{
    (void)context;
    print_value(json_pack("{so ss so so so so so}", "url", text_value(w->url), "verdict", verdict_word(w->verdict),
                          "next", time_value(w->next_ms), "page", page_value(w), "crawl", crawl_value(w), "host",
                          w->host_known ? host_value(&w->host) : json_null(), "rule", rule_value(w)));
    putchar('\n');
}

const struct inspect_output inspect_as_json = {print_failing, print_origin,   print_total,
                                               print_queue,   print_last_run, print_why};
