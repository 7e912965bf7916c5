/* The backlog: the URLs that a crawl has discovered and not yet taken up, as a queue on disk.
 *
 * backlog_open; backlog_replay when an unfinished cycle goes on; then backlog_add for each URL that is discovered,
 * backlog_flush before the row of the page that it was found on is put, backlog_next when there is room for a job, and
 * backlog_done when that job has come to its end; backlog_close.
 *
 * DIR/.forage/backlog only ever grows. It holds all that was discovered in this cycle, taken up or not, in the order of
 * its discovery. What waits is chained, origin by origin and priority by priority, by offsets inside the file; in
 * memory there are some 120 bytes for each origin that has something waiting or out, two buffers of fixed size, and
 * nothing for a URL. What is done is not known here: the state's rows tell it.
 *
 * What was flushed outlives the process, however that ends. It outlives a power cut once it has been synced: the
 * backlog never syncs by itself, since the state syncs the whole file system (store/state/state.h) after the flush and
 * before a row is committed. Each record has a checksum, so whatever is not as it was written is found out, when the
 * file is replayed as well as when a record is taken.
 *
 * An entry's texts are borrowed: those of a caller for the call, those that come from here until the next call of any
 * function that takes the backlog. Context: one thread. Functions that say so read or write the file, mostly in the
 * page cache. */
#ifndef STORE_BACKLOG_H
#define STORE_BACKLOG_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below the output folder, for messages: "DIR/" BACKLOG_FILE ": reason". */
#define BACKLOG_FILE ".forage/backlog"

#define BACKLOG_STATUS_TABLE(X)                                                                                        \
    X(BACKLOG_OK, "success")                                                                                           \
    X(BACKLOG_INVALID, "not a canonical URL")                                                                          \
    X(BACKLOG_NO_MEMORY, "out of memory")                                                                              \
    X(BACKLOG_SYSTEM, "a system call failed")                                                                          \
    X(BACKLOG_DAMAGED, "damaged")

enum backlog_status { STATUS_ENUM(BACKLOG_STATUS_TABLE) };

/* A constant text for STATUS, never NULL. Context: any thread. */
const char *backlog_status_text(enum backlog_status status);

/* Why something failed. ERROR is an errno when STATUS is BACKLOG_SYSTEM (ENOSPC, EDQUOT, EIO, EFBIG, ELOOP...), else 0.
 * TEXT is the reason without a path. */
struct backlog_failure {
    enum backlog_status status;
    int error;
    char text[200];
};

enum {
    BACKLOG_PRIORITIES = 8, /* 0 is taken first */
    BACKLOG_URL_MAX = 64 * 1024,
};

struct backlog_entry {
    const char *
        url; /* canonical: scheme://host..., no blank, control or non-ASCII byte; when it comes from here, terminated */
    size_t url_len;
    const char *parent; /* the URL that it was found on, as above; of no bytes: none */
    size_t parent_len;
    uint32_t depth;
    uint32_t flags;    /* the caller's */
    unsigned priority; /* below BACKLOG_PRIORITIES */
    int64_t number;    /* the caller's */
};

struct backlog;

/* Zero is the default of every field.
 *
 * An origin may have max(share_min, min(share_max, out_max / origins that have something waiting or out)) entries out.
 * So with few origins about out_max are out at most; with many the caller bounds them, by not asking for more
 * (backlog_out). */
struct backlog_options {
    unsigned out_max;    /* 0: 4,096 */
    unsigned share_min;  /* 0: 4 */
    unsigned share_max;  /* 0: 64 */
    unsigned share_last; /* while an entry of the last priority is the first to go; 0: as others */
    bool by_level;       /* of an origin nothing goes while something of a lower priority number is out */
    size_t window_bytes; /* the end of the file that is kept in memory; 0: 2 MiB; at least 192 KiB */
    size_t cache_bytes;  /* what was read from the rest; 0: 16 MiB; at least 64 KiB */
};

/* ---- Open ---- */

/* Open the backlog of the output folder DIR; that and .forage are made if they are missing. With GO_ON what is there is
 * kept and backlog_replay must be called before anything is added; otherwise, and when there is no file, it begins
 * empty (a file that is there is removed, whatever it is but a folder). DIR NULL: a file without a name below /var/tmp
 * or /tmp.
 *
 * On failure *BACKLOG is untouched and FAILURE says why: BACKLOG_DAMAGED (only with GO_ON: not a backlog, or of another
 * version or machine; it is as it was, and opening without GO_ON gets rid of it), BACKLOG_NO_MEMORY, or BACKLOG_SYSTEM
 * (ELOOP, ENOTDIR, EISDIR or EINVAL: something else stands in the place of .forage or backlog). OPTIONS may be NULL.
 * The folder's lock (store/lock.h) must be held. Reads and writes the disk. */
