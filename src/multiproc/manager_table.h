/* A hash table from byte strings to values that keeps the order of insertion: entries lie in that order in one array,
 * and an index of their places is hashed. Not thread-safe. */
#ifndef MULTIPROC_MANAGER_TABLE_H
#define MULTIPROC_MANAGER_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct value;

struct table_entry {
    char *key; /* NULL: deleted */
    size_t key_len;
    uint64_t hash;
    struct value *value;
};

struct table {
    struct table_entry *entries;
    size_t used; /* entries, with the deleted ones */
    size_t live;
    size_t capacity;
    uint32_t *index; /* twice as long as the entries; 0: free, else the place of an entry, plus 1 */
    uint64_t seed;   /* keeps an attacker from choosing keys that collide */
};

/* The value of KEY, to read or change in place, or NULL. */
struct value *table_find(const struct table *table, const char *key, size_t len);

/* The value of KEY, which is added with an empty value if it is not there; *ADDED says so. NULL when memory is out. */
struct value *table_add(struct table *table, const char *key, size_t len, bool *added);

/* Remove KEY. Its value has been taken care of. */
void table_remove(struct table *table, const char *key, size_t len);

/* Forget all entries. Their values have been taken care of. */
void table_release(struct table *table);

#endif
