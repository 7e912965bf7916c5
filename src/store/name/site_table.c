#include "store/name/site_table.h"

#include "base/hash.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BITS = 16, BLOCK_BYTES = 1 << BLOCK_BITS, BLOCKS_MAX = 1 << (32 - BLOCK_BITS), FIRST_SLOTS = 256 };

/* The hash is kept, so that the table grows and most searches end without a look at the texts. */
struct slot {
    uint32_t hash;
    uint32_t at; /* in the arena: block and offset; 0 is an empty slot */
};

struct site_table {
    uint64_t seed; /* names come from hosts that the list's author does not know: they must not choose where they go */
    struct slot *slots;
    size_t slot_count; /* a power of two */
    size_t used;
    char **blocks;
    size_t block_count;
    size_t block_capacity;
    size_t block_used; /* bytes in the last block */
};

struct site_table *site_table_new(void)
{
    struct site_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    table->slot_count = FIRST_SLOTS;
    table->slots = calloc(table->slot_count, sizeof table->slots[0]);
    if (!table->slots) {
        site_table_free(table);
        return NULL;
    }
    table->seed = hash_random_seed();
    return table;
}

static const char *text_at(const struct site_table *table, uint32_t at)
{
    return table->blocks[at >> BLOCK_BITS] + (at & (BLOCK_BYTES - 1));
}

static uint32_t hash_of(const struct site_table *table, const char *name)
{
    return (uint32_t)hash_bytes(name, strlen(name), table->seed);
}

/* The slot of NAME, or the empty one where it belongs. */
static struct slot *slot_of(const struct site_table *table, const char *name, uint32_t hash)
{
    for (size_t i = hash;; i++) {
        struct slot *slot = &table->slots[i & (table->slot_count - 1)];
        if (!slot->at || (slot->hash == hash && strcmp(text_at(table, slot->at), name) == 0))
            return slot;
    }
}

/* At most three slots of four are used, so that a search ends soon. */
static bool make_room(struct site_table *table)
{
    if ((table->used + 1) * 4 <= table->slot_count * 3)
        return true;
    size_t count = table->slot_count * 2;
    struct slot *slots = calloc(count, sizeof slots[0]);
    if (!slots)
        return false;
    for (size_t i = 0; i < table->slot_count; i++) {
        if (!table->slots[i].at)
            continue;
        size_t to = table->slots[i].hash;
        while (slots[to & (count - 1)].at)
            to++;
        slots[to & (count - 1)] = table->slots[i];
    }
    free(table->slots);
    table->slots = slots;
    table->slot_count = count;
    return true;
}

static bool add_block(struct site_table *table)
{
    if (table->block_count == BLOCKS_MAX)
        return false;
    if (table->block_count == table->block_capacity) {
        size_t capacity = table->block_capacity ? table->block_capacity * 2 : 8;
        char **blocks = realloc(table->blocks, capacity * sizeof blocks[0]);
        if (!blocks)
            return false;
        table->blocks = blocks;
        table->block_capacity = capacity;
    }
    char *block = malloc(BLOCK_BYTES);
    if (!block)
        return false;
    table->blocks[table->block_count++] = block;
    table->block_used = table->block_count == 1; /* so that no text is at 0 */
    return true;
}

const char *site_table_add(struct site_table *table, const char *name, const char *origin)
{
    size_t name_size = strlen(name) + 1, size = name_size + strlen(origin) + 1;
    if (size > BLOCK_BYTES / 2 || !make_room(table))
        return NULL;
    if ((!table->block_count || table->block_used + size > BLOCK_BYTES) && !add_block(table))
        return NULL;
    uint32_t at = (uint32_t)((table->block_count - 1) << BLOCK_BITS | table->block_used);
    char *text = table->blocks[table->block_count - 1] + table->block_used;
    memcpy(text, name, name_size);
    memcpy(text + name_size, origin, size - name_size);
    table->block_used += size;

    uint32_t hash = hash_of(table, name);
    *slot_of(table, name, hash) = (struct slot){hash, at};
    table->used++;
    return text;
}

const char *site_table_find(const struct site_table *table, const char *name)
{
    const struct slot *slot = slot_of(table, name, hash_of(table, name));
    return slot->at ? text_at(table, slot->at) : NULL;
}

const char *site_table_origin(const char *kept)
{
    return kept + strlen(kept) + 1;
}

size_t site_table_count(const struct site_table *table)
{
    return table->used;
}

size_t site_table_bytes(const struct site_table *table)
{
    return sizeof *table + table->slot_count * sizeof table->slots[0] + table->block_count * BLOCK_BYTES +
           table->block_capacity * sizeof table->blocks[0];
}

void site_table_free(struct site_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->block_count; i++)
        free(table->blocks[i]);
    free(table->blocks);
    free(table->slots);
    free(table);
}
