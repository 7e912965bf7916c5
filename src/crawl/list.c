#include "crawl/list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
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

static enum list_status fail(struct list *l, int fd)
{
    int saved = errno;
    if (fd > STDERR_FILENO)
        close(fd);
    free(l);
    errno = saved;
    return LIST_SYSTEM;
}

enum list_status list_open(const char *path, struct list **list)
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
    *list = l;
    return LIST_LINE;
}

/* Read more behind what is there. LIST_LINE: something was read or the end was reached. */
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
        return errno == EINTR || errno == EAGAIN ? LIST_WAIT : LIST_SYSTEM;
    l->at_end = n == 0;
    l->end += (size_t)n;
    return LIST_LINE;
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

enum list_status list_next(struct list *l, const char **text, size_t *len)
{
    for (;;) {
        while (cut_line(l, text, len)) {
            bool too_long = l->skipping || *len > LIST_LINE_MAX;
            l->skipping = false;
            if (too_long)
                return LIST_TOO_LONG;
            trim(text, len);
            if (*len && **text != '#')
                return LIST_LINE;
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
            return LIST_TOO_LONG;
        }
        enum list_status s = fill(l);
        if (s != LIST_LINE)
            return s;
    }
}

const char *list_name(const struct list *l)
{
    return l->name;
}

unsigned long list_line_number(const struct list *l)
{
    return l->line;
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
