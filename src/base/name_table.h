/* A hash table of things that have a text as their name: hosts, origins, addresses.
 *
 * name_table_init (or zeroes with a seed), add, find, next, remove, name_table_release. A thing embeds a struct
 * name_node and keeps the name alive and unchanged while it is in the table. The table owns neither. Names are compared
 * byte by byte, so the caller brings them into one form. Not thread-safe. */
#ifndef BASE_NAME_TABLE_H
#define BASE_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_node {
    const char *name;
    size_t len;
    uint64_t hash;
    struct name_node *next;
};

struct name_table {
    struct name_node **buckets;
    size_t bucket_count; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

/* With a random seed, so that nobody can prepare names that collide. */
void name_table_init(struct name_table *table);

/* NULL when there is none. */
struct name_node *name_table_find(const struct name_table *table, const char *name, size_t len);

/* Add NODE, whose name and len are set and not yet in the table. False when memory is out. */
bool name_table_add(struct name_table *table, struct name_node *node);

/* NODE is in the table. */
void name_table_remove(struct name_table *table, struct name_node *node);

/* Walk over all in no order: NULL gives the first, NULL is given after the last. NODE may be removed, or freed before
 * the table is released, once the next one is known. */
struct name_node *name_table_next(const struct name_table *table, const struct name_node *node);

/* Forget all nodes without freeing them. */
void name_table_release(struct name_table *table);

#endif
