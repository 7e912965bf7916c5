#include "base/name_table.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

void name_table_init(struct name_table *table)
{
    *table = (struct name_table){.seed = hash_random_seed()};
}

struct name_node *name_table_find(const struct name_table *table, const char *name, size_t len)
{
    if (table->count == 0)
        return NULL;
    uint64_t hash = hash_bytes(name, len, table->seed);
    struct name_node *node = table->buckets[hash & (table->bucket_count - 1)];
    while (node && (node->hash != hash || node->len != len || memcmp(node->name, name, len) != 0))
        node = node->next;
    return node;
}

static void link_node(struct name_node **buckets, size_t count, struct name_node *node)
{
    struct name_node **bucket = &buckets[node->hash & (count - 1)];
    node->next = *bucket;
    *bucket = node;
}

static bool grow(struct name_table *table)
{
    size_t count = table->bucket_count ? table->bucket_count * 2 : FIRST_BUCKETS;
    struct name_node **buckets = calloc(count, sizeof(struct name_node *));
    if (!buckets)
        return false;
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (struct name_node *node = table->buckets[i], *next; node; node = next) {
            next = node->next;
            link_node(buckets, count, node);
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

bool name_table_add(struct name_table *table, struct name_node *node)
{
    if (table->count >= table->bucket_count && !grow(table) && !table->bucket_count)
        return false; /* otherwise chains become longer */
    node->hash = hash_bytes(node->name, node->len, table->seed);
    link_node(table->buckets, table->bucket_count, node);
    table->count++;
    return true;
}

void name_table_remove(struct name_table *table, struct name_node *node)
{
    struct name_node **at = &table->buckets[node->hash & (table->bucket_count - 1)];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    table->count--;
}

struct name_node *name_table_next(const struct name_table *table, const struct name_node *node)
{
    if (node && node->next)
        return node->next;
    size_t i = node ? (node->hash & (table->bucket_count - 1)) + 1 : 0;
    while (i < table->bucket_count && !table->buckets[i])
        i++;
    return i < table->bucket_count ? table->buckets[i] : NULL;
}

void name_table_release(struct name_table *table)
{
    free(table->buckets);
    *table = (struct name_table){.seed = table->seed};
}
