#include "cli/display.h"

#include "base/status.h"
#include "cli/inspect_format.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROW = 20, SHOWN_NAME_BYTES = 4096 };

void display_init(struct display *d, bool quiet, bool verbose)
{
    *d = (struct display){
        .terminal = !quiet && isatty(STDERR_FILENO),
        .quiet = quiet,
        .verbose = verbose,
    };
}

static void clear_progress(struct display *d)
{
    if (d->progress_shown)
        fputs("\r\033[K", stderr);
    d->progress_shown = false;
}

static void print_failure(const struct forage_page *page)
{
    const char *colon = *page->detail ? ": " : "";
    if (*page->error)
        fprintf(stderr, "forage: %s: %s%s%s\n", page->url, page->error, colon, page->detail);
    else
        fprintf(stderr, "forage: %s: HTTP status %u%s%s\n", page->url, page->status, colon, page->detail);
}

static bool ended(const struct forage_page *page, const char *outcome)
{
    return strcmp(page->outcome, outcome) == 0;
}

/* The file's name may be of --output or out=, which are any bytes. */
static void print_success(const struct forage_page *page)
{
    char size[INSPECT_SIZE_SIZE];
    struct buffer file = {0};
    inspect_escape(&file, page->file);
    fprintf(stderr, "%s %s  %u  %s  %s\n", page->name, ended(page, "unchanged") ? "unchanged" : "finished",
            page->status, inspect_size(page->bytes, size), buffer_text(&file));
    buffer_release(&file);
}

static void print_skipped(const struct forage_page *page)
{
    fprintf(stderr, "%s skipped  %s  %s\n", page->name, page->url, *page->detail ? page->detail : page->error);
}

void display_page(const struct forage_page *page, void *context)
{
    struct display *d = context;
    bool failed = !page->ok && !ended(page, "skipped");
    if (!failed && (d->quiet || !(d->terminal || d->verbose)))
        return;
    clear_progress(d);
    if (failed)
        print_failure(page);
    else if (page->ok)
        print_success(page);
    else
        print_skipped(page);
}

/* A shell's glob may find any name, and some would steer the terminal that shows them. */
static const char *escape_name(const char *name, char out[SHOWN_NAME_BYTES])
{
    size_t len = 0;
    for (; *name && len + sizeof "\\xff" <= SHOWN_NAME_BYTES; name++) {
        bool plain = *name >= ' ' && *name <= '~';
        len += (size_t)snprintf(out + len, SHOWN_NAME_BYTES - len, plain ? "%c" : "\\x%02x", (unsigned char)*name);
    }
    out[len] = '\0';
    return out;
}

void display_bad_line(const char *file, unsigned long line, const char *reason, void *context)
{
    char shown[SHOWN_NAME_BYTES];
    clear_progress(context);
    escape_name(file, shown);
    if (line)
        fprintf(stderr, "%s:%lu: %s\n", shown, line, reason);
    else
        fprintf(stderr, "forage: %s%s%s\n", shown, *shown ? ": " : "", reason);
}

void display_bad_file(const char *file, const char *reason)
{
    char shown[SHOWN_NAME_BYTES];
    fprintf(stderr, "forage: %s: %s\n", escape_name(file, shown), reason);
}

void display_bad_option(const char *name, const char *value, const char *reason)
{
    char shown[SHOWN_NAME_BYTES];
    if (value)
        fprintf(stderr, "forage: --%s: '%s' %s\n", name, escape_name(value, shown), reason);
    else
        fprintf(stderr, "forage: --%s: %s\n", name, reason);
}

void display_refusal(const char *reason)
{
    char shown[SHOWN_NAME_BYTES];
    fprintf(stderr, "forage: %s\n", escape_name(reason, shown));
}

void display_bad_setting(const char *file, unsigned long line, const char *reason)
{
    char shown[SHOWN_NAME_BYTES], shown_reason[SHOWN_NAME_BYTES];
    fprintf(stderr, "%s:%lu: %s\n", escape_name(file, shown), line, escape_name(reason, shown_reason));
}

static unsigned terminal_columns(void)
{
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= NARROW ? w.ws_col : 80;
}

void display_tick(const struct forage_progress *p, void *context)
{
    struct display *d = context;
    char line[PROGRESS_LINE_SIZE];
    if (!d->terminal)
        return;
    progress_add(&d->progress, p);
    const struct progress_rates rates = progress_rates(&d->progress, p);
    progress_line(p, &rates, terminal_columns(), line);
    fprintf(stderr, "\r\033[K%s", line);
    d->progress_shown = true;
}

/* What became of the pages, as far as anything did. */
static void print_outcomes(const struct forage_progress *c)
{
    const struct {
        uint64_t count;
        const char *outcome;
    } outcomes[] = {{c->new_pages, "new"},
                    {c->changed, "changed"},
                    {c->unchanged, "unchanged"},
                    {c->gone, "gone"},
                    {c->put_off, "put off"}};
    const char *separator = ": ";
    for (size_t i = 0; i < COUNT_OF(outcomes); i++) {
        if (!outcomes[i].count)
            continue;
        fprintf(stderr, "%s%llu %s", separator, (unsigned long long)outcomes[i].count, outcomes[i].outcome);
        separator = ", ";
    }
}

/* Why the rest is left for the next run. */
static const char *early_end(const struct forage_summary *s)
{
    return s->stopped        ? "stopped: "
           : s->out_of_time  ? "out of time: "
           : s->out_of_quota ? "quota reached: "
           : s->out_of_pages ? "page limit reached: "
           : *s->trouble     ? "ended early: "
                             : "";
}

void display_summary(struct display *d, const struct forage_summary *s)
{
    const struct forage_progress *c = &s->counts;
    char size[INSPECT_SIZE_SIZE];
    clear_progress(d);
    if (d->quiet)
        return;
    fprintf(stderr, "%s%s%s%llu fetched (%s), %llu failed, %llu skipped, %llu bad lines in %u.%03u s", early_end(s),
            s->trouble, *s->trouble ? ": " : "", (unsigned long long)c->fetched, inspect_size(c->bytes, size),
            (unsigned long long)c->failed, (unsigned long long)c->skipped, (unsigned long long)c->bad_lines,
            c->elapsed_ms / 1000, c->elapsed_ms % 1000);
    print_outcomes(c);
    fputc('\n', stderr);
}
