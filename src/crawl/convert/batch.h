/* Converted files on their way to their names, and what the state knows of them.
 *
 * batch_open; batch_add for each file; batch_flush at the end; batch_close.
 *
 * Files are renamed some at a time. Before that, DIR/.forage/converting tells their new sizes and times, and they and it are
 * synced; after it their rows are put. A run that is killed in between leaves files that no row knows: batch_recover finds
 * them by what is told there, before anybody takes them for files that a user has changed.
 *
 * Functions that return a bool are false, with errno, when the disk or the memory failed, or the state, which
 * batch->state_failed tells. Context: one thread; may block. */
#ifndef CRAWL_CONVERT_BATCH_H
#define CRAWL_CONVERT_BATCH_H

#include "base/buffer.h"
#include "crawl/convert/places.h"
#include "store/pages/draft.h"
#include "store/state/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BATCH_MAX = 32 }; /* each has two descriptors open */

/* The texts are in one piece of memory. */
struct batch_item {
    struct draft draft;
    int folder; /* where it is to be placed; a descriptor of its own */
    uint64_t bytes;
    char *url, *file;
};

/* A file could not be placed, because of ERROR. */
typedef void batch_failed_fn(void *context, const char *file, int error);

/* Set ROOT, FOLDER (descriptors of DIR and DIR/.forage, borrowed), STATE, FAILED and CONTEXT; the rest is private but for
 * the last two. */
struct batch {
    int root, folder;
    struct state *state;
    batch_failed_fn *failed;
    void *context;
    int journal;
    uint64_t journal_end;
    struct drafts drafts;
    struct batch_item items[BATCH_MAX];
    size_t count;
    struct buffer records;
    uint64_t placed;   /* files that have their names */
    bool state_failed; /* the state takes no more rows */
};

bool batch_open(struct batch *batch);

/* Put the rows of files that a run has converted which was killed then. */
bool batch_recover(struct batch *batch);

/* Write the file of PLACE, which lies in FOLDER (a descriptor, borrowed), anew. */
bool batch_add(struct batch *batch, const struct place *place, int folder, const struct buffer *bytes);

/* Give the files that wait their names, and put their rows. */
bool batch_flush(struct batch *batch);

/* The rows that were put are written: nothing has to be recovered. */
bool batch_forget(struct batch *batch);

/* Drops what was not flushed. Keeps errno. */
void batch_close(struct batch *batch);

#endif
