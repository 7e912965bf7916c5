/* libFuzzer target: whatever stands in the file, replaying it and taking from it ends, and gives nothing but URLs. The
 * first byte of the input says what is done to the rest, which is the file:
 *
 *   1  give every record that has a possible head a right checksum, so that its content is looked at
 *   2  begin it with a right head
 *   4  while it is in use, write its last 16 bytes somewhere else, at the offset that the first 2 of them say */
#include "store/backlog/backlog.h"
#include "store/backlog/backlog_record.h"

#include "target.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEAL = 1, HEAD = 2, LATE = 4, SIZE_MAX_READ = 64 * 1024, LATE_BYTES = 16, FILLERS = 5 };

static char folder[32], path[64];

static void remove_folder(void)
{
    char inner[64];
    snprintf(inner, sizeof inner, "%s/.forage", folder);
    unlink(path);
    rmdir(inner);
    rmdir(folder);
}

static void make_folder(void)
{
    if (*path)
        return;
    snprintf(folder, sizeof folder, "/dev/shm/forage-fuzz-XXXXXX"); /* many times faster than a disk */
    if (!mkdtemp(folder)) {
        snprintf(folder, sizeof folder, "/tmp/forage-fuzz-XXXXXX");
        HOLDS(mkdtemp(folder));
    }
    snprintf(path, sizeof path, "%s/.forage", folder);
    HOLDS(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/" BACKLOG_FILE, folder);
    atexit(remove_folder);
}

/* ---- The file ---- */

static void seal(char *file, size_t size)
{
    struct record_file_head head;
    memcpy(&head, file, sizeof head);
    for (size_t at = sizeof head, len; at + RECORD_HEAD <= size; at += len) {
        struct record record;
        memcpy(&record, file + at, sizeof record);
        len = record_size(&record);
        if (!len || at + len > size)
            return;
        static char text[RECORD_MAX];
        int64_t number;
        memcpy(text, file + at + record_text_at(&record), record.text_len);
        memcpy(&number, file + at + RECORD_HEAD, sizeof number);
        record_write(file + at, &record, number, text, at, head.salt);
    }
}

static void write_at(int flags, const void *data, size_t size, off_t at)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);
    HOLDS(fd >= 0 && pwrite(fd, data, size, at) == (ssize_t)size);
    close(fd);
}

static size_t write_file(unsigned flags, const uint8_t *data, size_t size)
{
    static char file[SIZE_MAX_READ];
    struct record_file_head head;
    memcpy(file, data, size);
    record_file_head_make(&head, 7);
    if (flags & HEAD && size >= sizeof head)
        memcpy(file, &head, sizeof head);
    if (flags & SEAL && size >= sizeof head)
        seal(file, size);
    write_at(O_CREAT | O_TRUNC, file, size, 0);
    return size;
}

/* ---- Use ---- */

static void is_entry(const struct backlog_entry *e)
{
    HOLDS(e->url_len > 0 && e->url_len <= BACKLOG_URL_MAX && e->url[e->url_len] == '\0');
    HOLDS(strlen(e->url) == e->url_len && strncmp(e->url, "http", 4) == 0);
    HOLDS(e->parent && e->parent_len <= BACKLOG_URL_MAX);
    HOLDS(e->priority < BACKLOG_PRIORITIES);
}

static bool replay_one(const struct backlog_entry *e, void *context)
{
    (void)context;
    is_entry(e);
    return e->flags % 4 != 0;
}

static bool drop_one(const struct backlog_entry *e, void *context)
{
    is_entry(e);
    return --*(int *)context > 0;
}

/* Push what the file holds out of the window, so that it is read again. */
static void fill(struct backlog *b)
{
    static char url[60000];
    memset(url, 'x', sizeof url);
    memcpy(url, "http://filler/", 14);
    for (int i = 0; i < FILLERS; i++) {
        struct backlog_entry e = {.url = url, .url_len = sizeof url, .parent = url, .parent_len = (size_t)i};
        HOLDS(backlog_add(b, &e) == BACKLOG_OK);
    }
    HOLDS(backlog_flush(b) == BACKLOG_OK);
}

static void use(struct backlog *b, unsigned flags, const uint8_t *data, size_t size)
{
    struct backlog_entry e;
    struct backlog_failure failure;
    struct backlog_replayed replayed;
    int drop = 3;
    HOLDS(backlog_replay(b, replay_one, NULL, &replayed) == BACKLOG_OK);
    HOLDS(replayed.queued <= replayed.entries && replayed.queued == backlog_waiting(b));
    HOLDS(backlog_bytes(b) + replayed.cut_bytes == (size < sizeof(struct record_file_head) ? 32 : size));
    if (flags & LATE)
        fill(b);
    if (flags & LATE && size >= LATE_BYTES)
        write_at(0, data + size - LATE_BYTES + 2, LATE_BYTES - 2, data[size - 16] | data[size - 15] << 8);
    uint64_t waiting = backlog_waiting(b);
    bool dropped = backlog_drop_origin(b, "http://a", 8, drop_one, &drop) == BACKLOG_OK;
    for (; backlog_next(b, &e); waiting--) {
        is_entry(&e);
        backlog_done(b, e.url, e.url_len);
    }
    HOLDS(backlog_failed(b, &failure) || (dropped && backlog_waiting(b) == 0 && backlog_origins(b) == 0));
    HOLDS(backlog_waiting(b) <= waiting);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct backlog *b = NULL;
    struct backlog_failure failure;
    if (size < 1 || size > SIZE_MAX_READ)
        return 0;
    make_folder();
    size_t len = write_file(data[0], data + 1, size - 1);
    const struct backlog_options options = {.window_bytes = 1, .cache_bytes = 1};
    if (backlog_open(folder, true, &options, &b, &failure) != BACKLOG_OK) {
        HOLDS(failure.status == BACKLOG_DAMAGED);
        return 0;
    }
    use(b, data[0], data + 1, len);
    HOLDS(backlog_close(b, false, NULL) == BACKLOG_OK);
    return 0;
}
