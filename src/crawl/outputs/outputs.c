#include "crawl/outputs/outputs.h"

#include "base/clock.h"
#include "crawl/crawl.h"
#include "crawl/outputs/log_file.h"
#include "crawl/outputs/metrics.h"
#include "crawl/outputs/summary_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Opening ---- */

static enum forage_status cannot_write(const char *path, const struct atomic_failure *failure, char *error, size_t size)
{
    char text[256];
    snprintf(error, size, "%s: %s", path, atomic_failure_text(failure, text, sizeof text));
    errno = failure->error;
    return FORAGE_FILE;
}

static void note_replaced(const char *path, struct replaced *old)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
        *old = (struct replaced){.device = st.st_dev, .inode = st.st_ino, .is_there = true};
}

enum forage_status outputs_open(struct crawl *c, char *error, size_t size)
{
    const struct forage_options *o = &c->config.options;
    struct atomic_failure failure;
    if (o->log && !(c->outputs.log = log_file_open(o->log))) {
        int saved = errno;
        snprintf(error, size, "%s: %s", o->log, strerror(saved));
        errno = saved;
        return FORAGE_FILE;
    }
    if (o->failed_list)
        note_replaced(o->failed_list, &c->outputs.replaced);
    if (o->failed_list && !failed_list_open(&c->outputs.failed, o->failed_list, &failure))
        return cannot_write(o->failed_list, &failure, error, size);
    return FORAGE_OK;
}

void outputs_reopen_log(struct crawl *c)
{
    if (c->outputs.log)
        log_file_reopen(c->outputs.log);
}

/* ---- A URL at its end ---- */

/* The options as a list has them. */
static bool format_options(const struct line_options *o, struct buffer *out)
{
    bool ok = true;
    if (o->out)
        ok = buffer_printf(out, "out=%s\n", o->out);
    for (size_t i = 0; i < o->header_count; i++)
        ok = ok && buffer_printf(out, "header=%s\n", o->headers[i]);
    if (o->tries)
        ok = ok && buffer_printf(out, "tries=%u\n", o->tries);
    if (o->delay_ms >= 0)
        ok = ok && buffer_printf(out, "delay=%dms\n", o->delay_ms);
    if (o->max_bytes)
        ok = ok && buffer_printf(out, "max-size=%llu\n", (unsigned long long)o->max_bytes);
    if (o->max_age_ms >= 0)
        ok = ok && buffer_printf(out, "max-age=%lldms\n", (long long)o->max_age_ms);
    return ok;
}

static void add(struct crawl *c, const struct line_options *own, struct failed_url failed)
{
    struct buffer options = {0};
    if (own)
        format_options(own, &options);
    failed.options = options.data;
    failed_list_add(&c->outputs.failed, &failed);
    buffer_release(&options);
}

static void add_failed(struct crawl *c, const struct job *job)
{
    add(c, job->own,
        (struct failed_url){
            .url = job->asked.href,
            .status = job->status,
            .error = fetch_error_word(job->error),
            .detail = job->detail,
        });
}

void outputs_left(struct crawl *c, const char *url, const struct line_options *own, const char *reason,
                  const char *detail)
{
    add(c, own, (struct failed_url){.url = url, .error = reason, .detail = detail});
}

void outputs_page(struct crawl *c, const struct job *job, const struct forage_page *page)
{
    if (c->outputs.log && !log_file_write(c->outputs.log, page, job->rule))
        report_file_failure(c, c->config.options.log, 0, strerror(errno));
    if (!page->ok && job->outcome != OUTCOME_SKIPPED)
        add_failed(c, job);
}

/* ---- The end of the run ---- */

static void tell(struct crawl *c, const char *path, const struct atomic_failure *failure)
{
    char text[256];
    report_file_failure(c, path, 0, atomic_failure_text(failure, text, sizeof text));
}

static void fill_figures(struct crawl *c, const char *folder, struct run_figures *figures)
{
    *figures = (struct run_figures){
        .folder = folder,
        .started_ms = c->run.started_ms,
        .ended_ms = c->run.ended_ms,
        .last_success_ms = c->exit_status || c->end != END_DONE ? c->last_success_ms : c->run.ended_ms,
        .elapsed_ms = (unsigned)(clock_ms() - c->started_ms),
        .counts = c->counts,
        .hosts_well = c->hosts[HOST_WELL],
        .hosts_with_errors = c->hosts[HOST_WITH_ERRORS],
        .hosts_unreachable = c->hosts[HOST_UNREACHABLE],
        .exit_status = c->exit_status,
        .complete = c->end == END_DONE,
    };
    memcpy(figures->failures, c->failures, sizeof figures->failures);
}

void outputs_end(struct crawl *c)
{
    const struct forage_options *o = &c->config.options;
    struct atomic_failure failure;
    struct run_figures figures;
    char *folder = o->in_memory ? NULL : realpath(o->output, NULL);
    if (!failed_list_close(&c->outputs.failed, &failure))
        tell(c, o->failed_list, &failure);
    fill_figures(c, folder ? folder : "", &figures);
    if (o->metrics && !metrics_write(o->metrics, &figures, &failure))
        tell(c, o->metrics, &failure);
    if (o->summary && !summary_write(o->summary, &figures, &failure))
        tell(c, o->summary, &failure);
    free(folder);
}

void outputs_close(struct crawl *c)
{
    log_file_close(c->outputs.log);
    failed_list_abandon(&c->outputs.failed);
    c->outputs = (struct outputs){0};
}
