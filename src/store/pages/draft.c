#include "store/pages/draft.h"

#include "base/file.h"
#include "store/pages/known.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_MODE = 0644,
    NUMBER_LEN_MAX = 20,
    NAME_TRIES = 100, /* temporary names that are taken: leftovers of a process that had the same number */
};

/* The next temporary name of this thread: no other thread or living process of this machine makes the same. */
static void name_temporary(struct drafts *drafts, struct draft *draft)
{
    snprintf(draft->temporary, sizeof draft->temporary, STORE_TEMPORARY_PREFIX "%ld-%u-%lu", (long)drafts->process,
             drafts->thread, drafts->next_name++);
}

/* The length of a number as name_temporary writes it; 0: there is none. */
static size_t number_len(const char *text)
{
    size_t len = strspn(text, "0123456789");
    return len > NUMBER_LEN_MAX || (len > 1 && text[0] == '0') ? 0 : len;
}

bool draft_is_temporary(const char *name)
{
    static const char ends[] = {'-', '-', '\0'};
    if (strncmp(name, STORE_TEMPORARY_PREFIX, strlen(STORE_TEMPORARY_PREFIX)) != 0)
        return false;
    name += strlen(STORE_TEMPORARY_PREFIX);
    for (size_t i = 0; i < sizeof ends; i++) {
        size_t len = number_len(name);
        if (!len || name[len] != ends[i])
            return false;
        name += len + 1;
    }
    return true;
}

static bool open_named(struct drafts *drafts, int folder, struct draft *draft)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        name_temporary(drafts, draft);
        /* O_EXCL follows no link. */
        draft->fd = openat(folder, draft->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
        if (draft->fd >= 0 || errno != EEXIST)
            break;
    }
    return draft->fd >= 0;
}

bool draft_open(struct drafts *drafts, int folder, struct draft *draft)
{
    *draft = (struct draft){.fd = -1, .folder = folder};
    if (!drafts->no_tmpfile) {
        draft->fd = openat(folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, FILE_MODE);
        if (draft->fd >= 0)
            return true;
        if (errno != EOPNOTSUPP && errno != EISDIR)
            return false;
        drafts->no_tmpfile = true;
    }
    return open_named(drafts, folder, draft);
}

bool draft_write(struct draft *draft, const void *data, size_t len)
{
    return file_write(draft->fd, data, len) == len;
}

/* Link a draft without a name. ENOENT is ambiguous: the folder is gone, or this process may not use AT_EMPTY_PATH. */
static bool link_unnamed(struct drafts *drafts, int fd, int folder, const char *name)
{
    if (!drafts->link_by_proc) {
        if (linkat(fd, "", folder, name, AT_EMPTY_PATH) == 0)
            return true;
        if (errno != ENOENT)
            return false;
    }
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW) == 0) {
        drafts->link_by_proc = true;
        return true;
    }
    if (errno == ENOENT && access("/proc/self/fd", F_OK) != 0)
        drafts->no_tmpfile = true; /* for the next draft: no /proc, so there is no way to link one without a name */
    return false;
}

static bool place_unnamed(struct drafts *drafts, struct draft *draft, int folder, const char *leaf, bool *replaced,
                          enum pages_step *step)
{
    *step = PAGES_STEP_LINK;
    *replaced = false;
    if (link_unnamed(drafts, draft->fd, folder, leaf))
        return true;
    if (errno != EEXIST)
        return false;

    *step = PAGES_STEP_REPLACE;
    *replaced = true;
    struct draft named = {.fd = -1};
    bool linked = false;
    for (int i = 0; i < NAME_TRIES && !linked && errno == EEXIST; i++) {
        name_temporary(drafts, &named);
        linked = link_unnamed(drafts, draft->fd, folder, named.temporary);
    }
    if (!linked)
        return false;
    if (renameat(folder, named.temporary, folder, leaf) == 0)
        return true;
    int error = errno;
    unlinkat(folder, named.temporary, 0);
    errno = error;
    return false;
}

/* Move a draft with a temporary name where nothing has LEAF; EEXIST: something has. Where the file system cannot rename
 * without replacing (NFS), a link can, and where there are no links (exFAT) either, a look must do. */
static bool move_to_free_name(struct draft *draft, int folder, const char *leaf)
{
    const char *temporary = draft->temporary;
    struct stat st;
    if (renameat2(draft->folder, temporary, folder, leaf, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (linkat(draft->folder, temporary, folder, leaf, 0) == 0) {
        unlinkat(draft->folder, temporary, 0);
        return true;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
        return false;
    if (fstatat(folder, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    return renameat(draft->folder, temporary, folder, leaf) == 0;
}

/* Move a draft with a temporary name, and tell whether something was there. */
static bool place_named(struct draft *draft, int folder, const char *leaf, bool *replaced, enum pages_step *step)
{
    *replaced = false;
    *step = PAGES_STEP_CLOSE; /* over a network, the last of the bytes may fail here */
    int fd = draft->fd;
    draft->fd = -1;
    if (fd >= 0 && close(fd) != 0)
        return false;

    *step = PAGES_STEP_LINK;
    if (move_to_free_name(draft, folder, leaf))
        return true;
    if (errno != EEXIST)
        return false;
    *step = PAGES_STEP_REPLACE;
    *replaced = true;
    return renameat(draft->folder, draft->temporary, folder, leaf) == 0;
}

/* The time is that of the last write, and neither a link nor a new name changes it. The descriptor knows it without a
 * walk to the file, and whoever replaces that at once cannot get between. */
static bool note_time(const struct drafts *drafts, struct draft *draft, enum pages_step *step)
{
    struct stat st;
    bool was_closed = draft->fd < 0; /* placed in vain before */
    if (drafts->untimed || was_closed)
        return true;
    *step = PAGES_STEP_CLOSE;
    if (fstat(draft->fd, &st) != 0)
        return false;
    draft->mtime_ns = known_mtime_ns(&st);
    return true;
}

bool draft_place(struct drafts *drafts, struct draft *draft, int folder, const char *leaf, struct draft_placed *out,
                 enum pages_step *step)
{
    bool before;
    if (!note_time(drafts, draft, step))
        return false;
    bool placed = draft->temporary[0] ? place_named(draft, folder, leaf, &before, step)
                                      : place_unnamed(drafts, draft, folder, leaf, &before, step);
    if (!placed)
        return false;
    *out = (struct draft_placed){.replaced = before, .mtime_ns = draft->mtime_ns};
    draft->temporary[0] = '\0'; /* nothing bears it any more */
    draft_discard(draft);
    *step = PAGES_STEP_NONE;
    return true;
}

void draft_discard(struct draft *draft)
{
    int error = errno;
    if (draft->fd >= 0)
        close(draft->fd);
    if (draft->temporary[0])
        unlinkat(draft->folder, draft->temporary, 0);
    *draft = (struct draft){.fd = -1};
    errno = error;
}
