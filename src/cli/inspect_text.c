/* The state as text for people. Columns are lined up; what may be of any length stands in the last one. */
#include "cli/inspect_format.h"
#include "cli/inspect_output.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { WORD_SIZE = 64 };

static void put(const char *text)
{
    struct buffer shown = {0};
    if (inspect_escape(&shown, text))
        fputs(buffer_text(&shown), stdout);
    buffer_release(&shown);
}

static int64_t now_ms(void)
{
    return (int64_t)time(NULL) * 1000;
}

/* ---- What fails ---- */

/* "503", "404, gone", "timeout": never longer than OUT. */
static const char *reason(const char *error, unsigned status, unsigned gone, char out[WORD_SIZE])
{
    struct buffer shown = {0};
    if (!*error)
        snprintf(out, WORD_SIZE, "%u%s", status, gone ? ", gone" : "");
    else
        snprintf(out, WORD_SIZE, "%s", inspect_escape(&shown, error) ? buffer_text(&shown) : "?");
    buffer_release(&shown);
    return out;
}

static void print_failing(const struct forage_failing *f, void *context)
{
    struct inspect_progress *progress = context;
    char since[INSPECT_TIME_SIZE], why[WORD_SIZE];
    if (!progress->failing++)
        printf("%-25s  %5s  %-12s  %s\n", "FAILING SINCE", "TIMES", "REASON", "URL");
    printf("%-25s  %5u  %-12s  ", inspect_time(f->since_ms, since), f->times,
           reason(f->error, f->status, f->gone, why));
    put(f->url);
    putchar('\n');
}

/* ---- Hosts ---- */

static const char *robots_text(const struct forage_host *h, char out[WORD_SIZE])
{
    char age[INSPECT_AGE_SIZE];
    if (h->robots == FORAGE_ROBOTS_UNKNOWN)
        return "-";
    inspect_age(now_ms() - h->robots_fetched_ms, age);
    if (h->robots == FORAGE_ROBOTS_RULES)
        snprintf(out, WORD_SIZE, "rules, %s", age);
    else
        snprintf(out, WORD_SIZE, "none (%u), %s", h->robots_status, age);
    return out;
}

/* What holds a host up. */
static void print_host_notes(const struct forage_host *h, const char *separator)
{
    char at[INSPECT_TIME_SIZE];
    const char *between = "";
    if (h->unreachable_since_ms) {
        printf("%sunreachable since %s", separator, inspect_time(h->unreachable_since_ms, at));
        between = ", ";
    }
    if (h->next_ask_ms > now_ms()) {
        printf("%snot asked before %s", *between ? between : separator, inspect_time(h->next_ask_ms, at));
        between = ", ";
    }
    if (h->delay_ms)
        printf("%s%lld.%03d s between requests", *between ? between : separator, (long long)(h->delay_ms / 1000),
               (int)(h->delay_ms % 1000));
}

static void print_origin(const struct forage_origin *o, void *context)
{
    struct inspect_progress *progress = context;
    const struct forage_pages *p = &o->pages;
    char size[INSPECT_SIZE_SIZE], oldest[INSPECT_TIME_SIZE], newest[INSPECT_TIME_SIZE], robots[WORD_SIZE];
    if (!progress->origins++)
        printf("%s%8s  %8s  %10s  %8s  %6s  %8s  %8s  %-25s  %-25s  %-16s  %s\n", progress->failing ? "\n" : "", "URLS",
               "KEPT", "SIZE", "FAILING", "GONE", "DUE", "QUEUE", "OLDEST FETCH", "NEWEST FETCH", "ROBOTS.TXT", "HOST");
    printf("%8llu  %8llu  %10s  %8llu  %6llu  %8llu  %8llu  %-25s  %-25s  %-16s  ", (unsigned long long)p->urls,
           (unsigned long long)p->kept, inspect_size(p->bytes, size), (unsigned long long)p->failing,
           (unsigned long long)p->gone, (unsigned long long)p->due, (unsigned long long)o->queue.waiting,
           inspect_time(p->oldest_fetch_ms, oldest), inspect_time(p->newest_fetch_ms, newest),
           robots_text(&o->host, robots));
    put(o->origin);
    print_host_notes(&o->host, "  ");
    putchar('\n');
}

/* ---- All of it ---- */

static void label(const char *name)
{
    printf("%-15s", name);
}

