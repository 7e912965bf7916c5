/* A look at the backlog of an output folder, while a crawl may be at work on it: no lock, nothing is written, and
 * nothing that was written meanwhile is waited for. */
#ifndef STORE_BACKLOG_PEEK_H
#define STORE_BACKLOG_PEEK_H

#include "store/backlog/backlog.h"

/* Borrows ENTRY for the call; false ends the look. */
typedef bool backlog_peek_fn(const struct backlog_entry *entry, void *context);

/* Give FN the URL, parent, depth, flags and priority of each entry of DIR's backlog, in the order in which they were
 * added, up to what the crawl has not flushed yet. Some of them wait, and some do not any more: the state tells.
 *
 * Returns BACKLOG_OK, also when there is no backlog or it is not one of ours; BACKLOG_NO_MEMORY; or BACKLOG_SYSTEM, and
 * FAILURE says why. Reads the whole file, some million entries a second. Context: any one thread. */
enum backlog_status backlog_peek(const char *dir, backlog_peek_fn *fn, void *context, struct backlog_failure *failure);

#endif
