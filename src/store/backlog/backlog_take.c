/* Taking entries. What is read was written by this process or by one before it, and may have been changed since: a
 * record is used when its checksum is right and it is of the chain that led to it. A chain only leads forward, so it
 * has an end. */
#include "store/backlog/backlog_internal.h"

#include <assert.h>
#include <string.h>

/* ---- Reading; false: it failed, and backlog_failed tells why ---- */

static bool is_damaged(struct backlog *b, const char *detail)
{
    backlog_fail(b, BACKLOG_DAMAGED, detail);
    return false;
}

static bool read_bytes(struct backlog *b, uint64_t offset, char *to, size_t len)
{
    bool ok = backlog_file_read(&b->file, offset, to, len);
    if (!ok)
        backlog_fail_file(b);
    return ok;
}

/* Read the record at OFFSET into TO, RECORD_MAX bytes. */
static bool read_record(struct backlog *b, uint64_t offset, char *to, struct record *head)
{
    uint64_t end = b->file.end;
    if (offset % RECORD_UNIT != 0 || offset > end || end - offset < RECORD_HEAD)
        return is_damaged(b, "a record is outside of the file");
    if (!read_bytes(b, offset, to, RECORD_HEAD))
        return false;
    memcpy(head, to, sizeof *head);
    size_t size = record_size(head);
    if (!size || end - offset < size)
        return is_damaged(b, "a record is none");
    if (!read_bytes(b, offset + RECORD_HEAD, to + RECORD_HEAD, size - RECORD_HEAD))
        return false;
    return record_is_whole(to, offset, b->salt) || is_damaged(b, "a record is not as it was written");
}

/* Read the record at AT into B's parent, unless it is there. */
static bool read_parent(struct backlog *b, uint64_t at)
{
    struct record head;
    if (b->parent_at == at)
        return true;
    b->parent_at = 0;
    if (!read_record(b, at, b->parent, &head))
        return false;
    if (head.kind != RECORD_PARENT)
        return is_damaged(b, "a parent is none");
    b->parent[record_text_at(&head) + head.text_len] = '\0';
    b->parent_at = at;
    return true;
}

struct backlog_entry backlog_entry_of(char *record, const struct record *head)
{
    char *url = record + record_text_at(head);
    struct backlog_entry entry = {
        .url = url,
        .url_len = head->text_len,
        .parent = "",
        .depth = head->depth,
        .flags = head->flags,
        .priority = head->priority,
    };
    url[head->text_len] = '\0';
    if (head->kind == RECORD_ENTRY_NUMBER)
        memcpy(&entry.number, record + RECORD_HEAD, sizeof entry.number);
    return entry;
}

static bool is_of_chain(const char *record, const struct record *head, const struct origin *o)
{
    struct record_origin name;
    return head->kind != RECORD_PARENT && head->priority == o->chain.priority &&
           record_origin(record + record_text_at(head), head->text_len, &name) && origin_is(o, &name);
}

/* Read the first that waits at O, and where the next one of its chain is. */
static bool read_first(struct backlog *b, const struct origin *o, struct backlog_entry *entry, uint64_t *next)
{
    uint64_t offset = o->chain.head;
    struct record head;
    if (!read_record(b, offset, b->record, &head))
        return false;
    uint64_t distance = (uint64_t)head.parent * RECORD_UNIT;
    if (distance > offset || !is_of_chain(b->record, &head, o))
        return is_damaged(b, "a chain leads astray");
    if (o->chain.waiting > 1 && head.next <= offset)
        return is_damaged(b, "a chain leads back");
    if (distance && !read_parent(b, offset - distance))
        return false;
    *next = head.next;
    *entry = backlog_entry_of(b->record, &head);
    if (distance) {
        memcpy(&head, b->parent, sizeof head);
        entry->parent = b->parent + record_text_at(&head);
        entry->parent_len = head.text_len;
    }
    return true;
}

/* ---- Taking ---- */

bool backlog_next(struct backlog *b, struct backlog_entry *entry)
{
    uint64_t next;
    assert(!b->to_replay);
    struct origin *o = origins_turn(&b->origins);
    if (!o || !read_first(b, o, entry, &next))
        return false;
    origins_took(&b->origins, o, next, true);
    return true;
}

void backlog_done(struct backlog *b, const char *url, size_t url_len)
{
    struct record_origin name;
    bool valid = record_origin(url, url_len, &name);
    struct origin *o = valid ? origins_find(&b->origins, &name) : NULL;
    assert(o);
    if (o)
        origins_done(&b->origins, o);
}

enum backlog_status backlog_drop_origin(struct backlog *b, const char *origin, size_t origin_len, backlog_drop_fn *fn,
                                        void *context)
{
    struct record_origin name;
    struct origin *o = record_origin(origin, origin_len, &name) ? origins_find(&b->origins, &name) : NULL;
    bool waits = o && o->chain.waiting, goes_on = true;
    while (waits && goes_on) {
        struct backlog_entry entry;
        uint64_t next;
        if (!read_first(b, o, &entry, &next))
            return b->failure.status;
        waits = origins_took(&b->origins, o, next, false);
        goes_on = fn(&entry, context);
    }
    return BACKLOG_OK;
}