enum backlog_status backlog_open(const char *dir, bool go_on, const struct backlog_options *options,
                                 struct backlog **backlog, struct backlog_failure *failure);

/* Borrows ENTRY for the call, and calls nothing of the backlog. True: it waits again. False: it is done. */
typedef bool backlog_replay_fn(const struct backlog_entry *entry, void *context);

struct backlog_replayed {
    uint64_t entries;
    uint64_t queued;    /* for which the function returned true */
    uint64_t cut_bytes; /* from the first record that is not whole on: they were taken off the file */
};

/* Give FN each entry, in the order in which they were added. The first record that is not as it was written ends the
 * replay, and the file: that is the one a crash tore, and when somebody damaged the file, also all behind it.
 *
 * To be called once, before anything else, after backlog_open with GO_ON. REPLAYED may be NULL. Returns BACKLOG_OK,
 * BACKLOG_NO_MEMORY or BACKLOG_SYSTEM; then the file is as it was but for offsets, and only backlog_close may follow.
 * Reads the whole file, some million entries a second. */
enum backlog_status backlog_replay(struct backlog *b, backlog_replay_fn *fn, void *context,
                                   struct backlog_replayed *replayed);

/* ---- Use ---- */

/* Queue ENTRY at the origin of its URL. Entries that share their parent with the one before cost its text only once.
 *
 * Returns BACKLOG_OK; BACKLOG_INVALID; BACKLOG_NO_MEMORY; or BACKLOG_SYSTEM. On failure ENTRY is not queued; all else
 * is as it was. Now and then writes to the page cache. */
enum backlog_status backlog_add(struct backlog *b, const struct backlog_entry *entry);

/* Write what was added and is still in memory. Returns BACKLOG_OK or BACKLOG_SYSTEM; then nothing is lost, and it may
 * be tried again. One write(2) into the page cache, and none when nothing was added. */
enum backlog_status backlog_flush(struct backlog *b);

/* Take the next entry: round robin over the origins that have fewer than their share out; within an origin by priority,
 * then first in, first out. It is out until backlog_done.
 *
 * False: none may go before something is added or done; or the file could not be read, which backlog_failed tells. Now
 * and then reads the file. */
bool backlog_next(struct backlog *b, struct backlog_entry *entry);

/* An entry that backlog_next gave came to its end: URL (that entry's, or any of its origin). */
void backlog_done(struct backlog *b, const char *url, size_t url_len);

/* Take out entries that wait at ORIGIN (scheme://host[:port], or any URL of it) and give them to FN, which calls
 * nothing of the backlog, until it returns false or none is left. Those that are out stay so. Returns BACKLOG_OK or
 * what backlog_failed tells. Reads the file. */
typedef bool backlog_drop_fn(const struct backlog_entry *entry, void *context);
enum backlog_status backlog_drop_origin(struct backlog *b, const char *origin, size_t origin_len, backlog_drop_fn *fn,
                                        void *context);

/* ---- Inspect ---- */

uint64_t backlog_waiting(const struct backlog *b);
uint64_t backlog_out(const struct backlog *b);
size_t backlog_origins(const struct backlog *b); /* that have something waiting or out */
uint64_t backlog_bytes(const struct backlog *b); /* of the file, with what is to be written yet */

/* How many entries of an origin may be out just now. */
unsigned backlog_share(const struct backlog *b);

/* ORIGIN is scheme://host[:port], terminated, borrowed for the call; false ends the iteration. Calls nothing of the
 * backlog. */
typedef bool backlog_origin_fn(const char *origin, uint64_t waiting, uint64_t out, void *context);
void backlog_each_origin(const struct backlog *b, backlog_origin_fn *fn, void *context);

/* The first failure since it was opened, other than BACKLOG_INVALID. False when there was none. */
bool backlog_failed(const struct backlog *b, struct backlog_failure *failure);

/* ---- Close ---- */

/* Write what is to be written and free. With REMOVE, because the cycle is complete, nothing is written and the file is
 * removed. With a failure, FAILURE (may be NULL) gets it. NULL is fine. */
enum backlog_status backlog_close(struct backlog *b, bool remove, struct backlog_failure *failure);

#endif
