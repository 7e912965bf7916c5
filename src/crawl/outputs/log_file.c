#include "crawl/outputs/log_file.h"

#include "base/file.h"
#include "crawl/outputs/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOG_MODE = 0640 };

struct log_file {
    int fd;
    atomic_bool reopen;
    bool told; /* a failure, since the file was opened */
    bool torn; /* the last line was cut: the next one is not to be glued to it */
    char path[];
};

/* ---- The file ---- */

/* A pipe that nobody reads would be waited for without O_NONBLOCK. Once it is open, a slow reader is waited for. */
static int open_path(const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, LOG_MODE);
    if (fd < 0)
        return -1;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

struct log_file *log_file_open(const char *path)
{
    size_t size = strlen(path) + 1;
    struct log_file *log = calloc(1, sizeof *log + size);
    if (!log)
        return NULL;
    memcpy(log->path, path, size);
    log->fd = open_path(path);
    if (log->fd >= 0)
        return log;
    int error = errno;
    free(log);
    errno = error;
    return NULL;
}

void log_file_reopen(struct log_file *log)
{
    atomic_store(&log->reopen, true);
}

static bool open_anew(struct log_file *log)
{
    int fd = open_path(log->path);
    if (fd < 0) {
        log_file_reopen(log); /* with the next line it may succeed */
        return false;
    }
    close(log->fd);
    log->fd = fd;
    log->told = log->torn = false;
    return true;
}

void log_file_close(struct log_file *log)
{
    int error = errno;
    if (log)
        close(log->fd);
    free(log);
    errno = error;
}

/* ---- Lines ---- */

/* The line with room for one more byte in front, which is no part of it; its length goes into *LEN. */
static char *format(const struct forage_page *page, unsigned rule, size_t *len)
{
    json_t *object = json_pack("{ss ss si ss ss si so sI ss si so}", "url", page->url, "final_url", page->final_url,
                               "status", (int)page->status, "outcome", page->outcome, "error", page->error, "attempts",
                               (int)page->attempts, "file", json_text(page->file), "bytes", (json_int_t)page->bytes,
                               "name", page->name, "ms", (int)page->ms, "detail", json_text(page->detail));
    if (object && *page->via) {
        json_object_set_new(object, "depth", json_integer(page->depth));
        json_object_set_new(object, "parent", json_string(page->parent));
        json_object_set_new(object, "via", json_string(page->via));
    }
    if (object && rule)
        json_object_set_new(object, "rule", json_integer(rule));
    size_t size = object ? json_dumpb(object, NULL, 0, JSON_ENSURE_ASCII | JSON_COMPACT) : 0;
    char *line = size ? malloc(1 + size + 1) : NULL;
    if (line) {
        *line = '\n';
        json_dumpb(object, line + 1, size, JSON_ENSURE_ASCII | JSON_COMPACT);
        line[1 + size] = '\n';
        *len = size + 1;
    }
    json_decref(object);
    return line;
}

/* A disk that gets full takes a part of a line. */
static bool write_all(struct log_file *log, const char *at, size_t len)
{
    size_t written = file_write(log->fd, at, len);
    if (written)
        log->torn = at[written - 1] != '\n';
    return written == len;
}

bool log_file_write(struct log_file *log, const struct forage_page *page, unsigned rule)
{
    size_t len = 0;
    bool opened = !atomic_exchange(&log->reopen, false) || open_anew(log);
    int error = opened ? 0 : errno;
    char *line = format(page, rule, &len);
    bool written = line && write_all(log, log->torn ? line : line + 1, len + log->torn);
    if (!written)
        error = line ? errno : ENOMEM;
    free(line);
    if (opened && written)
        return true;
    bool first = !log->told;
    log->told = true;
    errno = error;
    return !first;
}
