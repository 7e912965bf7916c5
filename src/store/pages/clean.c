/* Removing what a killed run left under temporary names. */
#include "store/name/name.h"
#include "store/pages/draft.h"
#include "store/pages/pages.h"
#include "store/state/state_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct cleaning {
    size_t removed;
    int error; /* the first */
};

static void note_error(struct cleaning *c)
{
    if (!c->error)
        c->error = errno;
}

/* Open the folder NAME to be read. Where this process may not read, it has not written either: such a folder is passed
 * over, like all that is none. */
static DIR *open_folder(struct cleaning *c, int above, const char *name)
{
    int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP && errno != EACCES)
            note_error(c);
        return NULL;
    }
    DIR *folder = fdopendir(fd);
    if (!folder) {
        note_error(c);
        close(fd);
    }
    return folder;
}

static void remove_temporary(struct cleaning *c, int folder, const char *name)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return;
    if (unlinkat(folder, name, 0) == 0)
        c->removed++;
    else if (errno != ENOENT)
        note_error(c);
}

static void clean_folder(struct cleaning *c, DIR *folder, unsigned levels);

static void clean_below(struct cleaning *c, int above, const char *name, unsigned levels)
{
    DIR *folder = open_folder(c, above, name);
    if (folder)
        clean_folder(c, folder, levels);
}

/* Clean FOLDER and LEVELS of folders below it, and close it. A name that begins with a dot is no folder of pages. */
static void clean_folder(struct cleaning *c, DIR *folder, unsigned levels)
{
    int fd = dirfd(folder);
    struct dirent *entry;
    for (errno = 0; (entry = readdir(folder)); errno = 0) {
        if (draft_is_temporary(entry->d_name))
            remove_temporary(c, fd, entry->d_name);
        else if (levels && entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
            clean_below(c, fd, entry->d_name, levels - 1);
    }
    if (errno)
        note_error(c);
    closedir(folder);
}

enum store_status pages_clean(const char *dir, size_t *removed)
{
    struct cleaning c = {0, 0};
    int root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = root < 0 ? NULL : fdopendir(root);
    if (folder) {
        clean_below(&c, root, STATE_FOLDER, 0);
        clean_folder(&c, folder, NAME_LEVELS_MAX - 1);
    } else {
        note_error(&c);
        if (root >= 0)
            close(root);
    }
    *removed = c.removed;
    if (!c.error)
        return STORE_OK;
    errno = c.error;
    return STORE_SYSTEM;
}
