#include "crawl/scope/tally.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 8, FIRST_BUCKETS = 8 };

void tally_init(struct tally *t, size_t entries_max)
{
    *t = (struct tally){.buckets_max = entries_max / WAYS};
}

static struct tally_entry *bucket_of(const struct tally *t, uint64_t key)
{
    return t->entries + (key & (t->buckets - 1)) * WAYS;
}

/* Make the entry INDEX of BUCKET its first. */
static struct tally_entry *touch(struct tally_entry *bucket, size_t index)
{
    struct tally_entry entry = bucket[index];
    memmove(bucket + 1, bucket, index * sizeof *bucket);
    bucket[0] = entry;
    return bucket;
}

/* 0 is the key of free entries. */
static uint64_t not_zero(uint64_t key)
{
    return key ? key : 1;
}

struct tally_entry *tally_find(struct tally *t, uint64_t key)
{
    key = not_zero(key);
    if (!t->buckets)
        return NULL;
    struct tally_entry *bucket = bucket_of(t, key);
    for (size_t i = 0; i < WAYS && bucket[i].key; i++)
        if (bucket[i].key == key)
            return touch(bucket, i);
    return NULL;
}

/* The entries of a bucket go to one of two, in the same order. */
static bool grow(struct tally *t)
{
    size_t buckets = t->buckets ? t->buckets * 2 : FIRST_BUCKETS;
    if (buckets > t->buckets_max)
        buckets = t->buckets_max;
    if (buckets == t->buckets)
        return false;
    struct tally bigger = {.buckets = buckets, .buckets_max = t->buckets_max};
    if (!(bigger.entries = calloc(buckets * WAYS, sizeof *bigger.entries)))
        return false;
    for (size_t i = 0; i < t->buckets * WAYS; i++) {
        struct tally_entry *to = t->entries[i].key ? bucket_of(&bigger, t->entries[i].key) : NULL;
        while (to && to->key)
            to++;
        if (to)
            *to = t->entries[i];
    }
    free(t->entries);
    *t = bigger;
    return true;
}

/* The first entry of the bucket, free. */
static struct tally_entry *make_room(struct tally_entry *bucket)
{
    struct tally_entry *first = touch(bucket, WAYS - 1);
    *first = (struct tally_entry){0};
    return first;
}

struct tally_entry *tally_at(struct tally *t, uint64_t key)
{
    struct tally_entry *entry = tally_find(t, key);
    if (entry)
        return entry;
    key = not_zero(key);
    while (!t->buckets || bucket_of(t, key)[WAYS - 1].key)
        if (!grow(t))
            break;
    if (!t->buckets)
        return NULL;
    entry = make_room(bucket_of(t, key));
    entry->key = key;
    return entry;
}

size_t tally_bytes(const struct tally *t)
{
    return t->buckets * WAYS * sizeof *t->entries;
}

void tally_release(struct tally *t)
{
    free(t->entries);
    *t = (struct tally){.buckets_max = t->buckets_max};
}
