/* What the tests of the store share: a folder of their own, files by content, and pages that are waited for. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "base/clock.h"
#include "store/pages/pages.h"

#include "support/files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WAIT_MS = 20000, SEEN_MAX = 2048 };

static char scratch[PATH_MAX / 4]; /* the test's folder; pages go to its "out" */

static inline void scratch_remove(void)
{
    files_remove(scratch);
}

static inline void scratch_make(void)
{
    char *made = files_temp_folder();
    snprintf(scratch, sizeof scratch, "%s", made);
    free(made);
}

/* PATH below the test's folder, in one of a few buffers. */
static inline const char *in_scratch(const char *path)
{
    return files_in(scratch, path);
}

/* The content of a file as text (static), or NULL when it cannot be opened. */
static inline const char *content_of(const char *path)
{
    return files_content(in_scratch(path));
}

static inline void write_file(const char *path, const char *content)
{
    FILE *f = fopen(in_scratch(path), "w");
    cr_assert(f);
    fputs(content, f);
    fclose(f);
}

static int scratch_counted;

static inline int scratch_count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    const char *name = strrchr(path, '/') + 1;
    if (type == FTW_F || type == FTW_SL || strncmp(name, STORE_TEMPORARY_PREFIX, strlen(STORE_TEMPORARY_PREFIX)) == 0)
        scratch_counted++;
    return 0;
}

/* Files and links at any depth below PATH. */
static inline int files_below(const char *path)
{
    scratch_counted = 0;
    nftw(in_scratch(path), scratch_count_one, 32, FTW_PHYS);
    return scratch_counted;
}

static inline int descriptors_open(void)
{
    int count = 0;
    DIR *dir = opendir("/proc/self/fd");
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Completions in the order of their arrival. */
struct seen {
    size_t count;
    struct pages_done done[SEEN_MAX];
};

static inline void see(const struct pages_done *done, void *context)
{
    struct seen *seen = context;
    cr_assert_lt(seen->count, (size_t)SEEN_MAX);
    seen->done[seen->count] = *done;
    seen->done[seen->count++].name = NULL; /* lasts for the call only */
}

/* Flush, and wait until COUNT completions in all have been seen. */
static inline void wait_for(struct pages *pages, struct seen *seen, size_t count)
{
    int64_t deadline = deadline_after(WAIT_MS);
    pages_flush(pages);
    while (seen->count < count) {
        struct pollfd p = {.fd = pages_fd(pages), .events = POLLIN};
        int ready = poll(&p, 1, deadline_left_ms(deadline));
        cr_assert_eq(ready, 1, "%zu of %zu pages ended in time", seen->count, count);
        pages_collect(pages, see, seen);
    }
}

static inline void count_release(void *counter)
{
    atomic_fetch_add((atomic_int *)counter, 1);
}

static inline struct pages_bytes text_bytes(const char *text, atomic_int *released)
{
    return (struct pages_bytes){
        .data = text, .len = strlen(text), .release = released ? count_release : NULL, .release_context = released};
}

/* Put one page and wait for its end. */
static inline struct pages_done put_known_now(struct pages *pages, const char *name, const char *text,
                                              const struct pages_known *known)
{
    struct seen seen = {0};
    struct pages_bytes bytes = text_bytes(text, NULL);
    cr_assert_eq(pages_put(pages, name, &bytes, known, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    return seen.done[0];
}

static inline struct pages_done put_now(struct pages *pages, const char *name, const char *text)
{
    return put_known_now(pages, name, text, NULL);
}

/* The same for a page in two pieces. */
static inline struct pages_done put_pieces_known_now(struct pages *pages, const char *name, const char *one,
                                                     const char *two, const struct pages_known *known)
{
    struct seen seen = {0};
    struct page *page;
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    struct pages_bytes first = text_bytes(one, NULL), second = text_bytes(two, NULL);
    cr_assert_eq(pages_append(page, &first), STORE_OK);
    cr_assert_eq(pages_append(page, &second), STORE_OK);
    cr_assert_eq(pages_finish(page, name, known, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    return seen.done[0];
}

static inline struct pages_done put_pieces_now(struct pages *pages, const char *name, const char *one, const char *two)
{
    return put_pieces_known_now(pages, name, one, two, NULL);
}

/* The time of the file at PATH, or -1. */
static inline int64_t mtime_of(const char *path)
{
    struct stat st;
    if (lstat(in_scratch(path), &st) != 0)
        return -1;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

static inline struct pages *open_out(const struct pages_options *options)
{
    struct pages *pages = NULL;
    cr_assert_eq(pages_open(in_scratch("out"), options, &pages), STORE_OK);
    return pages;
}

static inline void close_out(struct pages *pages)
{
    struct seen rest = {0};
    pages_close(pages, see, &rest);
}

#endif
