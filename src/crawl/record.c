#include "crawl/record.h"

#include "base/clock.h"
#include "crawl/crawl.h"
#include "crawl/discovery/discovery.h"
#include "crawl/due.h"
#include "crawl/page_key.h"
#include "crawl/prune.h"
#include "web/links/meta.h"

#include <stdlib.h>
#include <string.h>

/* ---- Before ---- */

/* Where the row's texts are, in the order in which a record keeps them. */
static const char **text_of(struct state_page *row, size_t index)
{
    const char **const texts[] = {&row->file,      &row->etag,   &row->last_modified, &row->error,
                                  &row->final_url, &row->parent, &row->canonical,     &row->type};
    return index < sizeof texts / sizeof *texts ? texts[index] : NULL;
}

static struct record *copy_row(const struct state_page *found)
{
    struct state_page row = *found;
    const char **text;
    size_t size = 0, used = 0;
    for (size_t i = 0; (text = text_of(&row, i)); i++)
        size += strlen(*text) + 1;
    struct record *record = calloc(1, sizeof *record + size);
    if (!record)
        return NULL;
    for (size_t i = 0; (text = text_of(&row, i)); i++) {
        size_t len = strlen(*text) + 1;
        memcpy(record->texts + used, *text, len);
        *text = record->texts + used;
        used += len;
    }
    row.url = "";
    row.url_len = 0;
    record->row = row;
    return record;
}

void record_free(struct record *record)
{
    free(record);
}

static int64_t max_age_ms(const struct crawl *c, const struct job *job)
{
    return job->own && job->own->max_age_ms >= 0 ? job->own->max_age_ms : c->config.options.max_age_ms;
}

/* Its file is there, or it was answered well and is one that is not kept. */
static bool is_settled(const struct record *known)
{
    bool unkept = !*known->row.file && known->row.last_fetched_ms;
    return !known->row.failures && (known->has_file || unkept);
}

/* What was found is asked for when it is due; what the user named, in each run. One that has failed has no links to be
 * read again: runs that go on with each other would ask for those that fail, again and again, and get no further. */
static bool is_due(const struct crawl *c, const struct job *job)
{
    bool rereads = !job->known->row.failures && !discovery_knows_links(c);
    return job->from.via == VIA_USER || job->from.overdue || rereads ||
           due_is(&c->due, &job->known->row, c->run.started_ms);
}

const char *record_why_not(const struct crawl *c, const struct job *job)
{
    const struct record *known = job->known;
    if (!known || c->config.options.fresh)
        return NULL;
    if (known->row.failures && job->from.via != VIA_USER)
        return is_due(c, job) ? NULL : "it failed when it was last asked for, and is not due yet";
    if (!is_settled(known))
        return NULL;
    if (c->run.cycle_started_ms < c->run.started_ms && known->row.last_fetched_ms >= c->run.cycle_started_ms)
        return "fetched by the run that this one goes on with";
    int64_t age_ms = c->run.started_ms - known->row.last_fetched_ms; /* below 0: the clock was put back since */
    if (age_ms >= 0 && age_ms < max_age_ms(c, job))
        return "fetched within --max-age";
    return is_due(c, job) ? NULL : "not due yet";
}

const struct state_page *record_find(struct crawl *c, const struct url *url)
{
    struct buffer key = {0};
    const struct state_page *row = NULL;
    if (c->state && page_key(url, &key))
        row = state_find_page(c->state, key.data, key.len);
    buffer_release(&key);
    return row;
}

void record_look_up(struct crawl *c, struct job *job)
{
    const struct state_page *row = record_find(c, &job->asked);
    if (!row || !(job->known = copy_row(row)))
        return;
    struct record *known = job->known;
    known->is_named = *known->row.file && naming_is_for(c, job, known->row.file);
    known->has_file = known->is_named && state_has_file(c->state, &known->row);
}

/* ---- The request ---- */

static struct text text(const char *s)
{
    return (struct text){s, strlen(s)};
}

static bool is_where_it_was(const struct job *job, const struct record *known)
{
    const char *last = *known->row.final_url ? known->row.final_url : job->asked.href_public;
    return strcmp(last, job_target(job)->href_public) == 0;
}

void record_fill_request(const struct crawl *c, struct job *job, struct fetch_request *request)
{
    const struct record *known = job->known;
    job->validated = false;
    if (!known || c->config.options.fresh || !known->has_file || !is_where_it_was(job, known) ||
        !discovery_knows_links(c))
        return;
    request->etag = text(known->row.etag);
    request->last_modified = text(known->row.last_modified);
    job->validated = request->etag.len || request->last_modified.len;
}

bool record_known_file(const struct job *job, const char *file, struct pages_known *known)
{
    const struct record *r = job->known;
    if (!r || !r->has_file || !r->row.has_digest || job->status >= 300 || strcmp(r->row.file, file) != 0)
        return false;
    *known = (struct pages_known){r->row.digest, r->row.file_bytes, r->row.file_mtime_ns};
    return true;
}

