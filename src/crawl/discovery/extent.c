#include "crawl/discovery/extent.h"

#include "base/hash.h"
#include "crawl/outputs/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_SIZE = 16 + 1 + 1, EXTENT_MODE = 0600 };

static uint64_t add(uint64_t extent, const void *data, size_t len)
{
    return hash_bytes(data, len, extent);
}

static uint64_t add_texts(uint64_t extent, const char *const *texts, size_t count)
{
    extent = add(extent, &count, sizeof count);
    for (size_t i = 0; i < count; i++)
        extent = add(extent, texts[i], strlen(texts[i]) + 1);
    return extent;
}

uint64_t extent_of(const struct forage_options *o)
{
    const uint64_t numbers[] = {
        o->max_depth,   o->scope,          o->requisites,         o->sitemaps,  o->follow_nofollow,
        o->max_repeats, o->max_path_depth, o->max_query,          o->max_chain, o->max_same,
        o->utf8,        o->ignore_robots,  o->max_pages_per_host,
    };
    uint64_t extent = add(0, numbers, sizeof numbers);
    extent = add_texts(extent, o->accept, o->accept_count);
    extent = add_texts(extent, o->reject, o->reject_count);
    extent = add_texts(extent, o->types, o->type_count);
    return add_texts(extent, o->strip_query, o->strip_query_count);
}

static void path_of(const char *dir, const char *file, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", dir, file);
}

static void text_of(uint64_t extent, char text[TEXT_SIZE])
{
    snprintf(text, TEXT_SIZE, "%016" PRIx64 "\n", extent);
}

bool extent_is(const char *dir, const char *file, uint64_t extent)
{
    char path[PATH_MAX], expected[TEXT_SIZE], found[TEXT_SIZE];
    path_of(dir, file, path);
    text_of(extent, expected);
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, found, sizeof found);
    close(fd);
    return n == (ssize_t)strlen(expected) && memcmp(found, expected, (size_t)n) == 0;
}

bool extent_note(const char *dir, const char *file, uint64_t extent)
{
    char path[PATH_MAX], text[TEXT_SIZE];
    struct atomic_failure failure;
    path_of(dir, file, path);
    text_of(extent, text);
    if (atomic_file_write(path, EXTENT_MODE, text, strlen(text), &failure))
        return true;
    errno = failure.error;
    return false;
}
