#include "multiproc/result.h"

#include "multiproc/record.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_BYTES = 8, BLOCK_BYTES = 256 * 1024, FAR_BYTES = 32 * 1024 };

/* Lengths that stand for a status: such an item has no data. */
enum { LEN_MAX = 0x7fffffff };
#define LEN_OF_STATUS(status) (UINT32_MAX - (uint32_t)(status))

/* 16 bytes, so that a million small results fit into the cache's second level and not only into memory. Zeroes are an
 * empty result. Data of at most NEAR_BYTES needs no alignment beyond 8. */
struct item {
    uint32_t len;
    int32_t code;
    union {
        unsigned char near[NEAR_BYTES];
        void *far;
    } data;
};

/* Memory for data that is not near. */
struct block {
    struct block *next;
    char *bytes;
    size_t used;
    size_t capacity;
};

enum state { STATE_RUNNING, STATE_SETTLED, STATE_ENDED };

struct mp_result {
    _Atomic unsigned references;
    _Atomic uint32_t state;
    _Atomic bool awaited;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t count;
    size_t first_bad; /* COUNT: none */
    struct item *items;
    struct item only;
    struct block *blocks;
};

/* Not zeroed: each will be put, and a million zeroes take a millisecond. */
static struct item *new_items(size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(count ? count : 1, sizeof(struct item), &bytes))
        return NULL;
    return malloc(bytes);
}

