/* Taking entries. What is read was written by this process or by one before it, and may have been changed since: a record is
 * used when its checksum is right and it is of the chain that led to it. A chain only leads forward, so it has an end. */
#include "store/backlog/backlog_internal.h"

#include <assert.h>
#include <string.h>

/* Read the record at OFFSET into TO, RECORD_MAX bytes. */
static enum backlog_status read_record(struct backlog *b, uint64_t offset, char *to, struct record *head)
{
    uint64_t end = b->file.end;
    if (offset % RECORD_UNIT != 0 || offset > end || end - offset < RECORD_HEAD)
        return backlog_fail(b, BACKLOG_DAMAGED, "a record is outside of the file");
    if (!backlog_file_read(&b->file, offset, to, RECORD_HEAD))
        return backlog_fail_file(b);
    memcpy(head, to, sizeof *head);
    size_t size = record_size(head);
    if (!size || end - offset < size)
        return backlog_fail(b, BACKLOG_DAMAGED, "a record is none");
    if (!backlog_file_read(&b->file, offset + RECORD_HEAD, to + RECORD_HEAD, size - RECORD_HEAD))
        return backlog_fail_file(b);
    if (!record_is_whole(to, offset, b->salt))
        return backlog_fail(b, BACKLOG_DAMAGED, "a record is not as it was written");
    return BACKLOG_OK;
}

/* Read the record at AT into B's parent, unless it is there. */
static enum backlog_status read_parent(struct backlog *b, uint64_t at)
{
    struct record head;
    if (b->parent_at == at)
        return BACKLOG_OK;
    b->parent_at = 0;
    enum backlog_status status = read_record(b, at, b->parent, &head);
    if (status != BACKLOG_OK)
        return status;
    if (head.kind != RECORD_PARENT)
        return backlog_fail(b, BACKLOG_DAMAGED, "a parent is none");
    b->parent[record_text_at(&head) + head.text_len] = '\0';
    b->parent_at = at;
    return BACKLOG_OK;
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
static enum backlog_status read_first(struct backlog *b, const struct origin *o, struct backlog_entry *entry,
                                      uint64_t *next)
{
    uint64_t offset = o->chain.head;
    struct record head;
    enum backlog_status status = read_record(b, offset, b->record, &head);
    if (status != BACKLOG_OK)
        return status;
    uint64_t distance = (uint64_t)head.parent * RECORD_UNIT;
    if (distance > offset || !is_of_chain(b->record, &head, o))
        return backlog_fail(b, BACKLOG_DAMAGED, "a chain leads astray");
    if (o->chain.waiting > 1 && head.next <= offset)
        return backlog_fail(b, BACKLOG_DAMAGED, "a chain leads back");
    *next = head.next;
    if (distance && (status = read_parent(b, offset - distance)) != BACKLOG_OK)
        return status;
    *entry = backlog_entry_of(b->record, &head);
    if (distance) {
        memcpy(&head, b->parent, sizeof head);
        entry->parent = b->parent + record_text_at(&head);
        entry->parent_len = head.text_len;
    }
    return BACKLOG_OK;
}

bool backlog_next(struct backlog *b, struct backlog_entry *entry)
{
    uint64_t next;
    assert(!b->to_replay);
    struct origin *o = origins_turn(&b->origins);
    if (!o || read_first(b, o, entry, &next) != BACKLOG_OK)
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
        enum backlog_status status = read_first(b, o, &entry, &next);
        if (status != BACKLOG_OK)
            return status;
        waits = origins_took(&b->origins, o, next, false);
        goes_on = fn(&entry, context);
    }
    return BACKLOG_OK;
}
