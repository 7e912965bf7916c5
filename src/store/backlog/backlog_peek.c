/* The file is read from its start to the first record that is not whole: a crawl that is at work appends there. What it
 * changes in front of that are the links of its chains, which no checksum covers and which are not looked at here. */
#include "store/backlog/backlog_peek.h"

#include "base/buffer.h"
#include "base/file.h"
#include "store/backlog/backlog_record.h"
#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 256 * 1024 };
_Static_assert(PIECE > 2 * RECORD_MAX, "a record fits, and the start of the next one");

struct peek {
    int fd;
    uint64_t at; /* offset of the next record */
    uint64_t salt;
    struct buffer parent;
    uint64_t parent_at;
    size_t used, len; /* of PIECE: what has been looked at, and what was read */
    char piece[PIECE];
    char text[RECORD_TEXT_MAX + 1];
};

/* Have at least LEN bytes behind USED. False with errno 0: there are fewer. */
static bool load(struct peek *p, size_t len)
{
    if (p->len - p->used >= len)
        return true;
    memmove(p->piece, p->piece + p->used, p->len - p->used);
    p->len -= p->used;
    p->used = 0;
    ssize_t n = file_read_at(p->fd, p->piece + p->len, PIECE - p->len, p->at + p->len);
    if (n < 0)
        return false;
    p->len += (size_t)n;
    errno = 0;
    return p->len >= len;
}

static void skip(struct peek *p, size_t len)
{
    p->used += len;
    p->at += len;
}

static bool load_head(struct peek *p)
{
    struct record_file_head head;
    if (!load(p, sizeof head))
        return false;
    memcpy(&head, p->piece, sizeof head);
    errno = 0;
    if (!record_file_head_is_whole(&head))
        return false;
    p->salt = head.salt;
    skip(p, sizeof head);
    return true;
}

static bool load_record(struct peek *p, struct record *head)
{
    if (!load(p, RECORD_HEAD))
        return false;
    memcpy(head, p->piece + p->used, sizeof *head);
    size_t size = record_size(head);
    errno = 0;
    return size && load(p, size) && record_is_whole(p->piece + p->used, p->at, p->salt);
}

static bool take_parent(struct peek *p, const char *text, size_t len)
{
    buffer_clear(&p->parent);
    p->parent_at = p->at;
    errno = ENOMEM;
    return buffer_append(&p->parent, text, len);
}

/* False when FN has seen enough, or this is no entry. */
static bool give(struct peek *p, const struct record *head, backlog_peek_fn *fn, void *context)
{
    const char *text = p->piece + p->used + record_text_at(head);
    struct record_origin name;
    if (head->priority >= BACKLOG_PRIORITIES || !record_origin(text, head->text_len, &name))
        return false;
    memcpy(p->text, text, head->text_len);
    p->text[head->text_len] = '\0';
    struct backlog_entry entry = {
        .url = p->text,
        .url_len = head->text_len,
        .depth = head->depth,
        .flags = head->flags,
        .priority = head->priority,
        .parent = "",
    };
    if (head->parent && p->parent_at && (uint64_t)head->parent * RECORD_UNIT == p->at - p->parent_at) {
        entry.parent = p->parent.data;
        entry.parent_len = p->parent.len;
    }
    return fn(&entry, context);
}

/* False at the end, with errno 0 or a failure's. */
static bool step(struct peek *p, backlog_peek_fn *fn, void *context)
{
    struct record head;
    if (!load_record(p, &head))
        return false;
    bool is_parent = head.kind == RECORD_PARENT;
    if (is_parent ? !take_parent(p, p->piece + p->used + record_text_at(&head), head.text_len)
                  : !give(p, &head, fn, context)) {
        errno = is_parent ? errno : 0;
        return false;
    }
    skip(p, record_size(&head));
    return true;
}

/* O_NONBLOCK: a FIFO in its place is not waited for. */
static int open_backlog(const char *dir)
{
    struct stat st;
    char *path = state_folder_path(dir, "backlog");
    int fd = path ? open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
    free(path);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        errno = ENOENT;
        return -1;
    }
    return fd;
}

static enum backlog_status fail(struct backlog_failure *failure, int error)
{
    enum backlog_status status = error == ENOMEM ? BACKLOG_NO_MEMORY : BACKLOG_SYSTEM;
    *failure = (struct backlog_failure){.status = status, .error = status == BACKLOG_SYSTEM ? error : 0};
    const char *text = status == BACKLOG_SYSTEM ? strerrordesc_np(error) : backlog_status_text(status);
    snprintf(failure->text, sizeof failure->text, "%s", text ? text : "unknown error");
    return status;
}

enum backlog_status backlog_peek(const char *dir, backlog_peek_fn *fn, void *context, struct backlog_failure *failure)
{
    int fd = open_backlog(dir);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ? BACKLOG_OK : fail(failure, errno);
    struct peek *p = malloc(sizeof *p);
    if (!p) {
        close(fd);
        return fail(failure, ENOMEM);
    }
    p->fd = fd;
    p->at = p->parent_at = p->used = p->len = 0;
    buffer_init(&p->parent);
    errno = 0;
    if (load_head(p))
        do
            errno = 0;
        while (step(p, fn, context));
    int error = errno;
    buffer_release(&p->parent);
    free(p);
    close(fd);
    return error ? fail(failure, error) : BACKLOG_OK;
}
