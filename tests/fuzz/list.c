/* libFuzzer target: a list of any bytes, plain or gzip, ends, gives nothing that is out of shape, and gives the same
 * whether it is a file or comes in two parts through a pipe. Nothing can be opened meanwhile, so that no list is
 * included. */
#include "crawl/list/list.h"

#include "base/hash.h"
#include "store/pages/folders.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BYTES_MAX = 32 * 1024, /* a pipe takes them at once */
    EXPANSION_MAX = 1100,  /* of gzip */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct rlimit descriptors;

static void allow_opening(bool allowed)
{
    struct rlimit limit = {allowed ? descriptors.rlim_cur : 1, descriptors.rlim_max}; /* 1: poll needs it */
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        abort();
}

static void require(bool holds)
{
    if (holds)
        return;
    allow_opening(true); /* the fuzzer writes the input that failed to a file */
    abort();
}

static bool is_blank(char c)
{
    return c && strchr(" \t\r\v\f\n", c);
}

static void check_options(const struct line_options *o)
{
    require(o->out || o->header_count || o->tries || o->delay_ms >= 0 || o->max_bytes || o->max_age_ms >= 0);
    require(!o->out || (folders_name_ok(o->out) && strlen(o->out) <= LINE_OPTIONS_OUT_MAX));
    require(o->header_count <= LINE_OPTIONS_HEADERS_MAX && o->tries <= LINE_OPTIONS_TRIES_MAX);
    for (size_t i = 0; i < o->header_count; i++)
        require(strchr(o->headers[i], ':') && !strpbrk(o->headers[i], "\r\n"));
}

/* Check what was found and add it to SEEN. */
static uint64_t take(enum list_status s, struct list_entry *e, uint64_t seen)
{
    require(e->file && e->line);
    seen = hash_bytes(&e->line, sizeof e->line, seen + s);
    if (s != LIST_ENTRY) {
        require(e->reason && *e->reason && !e->url && !e->options);
        return hash_bytes(e->reason, strlen(e->reason), seen);
    }
    require(e->url_len && e->url_len <= LIST_LINE_MAX && !memchr(e->url, '\n', e->url_len));
    require(*e->url != '#' && *e->url != '@' && !is_blank(*e->url) && !is_blank(e->url[e->url_len - 1]));
    seen = hash_bytes(e->url, e->url_len, seen);
    if (e->options) {
        const char *out = e->options->out ? e->options->out : "";
        check_options(e->options);
        seen = hash_bytes(out, strlen(out), seen + e->options->header_count);
    }
    line_options_free(e->options);
    return seen;
}

/* Read LIST until it waits or ends. */
static enum list_status read_list(struct list *list, size_t size, uint64_t *seen)
{
    struct list_entry e;
    enum list_status s;
    for (size_t turns = 0; (s = list_next(list, &e)) != LIST_WAIT && s != LIST_END; turns++) {
        require(turns <= (size + 1) * EXPANSION_MAX);
        if (s != LIST_BUSY)
            *seen = take(s, &e, *seen);
    }
    return s;
}

/* A list that reads what FD does, which is closed. */
static struct list *list_of(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct list *list = list_open(path);
    require(list != NULL);
    close(fd);
    return list;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > BYTES_MAX)
        return 0;
    if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0)
        abort();
    int ends[2], fd = memfd_create("list", 0);
    size_t first = size ? data[size / 2] * size / 256 : 0;
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size && pipe(ends) == 0);
    struct list *file = list_of(fd), *slow = list_of(ends[0]);
    uint64_t whole = 0, parts = 0;
    allow_opening(false);
    require(read_list(file, size, &whole) == LIST_END);
    require(write(ends[1], data, first) == (ssize_t)first);
    read_list(slow, size, &parts); /* it ends here when it is damaged */
    require(write(ends[1], data + first, size - first) == (ssize_t)(size - first) && close(ends[1]) == 0);
    require(read_list(slow, size, &parts) == LIST_END);
    allow_opening(true);
    require(whole == parts);
    list_close(file);
    list_close(slow);
    return 0;
}
