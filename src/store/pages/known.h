/* A file as it was when it was put in place, to see later whether somebody has changed it since: its size, and the time
 * at which its content changed last.
 *
 * Whoever changes a file within one tick of its file system's clock, and leaves it as long as it was, is not
 * noticed. */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

struct stat;

/* The time of ST, in nanoseconds since 1970. */
int64_t known_mtime_ns(const struct stat *st);

/* Whether PATH, seen from the folder AT, is a plain file of this size and time; a link in its last place is not
 * followed. When it is none, or not there, errno says why it could not be looked at, or is 0. Context: any thread; may
 * block. */
bool known_file(int at, const char *path, uint64_t bytes, int64_t mtime_ns);

#endif