static void print_total(const struct forage_pages *p, uint64_t origins, void *context)
{
    const struct inspect_progress *progress = context;
    char size[INSPECT_SIZE_SIZE], oldest[INSPECT_TIME_SIZE], newest[INSPECT_TIME_SIZE];
    if (progress->failing || progress->origins)
        putchar('\n');
    label("Hosts");
    printf("%llu\n", (unsigned long long)origins);
    label("URLs");
    printf("%llu, of which %llu kept (%s) and %llu failing (%llu of them gone)\n", (unsigned long long)p->urls,
           (unsigned long long)p->kept, inspect_size(p->bytes, size), (unsigned long long)p->failing,
           (unsigned long long)p->gone);
    if (p->discovered) {
        label("Found");
        printf("%llu by following links, of which %llu are due now\n", (unsigned long long)p->discovered,
               (unsigned long long)p->due);
    }
    label("Fetched");
    printf("%s to %s\n", inspect_time(p->oldest_fetch_ms, oldest), inspect_time(p->newest_fetch_ms, newest));
}

static void print_queue(const struct forage_queue *q, uint64_t origins_waiting, void *context)
{
    (void)context;
    if (!q->found)
        return;
    label("Queue");
    printf("%llu waiting at %llu hosts, of %llu found since the crawl began\n", (unsigned long long)q->waiting,
           (unsigned long long)origins_waiting, (unsigned long long)q->found);
}

static void print_rates(const struct forage_last_run *r)
{
    char size[INSPECT_SIZE_SIZE];
    if (r->pages_per_s <= 0)
        return;
    label("");
    if (!r->ended_ms)
        printf("%llu answered, ", (unsigned long long)r->answered);
    printf("%.1f pages/s, %s/s\n", r->pages_per_s, inspect_size((uint64_t)r->bytes_per_s, size));
}

static void print_run_end(const struct forage_last_run *r)
{
    char end[INSPECT_TIME_SIZE], size[INSPECT_SIZE_SIZE];
    int64_t ms = r->ended_ms > r->started_ms ? r->ended_ms - r->started_ms : 0;
    printf(" to %s (%lld.%03d s), %s, exit status %d\n", inspect_time(r->ended_ms, end), (long long)(ms / 1000),
           (int)(ms % 1000), r->state == FORAGE_RUN_COMPLETE ? "complete" : "ended early", r->exit_status);
    label("");
    printf("%llu new, %llu changed, %llu unchanged, %llu failed (%llu of them gone), %llu skipped, %s\n",
           (unsigned long long)r->new_pages, (unsigned long long)r->changed, (unsigned long long)r->unchanged,
           (unsigned long long)r->failed, (unsigned long long)r->gone, (unsigned long long)r->skipped,
           inspect_size(r->bytes, size));
}

static void print_last_run(const struct forage_last_run *r, void *context)
{
    char start[INSPECT_TIME_SIZE];
    (void)context;
    label("Last run");
    if (r->state == FORAGE_RUN_NONE) {
        puts("none");
        return;
    }
    fputs(inspect_time(r->started_ms, start), stdout);
    if (r->state == FORAGE_RUN_UNDER_WAY)
        puts(", under way");
    else if (r->state == FORAGE_RUN_INTERRUPTED)
        puts(", interrupted");
    else
        print_run_end(r);
    print_rates(r);
}

/* ---- One URL ---- */

static void print_verdict(const struct forage_why *w)
{
    char at[INSPECT_TIME_SIZE];
    label("Now");
    inspect_time(w->next_ms, at);
    switch (w->verdict) {
    case FORAGE_WOULD_ASK:
        printf("asked for%s\n", w->kept == FORAGE_KEPT_CHANGED   ? ", because the file was changed"
                                : w->kept == FORAGE_KEPT_MISSING ? ", because the file is missing"
                                                                 : "");
        break;
    case FORAGE_WOULD_VALIDATE:
        puts("asked whether it has changed");
        break;
    case FORAGE_WOULD_ASK_ROBOTS:
        puts("robots.txt is asked for first, and decides");
        break;
    case FORAGE_WOULD_WAIT:
        printf("not asked for before %s\n", at);
        break;
    case FORAGE_WOULD_PUT_OFF:
        printf("put off: the host wants to be left alone until %s\n", at);
        break;
    case FORAGE_WOULD_SKIP_FRESH:
        printf("skipped: not due before %s\n", at);
        break;
    case FORAGE_WOULD_SKIP_DONE:
        puts("skipped: fetched since the run that is gone on with began");
        break;
    case FORAGE_WOULD_SKIP_DISALLOWED:
        printf("skipped: disallowed by line %u of robots.txt\n", w->rule_line);
        break;
    case FORAGE_WOULD_SKIP_NOT_DUE:
        printf("skipped: due at %s\n", at);
        break;
    }
}

