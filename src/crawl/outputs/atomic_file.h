/* A file that is there whole or not at all: it is written beside its final name and renamed to it at the end.
 *
 * atomic_file_begin, atomic_file_append as often as wanted, then atomic_file_finish or atomic_file_abandon. Or
 * atomic_file_write, which does all of it.
 *
 * Until atomic_file_finish has succeeded, the final name stays as it was, and nothing is left beside it after a
 * failure. Where the file system can, the new file has no name before its end, so that not even a killed process
 * leaves one. A symbolic link stays, and what it names is replaced. What is no plain file (a pipe, a terminal,
 * /dev/null, /dev/stdout) is neither replaced nor whole or not at all: it is written to as it is
 * (crawl/outputs/destination.h), and nobody loses /dev/null.
 *
 * Functions that return false have filled FAILURE. Context: one thread a file; may block on the disk. */
#ifndef CRAWL_ATOMIC_FILE_H
#define CRAWL_ATOMIC_FILE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct atomic_failure {
    const char *step; /* constant: "cannot make a file beside it", "cannot write", ... */
    int error;        /* an errno */
};

/* Private to atomic_file.c; zeroes stand for none. */
struct atomic_file {
    int folder;    /* where the final name is, so that a change of the working folder does no harm */
    int fd;        /* -1: there is none */
    char *name;    /* the final one, in FOLDER; NULL: nothing is open */
    bool as_it_is; /* what is there is written to, not replaced; there is no FOLDER */
    char temporary[48];
    struct buffer pending;
    struct atomic_failure failure; /* the first one since it was begun */
};

/* Begin a file that will be at PATH with MODE, less what the umask takes. */
bool atomic_file_begin(struct atomic_file *file, const char *path, mode_t mode, struct atomic_failure *failure);

/* Add bytes. Failures are remembered for atomic_file_finish, so that a caller need not look; false since the first
 * one. */
bool atomic_file_append(struct atomic_file *file, const void *data, size_t len);

/* Write what is pending, sync, and rename. The file has ended in any case. */
bool atomic_file_finish(struct atomic_file *file, struct atomic_failure *failure);

/* End a file that is not wanted any more; also one that was never begun, if it is zeroes. Keeps errno. */
void atomic_file_abandon(struct atomic_file *file);

bool atomic_file_write(const char *path, mode_t mode, const void *data, size_t len, struct atomic_failure *failure);

/* "cannot write: No space left on device". Returns TEXT. */
const char *atomic_failure_text(const struct atomic_failure *failure, char *text, size_t size);

#endif
