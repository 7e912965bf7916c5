#include "crawl/outputs/summary_file.h"

#include "base/iso_time.h"
#include "crawl/outputs/json_text.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The time in UTC, or null. */
static json_t *time_of(int64_t ms)
{
    char text[ISO_TIME_SIZE];
    return ms ? json_string(iso_time_utc(ms, text)) : json_null();
}

static json_t *pages_of(const struct run_figures *f)
{
    struct run_outcome outcomes[RUN_OUTCOMES];
    json_t *pages = json_object();
    run_figures_outcomes(f, outcomes);
    for (int i = 0; i < RUN_OUTCOMES; i++)
        json_object_set_new(pages, outcomes[i].word, json_integer((json_int_t)outcomes[i].pages));
    return pages;
}

static json_t *failures_of(const struct run_figures *f)
{
    json_t *failures = json_object();
    for (int i = 0; i < FETCH_ERROR_COUNT; i++)
        json_object_set_new(failures, run_figures_failure_word(i), json_integer((json_int_t)f->failures[i]));
    return failures;
}

static json_t *hosts_of(const struct run_figures *f)
{
    return json_pack("{sI sI sI}", "well", (json_int_t)f->hosts_well, "errors", (json_int_t)f->hosts_with_errors,
                     "unreachable", (json_int_t)f->hosts_unreachable);
}

char *summary_format(const struct run_figures *f)
{
    json_t *all = json_pack(
        "{so so so sI so si sb sI sI so so so}", "folder", json_text(f->folder), "started", time_of(f->started_ms),
        "ended", time_of(f->ended_ms), "ms", (json_int_t)f->elapsed_ms, "last_success", time_of(f->last_success_ms),
        "exit_status", f->exit_status, "complete", (int)f->complete, "bytes", (json_int_t)f->counts.bytes, "bad_lines",
        (json_int_t)f->counts.bad_lines, "pages", pages_of(f), "failures", failures_of(f), "hosts", hosts_of(f));
    char *text = all ? json_dumps(all, JSON_ENSURE_ASCII | JSON_COMPACT) : NULL;
    char *line = NULL;
    if (text && asprintf(&line, "%s\n", text) < 0)
        line = NULL;
    free(text);
    json_decref(all);
    return line;
}

bool summary_write(const char *path, const struct run_figures *figures, struct atomic_failure *failure)
{
    char *text = summary_format(figures);
    bool ok = text && atomic_file_write(path, SUMMARY_MODE, text, strlen(text), failure);
    if (!text)
        *failure = (struct atomic_failure){"cannot write", ENOMEM};
    free(text);
    return ok;
}
