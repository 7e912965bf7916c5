#include "store/backlog/backlog_file.h"

#include "base/file.h"
#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME "backlog"

enum { READ_AHEAD = 16, CACHE_MIN = 16 * BACKLOG_BLOCK, WINDOW_MIN = 192 * 1024 };

_Static_assert(WINDOW_MIN / 2 > BACKLOG_PIECE_MAX / 2 && WINDOW_MIN > BACKLOG_PIECE_MAX + BACKLOG_BLOCK,
               "see backlog_file_room");

/* ---- The file itself ---- */

static bool write_window(struct backlog_file *f, uint64_t from, uint64_t to)
{
    from += file_write_at(f->fd, f->window + (from - f->base), (size_t)(to - from), from);
    if (from > f->written)
        f->written = from;
    return from == to;
}

static int open_nameless(void)
{
    static const char *const folders[] = {"/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        int fd = open(folders[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            return fd;
    }
    char path[] = "/tmp/forage-backlog-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* O_NONBLOCK: a FIFO in its place is found out, not waited for. */
static int open_named(int folder, bool keep)
{
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    if (!keep) {
        if (unlinkat(folder, NAME, 0) != 0 && errno != ENOENT)
            return -1;
        flags |= O_EXCL;
    }
    return openat(folder, NAME, flags, 0600);
}

static bool open_file(struct backlog_file *f, const char *dir, bool keep)
{
    if (dir) {
        f->folder = state_folder_open(dir, true, NULL);
        if (f->folder < 0)
            return false;
    }
    f->fd = dir ? open_named(f->folder, keep) : open_nameless();
    struct stat st;
    if (f->fd < 0 || fstat(f->fd, &st) != 0)
        return false;
    f->size = (uint64_t)st.st_size;
    errno = EINVAL;
    return S_ISREG(st.st_mode);
}

static size_t at_least(size_t value, size_t least)
{
    return (value < least ? least : value) / BACKLOG_BLOCK * BACKLOG_BLOCK;
}

bool backlog_file_open(struct backlog_file *f, const char *dir, bool keep, size_t window_bytes, size_t cache_bytes)
{
    *f = (struct backlog_file){.fd = -1, .folder = -1};
    f->window_bytes = at_least(window_bytes, WINDOW_MIN);
    f->slots = at_least(cache_bytes, CACHE_MIN) / BACKLOG_BLOCK;
    f->window = malloc(f->window_bytes);
    f->blocks = malloc(f->slots * BACKLOG_BLOCK);
    f->cached = calloc(f->slots, sizeof *f->cached);
    if (f->window && f->blocks && f->cached && open_file(f, dir, keep))
        return true;
    backlog_file_close(f);
    return false;
}

bool backlog_file_remove(struct backlog_file *f)
{
    return f->folder < 0 || unlinkat(f->folder, NAME, 0) == 0 || errno == ENOENT;
}

void backlog_file_close(struct backlog_file *f)
{
    int error = errno;
    if (f->fd >= 0)
        close(f->fd);
    if (f->folder >= 0)
        close(f->folder);
    free(f->window);
    free(f->blocks);
    free(f->cached);
    *f = (struct backlog_file){.fd = -1, .folder = -1};
    errno = error;
}

/* ---- The window ---- */

/* Write the patches in front of LIMIT. */
static bool write_patches(struct backlog_file *f, uint64_t limit)
{
    if (limit > f->written)
        limit = f->written;
    if (f->dirty < limit && !write_window(f, f->dirty, limit))
        return false;
    if (f->dirty < limit)
        f->dirty = limit;
    return true;
}

/* Half of the window stays, so that what was appended last can be patched in memory; less when LEN needs more. That
 * half is larger than any record, so it has all that was loaded and not accepted yet. */
bool backlog_file_room(struct backlog_file *f, size_t len)
{
    uint64_t held = f->loaded > f->end ? f->loaded : f->end, base = f->base;
    if (held - base + len <= f->window_bytes)
        return true;
    if (held - base > f->window_bytes / 2)
        base = held - f->window_bytes / 2;
    if (held - base + len > f->window_bytes)
        base = f->end;
    base = base / BACKLOG_BLOCK * BACKLOG_BLOCK;
    if (!write_patches(f, base) || (f->written < base && !backlog_file_flush(f)))
        return false;
    memmove(f->window, f->window + (base - f->base), (size_t)(held - base));
    f->base = base;
    return true;
}

char *backlog_file_end(struct backlog_file *f)
{
    return f->window + (f->end - f->base);
}

void backlog_file_append(struct backlog_file *f, size_t len)
{
    f->end += len;
}

bool backlog_file_flush(struct backlog_file *f)
{
    bool clean = f->dirty == f->written;
    if (!write_window(f, f->written, f->end))
        return false;
    if (clean)
        f->dirty = f->written;
    return true;
}

bool backlog_file_load(struct backlog_file *f, size_t len, const char **at)
{
    if (f->loaded < f->end + len) {
        if (!backlog_file_room(f, f->end + len - f->loaded))
            return false;
        size_t room = f->window_bytes - (size_t)(f->loaded - f->base);
        ssize_t n = file_read_at(f->fd, f->window + (f->loaded - f->base), room, f->loaded);
        if (n < 0)
            return false;
        f->loaded += (uint64_t)n;
    }
    *at = backlog_file_end(f);
    errno = 0;
    return f->loaded >= f->end + len;
}

void backlog_file_accept(struct backlog_file *f, size_t len)
{
    bool clean = f->dirty == f->written;
    f->end += len;
    f->written = f->end;
    if (clean)
        f->dirty = f->written;
}

bool backlog_file_cut(struct backlog_file *f)
{
    if (ftruncate(f->fd, (off_t)f->end) != 0)
        return false;
    f->loaded = 0;
    return true;
}

/* ---- Reading and patching ---- */

/* Block NUMBER, which is in front of the window, in the cache. When the one before it was the last to be read, the file
 * is being read in order, and some more come with it. NULL and errno; 0: the file is shorter than it was. */
static char *cached_block(struct backlog_file *f, uint64_t number)
{
    size_t slot = (size_t)(number % f->slots), count = 1;
    if (f->cached[slot] == number + 1)
        return f->blocks + slot * BACKLOG_BLOCK;
    uint64_t blocks = f->base / BACKLOG_BLOCK;
    if (number == f->read_to)
        while (count < READ_AHEAD && slot + count < f->slots && number + count < blocks)
            count++;
    memset(&f->cached[slot], 0, count * sizeof *f->cached);
    ssize_t n = file_read_at(f->fd, f->blocks + slot * BACKLOG_BLOCK, count * BACKLOG_BLOCK, number * BACKLOG_BLOCK);
    if (n < BACKLOG_BLOCK) {
        errno = n < 0 ? errno : 0;
        return NULL;
    }
    for (size_t i = 0; i < (size_t)n / BACKLOG_BLOCK; i++)
        f->cached[slot + i] = number + i + 1;
    f->read_to = number + count;
    return f->blocks + slot * BACKLOG_BLOCK;
}

bool backlog_file_patch(struct backlog_file *f, uint64_t offset, uint64_t value)
{
    if (offset >= f->base) {
        char *at = f->window + (offset - f->base);
        bool same = memcmp(at, &value, sizeof value) == 0;
        memcpy(at, &value, sizeof value);
        if (!same && offset < f->dirty)
            f->dirty = offset;
        return true;
    }
    if (file_write_at(f->fd, &value, sizeof value, offset) != sizeof value)
        return false;
    uint64_t number = offset / BACKLOG_BLOCK;
    size_t slot = (size_t)(number % f->slots);
    if (f->cached[slot] == number + 1)
        memcpy(f->blocks + slot * BACKLOG_BLOCK + offset % BACKLOG_BLOCK, &value, sizeof value);
    return true;
}

bool backlog_file_read(struct backlog_file *f, uint64_t offset, void *to, size_t len)
{
    char *out = to;
    while (len && offset < f->base) {
        const char *block = cached_block(f, offset / BACKLOG_BLOCK);
        if (!block)
            return false;
        size_t at = (size_t)(offset % BACKLOG_BLOCK), n = BACKLOG_BLOCK - at < len ? BACKLOG_BLOCK - at : len;
        memcpy(out, block + at, n);
        out += n, offset += n, len -= n;
    }
    if (len)
        memcpy(out, f->window + (offset - f->base), len);
    return true;
}
