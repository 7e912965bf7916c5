/* Reading and writing all of a run of bytes: after a signal, or a call that did a part only, it goes on.
 *
 * Context: any thread; blocks as the file does. FD is a blocking one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Read LEN bytes at offset AT. Returns how many there are: fewer only where the file ends; -1 and errno. */
ssize_t file_read_at(int fd, void *to, size_t len, uint64_t at);

/* Write LEN bytes, at offset AT or where the file stands. Returns how many were written: fewer only with errno, which
 * says why there are no more. */
size_t file_write_at(int fd, const void *data, size_t len, uint64_t at);
size_t file_write(int fd, const void *data, size_t len);

#endif