static void print_time(const char *name, int64_t ms)
{
    char at[INSPECT_TIME_SIZE];
    label(name);
    puts(inspect_time(ms, at));
}

static void print_text(const char *name, const char *text)
{
    if (!*text)
        return;
    label(name);
    put(text);
    putchar('\n');
}

static void print_file(const struct forage_why *w)
{
    static const char *const states[] = {"", "intact", "changed by somebody else", "missing"};
    char size[INSPECT_SIZE_SIZE];
    label("File");
    if (w->kept == FORAGE_KEPT_NOTHING) {
        puts("none");
        return;
    }
    put(w->file);
    printf(" (%s, %s)\n", inspect_size(w->bytes, size), states[w->kept]);
}

static void print_page(const struct forage_why *w)
{
    char why[WORD_SIZE], since[INSPECT_TIME_SIZE];
    if (!w->known) {
        label("Known since");
        puts("never asked for");
        return;
    }
    print_time("Known since", w->first_seen_ms);
    print_time("Last fetched", w->last_fetched_ms);
    print_time("Last changed", w->last_changed_ms);
    label("Last answer");
    fputs(reason(w->error, w->status, w->gone, why), stdout);
    if (w->failures)
        printf(", failing since %s, %u times in a row", inspect_time(w->failing_since_ms, since), w->failures);
    putchar('\n');
    print_file(w);
    print_text("Answered by", w->final_url);
    print_text("ETag", w->etag);
    print_text("Last-Modified", w->last_modified);
}

static void print_due(const struct forage_why *w)
{
    char at[INSPECT_TIME_SIZE], interval[INSPECT_AGE_SIZE];
    if (!w->known || !w->discovered)
        return;
    label("Due");
    fputs(inspect_time(w->due_ms, at), stdout);
    if (w->visits)
        printf(" (after %s; known visits %u, changes %u)", inspect_age(w->interval_ms, interval), w->visits,
               w->changes);
    putchar('\n');
}

static void print_depth(const struct forage_why *w)
{
    if (!w->found && !(w->known && w->discovered))
        return;
    label("Depth");
    printf("%u", w->depth);
    if (*w->parent) {
        fputs(", found on ", stdout);
        put(w->parent);
    }
    fputs(w->waiting ? "; waiting in the queue\n" : "\n", stdout);
}

/* What following links has to do with it. */
static void print_crawl(const struct forage_why *w)
{
    print_depth(w);
    print_due(w);
    print_text("Canonical", w->canonical);
    print_text("Type", w->type);
    if (w->noindex || w->nofollow) {
        label("Says");
        printf("%s%s%s\n", w->noindex ? "noindex" : "", w->noindex && w->nofollow ? ", " : "",
               w->nofollow ? "nofollow" : "");
    }
    if (w->scope_known) {
        label("Scope");
        printf("%s%s\n", *w->no_scope ? "outside: " : "inside", w->no_scope);
    }
}

static void print_rule(const struct forage_why *w)
{
    char robots[WORD_SIZE];
    label("robots.txt");
    fputs(w->host.robots == FORAGE_ROBOTS_UNKNOWN ? "not known" : robots_text(&w->host, robots), stdout);
    if (w->rule_line) {
        printf("; %s by line %u: ", w->disallowed ? "disallowed" : "allowed", w->rule_line);
        put(w->rule);
    } else if (w->host.robots != FORAGE_ROBOTS_UNKNOWN) {
        fputs("; allowed", stdout);
    }
    putchar('\n');
}

static void print_why(const struct forage_why *w, void *context)
{
    (void)context;
    print_text("URL", w->url);
    print_verdict(w);
    print_page(w);
    print_crawl(w);
    print_rule(w);
    if (w->host.unreachable_since_ms || w->host.next_ask_ms > now_ms() || w->host.delay_ms) {
        label("Host");
        print_host_notes(&w->host, "");
        putchar('\n');
    }
}

const struct inspect_output inspect_as_text = {print_failing, print_origin,   print_total,
                                               print_queue,   print_last_run, print_why};
