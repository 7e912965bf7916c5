/* The default executor: calls task functions and writes their results as records straight into the result ring.
 *
 * Many small records share one message. After each item the message is drafted up to there, so that the parent can take
 * the finished items from a worker that is killed in the middle, and knows exactly which item was running. */
#include "multiproc/worker.h"

#include <string.h>

enum { PART_ENOUGH = 32 * 1024, PART_MIN = 4096, RESULT_MAX = 0x7fffffff };

struct mp_reply {
    struct mp_worker *worker;
    size_t total;
    enum mp_status status;
};

static size_t part_limit(size_t room)
{
    return room < MP_PART_MAX ? room : MP_PART_MAX;
}

/* Open a message with a record in it, with as much room as there is but no less than PART_MIN. */
static enum mp_status open_part(struct mp_worker *worker)
{
    struct open_part *part = &worker->part;
    void *bytes;
    enum mp_status status = worker_reserve(worker, PART_MIN, RESULT_RECORDS, part->task, &bytes);
    if (status != MP_OK)
        return status;
    part->bytes = bytes;
    part->limit = part_limit(ring_room(&worker->results));
    if (part->limit < PART_MIN)
        part->limit = PART_MIN;
    part->record = 0;
    part->used = sizeof(struct record);
    return MP_OK;
}

static void close_part(struct mp_worker *worker, size_t len)
{
    ring_commit(&worker->results, len);
    worker->part.bytes = NULL;
}

static enum mp_status begin_item(struct mp_worker *worker)
{
    struct open_part *part = &worker->part;
    if (part->bytes && part->limit - part->used < 2 * sizeof(struct record))
        close_part(worker, part->used);
    if (!part->bytes)
        return open_part(worker);
    part->record = part->used;
    part->used += sizeof(struct record);
    return MP_OK;
}

static void write_record(struct open_part *part, bool more, int code)
{
    struct record *record = (void *)(part->bytes + part->record);
    *record =
        (struct record){.len = (uint32_t)(part->used - part->record - sizeof *record), .more = more, .code = code};
}

/* The message is full in the middle of an item: make it larger if there is room by now, or go on in another. */
static enum mp_status more_room(struct mp_worker *worker)
{
    struct open_part *part = &worker->part;
    size_t limit = part_limit(ring_room(&worker->results));
    if (limit > part->limit) {
        part->limit = limit;
        return MP_OK;
    }
    write_record(part, true, 0);
    close_part(worker, part->used);
    return open_part(worker);
}

/* Memory is not copied by a call for the few bytes that most results have. */
static inline void copy(char *to, const char *from, size_t len)
{
    if (len == 8)
        memcpy(to, from, 8);
    else
        memcpy(to, from, len);
}

static enum mp_status write_pieces(struct mp_reply *reply, const char *from, size_t len)
{
    struct open_part *part = &reply->worker->part;
    while (len > 0) {
        size_t fits = part->limit - part->used;
        size_t n = len < fits ? len : fits;
        memcpy(part->bytes + part->used, from, n);
        part->used += n;
        from += n;
        len -= n;
        if (len > 0 && more_room(reply->worker) != MP_OK)
            return reply->status = MP_DISCONNECTED;
    }
    return MP_OK;
}

enum mp_status mp_reply_write(struct mp_reply *reply, const void *data, size_t len)
{
    struct open_part *part = &reply->worker->part;
    worker_pulse(reply->worker);
    if (reply->status != MP_OK)
        return reply->status;
    if (len > RESULT_MAX - reply->total)
        return MP_TOO_BIG;
    reply->total += len;
    if (len == 0)
        return MP_OK;
    if (len > part->limit - part->used)
        return write_pieces(reply, data, len);
    copy(part->bytes + part->used, data, len);
    part->used += len;
    return MP_OK;
}

static enum mp_status run_item(struct mp_worker *worker, mp_task_fn *fn, const void *arg, size_t len)
{
    struct open_part *part = &worker->part;
    if (begin_item(worker) != MP_OK)
        return MP_DISCONNECTED;
    struct mp_reply reply = {.worker = worker};
    /* From here on this item is to blame when the worker dies; waiting for room above was not its doing. */
    atomic_store_explicit(&worker->results.control->mark, ++worker->begun, memory_order_relaxed);
    int code = fn(arg, len, &reply);
    if (reply.status != MP_OK)
        return reply.status;
    write_record(part, false, code);
    part->used = (part->used + RING_ALIGN - 1) & ~(size_t)(RING_ALIGN - 1);
    if (part->used >= PART_ENOUGH)
        close_part(worker, part->used);
    else
        ring_draft(&worker->results, part->used);
    return MP_OK;
}

static enum mp_status run_order(struct mp_worker *worker)
{
    const struct order *order = worker->current.data;
    const char *arg = (const char *)(order + 1);
    const size_t count = order->count, size = order->size;
    mp_task_fn *const fn = order->fn;
    worker->part.task = worker->current.id;
    for (size_t i = 0; i < count; i++, arg += size)
        if (run_item(worker, fn, arg, size) != MP_OK)
            return MP_DISCONNECTED;
    if (worker->part.bytes)
        close_part(worker, worker->part.used);
    mp_worker_flush(worker);
    return MP_OK;
}

static bool claim(struct mp_worker *worker)
{
    uint32_t waiting = TASK_WAITING;
    return atomic_compare_exchange_strong(&worker->current.header->kind, &waiting, TASK_CLAIMED);
}

int worker_run_tasks(struct mp_worker *worker, void *unused)
{
    (void)unused;
    for (;;) {
        enum mp_status status = worker_next_message(worker);
        if (status == MP_CLOSED)
            return 0;
        if (status == MP_EMPTY) {
            mp_worker_flush(worker);
            if (mp_worker_arm(worker) == MP_OK && worker_sleep(worker) != MP_OK)
                return 0;
        } else if (claim(worker) && run_order(worker) != MP_OK) {
            return 0;
        }
    }
}
