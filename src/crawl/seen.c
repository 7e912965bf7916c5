/* Extendible hashing: a directory leads from the first bits of a fingerprint to a shard, a table with open addressing.
 * A shard that is full grows by a quarter; one that has reached its largest size becomes two, each of which may grow
 * twice again. So the load is between 62 and 80 % at every size. */
#include "crawl/seen.h"

#include "base/hash.h"

#include <stdlib.h>
#include <sys/mman.h>

enum {
    FIRST_CAPACITY = 64,
    HALF_CAPACITY = 80 * 1024,
    LAST_CAPACITY = 125 * 1024, /* a quarter more twice over: 1,000 KiB */
    MAPPED_BYTES = 64 * 1024,   /* from here on without malloc: its heap would keep the holes that growing leaves */
};

struct seen_shard {
    uint64_t *slots; /* 0: free */
    uint32_t capacity;
    uint32_t count;
    unsigned depth; /* how many bits all its members share */
};

void seen_init(struct seen *s)
{
    *s = (struct seen){.seed = hash_random_seed()};
}

/* ---- The memory of a shard ---- */

static uint64_t *slots_new(uint32_t capacity)
{
    size_t size = capacity * sizeof(uint64_t);
    if (size < MAPPED_BYTES)
        return calloc(1, size);
    void *slots = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return slots == MAP_FAILED ? NULL : slots;
}

static void slots_free(uint64_t *slots, uint32_t capacity)
{
    size_t size = capacity * sizeof(uint64_t);
    if (slots && size >= MAPPED_BYTES)
        munmap(slots, size);
    else
        free(slots);
}

static struct seen_shard *shard_new(struct seen *s, uint32_t capacity, unsigned depth)
{
    struct seen_shard *shard = malloc(sizeof *shard);
    uint64_t *slots = shard ? slots_new(capacity) : NULL;
    if (!slots) {
        free(shard);
        return NULL;
    }
    *shard = (struct seen_shard){.slots = slots, .capacity = capacity, .depth = depth};
    s->bytes += sizeof *shard + capacity * sizeof *slots;
    return shard;
}

static void shard_free(struct seen *s, struct seen_shard *shard)
{
    if (!shard)
        return;
    s->bytes -= sizeof *shard + shard->capacity * sizeof *shard->slots;
    slots_free(shard->slots, shard->capacity);
    free(shard);
}

/* ---- Places ---- */

static size_t shard_index(uint64_t print, unsigned bits)
{
    return (size_t)(print >> 1 >> (63 - bits));
}

static uint64_t *first_slot(const struct seen_shard *shard, uint64_t print)
{
    return &shard->slots[(print & UINT32_MAX) * shard->capacity >> 32];
}

/* The slot that holds PRINT, or the free one where it belongs. */
static uint64_t *slot_of(const struct seen_shard *shard, uint64_t print)
{
    uint64_t *slot = first_slot(shard, print), *end = shard->slots + shard->capacity;
    while (*slot && *slot != print)
        if (++slot == end)
            slot = shard->slots;
    return slot;
}

static void put(struct seen_shard *shard, uint64_t print)
{
    *slot_of(shard, print) = print;
    shard->count++;
}

/* ---- Growth ---- */

static bool grow_shard(struct seen *s, struct seen_shard *shard)
{
    uint32_t capacity = shard->capacity + shard->capacity / 4;
    if (capacity > LAST_CAPACITY)
        capacity = LAST_CAPACITY;
    struct seen_shard old = *shard;
    uint64_t *slots = slots_new(capacity);
    if (!slots)
        return false;
    shard->slots = slots;
    shard->capacity = capacity;
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.slots[i])
            *slot_of(shard, old.slots[i]) = old.slots[i];
    slots_free(old.slots, old.capacity);
    s->bytes += (capacity - old.capacity) * sizeof *slots;
    return true;
}

