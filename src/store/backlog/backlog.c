#include "store/backlog/backlog_internal.h"

#include "base/hash.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_MAX = 4096, SHARE_MIN = 4, SHARE_MAX = 64, WINDOW_BYTES = 2 << 20, CACHE_BYTES = 16 << 20 };

/* ---- Failures ---- */

static struct backlog_failure failure_of(enum backlog_status status, int error, const char *detail)
{
    struct backlog_failure f = {.status = status, .error = status == BACKLOG_SYSTEM ? error : 0};
    const char *reason = f.error ? strerror(f.error) : backlog_status_text(status);
    snprintf(f.text, sizeof f.text, "%s%s%s", reason, detail ? ": " : "", detail ? detail : "");
    return f;
}

enum backlog_status backlog_fail(struct backlog *b, enum backlog_status status, const char *detail)
{
    int error = errno;
    if (!b->failure.status)
        b->failure = failure_of(status, error, detail);
    errno = error;
    return status;
}

enum backlog_status backlog_fail_file(struct backlog *b)
{
    return errno ? backlog_fail(b, BACKLOG_SYSTEM, NULL)
                 : backlog_fail(b, BACKLOG_DAMAGED, "the file is shorter than it was");
}

bool backlog_failed(const struct backlog *b, struct backlog_failure *failure)
{
    if (!b->failure.status)
        return false;
    *failure = b->failure;
    return true;
}

/* ---- Open and close ---- */

static bool begin_file(struct backlog *b)
{
    struct record_file_head head;
    b->salt = hash_random_seed();
    record_file_head_make(&head, b->salt);
    if (!backlog_file_cut(&b->file) || !backlog_file_room(&b->file, sizeof head))
        return false;
    memcpy(backlog_file_end(&b->file), &head, sizeof head);
    backlog_file_append(&b->file, sizeof head);
    return true;
}

static enum backlog_status begin_or_go_on(struct backlog *b, bool go_on)
{
    struct record_file_head head;
    const char *at;
    if (!go_on || b->file.size < sizeof head) { /* a shorter one was torn when it began */
        b->to_replay = false;
        return begin_file(b) ? BACKLOG_OK : BACKLOG_SYSTEM;
    }
    b->to_replay = true;
    if (!backlog_file_load(&b->file, sizeof head, &at))
        return errno ? BACKLOG_SYSTEM : BACKLOG_DAMAGED;
    memcpy(&head, at, sizeof head);
    if (!record_file_head_is_whole(&head))
        return BACKLOG_DAMAGED;
    b->salt = head.salt;
    backlog_file_accept(&b->file, sizeof head);
    return BACKLOG_OK;
}

static void release(struct backlog *b)
{
    origins_release(&b->origins);
    buffer_release(&b->newest);
    backlog_file_close(&b->file);
    free(b);
}

enum backlog_status backlog_open(const char *dir, bool go_on, const struct backlog_options *options,
                                 struct backlog **backlog, struct backlog_failure *failure)
{
    struct backlog_options o = options ? *options : (struct backlog_options){0};
    struct backlog *b = calloc(1, sizeof *b);
    enum backlog_status status = BACKLOG_NO_MEMORY;
    const char *detail = NULL;
    if (!b)
        goto fail;
    origins_init(&b->origins, o.out_max ? o.out_max : OUT_MAX, o.share_min ? o.share_min : SHARE_MIN,
                 o.share_max ? o.share_max : SHARE_MAX);
    origins_order(&b->origins, o.by_level, o.share_last, BACKLOG_PRIORITIES - 1);
    if (!backlog_file_open(&b->file, dir, go_on && dir, o.window_bytes ? o.window_bytes : WINDOW_BYTES,
                           o.cache_bytes ? o.cache_bytes : CACHE_BYTES)) {
        status = errno == ENOMEM ? BACKLOG_NO_MEMORY : BACKLOG_SYSTEM;
        goto fail;
    }
    status = begin_or_go_on(b, go_on && dir);
    if (status == BACKLOG_DAMAGED)
        detail = "not a backlog that this version of forage made on such a machine";
    if (status != BACKLOG_OK)
        goto fail;
    *backlog = b;
    return BACKLOG_OK;
fail:
    *failure = failure_of(status, errno, detail);
    if (b)
        release(b);
    return status;
}

enum backlog_status backlog_close(struct backlog *b, bool remove, struct backlog_failure *failure)
{
    if (!b)
        return BACKLOG_OK;
    bool closed = remove ? backlog_file_remove(&b->file) : backlog_file_flush(&b->file);
    if (!closed && failure)
        *failure = failure_of(BACKLOG_SYSTEM, errno, NULL);
    release(b);
    return closed ? BACKLOG_OK : BACKLOG_SYSTEM;
}

