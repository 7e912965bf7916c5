/* Report: what is counted, told and remembered of a job that has ended. */
#include "crawl/crawl.h"

#include "base/clock.h"
#include "base/hash.h"
#include "crawl/discovery/discovery.h"
#include "crawl/discovery/told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 200 };

/* ---- Counting ---- */

/* A page whose bytes are what they were is unchanged, also when its file had to be written again. */
static bool is_same(const struct job *job, const struct pages_done *done)
{
    if (job->status == 304)
        return true;
    const struct record *known = job->known;
    return done && known && known->row.has_digest && memcmp(known->row.digest, done->digest, sizeof done->digest) == 0;
}

static enum outcome outcome_of(const struct crawl *c, const struct job *job, const struct pages_done *done)
{
    if (job->outcome == OUTCOME_SKIPPED || job->outcome == OUTCOME_PUT_OFF)
        return job->outcome;
    if (job->kind == JOB_SITEMAP && job->from.guessed && !job->error && job->status < 500)
        return OUTCOME_SKIPPED; /* nobody said that there is one */
    if (!job_is_success(job))
        return !job->error && (job->status == 404 || job->status == 410) ? OUTCOME_GONE : OUTCOME_FAILED;
    if (c->state && is_same(job, done))
        return OUTCOME_UNCHANGED;
    return job->known && job->known->row.last_fetched_ms ? OUTCOME_CHANGED : OUTCOME_NEW;
}

static void count_failure(struct crawl *c, const struct job *job)
{
    c->counts.failed++;
    if (job->outcome == OUTCOME_GONE)
        c->counts.gone++;
    if (job->outcome == OUTCOME_PUT_OFF)
        c->counts.put_off++;
    c->failures[job->error]++;
    /* What this machine could not write is nothing that anybody expects of a server. */
    int *sum = job->error == FETCH_IO ? &c->exit.others : &c->exit.pages;
    exit_status_add(sum, exit_status_of(job->error, job->status));
}

static void count(struct crawl *c, const struct job *job)
{
    struct forage_progress *counts = &c->counts;
    counts->in_flight--;
    if (job->outcome == OUTCOME_SKIPPED) {
        counts->skipped++;
        return;
    }
    if (!job_is_success(job)) {
        count_failure(c, job);
        return;
    }
    counts->fetched++;
    counts->bytes += job->bytes;
    ++*(job->outcome == OUTCOME_NEW       ? &counts->new_pages
        : job->outcome == OUTCOME_CHANGED ? &counts->changed
                                          : &counts->unchanged);
}

static const char *outcome_word(enum outcome outcome)
{
    static const char *const words[OUTCOME_COUNT] = {
        [OUTCOME_NEW] = "new",        [OUTCOME_CHANGED] = "changed", [OUTCOME_UNCHANGED] = "unchanged",
        [OUTCOME_GONE] = "gone",      [OUTCOME_FAILED] = "failed",   [OUTCOME_SKIPPED] = "skipped",
        [OUTCOME_PUT_OFF] = "failed",
    };
    return words[outcome];
}

static struct forage_page page_of(const struct job *job)
{
    return (struct forage_page){
        .url = job->asked.href_public,
        .final_url = job_target(job)->href_public,
        .status = job->status,
        .error = fetch_error_word(job->error),
        .detail = job->detail,
        .ok = job_is_success(job) && job->outcome != OUTCOME_SKIPPED,
        .outcome = outcome_word(job->outcome),
        .attempts = job->attempts,
        .name = buffer_text(&job->name),
        .file = job->file ? job->file : "",
        .type = job->type,
        .bytes = job->error || job->status == 304 ? 0 : job->bytes,
        .ms = job->ms,
        .body = job->body.data,
        .body_len = job->body.len,
        .depth = job->from.depth,
        .parent = job->from.parent ? job->from.parent : "",
        .via = discovery_via(job),
    };
}

