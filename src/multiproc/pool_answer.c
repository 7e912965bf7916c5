/* What workers send, read as if an attacker had written it: ids must name tasks that the sender holds, kinds must fit
 * the pool, and every length is copied once before it is checked and used. */
#include "multiproc/pool_internal.h"

enum { PIECES_KEPT = 4 * 1024 * 1024 };

static void add_hold(struct slot *slot, uint64_t start)
{
    if (slot->hold && slot->hold->kept)
        slot->hold = NULL;
    if (!slot->hold)
        slot->hold = link_spare_hold(slot->link);
    if (slot->hold)
        slot->hold->start = start;
}

struct mp_hold *mp_part_keep(const struct mp_part *part)
{
    if (part->hold)
        link_keep(part->hold);
    return part->hold;
}

void mp_hold_release(struct mp_hold *hold)
{
    link_release(hold);
}

static enum mp_status read_part(struct mp_pool *pool, struct slot *slot, const struct ring_message *m)
{
    struct task *task = task_find(pool, m->id);
    if (!task || task->holder != slot || task->work != WORK_SUBMIT || m->len > MP_PART_MAX)
        return MP_PROTOCOL;
    mp_part_fn *on_part = task->as.submit.on_part;
    void *context = task->as.submit.context;
    const bool last = m->kind == RESULT_LAST_PART;
    if (last) {
        list_remove(&slot->held, task);
        task_free(pool, task);
        finish_count(pool);
    }
    add_hold(slot, m->start);
    const struct mp_part part = {
        .status = MP_OK, .last = last, .slot = slot->index, .data = m->data, .len = m->len, .hold = slot->hold};
    on_part(&part, context);
    return MP_OK;
}

/* One more piece of an item. The pieces are put together in memory of the parent's. */
static enum mp_status add_piece(struct slot *slot, const void *data, size_t len)
{
    if (len > 0x7fffffff - slot->pieces.len)
        return MP_PROTOCOL;
    return buffer_append(&slot->pieces, data, len) ? MP_OK : MP_NO_MEMORY;
}

static bool result_is_kept(const struct task *task)
{
    return task->work == WORK_RANGE || task->as.call.result;
}

/* The last piece of an item. What is kept is handed over, what only a callback sees is used again for the next. */
static enum mp_status finish_pieces(struct mp_pool *pool, struct slot *slot, struct mp_outcome *outcome)
{
    struct link *link = slot->link;
    enum mp_status status = add_piece(slot, outcome->data, outcome->len);
    if (status != MP_OK)
        return status;
    outcome->data = slot->pieces.data;
    outcome->len = slot->pieces.len;
    struct buffer taken = slot->pieces;
    slot->pieces = (struct buffer){0};
    if (result_is_kept(slot->held.first)) {
        finish_item(pool, slot, outcome, true);
        return MP_OK;
    }
    finish_item(pool, slot, outcome, false);
    buffer_clear(&taken);
    if (slot->link == link && taken.capacity <= PIECES_KEPT)
        slot->pieces = taken;
    else
        buffer_release(&taken);
    return MP_OK;
}

static enum mp_status read_record(struct mp_pool *pool, struct slot *slot, const struct record *record,
                                  const void *data)
{
    if (record->more)
        return add_piece(slot, data, record->len);
    struct mp_outcome outcome = {
        .status = record->code == 0 ? MP_OK : MP_TASK_FAILED, .code = record->code, .data = data, .len = record->len};
    pool->done++;
    slot->finished++;
    if (slot->pieces.len > 0)
        return finish_pieces(pool, slot, &outcome);
    finish_item(pool, slot, &outcome, false);
    return MP_OK;
}

/* Read one record, or a run of them. *USED is what they take of the LEN bytes at AT. */
static enum mp_status read_some(struct mp_pool *pool, struct slot *slot, const char *at, size_t len, size_t *used)
{
    if (slot->held.first->work == WORK_RANGE && slot->pieces.len == 0) {
        *used = finish_records(pool, slot, at, len);
        if (*used > 0)
            return MP_OK;
    }
    if (len < sizeof(struct record))
        return MP_PROTOCOL;
    const struct record record = *(const volatile struct record *)(const void *)at;
    if (record.len > len - sizeof record)
        return MP_PROTOCOL;
    /* The last record of a message may lack its padding. */
    *used = record_step(record.len) < len ? record_step(record.len) : len;
    return read_record(pool, slot, &record, at + sizeof record);
}

static enum mp_status read_records(struct mp_pool *pool, struct slot *slot, const struct ring_message *m)
{
    struct link *link = slot->link;
    const char *at = m->data;
    size_t left = m->len;
    while (left > 0) {
        size_t used;
        if (!slot->held.first || slot->held.first->id != m->id)
            return MP_PROTOCOL;
        enum mp_status status = read_some(pool, slot, at, left, &used);
        if (slot->link != link)
            return MP_CLOSED;
        if (status != MP_OK)
            return status;
        at += used;
        left -= used;
    }
    return MP_OK;
}

static enum mp_status read_message(struct mp_pool *pool, struct slot *slot, const struct ring_message *m)
{
    if (m->kind == RESULT_READY && !slot->ready) {
        slot->ready = true;
        return MP_OK;
    }
    if (!slot->ready)
        return MP_PROTOCOL;
    slot->fruitful = true;
    pool->fruitless = 0;
    const bool is_part = m->kind == RESULT_PART || m->kind == RESULT_LAST_PART;
    if (pool->options.executor)
        return is_part ? read_part(pool, slot, m) : MP_PROTOCOL;
    return m->kind == RESULT_RECORDS ? read_records(pool, slot, m) : MP_PROTOCOL;
}

enum mp_status answers_read(struct mp_pool *pool, struct slot *slot, size_t limit)
{
    struct link *link = slot->link;
    enum mp_status status = MP_OK;
    struct ring_message m;
    for (size_t i = 0; i < limit && status == MP_OK; i++) {
        status = ring_peek(&link->results, &m);
        if (status != MP_OK)
            break;
        status = read_message(pool, slot, &m);
        if (slot->link != link)
            return MP_CLOSED;
        ring_advance(&link->results, &m);
        link_publish_some(link);
        slot->progress_ns = pool->now_ns;
        pool->done++;
    }
    link_publish(link);
    return status;
}

void answers_read_last(struct mp_pool *pool, struct slot *slot)
{
    struct link *link = slot->link;
    enum mp_status status;
    do
        status = answers_read(pool, slot, SIZE_MAX);
    while (status == MP_OK);
    struct ring_message m;
    if (status == MP_EMPTY && !pool->options.executor && ring_salvage(&link->results, &m) == MP_OK)
        read_message(pool, slot, &m);
}
