#include "crawl/seen.h"

#include "base/hash.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 1024 };

void seen_init(struct seen *s)
{
    *s = (struct seen){.seed = hash_random_seed()};
}

static uint64_t fingerprint(const struct seen *s, const void *data, size_t len)
{
    uint64_t h = hash_bytes(data, len, s->seed);
    return h ? h : 1;
}

/* The slot that holds FP, or the free one where it belongs. */
static uint64_t *slot_of(uint64_t *slots, size_t capacity, uint64_t fp)
{
    size_t i = fp & (capacity - 1);
    while (slots[i] && slots[i] != fp)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static bool grow(struct seen *s)
{
    size_t capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY;
    uint64_t *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < s->capacity; i++)
        if (s->slots[i])
            *slot_of(slots, capacity, s->slots[i]) = s->slots[i];
    free(s->slots);
    s->slots = slots;
    s->capacity = capacity;
    return true;
}

enum seen_result seen_add(struct seen *s, const void *data, size_t len)
{
    if (s->count * 4 >= s->capacity * 3 && !grow(s))
        return SEEN_NO_MEMORY;
    uint64_t fp = fingerprint(s, data, len);
    uint64_t *slot = slot_of(s->slots, s->capacity, fp);
    if (*slot)
        return SEEN_KNOWN;
    *slot = fp;
    s->count++;
    return SEEN_NEW;
}

bool seen_has(const struct seen *s, const void *data, size_t len)
{
    return s->capacity && *slot_of(s->slots, s->capacity, fingerprint(s, data, len));
}

void seen_release(struct seen *s)
{
    free(s->slots);
    *s = (struct seen){0};
}
