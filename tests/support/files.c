#include "support/files.h"

#include "support/support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { OPEN_FOLDERS = 32, READ_AT_ONCE = 64 * 1024, CONTENT_MAX = 1 << 20 };

void files_prefer_memory(uint64_t room)
{
    static const char folder[] = "/dev/shm";
    struct statvfs there;
    bool has_room = statvfs(folder, &there) == 0 && there.f_bavail * (uint64_t)there.f_frsize > room;
    if (has_room && access(folder, W_OK) == 0)
        setenv("TMPDIR", folder, 0);
}

char *files_temp_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *template = support_format("%s/forage-test-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(template))
        support_fail("cannot make a folder %s", template);
    char *path = realpath(template, NULL);
    if (!path)
        support_fail("cannot resolve %s", template);
    free(template);
    return path;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)status;
    (void)where;
    if (kind == FTW_DNR)
        support_fail("cannot read the folder %s", path);
    return remove(path);
}

/* A test may have taken away the right to enter a folder. */
static int open_folder(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)where;
    if (kind == FTW_D || kind == FTW_DNR)
        chmod(path, status->st_mode | S_IRWXU);
    return 0;
}

void files_remove(const char *folder)
{
    if (!files_exists(folder))
        return;
    nftw(folder, open_folder, OPEN_FOLDERS, FTW_PHYS);
    if (nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS))
        support_fail("cannot remove %s", folder);
}

char *files_path(const char *folder, const char *name)
{
    return support_format("%s/%s", folder, name);
}

const char *files_in(const char *folder, const char *name)
{
    static char buffers[4][PATH_MAX];
    static unsigned turn;
    char *buffer = buffers[turn++ % 4];
    snprintf(buffer, PATH_MAX, "%s/%s", folder, name);
    return buffer;
}

const char *files_content(const char *path)
{
    static char content[CONTENT_MAX + 1];
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, content, CONTENT_MAX);
    close(fd);
    if (n < 0)
        return NULL;
    content[n] = '\0';
    return content;
}

char *files_read(const char *path, size_t *len)
{
    char *text, block[READ_AT_ONCE];
    size_t all, got;
    FILE *in = fopen(path, "re");
    FILE *out = open_memstream(&text, &all);
    if (!in || !out)
        support_fail("cannot read %s", path);
    while ((got = fread(block, 1, sizeof block, in)) > 0)
        fwrite(block, 1, got, out);
    if (ferror(in) || fclose(out))
        support_fail("cannot read %s", path);
    fclose(in);
    if (len)
        *len = all;
    return text;
}

static void make_folders_above(const char *path)
{
    char *above = support_copy(path, strlen(path));
    for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(above, 0777) && errno != EEXIST)
            support_fail("cannot make the folder %s", above);
        *slash = '/';
    }
    free(above);
}

void files_write(const char *path, const void *data, ssize_t len)
{
    make_folders_above(path);
    size_t size = len < 0 ? strlen(data) : (size_t)len;
    FILE *out = fopen(path, "we");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out))
        support_fail("cannot write %s", path);
}

bool files_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool files_equals(const char *path, const char *text)
{
    if (!files_exists(path))
        return false;
    size_t len;
    char *content = files_read(path, &len);
    bool same = len == strlen(text) && memcmp(content, text, len) == 0;
    free(content);
    return same;
}

mode_t files_mode(const char *path)
{
    struct stat status;
    if (lstat(path, &status))
        support_fail("no such file: %s", path);
    return status.st_mode & 07777;
}

/* ---- Listing. nftw has no context, so the list that is being made is known to the file. ---- */

static struct list {
    size_t skip; /* bytes of the folder's own path and its slash */
    char **lines;
    size_t count;
} list;

static int list_entry(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    (void)where;
    const char *name = path + list.skip;
    char target[4096];
    if (kind == FTW_D || kind == FTW_DNR)
        return 0;
    ssize_t len = kind == FTW_SL || kind == FTW_SLN ? readlink(path, target, sizeof target) : -1;
    char **lines = realloc(list.lines, (list.count + 1) * sizeof *lines);
    if (!lines)
        support_fail("no memory for a list of files");
    list.lines = lines;
    if (len >= 0)
        lines[list.count++] = support_format("%s -> %.*s", name, (int)len, target);
    else
        lines[list.count++] = support_format("%s%s", name, S_ISREG(status->st_mode) ? "" : " (special)");
    return 0;
}

static int in_byte_order(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void make_list(const char *folder)
{
    list = (struct list){.skip = strlen(folder) + 1};
    if (files_exists(folder) && nftw(folder, list_entry, OPEN_FOLDERS, FTW_PHYS))
        support_fail("cannot list %s", folder);
    if (list.count)
        qsort(list.lines, list.count, sizeof *list.lines, in_byte_order);
}

static void free_list(void)
{
    for (size_t i = 0; i < list.count; i++)
        free(list.lines[i]);
    free(list.lines);
}

char *files_tree(const char *folder)
{
    char *text;
    size_t len;
    make_list(folder);
    FILE *out = open_memstream(&text, &len);
    for (size_t i = 0; out && i < list.count; i++)
        fprintf(out, "%s\n", list.lines[i]);
    if (!out || fclose(out))
        support_fail("no memory for a list of files");
    free_list();
    return text;
}

size_t files_count(const char *folder)
{
    make_list(folder);
    free_list();
    return list.count;
}
