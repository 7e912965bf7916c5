/* A file that is being written and has no name yet that anybody looks for.
 *
 * draft_open, draft_write as often as wanted, then draft_place or draft_discard. Whatever happens in between, the file
 * under the final name is the whole old one or the whole new one.
 *
 * Where the file system can, a draft has no name at all (O_TMPFILE), so a killed process leaves nothing. Elsewhere, and
 * for the instant in which a new file replaces an old one, it has a temporary name that begins with ".forage-". No page
 * has such a name, so what a killed process leaves under one may be deleted whenever no crawl runs (pages_clean).
 *
 * Functions return false and set errno on failure. Context: one thread for each struct drafts; may block on the
 * disk. */
#ifndef STORE_DRAFT_H
#define STORE_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What one thread has learnt of the file system, and its supply of temporary names. Zero, but for the numbers of
 * process and thread, and what the thread wants. */
struct drafts {
    pid_t process;
    unsigned thread;
    unsigned long next_name;
    bool untimed;      /* nobody asks for draft_placed.mtime_ns */
    bool no_tmpfile;   /* no O_TMPFILE, or no way to link one: use temporary names */
    bool link_by_proc; /* AT_EMPTY_PATH is refused (Linux before 6.10 without privilege): link through /proc */
};

struct draft {
    int fd;
    int folder;         /* where the temporary name is; borrowed */
    int64_t mtime_ns;   /* of the file, once it is being placed */
    char temporary[48]; /* "" for a draft without a name */
};

#define STORE_TEMPORARY_PREFIX ".forage-"

/* What came of placing a draft. */
struct draft_placed {
    bool replaced;    /* a file or link had the name before */
    int64_t mtime_ns; /* of the file, as stat tells it; 0 where it is untimed */
};

/* How a draft became a page's file, or where that failed. */
#define PAGES_STEP_TABLE(X)                                                                                            \
    X(PAGES_STEP_NONE, "done")                                                                                         \
    X(PAGES_STEP_DIGEST, "make the digest")                                                                            \
    X(PAGES_STEP_FOLDER, "open the folder")                                                                            \
    X(PAGES_STEP_CREATE, "create the file")                                                                            \
    X(PAGES_STEP_WRITE, "write the file")                                                                              \
    X(PAGES_STEP_CLOSE, "close the file")                                                                              \
    X(PAGES_STEP_LINK, "give the file its name")                                                                       \
    X(PAGES_STEP_REPLACE, "replace the old file")                                                                      \
    X(PAGES_STEP_REMOVE, "remove the file")

#define PAGES_STEP_ENTRY(name, text) name,
enum pages_step { PAGES_STEP_TABLE(PAGES_STEP_ENTRY) };
#undef PAGES_STEP_ENTRY

/* Begin a file (0644 & ~umask) in FOLDER, which must stay open until the draft has ended. */
bool draft_open(struct drafts *drafts, int folder, struct draft *draft);

/* Whether NAME is one that drafts make: .forage-PROCESS-THREAD-NUMBER, in decimal without leading zeros. Pure. */
bool draft_is_temporary(const char *name);

bool draft_write(struct draft *draft, const void *data, size_t len);

/* Give the draft the name LEAF in FOLDER (a descriptor, on the same file system), and end it. A file or link of that
 * name is replaced, never written through. On failure that one and *PLACED are untouched, *STEP says where it happened,
 * and the draft is still there, to be placed again or discarded. ENOENT: the folder is gone. */
bool draft_place(struct drafts *drafts, struct draft *draft, int folder, const char *leaf, struct draft_placed *placed,
                 enum pages_step *step);

/* End a draft and leave nothing of it. Keeps errno. */
void draft_discard(struct draft *draft);

#endif
