#include "crawl/rest.h"

#include "base/clock.h"
#include "crawl/crawl.h"
#include "store/backlog/backlog.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REST_MS = 5000,       /* for lists of some million lines: a run that is told to end has to */
    LINES_PER_LOOK = 256, /* at the clock */
};

static const char NOT_ASKED[] = "not asked for";
static const char NOT_FINISHED[] = "not finished";
static const char NOT_AGAIN[] = "not tried again";

struct rest {
    struct crawl *c;
    int64_t until_ms;
    unsigned lines;
    bool late;          /* lists are longer than there is time or memory for */
    bool waits;         /* a list is not there to be read yet */
    struct buffer text; /* of origins, a line each */
};

static bool is_written(const struct crawl *c)
{
    return c->outputs.failed.file.name != NULL;
}

void rest_note_list(struct crawl *c, const struct list *list)
{
    struct replaced *old = &c->outputs.replaced;
    if (old->is_there && !old->is_read)
        old->is_read = list_is_reading(list, old->device, old->inode);
}

/* ---- Jobs ---- */

static bool is_kept(const struct crawl *c, const struct job *job)
{
    return is_written(c) && !c->discovery && job->kind == JOB_PAGE;
}

void rest_out(struct crawl *c, const struct job *job)
{
    if (is_kept(c, job))
        outputs_left(c, job->asked.href, job->own, NOT_FINISHED, "");
}

/* The last answer of one that waits to be tried again is the reason, as if there had been no more tries. */
static void keep_failed(struct crawl *c, const struct job *job)
{
    char detail[sizeof job->detail + 64];
    const char *colon = *job->detail ? ": " : "";
    if (job->error)
        snprintf(detail, sizeof detail, "%s%s%s", fetch_error_word(job->error), colon, job->detail);
    else
        snprintf(detail, sizeof detail, "%u", job->status);
    outputs_left(c, job->asked.href, job->own, NOT_AGAIN, detail);
}

void rest_waiting(struct crawl *c, const struct job *job)
{
    if (!is_kept(c, job))
        return;
    if (job->failures)
        keep_failed(c, job);
    else if (job->attempts || job->redirects)
        rest_out(c, job);
    else
        outputs_left(c, job->asked.href, job->own, NOT_ASKED, "");
}

static void keep_job(const struct job *job, void *context)
{
    rest_waiting(context, job);
}

/* ---- URLs that wait on disk ---- */

static bool note_origin(const char *origin, uint64_t waiting, uint64_t out, void *context)
{
    struct rest *r = context;
    (void)out;
    if (waiting && !buffer_printf(&r->text, "%s\n", origin))
        r->late = true;
    return !r->late;
}

static bool keep_spilled(const struct backlog_entry *entry, void *context)
{
    outputs_left(context, entry->url, NULL, NOT_ASKED, "");
    return true;
}

static void keep_spill(struct rest *r)
{
    struct backlog *b = r->c->spill.backlog;
    if (!b)
        return;
    backlog_each_origin(b, note_origin, r);
    for (const char *at = buffer_text(&r->text); *at && !r->late;) {
        size_t len = strcspn(at, "\n");
        r->late = backlog_drop_origin(b, at, len, keep_spilled, r->c) != BACKLOG_OK;
        at += len + 1;
    }
}

/* ---- Lists ---- */

/* What was offered to this run has been asked for, or is among what waits. */
static void keep_entry(struct rest *r, const struct list_entry *entry)
{
    struct crawl *c = r->c;
    struct url url = {0};
    const char *wrong = feed_read_url(&url, entry->url, entry->url_len);
    if (wrong && *entry->file) /* an operand that is none was not come to, and is in no list */
        report_bad_line(c, entry->file, entry->line, wrong);
    else if (!wrong && seen_add(&c->seen, url.href, url.href_len) != SEEN_KNOWN)
        outputs_left(c, url.href, entry->options, NOT_ASKED, "");
    url_release(&url);
    line_options_free(entry->options);
}

static bool is_late(struct rest *r)
{
    if (++r->lines % LINES_PER_LOOK == 0 && clock_ms() >= r->until_ms)
        r->late = true;
    return r->late;
}

static void keep_list(struct rest *r, struct list *list)
{
    struct list_entry entry;
    while (!is_late(r)) {
        enum list_status s = list_next(list, &entry);
        rest_note_list(r->c, list);
        if (s == LIST_ENTRY)
            keep_entry(r, &entry);
        else if (s == LIST_BAD_LINE)
            report_bad_line(r->c, entry.file, entry.line, entry.reason);
        else if (s == LIST_BAD_FILE)
            report_file_failure(r->c, entry.file, entry.line, entry.reason);
        r->waits |= s == LIST_WAIT;
        if (s == LIST_WAIT || s == LIST_END)
            return;
    }
}

static void keep_source(struct rest *r, struct source *s)
{
    if (!s->is_list)
        return keep_entry(r, &(struct list_entry){.file = "", .url = s->text, .url_len = strlen(s->text)});
    if (!s->list && !(s->list = list_open(s->text)))
        return report_file_failure(r->c, s->text, 0, strerror(errno));
    keep_list(r, s->list);
    list_close(s->list);
    s->list = NULL;
}

/* ---- The whole ---- */

static void leave_old(struct crawl *c, const char *why)
{
    report_file_failure(c, c->config.options.failed_list, 0, why);
    failed_list_abandon(&c->outputs.failed);
}

/* The file lacks what a list still holds, which is no failure: that list is not the file. */
static void tell_what_lacks(struct crawl *c)
{
    const struct forage_options *o = &c->config.options;
    if (o->on_bad_line)
        o->on_bad_line(o->failed_list, 0, "the run ended early: what was not read of its lists is not there",
                       o->context);
}

static void keep(struct crawl *c)
{
    struct rest r = {.c = c, .until_ms = clock_ms() + REST_MS};
    const struct replaced *old = &c->outputs.replaced;
    feed_pause(c);
    frontier_each(&c->frontier, keep_job, c);
    for (const struct job *job = c->parked; job; job = job->next)
        rest_waiting(c, job);
    keep_spill(&r);
    for (struct source *s = c->sources; s && !r.late; s = s->next)
        keep_source(&r, s);
    if (old->is_there && (r.late || (r.waits && old->is_read)))
        leave_old(c, "not replaced: the run ended early, and not all that is left could be read");
    else if (r.late || r.waits)
        tell_what_lacks(c);
    buffer_release(&r.text);
}

void rest_keep(struct crawl *c)
{
    const struct replaced *old = &c->outputs.replaced;
    if (!is_written(c) || c->end == END_DONE)
        return;
    if (!c->discovery)
        keep(c);
    else if (old->is_read || (old->is_there && c->sources))
        leave_old(c, "not replaced: the run ended early");
}
