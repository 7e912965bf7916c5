#include "store/name/site.h"

#include "store/name/media.h"
#include "store/name/safe.h"
#include "store/name/site_table.h"
#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CASE_MARK "without-case"

enum {
    NAME_SIZE = SITE_WANTED_MAX + 2 + SAFE_TAG_LEN + 1,
    LINE_SIZE = 1 + NAME_SIZE + 1 + SITE_ORIGIN_MAX + 1,
    READ_BYTES = 64 * 1024,
};

struct sites {
    int fd;
    off_t end; /* the file is read up to here */
    bool torn; /* its last line has no end */
    bool without_case;
    size_t lines;
    size_t damaged;
    size_t first_damaged;
    struct site_table *table;
};

/* ---- What a name and an origin look like. ---- */

static bool wanted_ok(const char *wanted, size_t len)
{
    size_t extension = safe_extension(wanted, len);
    return len <= SITE_WANTED_MAX && safe_component(wanted, len) &&
           !(extension && media_makes_extension(wanted + len - extension, extension));
}

bool site_name_ok(const char *name)
{
    size_t len = strnlen(name, NAME_SIZE);
    const char *mark = memchr(name, '~', len);
    if (!mark)
        return wanted_ok(name, len);
    return safe_component(name, (size_t)(mark - name)) && mark[1] == '~' &&
           strspn(mark + 2, "abcdefghijklmnopqrstuvwxyz234567") == SAFE_TAG_LEN &&
           mark + 2 + SAFE_TAG_LEN == name + len;
}

static bool origin_ok(const char *origin)
{
    size_t len = strnlen(origin, SITE_ORIGIN_MAX + 1);
    for (size_t i = 0; i < len; i++) {
        if (origin[i] <= ' ' || origin[i] > '~')
            return false;
    }
    return len > 0 && len <= SITE_ORIGIN_MAX;
}

/* Choose the name for ORIGIN as things are in the table. False when memory is out. */
static bool choose_name(const struct sites *sites, const char *origin, const char *wanted, char name[NAME_SIZE])
{
    size_t len = strlen(wanted);
    bool good = wanted_ok(wanted, len);
    const char *kept = good ? site_table_find(sites->table, wanted) : NULL;
    if (good && (!kept || strcmp(site_table_origin(kept), origin) == 0)) {
        memcpy(name, wanted, len + 1);
        return true;
    }
    char tag[SAFE_TAG_LEN + 1], prefix[SAFE_PREFIX_MAX + 1] = "";
    if (!safe_tag(origin, strlen(origin), tag))
        return false;
    if (!good)
        safe_prefix(wanted, len, "site", prefix);
    snprintf(name, NAME_SIZE, "%s~~%s", good ? wanted : prefix, tag);
    return true;
}

/* ---- The file. ---- */

/* A line can name an owner only for a name that this origin could have been given. */
static bool line_ok(const char *name, const char *origin)
{
    char tag[SAFE_TAG_LEN + 1];
    if (!site_name_ok(name) || !origin_ok(origin))
        return false;
    const char *mark = strchr(name, '~');
    return !mark || (safe_tag(origin, strlen(origin), tag) && strcmp(mark + 2, tag) == 0);
}

/* Take one line, without its end, which is replaced by a NUL. */
static enum store_status take_line(struct sites *sites, char *line, size_t len, bool whole)
{
    sites->lines++;
    if (len == 0)
        return STORE_OK;
    line[len] = '\0';
    char *tab = strchr(line, '\t');
    if (tab)
        *tab = '\0';
    if (whole && tab && strlen(tab + 1) == (size_t)(line + len - tab - 1) && line_ok(line, tab + 1)) {
        const char *kept = site_table_find(sites->table, line);
        if (!kept)
            return site_table_add(sites->table, line, tab + 1) ? STORE_OK : STORE_NO_MEMORY;
        if (strcmp(site_table_origin(kept), tab + 1) == 0)
            return STORE_OK;
    }
    if (sites->damaged++ == 0)
        sites->first_damaged = sites->lines;
    return STORE_OK;
}

/* What is read of the file at a time; a line that does not fit is damaged. */
struct reading {
    char data[READ_BYTES + 1];
    size_t len;
    bool skipping; /* in a line that did not fit */
};

static enum store_status take_lines(struct sites *sites, struct reading *r)
{
    size_t at = 0;
    enum store_status status = STORE_OK;
    for (char *end; status == STORE_OK && (end = memchr(r->data + at, '\n', r->len - at));) {
        size_t len = (size_t)(end - r->data) - at;
        status = take_line(sites, r->data + at, len, !r->skipping);
        r->skipping = false;
        at += len + 1;
    }
    r->len -= at;
    memmove(r->data, r->data + at, r->len);
    if (r->len == READ_BYTES) {
        r->skipping = true;
        r->len = 1; /* not an empty line */
    }
    return status;
}

/* Read what was added to the file since the last time. The lock is held, so nobody is in the middle of a line. After a
 * failure all of it is read again: a line that is known already does no harm. */
static enum store_status read_file(struct sites *sites)
{
    struct reading *r = malloc(sizeof *r);
    if (!r)
        return STORE_NO_MEMORY;
    r->len = 0;
    r->skipping = false;
    off_t before = sites->end;
    enum store_status status = STORE_OK;
    ssize_t n = 0;
    while (status == STORE_OK && (n = pread(sites->fd, r->data + r->len, READ_BYTES - r->len, sites->end)) > 0) {
        r->len += (size_t)n;
        sites->end += n;
        sites->torn = r->data[r->len - 1] != '\n';
        status = take_lines(sites, r);
    }
    if (status == STORE_OK && n < 0)
        status = STORE_SYSTEM;
    if (status == STORE_OK && r->len)
        status = take_line(sites, r->data, r->len, false);
    int error = errno;
    if (status != STORE_OK)
        sites->end = before;
    free(r);
    errno = error;
    return status;
}

