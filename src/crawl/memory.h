/* The memory of an output folder: the lock that makes this run the only one, and the state database.
 *
 * memory_open, after the workers were forked; memory_begin at the start of the run; memory_turn in the loop;
 * memory_end; memory_close. Context: the crawl's thread. */
#ifndef CRAWL_MEMORY_H
#define CRAWL_MEMORY_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stddef.h>

struct crawl;

/* Lock the output folder, and open its state unless the user wants none. */
enum forage_status memory_open(struct crawl *c, char *error, size_t size);

/* Learn how the last run ended, and note that this one has begun. */
void memory_begin(struct crawl *c);

/* This run does not go on with the cycle that an earlier one has left. Waits until that is written. */
void memory_begin_anew(struct crawl *c);

/* See whether the state is still being written. */
void memory_turn(struct crawl *c);

/* There are more rows than can wait: until there is room. */
void memory_wait(struct crawl *c);

/* Writing the state has failed: say so once, and end the run, for nothing that it does would be remembered. */
void memory_failed(struct crawl *c);

/* Note how the run ended, and write what is not yet written. */
void memory_end(struct crawl *c);
void memory_close(struct crawl *c);

#endif
