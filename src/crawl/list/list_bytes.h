/* The bytes of a list's file as they come, decoded when the file is gzip: the part of the list reader that knows
 * descriptors and zlib. crawl/list/list_file.h makes lines of them.
 *
 * list_bytes_open, list_bytes_read until LIST_BYTES_END or LIST_BYTES_BAD, list_bytes_close. The first two bytes tell
 * gzip (RFC 1952) from text. All members are decoded; memory is that of one inflate state and 32 KiB, whatever the file
 * says.
 *
 * Context: one thread; reading blocks only on a regular file. */
#ifndef CRAWL_LIST_BYTES_H
#define CRAWL_LIST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <zlib.h>

enum list_bytes_status {
    LIST_BYTES_SOME, /* maybe none, when much was read for little */
    LIST_BYTES_WAIT, /* nothing there yet */
    LIST_BYTES_END,
    LIST_BYTES_BAD, /* a system call failed, or gzip that is damaged or cut off */
};

struct list_bytes {
    int fd;
    bool regular;
    dev_t device; /* with inode: which file it is */
    ino_t inode;

    bool ended; /* so that a terminal is not asked for its end twice */
    bool probed, gzip;
    unsigned char head[2];
    size_t head_len;
    bool between;       /* a member has ended, and none has begun after it */
    bool more;          /* inflate stopped for want of room */
    const char *damage; /* found behind bytes that were still good */
    unsigned char *raw; /* gzip only */
    z_stream z;
};

/* PATH "-" is standard input. False, and errno says why (EISDIR for a folder); nothing is to be closed then. */
bool list_bytes_open(struct list_bytes *bytes, const char *path);

/* Write up to ROOM bytes, 2 at least, to TO and how many to *LEN. With LIST_BYTES_BAD, *REASON is a constant text or
 * one of strerror's. */
enum list_bytes_status list_bytes_read(struct list_bytes *bytes, char *to, size_t room, size_t *len,
                                       const char **reason);

void list_bytes_close(struct list_bytes *bytes);

#endif