static bool grow_directory(struct seen *s)
{
    size_t count = (size_t)1 << s->bits;
    struct seen_shard **shards = malloc(2 * count * sizeof *shards);
    if (!shards)
        return false;
    for (size_t i = 0; i < 2 * count; i++)
        shards[i] = s->shards[i / 2];
    free(s->shards);
    s->shards = shards;
    s->bits++;
    s->bytes += count * sizeof *shards;
    return true;
}

/* The halves have room: for one of them to be too small, it would have to get four fifths of what the hash distributes
 * evenly. */
static bool split_shard(struct seen *s, struct seen_shard *old, uint64_t print)
{
    unsigned depth = old->depth + 1;
    if (depth > s->bits && !grow_directory(s))
        return false;
    struct seen_shard *low = shard_new(s, HALF_CAPACITY, depth);
    struct seen_shard *high = low ? shard_new(s, HALF_CAPACITY, depth) : NULL;
    if (!high) {
        shard_free(s, low);
        return false;
    }
    for (uint32_t i = 0; i < old->capacity; i++)
        if (old->slots[i])
            put(shard_index(old->slots[i], depth) & 1 ? high : low, old->slots[i]);
    size_t span = (size_t)1 << (s->bits - depth), first = shard_index(print, depth - 1) * 2 * span;
    for (size_t i = 0; i < 2 * span; i++)
        s->shards[first + i] = i < span ? low : high;
    shard_free(s, old);
    return true;
}

static bool begin(struct seen *s)
{
    struct seen_shard **shards = malloc(sizeof *shards);
    struct seen_shard *first = shards ? shard_new(s, FIRST_CAPACITY, 0) : NULL;
    if (!first) {
        free(shards);
        return false;
    }
    *shards = first;
    s->shards = shards;
    s->bits = 0;
    s->bytes += sizeof *shards;
    return true;
}

static bool make_room(struct seen *s, struct seen_shard *shard, uint64_t print)
{
    return shard->capacity < LAST_CAPACITY ? grow_shard(s, shard) : split_shard(s, shard, print);
}

static bool is_full(const struct seen_shard *shard)
{
    return (uint64_t)shard->count * 5 >= (uint64_t)shard->capacity * 4;
}

/* ---- The set ---- */

uint64_t seen_prefetch(const struct seen *s, const void *data, size_t len)
{
    uint64_t print = hash_bytes(data, len, s->seed);
    if (!print)
        print = 1;
    if (s->shards)
        __builtin_prefetch(first_slot(s->shards[shard_index(print, s->bits)], print));
    return print;
}

enum seen_result seen_add_print(struct seen *s, uint64_t print)
{
    if (!s->shards && !begin(s))
        return SEEN_NO_MEMORY;
    struct seen_shard *shard = s->shards[shard_index(print, s->bits)];
    uint64_t *slot = slot_of(shard, print);
    if (*slot)
        return SEEN_KNOWN;
    if (is_full(shard)) {
        if (!make_room(s, shard, print))
            return SEEN_NO_MEMORY;
        shard = s->shards[shard_index(print, s->bits)];
        slot = slot_of(shard, print);
    }
    *slot = print;
    shard->count++;
    s->count++;
    return SEEN_NEW;
}

enum seen_result seen_add(struct seen *s, const void *data, size_t len)
{
    return seen_add_print(s, seen_prefetch(s, data, len));
}

bool seen_has(const struct seen *s, const void *data, size_t len)
{
    if (!s->shards)
        return false;
    uint64_t print = seen_prefetch(s, data, len);
    return *slot_of(s->shards[shard_index(print, s->bits)], print) != 0;
}

void seen_release(struct seen *s)
{
    for (size_t i = 0, span; s->shards && i < (size_t)1 << s->bits; i += span) {
        struct seen_shard *shard = s->shards[i];
        span = (size_t)1 << (s->bits - shard->depth);
        shard_free(s, shard);
    }
    free(s->shards);
    *s = (struct seen){0};
}
