#include "crawl/list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct list {
    char *name;
    int fd;
    bool regular;
    bool at_end;
    bool skipping; /* in the rest of a line that is too long */
    unsigned long line;
    size_t begin, end; /* of what has been read and not yet given */
    char data[LIST_LINE_MAX + 4096];
};

static struct list *fail(struct list *l, int fd)
{
    int saved = errno;
    if (fd > STDERR_FILENO)
        close(fd);
    free(l);
    errno = saved;
    return NULL;
}

struct list *list_open(const char *path)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct list *l = calloc(1, sizeof *l);
    int fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (!l || fd < 0 || fstat(fd, &st) < 0)
        return fail(l, fd);
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return fail(l, fd);
    }
    l->fd = fd;
    l->regular = S_ISREG(st.st_mode);
    l->name = strdup(path);
    if (!l->name)
        return fail(l, fd);
    return l;
}

/* Read more behind what is there. LIST_BUSY: something was read or the end was reached. */
static enum list_status fill(struct list *l)
{
    memmove(l->data, l->data + l->begin, l->end - l->begin);
    l->end -= l->begin;
    l->begin = 0;
    struct pollfd p = {l->fd, POLLIN, 0};
    if (!l->regular && poll(&p, 1, 0) == 0)
        return LIST_WAIT;
    ssize_t n = read(l->fd, l->data + l->end, sizeof l->data - l->end);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN ? LIST_WAIT : LIST_BAD_FILE;
    l->at_end = n == 0;
    l->end += (size_t)n;
    return LIST_BUSY;
}

static void trim(const char **text, size_t *len)
{
    while (*len && strchr(" \t\r\v\f", (*text)[*len - 1]) && (*text)[*len - 1])
        --*len;
    while (*len && strchr(" \t\v\f", **text) && **text) {
        ++*text;
        --*len;
    }
}

/* Cut the next raw line off; false when none is complete yet. */
static bool cut_line(struct list *l, const char **text, size_t *len)
{
    const char *from = l->data + l->begin;
    size_t there = l->end - l->begin;
    const char *newline = memchr(from, '\n', there);
    if (!newline && !(l->at_end && there))
        return false;
    *text = from;
    *len = newline ? (size_t)(newline - from) : there;
    l->begin += *len + (newline != NULL);
    l->line++;
    if (l->line == 1 && *len >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0) {
        *text += 3;
        *len -= 3;
    }
    return true;
}

static enum list_status next_line(struct list *l, struct list_entry *e)
{
    for (;;) {
        while (cut_line(l, &e->url, &e->url_len)) {
            bool too_long = l->skipping || e->url_len > LIST_LINE_MAX;
            l->skipping = false;
            if (too_long)
                return LIST_BAD_LINE;
            trim(&e->url, &e->url_len);
            if (e->url_len && *e->url != '#')
                return LIST_ENTRY;
        }
        if (l->end - l->begin > LIST_LINE_MAX) { /* drop what is there of it, and the rest when it comes */
            l->skipping = true;
            l->begin = l->end = 0;
        }
        if (l->at_end && !l->skipping)
            return LIST_END;
        if (l->at_end) {
            l->skipping = false;
            l->line++;
            return LIST_BAD_LINE;
        }
        enum list_status s = fill(l);
        if (s != LIST_BUSY)
            return s;
    }
}

enum list_status list_next(struct list *l, struct list_entry *entry)
{
    struct list_entry e = {.file = l->name};
    enum list_status s = next_line(l, &e);
    e.line = l->line;
    if (s == LIST_BAD_LINE)
        e.reason = "the line is longer than 64 KiB";
    if (s == LIST_BAD_FILE) {
        e.reason = strerror(errno);
        l->at_end = true;
        l->begin = l->end;
    }
    *entry = e;
    return s;
}

int list_fd(const struct list *l)
{
    return l->fd;
}

void list_close(struct list *l)
{
    if (!l)
        return;
    if (l->fd > STDERR_FILENO)
        close(l->fd);
    free(l->name);
    free(l);
}
