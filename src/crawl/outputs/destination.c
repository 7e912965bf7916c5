#include "crawl/outputs/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as many as the kernel follows */

/* The folder that PATH lies in; to be freed. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- Links to what is open ---- */

/* The links of /proc only look like names: what they lead to may have none. */
static bool is_magic(const char *folder)
{
    struct statfs fs;
    return statfs(folder, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* The descriptor of this process that NAME in FOLDER stands for; -1: none. */
static int own_descriptor(const char *folder, const char *name)
{
    char own[64], real[PATH_MAX];
    char *end;
    snprintf(own, sizeof own, "/proc/%ld/fd", (long)getpid());
    if (*name < '0' || *name > '9' || !realpath(folder, real) || strcmp(real, own) != 0)
        return -1;
    errno = 0;
    long fd = strtol(name, &end, 10);
    return *end || errno || fd > INT_MAX ? -1 : (int)fd;
}

/* ---- Links to names ---- */

/* Whether the link ST in FOLDER may be somebody else's trap. */
static bool is_suspicious(const char *folder, const struct stat *st)
{
    struct stat above;
    if (stat(folder, &above) != 0)
        return true;
    bool is_shared = above.st_mode & S_ISVTX && above.st_mode & S_IWOTH;
    return is_shared && st->st_uid != geteuid() && st->st_uid != above.st_uid;
}

/* Put in the place of D's path, which is a link in FOLDER, what it names. */
static bool step(struct destination *d, const char *folder)
{
    char target[PATH_MAX], *next = NULL;
    ssize_t len = readlink(d->path, target, sizeof target);
    if (len < 0 || len == sizeof target) {
        errno = len < 0 ? errno : ENAMETOOLONG;
        return false;
    }
    bool is_absolute = len && *target == '/';
    if (asprintf(&next, "%s%s%.*s", is_absolute ? "" : folder, is_absolute ? "" : "/", (int)len, target) < 0)
        return false;
    free(d->path);
    d->path = next;
    return true;
}

/* D's path is a link. */
static bool follow(struct destination *d, const struct stat *st)
{
    char *folder = folder_of(d->path);
    bool ok = folder != NULL;
    if (ok && is_magic(folder)) {
        d->as_it_is = true;
        d->fd = own_descriptor(folder, name_of(d->path));
    } else if (ok && is_suspicious(folder, st)) {
        errno = EACCES;
        ok = false;
    } else if (ok) {
        ok = step(d, folder);
    }
    int error = errno;
    free(folder);
    errno = error;
    return ok;
}

/* ---- Use ---- */

/* What cannot be looked at is for whoever opens its folder to tell. */
static bool find(struct destination *d)
{
    struct stat st;
    for (int i = 0; i <= LINKS_MAX; i++) {
        if (lstat(d->path, &st) != 0)
            return true;
        if (!S_ISLNK(st.st_mode)) {
            d->as_it_is = !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
            return true;
        }
        if (!follow(d, &st))
            return false;
        if (d->as_it_is)
            return true;
    }
    errno = ELOOP;
    return false;
}

bool destination_find(const char *path, struct destination *d)
{
    *d = (struct destination){.path = strdup(path), .fd = -1};
    if (d->path && find(d))
        return true;
    destination_release(d);
    return false;
}

/* What this program opened itself is closed when another one is run; what it was given is not. */
static int open_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    if (flags >= 0 && flags & FD_CLOEXEC)
        errno = EBADF;
    return flags < 0 || flags & FD_CLOEXEC ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

int destination_open(const struct destination *d)
{
    if (d->fd >= 0)
        return open_inherited(d->fd);
    int fd = open(d->path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    if (fd < 0 || (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0))
        return fd; /* once it is open, a slow reader is waited for */
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

void destination_release(struct destination *d)
{
    int error = errno;
    free(d->path);
    *d = (struct destination){.fd = -1};
    errno = error;
}