/* Add a line with one write; what a failed write leaves is taken back. */
static enum store_status write_line(struct sites *sites, const char *name, const char *origin)
{
    char line[LINE_SIZE + 1];
    int len = snprintf(line, sizeof line, "%s%s\t%s\n", sites->torn ? "\n" : "", name, origin);
    ssize_t n = write(sites->fd, line, (size_t)len);
    if (n != len) {
        int error = n < 0 ? errno : ENOSPC;
        if (n > 0 && ftruncate(sites->fd, sites->end) != 0)
            sites->torn = true;
        errno = error;
        return STORE_SYSTEM;
    }
    sites->end = lseek(sites->fd, 0, SEEK_CUR); /* behind the line, wherever the end of the file was */
    sites->lines++;
    sites->torn = false;
    return STORE_OK;
}

static enum store_status lock_and_read(struct sites *sites)
{
    while (flock(sites->fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return STORE_SYSTEM;
    }
    enum store_status status = read_file(sites);
    if (status != STORE_OK) {
        int error = errno;
        flock(sites->fd, LOCK_UN);
        errno = error;
    }
    return status;
}

/* ---- The registry. ---- */

/* Give the name, under the lock. Others may have been faster since it was looked for, so it is chosen anew. */
static enum store_status give_name(struct sites *sites, const char *origin, const char *wanted, const char **name)
{
    char chosen[NAME_SIZE];
    if (!choose_name(sites, origin, wanted, chosen))
        return STORE_NO_MEMORY;
    const char *kept = site_table_find(sites->table, chosen);
    if (!kept) {
        enum store_status status = write_line(sites, chosen, origin);
        if (status != STORE_OK)
            return status;
        kept = site_table_add(sites->table, chosen, origin);
        if (!kept)
            return STORE_NO_MEMORY;
    }
    *name = kept;
    return STORE_OK;
}

enum store_status sites_name(struct sites *sites, const char *origin, const char *wanted, const char **name)
{
    const char *kept = site_table_find(sites->table, wanted);
    if (kept && strcmp(site_table_origin(kept), origin) == 0) { /* as for nearly every page but a site's first */
        *name = kept;
        return STORE_OK;
    }
    if (!origin_ok(origin))
        return STORE_INVALID;
    char chosen[NAME_SIZE];
    if (!choose_name(sites, origin, wanted, chosen))
        return STORE_NO_MEMORY;
    kept = site_table_find(sites->table, chosen);
    if (kept) {
        *name = kept;
        return STORE_OK;
    }
    enum store_status status = lock_and_read(sites);
    if (status != STORE_OK)
        return status;
    status = give_name(sites, origin, wanted, name);
    int error = errno;
    flock(sites->fd, LOCK_UN);
    errno = error;
    return status;
}

/* Open FOLDER/sites. Nothing is followed, and nothing but a regular file is taken. O_NONBLOCK: a FIFO in its
 * place is found out, not waited for. */
static int open_file(int folder)
{
    int fd = openat(folder, "sites", O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    int error = errno;
    struct stat st;
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1)) { /* another's file, linked here */
        close(fd);
        fd = -1;
        error = EINVAL;
    }
    errno = error;
    return fd;
}

static bool exists(int folder, const char *name)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether the folder, in which "sites" is, ignores case. What was found is kept. */
static enum store_status find_case(int folder, bool *without_case)
{
    *without_case = exists(folder, CASE_MARK);
    if (*without_case || !exists(folder, "SITES"))
        return STORE_OK;
    int fd = openat(folder, CASE_MARK, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return STORE_SYSTEM;
    close(fd);
    *without_case = true;
    return STORE_OK;
}

static enum store_status open_folder(struct sites *sites, const char *dir)
{
    int folder = state_folder_open(dir, true, NULL);
    if (folder < 0)
        return STORE_SYSTEM;
    sites->fd = open_file(folder);
    enum store_status status = sites->fd < 0 ? STORE_SYSTEM : find_case(folder, &sites->without_case);
    int error = errno;
    close(folder);
    errno = error;
    return status;
}

enum store_status sites_open(const char *dir, struct sites **out)
{
    struct sites *sites = calloc(1, sizeof *sites);
    if (!sites)
        return STORE_NO_MEMORY;
    sites->fd = -1;
    sites->table = site_table_new();
    enum store_status status = sites->table ? STORE_OK : STORE_NO_MEMORY;
    if (status == STORE_OK)
        status = open_folder(sites, dir);
    if (status == STORE_OK)
        status = lock_and_read(sites);
    if (status != STORE_OK) {
        sites_close(sites);
        return status;
    }
    flock(sites->fd, LOCK_UN);
    *out = sites;
    return STORE_OK;
}

bool sites_without_case(const struct sites *sites)
{
    return sites->without_case;
}

size_t sites_damaged(const struct sites *sites, size_t *first_line)
{
    *first_line = sites->first_damaged;
    return sites->damaged;
}

size_t sites_count(const struct sites *sites)
{
    return site_table_count(sites->table);
}

size_t sites_bytes(const struct sites *sites)
{
    return sizeof *sites + site_table_bytes(sites->table);
}

void sites_close(struct sites *sites)
{
    if (!sites)
        return;
    int error = errno;
    if (sites->fd >= 0)
        close(sites->fd);
    site_table_free(sites->table);
    free(sites);
    errno = error;
}
