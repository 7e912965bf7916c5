#include "crawl/outputs/atomic_file.h"

#include "base/file.h"
#include "base/hash.h"
#include "crawl/outputs/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PENDING_MAX = 64 * 1024, NAME_TRIES = 100 };

/* ---- Failures ---- */

/* Remember the first failure. */
static bool failed(struct atomic_file *f, const char *step, int error)
{
    if (!f->failure.error)
        f->failure = (struct atomic_failure){step, error};
    return false;
}

const char *atomic_failure_text(const struct atomic_failure *failure, char *text, size_t size)
{
    const char *why = strerrordesc_np(failure->error);
    snprintf(text, size, "%s: %s", failure->step, why ? why : "unknown error");
    return text;
}

/* ---- The folder and the names ---- */

/* Split PATH into an open folder and a name in it. */
static bool open_folder(struct atomic_file *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *above = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    f->name = strdup(name);
    if (!above || !f->name) {
        free(above);
        return failed(f, "cannot name it", ENOMEM);
    }
    f->folder = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = errno;
    free(above);
    if (f->folder < 0)
        return failed(f, "cannot open its folder", error);
    return *name && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 ? true : failed(f, "it is a folder", EISDIR);
}

/* What is replaced is a plain file, or nothing. */
static bool check_final(struct atomic_file *f)
{
    static const char step[] = "cannot replace what is there";
    struct stat st;
    if (fstatat(f->folder, f->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? true : failed(f, step, errno);
    if (S_ISREG(st.st_mode))
        return true;
    return failed(f, step, S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
}

/* The same name is not made twice, whoever else is at work. */
static void name_temporary(struct atomic_file *f)
{
    snprintf(f->temporary, sizeof f->temporary, ".forage-%ld-%016" PRIx64, (long)getpid(), hash_random_seed());
}

static bool open_named(struct atomic_file *f, mode_t mode)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        name_temporary(f);
        f->fd = openat(f->folder, f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (f->fd >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    f->temporary[0] = '\0'; /* that one is somebody else's */
    return failed(f, "cannot make a file beside it", errno);
}

/* A file without a name can be given one only through /proc. */
static bool open_file(struct atomic_file *f, mode_t mode)
{
    if (access("/proc/self/fd", X_OK) == 0) {
        f->fd = openat(f->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
        if (f->fd >= 0)
            return true;
        if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
            return failed(f, "cannot make a file beside it", errno);
    }
    return open_named(f, mode);
}

/* ---- Use ---- */

/* There is nothing to be replaced: what is written goes where the path leads. */
static bool open_as_it_is(struct atomic_file *f, const struct destination *to)
{
    f->as_it_is = true;
    f->name = strdup(to->path);
    if (!f->name)
        return failed(f, "cannot name it", ENOMEM);
    f->fd = destination_open(to);
    return f->fd >= 0 ? true : failed(f, "cannot open it", errno);
}

static bool open_path(struct atomic_file *f, const char *path, mode_t mode)
{
    struct destination to;
    if (!destination_find(path, &to))
        return failed(f, "cannot follow the link", errno);
    bool ok = to.as_it_is ? open_as_it_is(f, &to) : open_folder(f, to.path) && check_final(f) && open_file(f, mode);
    destination_release(&to);
    return ok;
}

bool atomic_file_begin(struct atomic_file *f, const char *path, mode_t mode, struct atomic_failure *failure)
{
    *f = (struct atomic_file){.folder = -1, .fd = -1};
    if (open_path(f, path, mode))
        return true;
    *failure = f->failure;
    atomic_file_abandon(f);
    return false;
}

static bool write_pending(struct atomic_file *f)
{
    if (file_write(f->fd, f->pending.data, f->pending.len) != f->pending.len)
        return failed(f, "cannot write", errno);
    buffer_clear(&f->pending);
    return true;
}

bool atomic_file_append(struct atomic_file *f, const void *data, size_t len)
{
    if (!f->name || f->failure.error)
        return false;
    if (!buffer_append(&f->pending, data, len))
        return failed(f, "cannot write", ENOMEM);
    return f->pending.len < PENDING_MAX || write_pending(f);
}

static bool give_name(struct atomic_file *f)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
    for (int i = 0; i < NAME_TRIES; i++) {
        name_temporary(f);
        if (linkat(AT_FDCWD, path, f->folder, f->temporary, AT_SYMLINK_FOLLOW) == 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    f->temporary[0] = '\0';
    return failed(f, "cannot make a file beside it", errno);
}

static bool close_file(struct atomic_file *f)
{
    int fd = f->fd;
    f->fd = -1;
    return close(fd) == 0 ? true : failed(f, "cannot close", errno); /* over a network, the last bytes may fail here */
}

static bool move(struct atomic_file *f)
{
    if (fsync(f->fd) != 0)
        return failed(f, "cannot sync", errno);
    if (!*f->temporary && !give_name(f))
        return false;
    if (!close_file(f))
        return false;
    if (renameat(f->folder, f->temporary, f->folder, f->name) != 0)
        return failed(f, "cannot rename", errno);
    f->temporary[0] = '\0'; /* nothing bears it any more */
    return true;
}

bool atomic_file_finish(struct atomic_file *f, struct atomic_failure *failure)
{
    bool ok = f->name && !f->failure.error && write_pending(f) && (f->as_it_is ? close_file(f) : move(f));
    if (!ok)
        *failure = f->name ? f->failure : (struct atomic_failure){"it was never begun", EBADF};
    atomic_file_abandon(f);
    return ok;
}

void atomic_file_abandon(struct atomic_file *f)
{
    int error = errno;
    if (f->name && f->fd >= 0)
        close(f->fd);
    if (f->name && *f->temporary)
        unlinkat(f->folder, f->temporary, 0);
    if (f->name && f->folder >= 0)
        close(f->folder);
    free(f->name);
    buffer_release(&f->pending);
    *f = (struct atomic_file){0};
    errno = error;
}

bool atomic_file_write(const char *path, mode_t mode, const void *data, size_t len, struct atomic_failure *failure)
{
    struct atomic_file f;
    if (!atomic_file_begin(&f, path, mode, failure))
        return false;
    atomic_file_append(&f, data, len);
    return atomic_file_finish(&f, failure);
}
