#include "crawl/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_BYTES = 64 << 10 };

static enum forage_status fail(enum forage_status status, const char *path, const char *why, char *error, size_t size)
{
    int saved = errno;
    snprintf(error, size, "%s: %s", path, why);
    errno = saved;
    return status;
}

/* FORAGE_OK, FORAGE_FILE with errno, or FORAGE_USAGE when it is too large. */
static enum forage_status read_all(int fd, struct buffer *text)
{
    size_t begin = text->len;
    for (;;) {
        if (!buffer_reserve(text, CHUNK_BYTES))
            return FORAGE_NO_MEMORY;
        ssize_t n = read(fd, text->data + text->len, CHUNK_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FORAGE_FILE;
        if (n == 0)
            break;
        text->len += (size_t)n;
        if (text->len - begin > SECRET_MAX_BYTES)
            return FORAGE_USAGE;
    }
    text->data[text->len] = '\0';
    return FORAGE_OK;
}

static enum forage_status read_opened(int fd, const char *path, enum secret_kind kind, struct buffer *text, char *error,
                                      size_t size)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fail(FORAGE_FILE, path, strerror(errno), error, size);
    if (kind != SECRET_PUBLIC && (st.st_mode & (S_IRWXG | S_IRWXO)))
        return fail(FORAGE_USAGE, path, "others have access to it, and it may hold passwords: chmod 600", error, size);
    switch (read_all(fd, text)) {
    case FORAGE_OK:
        return FORAGE_OK;
    case FORAGE_USAGE:
        return fail(FORAGE_USAGE, path, "is larger than 16 MiB", error, size);
    case FORAGE_NO_MEMORY:
        return fail(FORAGE_NO_MEMORY, path, "out of memory", error, size);
    default:
        return fail(FORAGE_FILE, path, strerror(errno), error, size);
    }
}

enum forage_status secret_read(const char *path, enum secret_kind kind, struct buffer *text, char *error,
                               size_t error_size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && kind != SECRET_GIVEN)
        return FORAGE_OK;
    if (fd < 0)
        return fail(FORAGE_FILE, path, strerror(errno), error, error_size);
    enum forage_status s = read_opened(fd, path, kind, text, error, error_size);
    int saved = errno;
    close(fd);
    errno = saved;
    return s;
}
