/* What the two ways to look at a state share (inspect.c for all of it, inspect_why.c for one URL). */
#ifndef CRAWL_INSPECT_H
#define CRAWL_INSPECT_H

#include "crawl/due.h"
#include "store/backlog/backlog_peek.h"
#include "store/state/state.h"

#include <forage/inspect.h>
#include <stddef.h>

/* A state that is being read. */
struct inspection {
    const char *dir;
    struct due_policy due;
    int64_t now_ms;
    struct state *state;
    struct forage_last_run run;
    int64_t cycle_started_ms; /* of the last run */
    char *error;              /* where a line about a failure goes; may be NULL */
    size_t error_size;
};

/* Open DIR's state and learn how its last run stands. OPTIONS have the bounds of intervals. On failure there is nothing
 * to close. */
enum forage_status inspection_open(struct inspection *in, const char *dir, const struct forage_options *options,
                                   char *error, size_t error_size);

/* The status of what has failed since, with the line about it; FORAGE_OK if nothing has. */
enum forage_status inspection_status(struct inspection *in);

/* Keeps errno. */
void inspection_close(struct inspection *in);

/* Leave "WHERE: WHY", or WHY when WHERE is NULL, as the line about a failure. Returns STATUS and keeps errno. */
enum forage_status inspection_fail(const struct inspection *in, enum forage_status status, const char *where,
                                   const char *why);

/* What ROW says of a host, without the text of robots.txt. */
struct forage_host inspection_host(const struct state_host *row);

/* Call FN with each entry of the crawl that has not come to its end, until it returns false. */
enum forage_status inspection_queue(struct inspection *in, backlog_peek_fn *fn, void *context);

/* Whether the crawl will ask for ENTRY when its turn comes, as crawl/record.c decides it then. What leaves no row
 * (sitemaps, what robots.txt forbids) is taken to wait. Looks a page up in the state. */
bool inspection_waits(struct inspection *in, const struct backlog_entry *entry);

#endif
