#include "crawl/frontier/frontier_table.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 256 };

void table_init(struct table *t)
{
    *t = (struct table){.seed = hash_random_seed()};
}

static struct table_node **bucket_of(const struct table *t, uint64_t hash)
{
    return &t->buckets[hash & (t->bucket_count - 1)];
}

static void grow(struct table *t)
{
    struct table old = *t;
    size_t count = old.bucket_count ? old.bucket_count * 2 : FIRST_BUCKETS;
    struct table_node **buckets = calloc(count, sizeof(struct table_node *));
    if (!buckets)
        return;
    t->buckets = buckets;
    t->bucket_count = count;
    for (size_t i = 0; i < old.bucket_count; i++) {
        for (struct table_node *node = old.buckets[i], *next; node; node = next) {
            next = node->chain;
            struct table_node **bucket = bucket_of(t, node->hash);
            node->chain = *bucket;
            *bucket = node;
        }
    }
    free(old.buckets);
}

struct table_node *table_find(const struct table *t, const char *text, size_t len)
{
    if (!t->count)
        return NULL;
    uint64_t hash = hash_bytes(text, len, t->seed);
    for (struct table_node *node = *bucket_of(t, hash); node; node = node->chain)
        if (node->hash == hash && node->len == len && memcmp(node->text, text, len) == 0)
            return node;
    return NULL;
}

bool table_insert(struct table *t, struct table_node *node)
{
    if (t->count >= t->bucket_count)
        grow(t); /* when that fails, chains become longer */
    if (!t->bucket_count)
        return false;
    node->hash = hash_bytes(node->text, node->len, t->seed);
    struct table_node **bucket = bucket_of(t, node->hash);
    node->chain = *bucket;
    *bucket = node;
    t->count++;
    return true;
}

void table_remove(struct table *t, struct table_node *node)
{
    struct table_node **link = bucket_of(t, node->hash);
    while (*link != node)
        link = &(*link)->chain;
    *link = node->chain;
    t->count--;
}

struct table_node *table_take(struct table *t, size_t *position)
{
    for (; *position < t->bucket_count; ++*position) {
        struct table_node *node = t->buckets[*position];
        if (node) {
            t->buckets[*position] = node->chain;
            t->count--;
            return node;
        }
    }
    return NULL;
}

void table_release(struct table *t)
{
    free(t->buckets);
    *t = (struct table){0};
}