struct mp_result *result_new(size_t count)
{
    struct mp_result *result = calloc(1, sizeof *result);
    if (!result)
        return NULL;
    result->items = count == 1 ? &result->only : new_items(count);
    if (!result->items) {
        free(result);
        return NULL;
    }
    result->count = result->first_bad = count;
    atomic_init(&result->references, 2);
    pthread_mutex_init(&result->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&result->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return result;
}

void mp_result_free(struct mp_result *result)
{
    if (!result || atomic_fetch_sub(&result->references, 1) > 1)
        return;
    while (result->blocks) {
        struct block *block = result->blocks;
        result->blocks = block->next;
        free(block->bytes);
        free(block);
    }
    if (result->items != &result->only)
        free(result->items);
    pthread_cond_destroy(&result->ended);
    pthread_mutex_destroy(&result->lock);
    free(result);
}

/* Put a block with BYTES, which it takes, at the head of the list or, when it is FULL, behind the head, which is the
 * block that is being filled. */
static bool add_block(struct mp_result *result, char *bytes, size_t capacity, bool full)
{
    struct block *block = malloc(sizeof *block);
    if (!block)
        return false;
    *block = (struct block){.bytes = bytes, .used = full ? capacity : 0, .capacity = capacity};
    struct block **at = full && result->blocks ? &result->blocks->next : &result->blocks;
    block->next = *at;
    *at = block;
    return true;
}

static void *far_room(struct mp_result *result, size_t len)
{
    struct block *block = result->blocks;
    if (len > FAR_BYTES || result->count == 1) {
        char *bytes = malloc(len);
        if (bytes && add_block(result, bytes, len, true))
            return bytes;
        free(bytes);
        return NULL;
    }
    if (!block || block->capacity - block->used < len) {
        char *bytes = malloc(BLOCK_BYTES);
        if (!bytes || !add_block(result, bytes, BLOCK_BYTES, false)) {
            free(bytes);
            return NULL;
        }
        block = result->blocks;
    }
    void *room = block->bytes + block->used;
    block->used += (len + 15) & ~(size_t)15;
    if (block->used > block->capacity)
        block->used = block->capacity;
    return room;
}

static void note_bad(struct mp_result *result, size_t index)
{
    if (index < result->first_bad)
        result->first_bad = index;
}

static void put_without_data(struct mp_result *result, size_t index, enum mp_status status, int code)
{
    result->items[index] = (struct item){.len = LEN_OF_STATUS(status), .code = code};
    note_bad(result, index);
}

void result_put(struct mp_result *result, size_t index, const struct mp_outcome *outcome)
{
    struct item *item = &result->items[index];
    if (outcome->status != MP_OK && outcome->status != MP_TASK_FAILED) {
        put_without_data(result, index, outcome->status, outcome->code);
        return;
    }
    void *to = item->data.near;
    if (outcome->len > NEAR_BYTES) {
        to = far_room(result, outcome->len);
        if (!to) {
            put_without_data(result, index, MP_NO_MEMORY, 0);
            return;
        }
        item->data.far = to;
    }
    item->len = (uint32_t)outcome->len;
    item->code = outcome->code;
    if (outcome->len == NEAR_BYTES)
        memcpy(to, outcome->data, NEAR_BYTES);
    else if (outcome->len)
        memcpy(to, outcome->data, outcome->len);
    if (outcome->code != 0)
        note_bad(result, index);
}

size_t result_put_records(struct mp_result *result, size_t index, size_t count, const char *bytes, size_t len,
                          size_t *taken)
{
    struct item *item = &result->items[index];
    const char *at = bytes;
    size_t done = 0;
    while (done < count && len >= sizeof(struct record)) {
        const struct record record = *(const volatile struct record *)(const void *)at;
        const size_t step = record_step(record.len);
        if (record.len > NEAR_BYTES || record.more || record.code || step > len)
            break;
        item->len = record.len;
        item->code = 0;
        if (record.len)
            memcpy(item->data.near, at + sizeof record, NEAR_BYTES);
        at += step;
        len -= step;
        item++;
        done++;
    }
    *taken = (size_t)(at - bytes);
    return done;
}

void result_put_taken(struct mp_result *result, size_t index, const struct mp_outcome *outcome)
{
    if (outcome->len <= NEAR_BYTES || !add_block(result, (char *)outcome->data, outcome->len, true)) {
        result_put(result, index, outcome);
        free((void *)outcome->data);
        return;
    }
    struct item *item = &result->items[index];
    *item = (struct item){.len = (uint32_t)outcome->len, .code = outcome->code};
    item->data.far = (void *)outcome->data;
    if (outcome->code != 0)
        note_bad(result, index);
}

static struct mp_outcome outcome_of(struct item *item)
{
    if (item->len > LEN_MAX)
        return (struct mp_outcome){.status = (enum mp_status)(UINT32_MAX - item->len), .code = item->code};
    return (struct mp_outcome){
        .status = item->code == 0 ? MP_OK : MP_TASK_FAILED,
        .code = item->code,
        .data = item->len > NEAR_BYTES ? item->data.far : item->data.near,
        .len = item->len,
    };
}

/* The outcome of the whole: of the only item, or of the first that failed, or plain success. */
static struct mp_outcome outcome_of_all(struct mp_result *result)
{
    if (result->first_bad < result->count)
        return outcome_of(&result->items[result->first_bad]);
    return result->count == 1 ? outcome_of(result->items) : (struct mp_outcome){.status = MP_OK};
}

void result_settle(struct mp_result *result, struct mp_outcome *outcome)
{
    *outcome = outcome_of_all(result);
    atomic_store(&result->state, STATE_SETTLED);
}

void result_finish(struct mp_result *result)
{
    atomic_store(&result->state, STATE_ENDED);
    if (atomic_load(&result->awaited)) {
        pthread_mutex_lock(&result->lock);
        pthread_cond_broadcast(&result->ended);
        pthread_mutex_unlock(&result->lock);
    }
    mp_result_free(result);
}

bool mp_result_ready(struct mp_result *result)
{
    return atomic_load(&result->state) == STATE_ENDED;
}

enum mp_status mp_result_wait(struct mp_result *result, int timeout_ms)
{
    if (mp_result_ready(result))
        return MP_OK;
    if (timeout_ms == 0)
        return MP_TIMEOUT;
    const int64_t deadline = deadline_after(timeout_ms);
    const struct timespec until = {.tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000};
    int error = 0;
    pthread_mutex_lock(&result->lock);
    atomic_store(&result->awaited, true);
    while (!mp_result_ready(result) && error != ETIMEDOUT) {
        if (deadline < 0)
            pthread_cond_wait(&result->ended, &result->lock);
        else
            error = pthread_cond_timedwait(&result->ended, &result->lock, &until);
    }
    pthread_mutex_unlock(&result->lock);
    return mp_result_ready(result) ? MP_OK : MP_TIMEOUT;
}

enum mp_status mp_result_get(struct mp_result *result, int timeout_ms, struct mp_outcome *outcome)
{
    if (mp_result_wait(result, timeout_ms) != MP_OK)
        return MP_TIMEOUT;
    struct mp_outcome all = outcome_of_all(result);
    if (outcome)
        *outcome = all;
    return all.status;
}

enum mp_status mp_result_successful(struct mp_result *result, bool *successful)
{
    if (!mp_result_ready(result))
        return MP_RUNNING;
    *successful = outcome_of_all(result).status == MP_OK;
    return MP_OK;
}

size_t mp_result_count(const struct mp_result *result)
{
    return result->count;
}

enum mp_status mp_result_item(struct mp_result *result, size_t index, struct mp_outcome *outcome)
{
    if (index >= result->count)
        return MP_NOT_FOUND;
    if (atomic_load(&result->state) == STATE_RUNNING)
        return MP_RUNNING;
    *outcome = outcome_of(&result->items[index]);
    return MP_OK;
}
