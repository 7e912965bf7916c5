/* Reading again what an earlier process discovered, in one pass: chains are made anew, as if each entry were added
 * now. */
#include "store/backlog/backlog_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Take the next record to B's record. False with errno 0 when it is not there, or not whole. */
static bool load_record(struct backlog *b, struct record *head)
{
    const char *at;
    if (!backlog_file_load(&b->file, RECORD_HEAD, &at))
        return false;
    memcpy(head, at, sizeof *head);
    size_t size = record_size(head);
    if (!size || !backlog_file_load(&b->file, size, &at) || !record_is_whole(at, b->file.end, b->salt))
        return false;
    memcpy(b->record, at, size);
    return true;
}

/* The parent in B's record is the newest. False with errno. */
static bool take_parent(struct backlog *b, const struct record *head)
{
    const char *text = b->record + record_text_at(head);
    errno = 0;
    if (!record_is_text(text, head->text_len))
        return false;
    buffer_clear(&b->newest);
    b->newest_at = b->file.end;
    errno = ENOMEM;
    return buffer_append(&b->newest, text, head->text_len);
}

/* Whether an entry may look so: its parent is the newest, or it has none. */
static bool is_entry(struct backlog *b, const struct record *head, struct record_origin *name)
{
    uint64_t distance = b->newest_at ? (b->file.end - b->newest_at) / RECORD_UNIT : 0;
    return head->priority < BACKLOG_PRIORITIES && (head->parent == 0 || head->parent == distance) &&
           record_origin(b->record + record_text_at(head), head->text_len, name);
}

struct replay {
    backlog_replay_fn *fn;
    void *context;
    struct backlog_replayed counts;
};

/* As take_parent. */
static bool take_entry(struct backlog *b, const struct record *head, struct replay *replay)
{
    struct record_origin name;
    errno = 0;
    if (!is_entry(b, head, &name))
        return false;
    struct backlog_entry entry = backlog_entry_of(b->record, head);
    if (head->parent) {
        entry.parent = b->newest.data;
        entry.parent_len = b->newest.len;
    }
    replay->counts.entries++;
    if (!replay->fn(&entry, replay->context))
        return true;
    replay->counts.queued++;
    enum backlog_status status = backlog_queue(b, b->file.end, &name, head->priority);
    if (status == BACKLOG_NO_MEMORY)
        errno = ENOMEM;
    return status == BACKLOG_OK;
}

/* Read one record. False at the end with errno 0, or on failure. */
static bool replay_record(struct backlog *b, struct replay *replay)
{
    struct record head;
    if (!load_record(b, &head))
        return false;
    if (head.kind == RECORD_PARENT ? !take_parent(b, &head) : !take_entry(b, &head, replay))
        return false;
    backlog_file_accept(&b->file, record_size(&head));
    return true;
}

enum backlog_status backlog_replay(struct backlog *b, backlog_replay_fn *fn, void *context,
                                   struct backlog_replayed *replayed)
{
    struct replay replay = {.fn = fn, .context = context};
    if (b->to_replay) {
        do
            errno = 0;
        while (replay_record(b, &replay));
        if (errno == ENOMEM)
            return backlog_fail(b, BACKLOG_NO_MEMORY, NULL);
        if (errno != 0)
            return backlog_fail(b, BACKLOG_SYSTEM, NULL);
        replay.counts.cut_bytes = b->file.size > b->file.end ? b->file.size - b->file.end : 0;
        if (!backlog_file_cut(&b->file))
            return backlog_fail(b, BACKLOG_SYSTEM, NULL);
        b->to_replay = false;
    }
    if (replayed)
        *replayed = replay.counts;
    return BACKLOG_OK;
}
