/* A hash table of things that have a text as their name: the frontier's hosts and addresses.
 *
 * table_init, table_insert, table_find, table_remove, table_release. A table_node is embedded in what is named; its
 * text is the owner's and does not change while it is in. The hash is seeded at random, since names come from the
 * network. */
#ifndef CRAWL_FRONTIER_TABLE_H
#define CRAWL_FRONTIER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_node {
    struct table_node *chain; /* in its bucket */
    uint64_t hash;
    const char *text;
    size_t len;
};

struct table {
    struct table_node **buckets;
    size_t bucket_count; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

void table_init(struct table *t);

/* The node with this name; NULL when there is none. */
struct table_node *table_find(const struct table *t, const char *text, size_t len);

/* Put NODE in, whose name is set and not there yet. False when memory is out. */
bool table_insert(struct table *t, struct table_node *node);
void table_remove(struct table *t, struct table_node *node);

/* Take any node out; NULL when there is none. *POSITION begins with 0 and says where to look from. */
struct table_node *table_take(struct table *t, size_t *position);

/* Free the table's memory. The nodes are the owners'. */
void table_release(struct table *t);

#endif
