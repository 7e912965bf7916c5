/* Landing: where a page's bytes go. The name is made of the URL that was asked for, never of what a server says; the
 * bytes are written by the store's threads, which read them in place from the worker's ring. */
#include "crawl/crawl.h"

#include "crawl/resume.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void release_hold(void *hold)
{
    mp_hold_release(hold);
}

/* See to it that BYTES of PART stay until they are written. False when memory is out: the worker will write there
 * soon. */
static bool hold(const struct mp_part *part, struct text bytes, struct pages_bytes *held)
{
    *held = (struct pages_bytes){.data = ""};
    if (bytes.len)
        *held = (struct pages_bytes){bytes.data, bytes.len, release_hold, mp_part_keep(part)};
    return !bytes.len || held->release_context;
}

void landing_wait(struct crawl *c)
{
    struct pollfd p = {pages_fd(c->pages), POLLIN, 0};
    pages_flush(c->pages);
    poll(&p, 1, -1);
    landing_turn(c);
}

/* What the next page will meet as well: going on would say it of each. */
static bool concerns_all(int error)
{
    return error == ENOSPC || error == EDQUOT || error == EROFS || error == EMFILE || error == ENFILE || error == EIO;
}

/* JOB's page could not be written to FILE. What ends the run says nothing of the page: the next run asks for it as if
 * this one had not. */
static void end_unwritten(struct crawl *c, struct job *job, const char *file, int error)
{
    job->error = FETCH_IO;
    job->unrecorded = concerns_all(error);
    if (job->unrecorded)
        report_disaster(c, file, strerror(error));
    free(job->file);
    job->file = NULL;
    report_end(c, job);
}

static void fail(struct crawl *c, struct job *job, int error)
{
    landing_abandon(job);
    snprintf(job->detail, sizeof job->detail, "%s", naming_error_text(error));
    end_unwritten(c, job, c->config.options.output, error);
}

/* ---- In memory ---- */

static void collect(struct job *job, const void *data, size_t len)
{
    if (!buffer_append(&job->body, data, len))
        job->out_of_memory = true;
}

/* ---- Files ---- */

static bool add_piece(struct crawl *c, struct job *job, const struct pages_bytes *held)
{
    enum store_status s = STORE_OK;
    while (!job->page && (s = pages_begin(c->pages, &job->page)) == STORE_FULL)
        landing_wait(c);
    while (s == STORE_OK && (s = pages_append(job->page, held)) == STORE_FULL) {
        landing_wait(c);
        s = STORE_OK;
    }
    if (s != STORE_OK)
        mp_hold_release(held->release_context);
    return s == STORE_OK;
}

/* Whether the rest of the page need not come: no page can be kept any more. The run ends, and with it the transfer. */
static bool is_hopeless(struct crawl *c, const struct job *job)
{
    int error = job->page ? pages_error(job->page) : 0;
    if (!concerns_all(error))
        return false;
    report_disaster(c, c->config.options.output, strerror(error));
    return true;
}

bool landing_has_failed(struct crawl *c, struct job *job)
{
    int error = job->page ? pages_error(job->page) : 0;
    if (!concerns_all(error))
        return false;
    fail(c, job, error);
    return true;
}

void landing_piece(struct crawl *c, struct job *job, const struct mp_part *part, struct text bytes)
{
    struct pages_bytes held;
    if (!c->pages || job->kind == JOB_ROBOTS)
        return collect(job, bytes.data, bytes.len);
    if (is_hopeless(c, job))
        return;
    if (!job->out_of_memory && bytes.len)
        job->out_of_memory = !hold(part, bytes, &held) || !add_piece(c, job, &held);
}

static enum store_status put_whole(struct crawl *c, struct job *job, const char *file, const struct pages_bytes *bytes)
{
    enum store_status s;
    struct pages_known known;
    const struct pages_known *there = record_known_file(job, file, &known) ? &known : NULL;
    while ((s = pages_put(c->pages, file, bytes, there, job)) == STORE_FULL)
        landing_wait(c);
    return s;
}

static enum store_status put_last(struct crawl *c, struct job *job, const char *file, struct pages_bytes *bytes)
{
    enum store_status s;
    while ((s = pages_append(job->page, bytes)) == STORE_FULL)
        landing_wait(c);
    if (s != STORE_OK)
        return s;
    bytes->release_context = NULL; /* the writer lets go of it now */
    struct pages_known known;
    s = pages_finish(job->page, file, record_known_file(job, file, &known) ? &known : NULL, job);
    if (s == STORE_OK)
        job->page = NULL;
    return s;
}

static void put_file(struct crawl *c, struct job *job, const struct mp_part *part, struct text body)
{
    char name[NAME_SIZE];
    int error = naming_file(c, job, name);
    if (!error && asprintf(&job->file, "%s/%s", c->config.options.output, name) < 0)
        error = ENOMEM;
    if (error)
        return fail(c, job, error);
    struct pages_bytes bytes;
    if (!hold(part, body, &bytes))
        return fail(c, job, ENOMEM);
    enum store_status s = job->page ? put_last(c, job, name, &bytes) : put_whole(c, job, name, &bytes);
    if (s == STORE_OK)
        return;
    if (bytes.release_context)
        mp_hold_release(bytes.release_context);
    fail(c, job, s == STORE_INVALID ? EINVAL : ENOMEM);
}

void landing_finish(struct crawl *c, struct job *job, const struct mp_part *part, struct text body)
{
    if (!naming_page(c, job))
        job->out_of_memory = true;
    if (!c->pages)
        collect(job, body.data, body.len);
    if (job->out_of_memory)
        fail(c, job, ENOMEM);
    else if (c->pages)
        put_file(c, job, part, body);
    else
        report_end(c, job);
}

void landing_drop(struct job *job)
{
    if (job->page)
        pages_abandon(job->page);
    job->page = NULL;
    job->bytes = 0;
    buffer_clear(&job->body);
    resume_end_wait(job);
}

void landing_abandon(struct job *job)
{
    landing_drop(job);
    job->out_of_memory = false;
    job_forget_answer(job);
}

void landing_done(const struct pages_done *done, void *arg)
{
    struct crawl *c = arg;
    struct job *job = done->context;
    if (!job) /* a page that was taken away */
        return;
    if (!done->error)
        return report_kept(c, job, done);
    snprintf(job->detail, sizeof job->detail, "%s: %s: %s", job->file, pages_step_text(done->step),
             strerror(done->error));
    end_unwritten(c, job, job->file, done->error);
}

void landing_drain(struct crawl *c)
{
    while (c->pages && pages_pending(c->pages))
        landing_wait(c);
}

void landing_turn(struct crawl *c)
{
    if (c->pages)
        pages_collect(c->pages, landing_done, c);
}
