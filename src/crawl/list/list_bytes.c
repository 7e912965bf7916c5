#include "crawl/list/list_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RAW_BYTES = 32 * 1024 };

bool list_bytes_open(struct list_bytes *b, const char *path)
{
    struct stat st;
    int fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *b = (struct list_bytes){.fd = fd};
    bool known = fd >= 0 && fstat(fd, &st) == 0;
    if (known && !S_ISDIR(st.st_mode)) {
        b->regular = S_ISREG(st.st_mode);
        b->device = st.st_dev;
        b->inode = st.st_ino;
        return true;
    }
    if (known)
        errno = EISDIR;
    list_bytes_close(b);
    return false;
}

void list_bytes_close(struct list_bytes *b)
{
    int saved = errno;
    if (b->fd > STDERR_FILENO)
        close(b->fd);
    if (b->gzip)
        inflateEnd(&b->z);
    free(b->raw);
    *b = (struct list_bytes){.fd = -1};
    errno = saved;
}

/* Bytes as the file has them. */
static enum list_bytes_status read_raw(struct list_bytes *b, void *to, size_t room, size_t *len, const char **reason)
{
    struct pollfd p = {b->fd, POLLIN, 0};
    if (b->ended)
        return LIST_BYTES_END;
    if (!b->regular && poll(&p, 1, 0) == 0)
        return LIST_BYTES_WAIT;
    ssize_t n = read(b->fd, to, room);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return LIST_BYTES_WAIT;
    if (n < 0) {
        *reason = strerror(errno);
        return LIST_BYTES_BAD;
    }
    *len = (size_t)n;
    b->ended = n == 0;
    return n ? LIST_BYTES_SOME : LIST_BYTES_END;
}

/* ---- gzip ---- */

static enum list_bytes_status start_gzip(struct list_bytes *b, const char **reason)
{
    enum { GZIP_ONLY = 16 };
    b->raw = malloc(RAW_BYTES);
    b->gzip = b->raw && inflateInit2(&b->z, GZIP_ONLY + MAX_WBITS) == Z_OK;
    if (!b->gzip) {
        *reason = "out of memory";
        return LIST_BYTES_BAD;
    }
    b->z.next_in = b->head;
    b->z.avail_in = (uInt)b->head_len;
    return LIST_BYTES_SOME;
}

/* Decode what has been read, until there is something to show for it. Where the damage lies, what came before is
 * good. */
static void decode(struct list_bytes *b, char *to, size_t room, size_t *len)
{
    b->z.next_out = (unsigned char *)to;
    b->z.avail_out = (uInt)room;
    while ((b->z.avail_in || b->more) && b->z.avail_out == room && !b->damage) {
        if (b->between && inflateReset(&b->z) != Z_OK)
            b->damage = "out of memory";
        b->between = false;
        int result = inflate(&b->z, Z_NO_FLUSH);
        b->between = result == Z_STREAM_END;
        b->more = !b->between && !b->z.avail_out;
        if (result == Z_MEM_ERROR)
            b->damage = "out of memory";
        else if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            b->damage = "the gzip data are damaged";
    }
    *len = room - b->z.avail_out;
}

static enum list_bytes_status read_gzip(struct list_bytes *b, char *to, size_t room, size_t *len, const char **reason)
{
    if (!b->damage && !b->z.avail_in && !b->more) {
        size_t n = 0;
        enum list_bytes_status s = read_raw(b, b->raw, RAW_BYTES, &n, reason);
        if (s == LIST_BYTES_END && !b->between) {
            *reason = "the gzip data are cut off";
            return LIST_BYTES_BAD;
        }
        if (s != LIST_BYTES_SOME)
            return s;
        b->z.next_in = b->raw;
        b->z.avail_in = (uInt)n;
    }
    if (!b->damage)
        decode(b, to, room, len);
    if (!b->damage || *len)
        return LIST_BYTES_SOME;
    *reason = b->damage;
    return LIST_BYTES_BAD;
}

/* ---- Either ---- */

/* Find out what the file is. LIST_BYTES_SOME when that is known; of text, the bytes that were read for it are in TO
 * then. */
static enum list_bytes_status probe(struct list_bytes *b, char *to, size_t *len, const char **reason)
{
    static const unsigned char magic[] = {0x1f, 0x8b};
    while (b->head_len < sizeof magic && memcmp(b->head, magic, b->head_len) == 0) {
        size_t n = 0;
        enum list_bytes_status s = read_raw(b, b->head + b->head_len, sizeof magic - b->head_len, &n, reason);
        if (s == LIST_BYTES_END)
            break;
        if (s != LIST_BYTES_SOME)
            return s;
        b->head_len += n;
    }
    b->probed = true;
    if (b->head_len == sizeof magic && memcmp(b->head, magic, sizeof magic) == 0)
        return start_gzip(b, reason);
    memcpy(to, b->head, b->head_len);
    *len = b->head_len;
    return LIST_BYTES_SOME;
}

enum list_bytes_status list_bytes_read(struct list_bytes *b, char *to, size_t room, size_t *len, const char **reason)
{
    *len = 0;
    if (!b->probed) {
        enum list_bytes_status s = probe(b, to, len, reason);
        if (s != LIST_BYTES_SOME || *len)
            return s;
    }
    return b->gzip ? read_gzip(b, to, room, len, reason) : read_raw(b, to, room, len, reason);
}
