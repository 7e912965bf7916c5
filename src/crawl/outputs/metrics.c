#include "crawl/outputs/metrics.h"

#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* ---- The text format ---- */

/* The file under way. Running out of memory is remembered, not looked at each time. */
struct sheet {
    struct buffer *out;
    struct buffer folder; /* the label of all samples, escaped */
    bool ok;
};

/* A label's value is UTF-8 in which three characters are escaped. '?' stands for each byte that is none. */
static bool escape_label(struct buffer *b, const char *value)
{
    bool ok = true;
    while (*value && ok) {
        unsigned len = utf8_character(value, NULL);
        if (*value == '\n')
            ok = buffer_append_text(b, "\\n");
        else if (*value == '\\' || *value == '"')
            ok = buffer_printf(b, "\\%c", *value);
        else
            ok = len ? buffer_append(b, value, len) : buffer_append_char(b, '?');
        value += len ? len : 1;
    }
    return ok;
}

static void head(struct sheet *s, const char *name, const char *help)
{
    s->ok = s->ok && buffer_printf(s->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* A sample; with LABEL, it has that label too. */
static void sample(struct sheet *s, const char *name, const char *label, const char *word, uint64_t value)
{
    s->ok = s->ok && buffer_printf(s->out, "%s{folder=\"%s\"", name, buffer_text(&s->folder)) &&
            (!label || buffer_printf(s->out, ",%s=\"%s\"", label, word)) &&
            buffer_printf(s->out, "} %" PRIu64 "\n", value);
}

static void number(struct sheet *s, const char *name, const char *help, uint64_t value)
{
    head(s, name, help);
    sample(s, name, NULL, NULL, value);
}

static void seconds(struct sheet *s, const char *name, const char *help, int64_t ms)
{
    head(s, name, help);
    s->ok = s->ok && buffer_printf(s->out, "%s{folder=\"%s\"} %" PRId64 ".%03d\n", name, buffer_text(&s->folder),
                                   ms / 1000, (int)(ms % 1000));
}

/* ---- The figures ---- */

static void write_times(struct sheet *s, const struct run_figures *f)
{
    seconds(s, "forage_run_start_timestamp_seconds", "When the last run began, as Unix time.", f->started_ms);
    seconds(s, "forage_run_end_timestamp_seconds", "When the last run ended, as Unix time.", f->ended_ms);
    seconds(s, "forage_run_duration_seconds", "How long the last run took.", f->elapsed_ms);
    seconds(s, "forage_last_success_timestamp_seconds",
            "When a complete run last ended with exit status 0, as Unix time; 0 for never.", f->last_success_ms);
}

static void write_end(struct sheet *s, const struct run_figures *f)
{
    number(s, "forage_run_exit_status", "Exit status of the last run.", (uint64_t)f->exit_status);
    number(s, "forage_run_complete", "Whether the last run did all that it was asked to do.", f->complete);
    number(s, "forage_run_body_bytes", "Bytes of the bodies that the last run received.", f->counts.bytes);
    number(s, "forage_run_bad_lines", "Lines of lists that the last run could not read.", f->counts.bad_lines);
}

static void write_pages(struct sheet *s, const struct run_figures *f)
{
    struct run_outcome outcomes[RUN_OUTCOMES];
    run_figures_outcomes(f, outcomes);
    head(s, "forage_run_pages", "URLs of the last run by how they ended.");
    for (int i = 0; i < RUN_OUTCOMES; i++)
        sample(s, "forage_run_pages", "outcome", outcomes[i].word, outcomes[i].pages);
}

static void write_failures(struct sheet *s, const struct run_figures *f)
{
    head(s, "forage_run_failures",
         "URLs of the last run that failed by the reason; status is an answer that is an error.");
    for (int i = 0; i < FETCH_ERROR_COUNT; i++)
        sample(s, "forage_run_failures", "error", run_figures_failure_word(i), f->failures[i]);
}

static void write_hosts(struct sheet *s, const struct run_figures *f)
{
    head(s, "forage_run_hosts", "Hosts of the last run by how they answered.");
    sample(s, "forage_run_hosts", "class", "well", f->hosts_well);
    sample(s, "forage_run_hosts", "class", "errors", f->hosts_with_errors);
    sample(s, "forage_run_hosts", "class", "unreachable", f->hosts_unreachable);
}

bool metrics_format(const struct run_figures *figures, struct buffer *out)
{
    struct sheet s = {.out = out};
    s.ok = escape_label(&s.folder, figures->folder);
    write_times(&s, figures);
    write_end(&s, figures);
    write_pages(&s, figures);
    write_failures(&s, figures);
    write_hosts(&s, figures);
    buffer_release(&s.folder);
    return s.ok;
}

bool metrics_write(const char *path, const struct run_figures *figures, struct atomic_failure *failure)
{
    struct buffer text = {0};
    bool ok = metrics_format(figures, &text);
    if (ok)
        ok = atomic_file_write(path, METRICS_MODE, text.data, text.len, failure);
    else
        *failure = (struct atomic_failure){"cannot write", ENOMEM};
    buffer_release(&text);
    return ok;
}