/* ---- After ---- */

/* What the page says that it is. */
static void fill_words(const struct job *job, struct state_page *row)
{
    row->type = job->type;
    row->canonical = job->canonical ? job->canonical : "";
}

static void fill_success(const struct crawl *c, const struct job *job, const struct pages_done *done,
                         struct state_page *row)
{
    bool changed = job->outcome != OUTCOME_UNCHANGED;
    row->failures = row->gone = 0;
    row->failing_since_ms = 0;
    row->error = "";
    int64_t now = clock_wall_ms();
    if (job->status == 304) {
        due_after(&c->due, row, false, now);
        row->file_is_old = true;
        return;
    }
    fill_words(job, row);
    bool elsewhere = strcmp(job_target(job)->href_public, job->asked.href_public) != 0;
    row->final_url = elsewhere ? job_target(job)->href_public : "";
    row->etag = job->etag ? job->etag : "";
    row->last_modified = job->last_modified ? job->last_modified : "";
    due_after(&c->due, row, changed, now);
    if (changed)
        row->last_changed_ms = row->last_fetched_ms;
    if (!done)
        return;
    row->file = job->file + strlen(c->config.options.output) + 1;
    row->file_is_old = done->unchanged;
    row->converted = row->converted && done->unchanged;
    row->bytes = done->unchanged ? row->bytes : done->bytes;
    row->file_bytes = done->bytes;
    row->file_mtime_ns = done->mtime_ns;
    row->has_digest = true;
    memcpy(row->digest, done->digest, sizeof row->digest);
}

static void fill_failure(const struct crawl *c, const struct job *job, struct state_page *row)
{
    int64_t now = clock_wall_ms();
    row->error = fetch_error_word(job->error);
    row->failing_since_ms = row->failures++ ? row->failing_since_ms : now;
    row->gone = job->outcome == OUTCOME_GONE ? row->gone + 1 : 0;
    row->file_is_old = true;
    due_failed(&c->due, row, now);
}

/* It was answered well, and is no page to keep. What is kept of it from before stays. */
static void fill_unkept(const struct crawl *c, const struct job *job, struct state_page *row)
{
    row->failures = row->gone = 0;
    row->failing_since_ms = 0;
    row->error = "";
    row->final_url = job->unkept == UNKEPT_MOVED ? job_target(job)->href_public : "";
    fill_words(job, row);
    row->file_is_old = true;
    due_after(&c->due, row, false, clock_wall_ms());
}

/* How the crawl has come to it. */
static void fill_origin(const struct job *job, struct state_page *row)
{
    if (job->from.via == VIA_USER || job->from.via == VIA_STATE)
        return;
    row->discovered = true;
    row->depth = job->from.depth;
    row->parent = job->from.parent ? job->from.parent : "";
}

/* What it says to crawlers. */
static void fill_robots(const struct job *job, struct state_page *row)
{
    if (job->status < 200 || job->status >= 300)
        return;
    row->noindex = job->robots & META_NOINDEX;
    row->nofollow = job->robots & META_NOFOLLOW;
}

static void put(struct crawl *c, const struct state_page *row)
{
    enum state_status s;
    while ((s = state_put_page(c->state, row)) == STATE_FULL)
        memory_wait(c);
    if (s != STATE_OK && s != STATE_INVALID)
        memory_failed(c);
}

/* A page that has been gone for so many runs is taken away, and its row says so first. */
static void prune(struct crawl *c, struct state_page *row)
{
    unsigned after = c->config.options.prune_after;
    if (!after || row->gone < after || !row->file || !*row->file || !prune_add(c, row))
        return; /* for want of memory: the next run tries again */
    row->file = "";
    row->has_digest = false;
    row->bytes = row->file_bytes = 0;
}

/* Of one that was found and is put off before it was asked for nobody would know any more, if the pages that lead to it
 * do not change. */
static bool is_to_remember(const struct job *job)
{
    bool is_found = job->from.via != VIA_USER && !job->known;
    if (job->outcome == OUTCOME_SKIPPED)
        return job->unkept;
    return job->outcome != OUTCOME_PUT_OFF || job->attempts || is_found;
}

void record_keep(struct crawl *c, struct job *job, const struct pages_done *done)
{
    struct buffer key = {0};
    if (!c->state || job->kind != JOB_PAGE || !is_to_remember(job) || !page_key(&job->asked, &key)) {
        buffer_release(&key);
        return;
    }
    struct state_page row = job->known ? job->known->row : (struct state_page){.first_seen_ms = c->run.started_ms};
    row.url = key.data;
    row.url_len = key.len;
    row.status = job->status;
    fill_origin(job, &row);
    fill_robots(job, &row);
    if (job->unkept)
        fill_unkept(c, job, &row);
    else if (job_is_success(job))
        fill_success(c, job, done, &row);
    else
        fill_failure(c, job, &row);
    if (job->outcome == OUTCOME_GONE)
        prune(c, &row);
    put(c, &row);
    buffer_release(&key);
}