/* Words that came from a server or a library are shown to people: what could steer a terminal becomes '?'. */
static void tame(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

/* The file of a page that the server says is unchanged is the one that is known. */
static void name_known_file(const struct crawl *c, struct job *job)
{
    if (job->status == 304 && !job->file && job->known &&
        asprintf(&job->file, "%s/%s", c->config.options.output, job->known->row.file) < 0)
        job->file = NULL;
}

static void tell_user(struct crawl *c, const struct job *job, struct forage_page *page)
{
    struct told_links links;
    told_links_make(job, &links);
    page->links = (const char *const *)links.urls;
    page->link_count = links.count;
    c->config.options.on_page(page, c->config.options.context);
    told_links_release(&links);
}

/* Pages with the same content may be a trap. */
static void note_content(struct crawl *c, const struct job *job, const struct pages_done *done)
{
    if (job->outcome == OUTCOME_FAILED || job->outcome == OUTCOME_SKIPPED)
        return;
    if (done)
        return discovery_kept(c, job, done->digest, sizeof done->digest);
    if (!c->discovery || c->pages || !job_is_success(job))
        return;
    uint64_t hash = hash_bytes(buffer_text(&job->body), job->body.len, 0);
    discovery_kept(c, job, &hash, sizeof hash);
}

void report_kept(struct crawl *c, struct job *job, const struct pages_done *done)
{
    job->outcome = outcome_of(c, job, done);
    count(c, job);
    if (!job->unrecorded)
        record_keep(c, job, done);
    note_content(c, job, done);
    naming_page(c, job);
    name_known_file(c, job);
    tame(job->detail);
    tame(job->name.data ? job->name.data : job->detail);
    struct forage_page page = page_of(job);
    outputs_page(c, job, &page);
    if (c->config.options.on_page && (job->kind == JOB_PAGE || job->outcome != OUTCOME_SKIPPED))
        tell_user(c, job, &page);
    discovery_left(c, job);
    spill_left(c, job);
    job_free(job);
}

void report_end(struct crawl *c, struct job *job)
{
    report_kept(c, job, NULL);
}

void report_left(struct crawl *c, struct job *job)
{
    discovery_left(c, job);
    spill_left(c, job);
    c->counts.in_flight--;
    job_free(job);
}

void report_bad_line(struct crawl *c, const char *file, unsigned long line, const char *reason)
{
    c->counts.bad_lines++;
    exit_status_add(&c->exit.others, FORAGE_EXIT_OTHER);
    if (c->config.options.on_bad_line)
        c->config.options.on_bad_line(file, line, reason, c->config.options.context);
}

void report_file_failure(struct crawl *c, const char *file, unsigned long line, const char *reason)
{
    if (c->config.options.on_bad_line)
        c->config.options.on_bad_line(file, line, reason, c->config.options.context);
    report_trouble(c, FORAGE_FILE);
}

void report_disaster(struct crawl *c, const char *file, const char *reason)
{
    if (!*c->disaster) {
        snprintf(c->disaster, sizeof c->disaster, "%s", reason);
        report_file_failure(c, file, 0, reason);
    }
    crawl_end_early(c, END_TROUBLE);
}

void report_trouble(struct crawl *c, enum forage_status status)
{
    c->trouble = status;
    exit_status_add(&c->exit.others, FORAGE_EXIT_FILE);
}

void report_tick(struct crawl *c, bool at_end)
{
    int64_t now = clock_ms();
    if (!at_end && now - c->ticked_ms < TICK_MS)
        return;
    c->ticked_ms = now;
    c->counts.elapsed_ms = (unsigned)(now - c->started_ms);
    if (!c->config.options.on_tick)
        return;
    struct forage_progress shown = c->counts;
    bool only_pages = c->frontier.queued <= c->counts.in_flight; /* requests for robots.txt wait there, too */
    shown.queued = only_pages ? c->frontier.queued : c->counts.in_flight;
    shown.in_flight = c->counts.in_flight - shown.queued;
    shown.queued += discovery_waiting(c) + spill_waiting(c);
    shown.found = c->seen.count;
    shown.hosts = c->frontier.hosts.count;
    c->config.options.on_tick(&shown, c->config.options.context);
}
