/* Converted files on their way to their names, and what the state knows of them.
 *
 * batch_open; batch_add for each file; batch_flush at the end; batch_close.
 *
 * Files wait under temporary names (store/pages/draft.h) and are renamed many at a time, because each time costs a
 * sync. Before that, DIR/.forage/converting tells their new sizes and times, and they and it are synced; after it their
 * rows are put. A run that is killed in between leaves files that no row knows: batch_recover finds them by what is
 * told there, before anybody takes them for files that a user has changed.
 *
 * Functions that return a bool are false, with errno, when the disk or the memory failed, or the state, which
 * batch->state_failed tells. Context: one thread; may block. */
#ifndef CRAWL_CONVERT_BATCH_H
#define CRAWL_CONVERT_BATCH_H

#include "base/buffer.h"
#include "crawl/convert/places.h"
#include "store/pages/draft.h"
#include "store/pages/folders.h"
#include "store/state/state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* So many files wait at most, and so many bytes, but for a single file. */
enum { BATCH_FILES = 512, BATCH_BYTES = 256 << 20 };

/* The texts are in one piece of memory. */
struct batch_item {
    struct draft draft; /* written and closed */
    uint64_t bytes;
    char *url, *file;
};

/* A file could not be placed, because of ERROR. */
typedef void batch_failed_fn(void *context, const char *file, int error);

/* Set ROOT and FOLDER (descriptors of DIR and DIR/.forage, borrowed), FOLDERS (those below ROOT, borrowed), STATE,
 * FAILED and CONTEXT; the rest is private but for the last two. */
struct batch {
    int root, folder;
    struct folders *folders;
    struct state *state;
    batch_failed_fn *failed;
    void *context;
    int journal;
    uint64_t journal_end;
    struct drafts drafts;
    struct batch_item *items; /* BATCH_FILES */
    size_t count;
    uint64_t bytes; /* of all that wait */
    struct buffer records;
    uint64_t placed;   /* files that have their names */
    bool state_failed; /* the state takes no more rows */
};

bool batch_open(struct batch *batch);

/* Put the rows of files that a run has converted which was killed then. */
bool batch_recover(struct batch *batch);

/* Write the file of PLACE anew. */
bool batch_add(struct batch *batch, const struct place *place, const struct buffer *bytes);

/* Give the files that wait their names, and put their rows. */
bool batch_flush(struct batch *batch);

/* The rows that were put are written: nothing has to be recovered. */
bool batch_forget(struct batch *batch);

/* Drops what was not flushed. Keeps errno. */
void batch_close(struct batch *batch);

#endif