/* ---- Adding ---- */

enum backlog_status backlog_queue(struct backlog *b, uint64_t offset, const struct record_origin *name,
                                  unsigned priority)
{
    struct origin *o = origins_get(&b->origins, name);
    struct chain *chain = o ? origins_chain(o, priority) : NULL;
    if (!chain) {
        if (o)
            origins_forget(&b->origins, o);
        return backlog_fail(b, BACKLOG_NO_MEMORY, NULL);
    }
    if (chain->waiting && !backlog_file_patch(&b->file, chain->tail, offset))
        return backlog_fail_file(b);
    origins_waits(&b->origins, o, chain, offset);
    return BACKLOG_OK;
}

/* Whether the newest parent is that of ENTRY, and near enough. */
static bool has_parent(const struct backlog *b, const struct backlog_entry *entry)
{
    return b->newest_at && b->newest.len == entry->parent_len &&
           memcmp(b->newest.data, entry->parent, entry->parent_len) == 0 &&
           (b->file.end - b->newest_at) / RECORD_UNIT < UINT32_MAX;
}

static struct record parent_head(const struct backlog_entry *entry)
{
    return (struct record){.kind = RECORD_PARENT, .text_len = (uint32_t)entry->parent_len};
}

static bool add_parent(struct backlog *b, const struct backlog_entry *entry)
{
    struct record head = parent_head(entry);
    struct buffer text = {0};
    if (!buffer_append(&text, entry->parent, entry->parent_len))
        return false;
    buffer_release(&b->newest);
    b->newest = text;
    b->newest_at = b->file.end;
    record_write(backlog_file_end(&b->file), &head, 0, text.data, b->file.end, b->salt);
    backlog_file_append(&b->file, record_size(&head));
    return true;
}

static bool is_valid(const struct backlog_entry *entry, struct record_origin *name)
{
    return entry->priority < BACKLOG_PRIORITIES && record_origin(entry->url, entry->url_len, name) &&
           record_is_text(entry->parent, entry->parent_len);
}

enum backlog_status backlog_add(struct backlog *b, const struct backlog_entry *entry)
{
    assert(!b->to_replay);
    struct record_origin name;
    if (!is_valid(entry, &name))
        return BACKLOG_INVALID;
    struct record parent = parent_head(entry), head = {
                                                   .kind = entry->number ? RECORD_ENTRY_NUMBER : RECORD_ENTRY,
                                                   .text_len = (uint32_t)entry->url_len,
                                                   .depth = entry->depth,
                                                   .flags = entry->flags,
                                                   .priority = (uint8_t)entry->priority,
                                               };
    if (!backlog_file_room(&b->file, record_size(&parent) + record_size(&head)))
        return backlog_fail_file(b);
    if (entry->parent_len && !has_parent(b, entry) && !add_parent(b, entry))
        return backlog_fail(b, BACKLOG_NO_MEMORY, NULL);
    uint64_t offset = b->file.end;
    head.parent = entry->parent_len ? (uint32_t)((offset - b->newest_at) / RECORD_UNIT) : 0;
    enum backlog_status status = backlog_queue(b, offset, &name, entry->priority);
    if (status != BACKLOG_OK)
        return status;
    record_write(backlog_file_end(&b->file), &head, entry->number, entry->url, offset, b->salt);
    backlog_file_append(&b->file, record_size(&head));
    return BACKLOG_OK;
}

enum backlog_status backlog_flush(struct backlog *b)
{
    return backlog_file_flush(&b->file) ? BACKLOG_OK : backlog_fail_file(b);
}

/* ---- Inspecting ---- */

uint64_t backlog_waiting(const struct backlog *b)
{
    return b->origins.waiting;
}

uint64_t backlog_out(const struct backlog *b)
{
    return b->origins.out;
}

size_t backlog_origins(const struct backlog *b)
{
    return b->origins.count;
}

uint64_t backlog_bytes(const struct backlog *b)
{
    return b->file.end;
}

unsigned backlog_share(const struct backlog *b)
{
    return b->origins.share;
}

void backlog_each_origin(const struct backlog *b, backlog_origin_fn *fn, void *context)
{
    for (size_t i = 0; i < b->origins.used; i++)
        for (const struct origin *o = b->origins.buckets[i]; o; o = o->bucket_next)
            if (!fn(o->name, origin_waiting(o), o->out, context))
                return;
}
