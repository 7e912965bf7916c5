/* Pruning: the files of pages that have been gone for long are taken away at the end of the run, when their rows say
 * already that there is none, so that no row claims a file that is not there. A run that is killed in between leaves a
 * file that no row knows.
 *
 * Context: the crawl's thread. */
#ifndef CRAWL_PRUNE_H
#define CRAWL_PRUNE_H

#include "store/state/state.h"

#include <stdbool.h>

struct crawl;

/* Have ROW's file taken away; false when memory is out. */
bool prune_add(struct crawl *c, const struct state_page *row);

/* Take the files away, each unless somebody has changed it. The rows must have been flushed. */
void prune_files(struct crawl *c);

#endif
