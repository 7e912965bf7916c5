#include "base/file.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

ssize_t file_read_at(int fd, void *to, size_t len, uint64_t at)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)to + done, len - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

/* What one call answered. False: no other is worth making. */
static bool goes_on(ssize_t n, size_t *done)
{
    if (n > 0)
        *done += (size_t)n;
    else if (n == 0)
        errno = ENOSPC; /* no file that takes bytes answers so; asking it again might never end */
    return n > 0 || (n < 0 && errno == EINTR);
}

size_t file_write_at(int fd, const void *data, size_t len, uint64_t at)
{
    size_t done = 0;
    while (done < len && goes_on(pwrite(fd, (const char *)data + done, len - done, (off_t)(at + done)), &done))
        ;
    return done;
}

size_t file_write(int fd, const void *data, size_t len)
{
    size_t done = 0;
    while (done < len && goes_on(write(fd, (const char *)data + done, len - done), &done))
        ;
    return done;
}
