#include "crawl/claims.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 1024 };

struct claim {
    uint64_t name; /* 0: free */
    uint64_t url;
};

void claims_init(struct claims *c)
{
    *c = (struct claims){.seed = hash_random_seed()};
}

static struct claim *slot_of(struct claim *slots, size_t capacity, uint64_t name)
{
    size_t i = name & (capacity - 1);
    while (slots[i].name && slots[i].name != name)
        i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static bool grow(struct claims *c)
{
    size_t capacity = c->capacity ? c->capacity * 2 : FIRST_CAPACITY;
    struct claim *slots = calloc(capacity, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < c->capacity; i++)
        if (c->slots[i].name)
            *slot_of(slots, capacity, c->slots[i].name) = c->slots[i];
    free(c->slots);
    c->slots = slots;
    c->capacity = capacity;
    return true;
}

enum claim_result claims_make(struct claims *c, const char *name, const char *url)
{
    if (c->count >= c->capacity / 3 * 2 && !grow(c))
        return CLAIM_NO_MEMORY;
    uint64_t name_hash = hash_bytes(name, strlen(name), c->seed), url_hash = hash_bytes(url, strlen(url), c->seed);
    struct claim *slot = slot_of(c->slots, c->capacity, name_hash | 1);
    if (slot->name)
        return slot->url == url_hash ? CLAIM_OWN : CLAIM_TAKEN;
    *slot = (struct claim){name_hash | 1, url_hash};
    c->count++;
    return CLAIM_OWN;
}

void claims_release(struct claims *c)
{
    free(c->slots);
    *c = (struct claims){0};
}
