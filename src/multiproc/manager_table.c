#include "manager_table.h"

#include "manager_store.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 8 };
#define CAPACITY_MAX ((size_t)1 << 30)

static uint64_t hash_of(const struct table *t, const char *key, size_t len)
{
    uint64_t h = t->seed ^ 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < len; i++) {
        h = (h ^ (unsigned char)key[i]) * 0x100000001b3u;
        h ^= h >> 29;
    }
    h = (h ^ t->seed) * 0xbf58476d1ce4e5b9u;
    return h ^ h >> 32;
}

static size_t mask(const struct table *t)
{
    return t->capacity * 2 - 1;
}

/* The place in the index where KEY is, or where it would go. */
static size_t probe(const struct table *t, const char *key, size_t len, uint64_t hash)
{
    for (size_t i = hash & mask(t);; i = (i + 1) & mask(t)) {
        if (!t->index[i])
            return i;
        const struct table_entry *e = &t->entries[t->index[i] - 1];
        if (e->key && e->hash == hash && e->key_len == len && memcmp(e->key, key, len) == 0)
            return i;
    }
}

struct value *table_find(const struct table *table, const char *key, size_t len)
{
    if (!table->live)
        return NULL;
    uint32_t place = table->index[probe(table, key, len, hash_of(table, key, len))];
    return place ? table->entries[place - 1].value : NULL;
}

/* Move the live entries together in arrays that have room for one more, and index them anew. */
static bool rebuild(struct table *t)
{
    size_t capacity = FIRST_CAPACITY;
    while (capacity < t->live + t->live / 2 + 1)
        capacity *= 2;
    if (capacity > CAPACITY_MAX)
        return false;
    struct table_entry *entries = calloc(capacity, sizeof(*entries));
    uint32_t *index = calloc(capacity * 2, sizeof(*index));
    if (!entries || !index) {
        free(entries);
        free(index);
        return false;
    }
    size_t used = 0;
    for (size_t i = 0; i < t->used; i++) {
        if (!t->entries[i].key)
            continue;
        entries[used] = t->entries[i];
        size_t at = entries[used].hash & (capacity * 2 - 1);
        while (index[at])
            at = (at + 1) & (capacity * 2 - 1);
        index[at] = (uint32_t)++used;
    }
    free(t->entries);
    free(t->index);
    t->entries = entries;
    t->index = index;
    t->capacity = capacity;
    t->used = used;
    return true;
}

struct value *table_add(struct table *table, const char *key, size_t len, bool *added)
{
    struct value *value = table_find(table, key, len);
    *added = false;
    if (value)
        return value;
    if (table->used == table->capacity && !rebuild(table))
        return NULL;
    char *copy = malloc(len + 1);
    value = calloc(1, sizeof(*value));
    if (!copy || !value) {
        free(copy);
        free(value);
        return NULL;
    }
    memcpy(copy, key, len);
    uint64_t hash = hash_of(table, key, len);
    table->entries[table->used] = (struct table_entry){copy, len, hash, value};
    table->index[probe(table, key, len, hash)] = (uint32_t)++table->used;
    table->live++;
    *added = true;
    // cppcheck-suppress memleak ; the entry owns the copy of its key
    return value;
}

/* The index keeps the place of a deleted entry, so that probing goes on past it; the next rebuild forgets it. */
void table_remove(struct table *table, const char *key, size_t len)
{
    uint32_t place = table->live ? table->index[probe(table, key, len, hash_of(table, key, len))] : 0;
    if (!place)
        return;
    struct table_entry *e = &table->entries[place - 1];
    free(e->key);
    free(e->value);
    e->key = NULL;
    table->live--;
}

void table_release(struct table *table)
{
    for (size_t i = 0; i < table->used; i++)
        if (table->entries[i].key) {
            free(table->entries[i].key);
            free(table->entries[i].value);
        }
    free(table->entries);
    free(table->index);
    *table = (struct table){.seed = table->seed};
}
