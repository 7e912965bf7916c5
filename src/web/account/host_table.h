/* A hash table of things that are found by a host's name, or by another text that names them.
 *
 * host_table_init (or zeroes with a seed), add, find, remove, host_table_release. A thing embeds a struct host_node as
 * its first member and keeps the name alive and unchanged while it is in the table. The table owns neither. Names are
 * compared byte by byte, so the caller brings them into one form. Not thread-safe. */
#ifndef WEB_HOST_TABLE_H
#define WEB_HOST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct host_node {
    const char *name;
    size_t len;
    uint64_t hash;
    struct host_node *next;
};

struct host_table {
    struct host_node **buckets;
    size_t bucket_count; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

/* With a random seed, so that nobody can prepare names that collide. */
void host_table_init(struct host_table *table);

/* NULL when there is none. */
struct host_node *host_table_find(const struct host_table *table, const char *name, size_t len);

/* Add NODE, whose name and len are set and not yet in the table. False when memory is out. */
bool host_table_add(struct host_table *table, struct host_node *node);

/* NODE is in the table. */
void host_table_remove(struct host_table *table, struct host_node *node);

/* Walk over all in no order: NULL gives the first, NULL is given after the last. NODE may be removed once the next one
 * is known. */
struct host_node *host_table_next(const struct host_table *table, const struct host_node *node);

/* Take the first label and its dot off a name: false, and nothing done, when it is the last one. */
bool host_parent(const char **name, size_t *len);

/* Forget all nodes without freeing them. */
void host_table_release(struct host_table *table);

#endif
