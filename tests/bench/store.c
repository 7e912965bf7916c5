/* What it costs to put pages in place: files a second and processor time a file, for a plain loop of open, write and
 * close in one thread, then through the writers, new files first and replaced ones after; with digests, new and
 * unchanged. Then what the walk after a killed run costs a file.
 *
 * The first pass over a fresh file system pays for its inode tables, so one goes unmeasured. On a disk, what the file
 * system does meanwhile can hide all the rest: compare several runs.
 *
 * bench_store [FOLDER [FILES [BYTES]]]: by default 10,000 files of 15 KiB below a new folder in /dev/shm. */
#include "base/clock.h"
#include "store/pages/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TURN = 32 /* pages that one turn of the crawl loop brings */, SITES = 50 };

static int files = 10000;
static size_t bytes = 15 * 1024;
static char *data;

struct cost {
    int64_t wall_ns;
    int64_t cpu_us;
};

static void fail(const char *what)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, strerror(errno));
    exit(1);
}

static struct cost now(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return (struct cost){clock_ns(), (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * (int64_t)1000000 +
                                         use.ru_utime.tv_usec + use.ru_stime.tv_usec};
}

static void report(const char *what, struct cost since)
{
    struct cost end = now();
    double seconds = (double)(end.wall_ns - since.wall_ns) / 1e9;
    printf("%-28s %8.0f files/s  %6.1f us of processor time a file\n", what, files / seconds,
           (double)(end.cpu_us - since.cpu_us) / files);
}

static void name_of(int number, char *name, size_t size)
{
    snprintf(name, size, "site%d/page%d.html", number / 20 % SITES, number);
}

/* The floor: no folder is opened or made, no name is guarded, a cut file keeps its final name. */
static void plain_loop(bool measured)
{
    char name[64];
    for (int i = 0; i < SITES; i++) {
        name_of(i * 20, name, sizeof name);
        *strchr(name, '/') = '\0';
        mkdir(name, 0755);
    }
    struct cost start = now();
    for (int i = 0; i < files; i++) {
        name_of(i, name, sizeof name);
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (fd < 0 || write(fd, data, bytes) != (ssize_t)bytes || close(fd) != 0)
            fail(name);
    }
    if (measured)
        report("open, write, close", start);
}

static struct pages_done *known; /* of each file; NULL: not wanted */

static void count_done(const struct pages_done *done, void *context)
{
    errno = done->error;
    if (done->error)
        fail(done->name);
    if (known)
        known[(intptr_t)done->context] = *done;
    ++*(int *)context;
}

static void put(struct pages *pages, int number, const struct pages_bytes *page)
{
    char name[64];
    const struct pages_done *before = known ? &known[number] : NULL;
    struct pages_known as = {0};
    if (before)
        as = (struct pages_known){before->digest, before->bytes, before->mtime_ns};
    name_of(number, name, sizeof name);
    if (pages_put(pages, name, page, before && before->bytes ? &as : NULL, (void *)(intptr_t)number) != STORE_OK)
        fail(name);
}

static void through_writers(unsigned writers, bool digest, const char *what)
{
    struct pages *pages;
    if (pages_open(".", &(struct pages_options){.writers = writers, .digest = digest}, &pages) != STORE_OK)
        fail("open the folder");
    struct pages_bytes page = {.data = data, .len = bytes};
    int done = 0;
    struct cost start = now();
    for (int i = 0; i < files;) {
        for (int n = 0; n < TURN && i < files && pages_room(pages); n++, i++)
            put(pages, i, &page);
        pages_flush(pages);
        struct pollfd p = {.fd = pages_fd(pages), .events = POLLIN};
        if (poll(&p, 1, pages_room(pages) ? 0 : -1) > 0)
            pages_collect(pages, count_done, &done);
    }
    pages_close(pages, count_done, &done);
    report(what, start);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* A new folder to work in, which the process is in from now on. */
static char *enter_folder(const char *base)
{
    char template[200];
    snprintf(template, sizeof template, "%s/forage-bench-XXXXXX", base);
    char *dir = mkdtemp(template) ? realpath(template, NULL) : NULL;
    if (!dir || chdir(dir) != 0)
        fail(template);
    return dir;
}

static void enter_empty(const char *dir)
{
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (mkdir(dir, 0755) != 0 || chdir(dir) != 0)
        fail(dir);
}

static void with_digests(const char *dir)
{
    enter_empty(dir);
    known = calloc((size_t)files, sizeof *known);
    if (!known)
        fail("memory");
    through_writers(2, true, "2 writers, digests, new");
    through_writers(2, true, "2 writers, digests, the same");
    free(known);
    known = NULL;
    size_t removed;
    struct cost start = now();
    if (pages_clean(dir, &removed) != STORE_OK)
        fail("clean");
    report("clean", start);
}

int main(int argc, char **argv)
{
    files = argc > 2 ? atoi(argv[2]) : files;
    bytes = argc > 3 ? (size_t)atol(argv[3]) : bytes;
    data = malloc(bytes + 1);
    if (!data)
        fail("memory");
    memset(data, 'x', bytes);
    char *dir = enter_folder(argc > 1 ? argv[1] : "/dev/shm");
    plain_loop(false);
    enter_empty(dir);
    plain_loop(true);
    for (unsigned writers = 1; writers <= 2; writers++) {
        enter_empty(dir);
        through_writers(writers, false, writers == 1 ? "1 writer, new" : "2 writers, new");
        through_writers(writers, false, writers == 1 ? "1 writer, replaced" : "2 writers, replaced");
    }
    with_digests(dir);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
    free(data);
    return 0;
}
