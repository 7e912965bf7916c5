/* Report: what is counted, told and remembered of a job that has ended, and the exit status that follows from it. */
#include "crawl/crawl.h"

#include "base/clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TICK_MS = 200 };

static int exit_of_error(enum fetch_error error)
{
    switch (error) {
    case FETCH_TIMEOUT:
    case FETCH_TRUNCATED:
    case FETCH_RESET:
    case FETCH_EMPTY:
    case FETCH_REFUSED:
    case FETCH_UNREACHABLE:
    case FETCH_DNS:
        return FORAGE_EXIT_NETWORK;
    case FETCH_TLS:
        return FORAGE_EXIT_TLS;
    case FETCH_PROTOCOL:
    case FETCH_CODING:
    case FETCH_REDIRECT:
        return FORAGE_EXIT_PROTOCOL;
    case FETCH_IO:
        return FORAGE_EXIT_FILE;
    default:
        return FORAGE_EXIT_OTHER;
    }
}

static int exit_of_status(unsigned status)
{
    return status == 401 || status == 407 ? FORAGE_EXIT_AUTH : FORAGE_EXIT_SERVER;
}

/* Of all failures the lowest exit status counts that is not 1, so that the order of the list does not. */
static void fail_with(struct crawl *c, int exit_status)
{
    bool none = c->exit_status <= FORAGE_EXIT_OTHER;
    if (exit_status > FORAGE_EXIT_OTHER ? none || exit_status < c->exit_status : c->exit_status == FORAGE_EXIT_OK)
        c->exit_status = exit_status;
}

static bool is_success(const struct job *job)
{
    return !job->error && job->status >= 200 && job->status < 300;
}

static void count(struct crawl *c, const struct job *job)
{
    c->counts.in_flight--;
    if (is_success(job)) {
        c->counts.fetched++;
        c->counts.bytes += job->bytes;
        return;
    }
    c->counts.failed++;
    c->failures[job->error]++;
    fail_with(c, job->error ? exit_of_error(job->error) : exit_of_status(job->status));
}

static struct forage_page page_of(const struct job *job)
{
    return (struct forage_page){
        .url = job->asked.href_public,
        .final_url = job_target(job)->href_public,
        .status = job->status,
        .error = fetch_error_word(job->error),
        .detail = job->detail,
        .ok = is_success(job),
        .attempts = job->attempts,
        .name = buffer_text(&job->name),
        .file = job->file ? job->file : "",
        .type = job->type,
        .bytes = job->error ? 0 : job->bytes,
        .ms = job->ms,
        .body = job->body.data,
        .body_len = job->body.len,
    };
}

/* Words that came from a server or a library are shown to people: what could steer a terminal becomes '?'. */
static void tame(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

void report_end(struct crawl *c, struct job *job)
{
    count(c, job);
    naming_page(c, job);
    tame(job->detail);
    tame(job->name.data ? job->name.data : job->detail);
    struct forage_page page = page_of(job);
    if (c->log && !log_line(c->log, &page))
        report_log_failure(c);
    if (c->config.options.on_page)
        c->config.options.on_page(&page, c->config.options.context);
    job_free(job);
}

void report_bad_line(struct crawl *c, const char *file, unsigned long line, const char *reason)
{
    c->counts.bad_lines++;
    fail_with(c, FORAGE_EXIT_OTHER);
    if (c->config.options.on_bad_line)
        c->config.options.on_bad_line(file, line, reason, c->config.options.context);
}

void report_file_failure(struct crawl *c, const char *file, unsigned long line, const char *reason)
{
    if (c->config.options.on_bad_line)
        c->config.options.on_bad_line(file, line, reason, c->config.options.context);
    report_trouble(c, FORAGE_FILE);
}

void report_log_failure(struct crawl *c)
{
    if (!c->log_failed)
        report_file_failure(c, c->config.options.log, 0, strerror(errno));
    c->log_failed = true;
}

void report_trouble(struct crawl *c, enum forage_status status)
{
    c->trouble = status;
    fail_with(c, FORAGE_EXIT_FILE);
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
    shown.queued = c->frontier.queued;
    shown.in_flight = c->counts.in_flight - c->frontier.queued;
    c->config.options.on_tick(&shown, c->config.options.context);
}
