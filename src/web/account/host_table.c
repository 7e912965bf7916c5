#include "web/account/host_table.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

void host_table_init(struct host_table *table)
{
    *table = (struct host_table){.seed = hash_random_seed()};
}

struct host_node *host_table_find(const struct host_table *table, const char *name, size_t len)
{
    if (table->count == 0)
        return NULL;
    uint64_t hash = hash_bytes(name, len, table->seed);
    struct host_node *node = table->buckets[hash & (table->bucket_count - 1)];
    while (node && (node->hash != hash || node->len != len || memcmp(node->name, name, len) != 0))
        node = node->next;
    return node;
}

static void link_node(struct host_node **buckets, size_t count, struct host_node *node)
{
    struct host_node **bucket = &buckets[node->hash & (count - 1)];
    node->next = *bucket;
    *bucket = node;
}

static bool grow(struct host_table *table)
{
    size_t count = table->bucket_count ? table->bucket_count * 2 : FIRST_BUCKETS;
    struct host_node **buckets = calloc(count, sizeof(struct host_node *));
    if (!buckets)
        return false;
    for (size_t i = 0; i < table->bucket_count; i++) {
        for (struct host_node *node = table->buckets[i], *next; node; node = next) {
            next = node->next;
            link_node(buckets, count, node);
        }
    }
    free(table->buckets);
    table->buckets = buckets;
    table->bucket_count = count;
    return true;
}

bool host_table_add(struct host_table *table, struct host_node *node)
{
    if (table->count >= table->bucket_count && !grow(table))
        return false;
    node->hash = hash_bytes(node->name, node->len, table->seed);
    link_node(table->buckets, table->bucket_count, node);
    table->count++;
    return true;
}

void host_table_remove(struct host_table *table, struct host_node *node)
{
    struct host_node **at = &table->buckets[node->hash & (table->bucket_count - 1)];
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    table->count--;
}

struct host_node *host_table_next(const struct host_table *table, const struct host_node *node)
{
    if (node && node->next)
        return node->next;
    size_t i = node ? (node->hash & (table->bucket_count - 1)) + 1 : 0;
    while (i < table->bucket_count && !table->buckets[i])
        i++;
    return i < table->bucket_count ? table->buckets[i] : NULL;
}

bool host_parent(const char **name, size_t *len)
{
    const char *dot = memchr(*name, '.', *len);
    if (!dot)
        return false;
    *len -= (size_t)(dot + 1 - *name);
    *name = dot + 1;
    return true;
}

void host_table_release(struct host_table *table)
{
    free(table->buckets);
    *table = (struct host_table){.seed = table->seed};
}
