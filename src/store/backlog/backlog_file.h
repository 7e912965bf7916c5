/* The backlog's file as bytes at offsets: appended to at its end, read anywhere, and patched eight bytes at a time. It
 * knows of no records.
 *
 * backlog_file_open; backlog_file_load to go on behind what is there; backlog_file_room and then backlog_file_append;
 * backlog_file_patch, backlog_file_read; backlog_file_flush; backlog_file_close.
 *
 * The end of the file lies in memory, in the window: appending, and reading or patching what was appended a short while
 * ago, costs no system call. Behind the window, blocks that were read are cached. What is appended is written by
 * backlog_file_flush; patches are written when the window leaves them behind, since after a crash nobody needs them.
 *
 * No mmap: a disk that fails or is full is an errno here, not a signal. Functions return false and set errno unless
 * said otherwise. Context: one thread. */
#ifndef STORE_BACKLOG_FILE_H
#define STORE_BACKLOG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACKLOG_BLOCK = 4096 };

struct backlog_file {
    int fd;
    int folder;   /* that the file is in; -1: it has no name */
    uint64_t end; /* where the next byte is appended */

    /* The rest is the file's own. */
    uint64_t base;    /* offset of the window's first byte, a multiple of BACKLOG_BLOCK */
    uint64_t written; /* what is in front of it is in the file, but for patches */
    uint64_t dirty;   /* from here to WRITTEN there may be patches that are not in the file */
    uint64_t loaded;  /* up to here the window holds what the file held when it was opened */
    uint64_t size;    /* of the file when it was opened */
    char *window;
    size_t window_bytes;
    char *blocks;     /* the cache: block N of the file in slot N modulo their number */
    uint64_t *cached; /* what each slot holds: the block's number + 1; 0: nothing */
    size_t slots;
    uint64_t read_to; /* the block behind the last one that was read into the cache */
};

enum { BACKLOG_PIECE_MAX = 2 * (64 * 1024 + 64) }; /* the most that one call may append, read or load */

/* Open the file below DIR, or one without a name when DIR is NULL, as backlog_open says. Its END is 0. */
bool backlog_file_open(struct backlog_file *f, const char *dir, bool keep, size_t window_bytes, size_t cache_bytes);

/* Take LEN bytes behind END, which the file had when it was opened, into the window, and set *AT to them; they are not
 * behind END until backlog_file_accept. False with errno 0: there are fewer. */
bool backlog_file_load(struct backlog_file *f, size_t len, const char **at);
void backlog_file_accept(struct backlog_file *f, size_t len);

/* Cut off what the file has behind END. */
bool backlog_file_cut(struct backlog_file *f);

/* Make room for LEN bytes behind END. Writes when the window is full. Then put them to backlog_file_end, and take them
 * in. */
bool backlog_file_room(struct backlog_file *f, size_t len);
char *backlog_file_end(struct backlog_file *f);
void backlog_file_append(struct backlog_file *f, size_t len);

/* Put VALUE at OFFSET, a multiple of 8 in front of END. */
bool backlog_file_patch(struct backlog_file *f, uint64_t offset, uint64_t value);

/* Copy LEN bytes at OFFSET, all in front of END. False with errno 0: the file is shorter than it was. */
bool backlog_file_read(struct backlog_file *f, uint64_t offset, void *to, size_t len);

bool backlog_file_flush(struct backlog_file *f);

/* Remove the file's name, if it has one. */
bool backlog_file_remove(struct backlog_file *f);

/* Free, and close without writing. Keeps errno. Zeroes with fd and folder -1 are fine. */
void backlog_file_close(struct backlog_file *f);

#endif
