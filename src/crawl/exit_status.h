/* The exit status of a run: that of wget for each kind of failure, and of several the lowest that is neither 0 nor 1,
 * so that the order of the list does not count.
 *
 * Context: the crawl's thread. */
#ifndef CRAWL_EXIT_STATUS_H
#define CRAWL_EXIT_STATUS_H

#include "fetch/error.h"

#include <forage/forage.h>

/* Apart, because some failures of pages may be expected; files and lists that fail never are. */
struct exit_status {
    int pages;
    int others;
};

/* What a page makes that ended with ERROR, or with STATUS of HTTP when that is FETCH_OK. */
int exit_status_of(enum fetch_error error, unsigned status);

/* Count STATUS in. */
void exit_status_add(int *sum, int status);

/* The status of a run with COUNTS: failures of pages do not count when they are less than EXPECTED percent of the pages
 * that were asked for. */
int exit_status_of_run(const struct exit_status *exit, const struct forage_progress *counts, double expected);

#endif
