#include "store/pages/folders.h"

#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0755 };

/* A folder that is kept open. A free slot has no path. */
struct folder {
    char *path;
    size_t len;
    uint64_t hash; /* of the path */
    int fd;
    uint64_t used; /* the turn in which it was last asked for */
};

struct folders {
    int root;
    uint64_t turn;
    size_t capacity;
    struct folder slots[];
};

struct folders *folders_new(int root, size_t capacity)
{
    struct folders *folders = calloc(1, sizeof *folders + capacity * sizeof folders->slots[0]);
    if (!folders)
        return NULL;
    folders->root = root;
    folders->capacity = capacity;
    return folders;
}

static void folder_close(struct folder *folder)
{
    if (!folder->path)
        return;
    close(folder->fd);
    free(folder->path);
    *folder = (struct folder){0};
}

static struct folder *find_kept(struct folders *folders, const char *path, size_t len)
{
    const uint64_t hash = hash_bytes(path, len, 0);
    for (size_t i = 0; i < folders->capacity; i++) {
        struct folder *folder = &folders->slots[i];
        if (folder->hash == hash && folder->path && folder->len == len && memcmp(folder->path, path, len) == 0)
            return folder;
    }
    return NULL;
}

static struct folder *free_slot(struct folders *folders)
{
    struct folder *oldest = &folders->slots[0];
    for (size_t i = 0; i < folders->capacity; i++) {
        struct folder *folder = &folders->slots[i];
        if (!folder->path)
            return folder;
        if (folder->used < oldest->used)
            oldest = folder;
    }
    folder_close(oldest);
    return oldest;
}

bool folders_make(const char *path)
{
    char *part = strdup(path);
    bool ok = part != NULL;
    for (char *slash = part ? strchr(part + 1, '/') : NULL; ok && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ok = mkdir(part, FOLDER_MODE) == 0 || errno == EEXIST;
        *slash = '/';
    }
    ok = ok && (mkdir(part, FOLDER_MODE) == 0 || errno == EEXIST);
    free(part);
    return ok;
}

/* Open the folder NAME in PARENT, or MAKE it when it is not there. Another thread may make it at the same time. */
static int open_folder(int parent, const char *name, bool make)
{
    const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd >= 0 || errno != ENOENT || !make)
        return fd;
    if (mkdirat(parent, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, flags);
}

/* Open PATH, whose last component begins at LEAF, in PARENT, and keep it. The parent was used last, so that keeping one
 * more folder never closes it. */
static int open_and_keep(struct folders *folders, int parent, const char *path, size_t leaf, size_t len, bool make)
{
    char *copy = strndup(path, len);
    if (!copy)
        return -1;
    int fd = open_folder(parent, copy + leaf, make);
    if (fd < 0) {
        int error = errno;
        free(copy);
        errno = error;
        return -1;
    }
    *free_slot(folders) =
        (struct folder){.path = copy, .len = len, .hash = hash_bytes(copy, len, 0), .fd = fd, .used = ++folders->turn};
    return fd;
}

/* The length of the parent's path: what stands before the last slash. */
static size_t parent_len(const char *path, size_t len)
{
    const char *slash = memrchr(path, '/', len);
    return slash ? (size_t)(slash - path) : 0;
}

static int walk(struct folders *folders, const char *path, size_t len, bool make)
{
    /* The deepest folder on the way that is open already, or the root. */
    int fd = folders->root;
    size_t have = len;
    for (; have; have = parent_len(path, have)) {
        struct folder *kept = find_kept(folders, path, have);
        if (kept) {
            kept->used = ++folders->turn;
            fd = kept->fd;
            break;
        }
    }
    while (fd >= 0 && have < len) {
        size_t leaf = have ? have + 1 : 0;
        const char *slash = memchr(path + leaf, '/', len - leaf);
        have = slash ? (size_t)(slash - path) : len;
        fd = open_and_keep(folders, fd, path, leaf, have, make);
    }
    return fd;
}

int folders_get(struct folders *folders, const char *path, size_t len)
{
    return walk(folders, path, len, true);
}

int folders_find(struct folders *folders, const char *path, size_t len)
{
    return walk(folders, path, len, false);
}

bool folders_forget(struct folders *folders)
{
    int error = errno;
    bool any = false;
    for (size_t i = 0; i < folders->capacity; i++) {
        any = any || folders->slots[i].path;
        folder_close(&folders->slots[i]);
    }
    errno = error;
    return any;
}

bool folders_name_ok(const char *name)
{
    for (;;) {
        size_t len = strcspn(name, "/");
        if (len == 0 || name[0] == '.')
            return false;
        if (!name[len])
            return true;
        name += len + 1;
    }
}

void folders_free(struct folders *folders)
{
    if (!folders)
        return;
    folders_forget(folders);
    free(folders);
}
