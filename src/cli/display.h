/* What the user sees: a line a page and a live progress line on a terminal, failures always, a summary at the end.
 * Everything goes to standard error. */
#ifndef CLI_DISPLAY_H
#define CLI_DISPLAY_H

#include "cli/progress.h"

#include <forage/forage.h>
#include <stdbool.h>

struct display {
    bool terminal; /* standard error is one, and the user did not ask for quiet */
    bool quiet;
    bool verbose;
    bool progress_shown;
    struct progress progress;
};

void display_init(struct display *d, bool quiet, bool verbose);

/* A forage_page_fn, forage_line_fn and forage_tick_fn; CONTEXT is the display. */
void display_page(const struct forage_page *page, void *context);
void display_bad_line(const char *file, unsigned long line, const char *reason, void *context);
void display_tick(const struct forage_progress *progress, void *context);

/* A list or a configuration that cannot be opened, and an option whose VALUE (NULL: none) has no meaning. */
void display_bad_file(const char *file, const char *reason);
void display_bad_option(const char *name, const char *value, const char *reason);

/* Why nothing is done at all. */
void display_refusal(const char *reason);

/* REASON about line LINE of a configuration. */
void display_bad_setting(const char *file, unsigned long line, const char *reason);

void display_summary(struct display *d, const struct forage_summary *summary);

#endif
