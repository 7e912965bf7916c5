#include "manager_store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { FIRST_CAPACITY = 16 };

void store_init(struct store *store)
{
    *store = (struct store){0};
    if (getrandom(&store->seed, sizeof(store->seed), GRND_NONBLOCK) < 0)
        store->seed = (uint64_t)(uintptr_t)store;
}

static bool grow(struct store *store)
{
    uint32_t capacity = store->capacity ? store->capacity * 2 : FIRST_CAPACITY;
    if (capacity < store->capacity)
        return false;
    struct slot *slots = realloc(store->slots, capacity * sizeof(*slots));
    if (!slots)
        return false;
    store->slots = slots;
    store->capacity = capacity;
    return true;
}

/* A number is a generation and a place; generations start at 1, so that no object has the number 0. */
struct object *store_new_object(struct store *store, enum mp_kind kind)
{
    if (store->first_free == store->count && store->count == store->capacity && !grow(store))
        return NULL;
    struct object *object = calloc(1, sizeof(*object));
    if (!object)
        return NULL;
    uint32_t place = store->first_free;
    if (place == store->count) {
        store->slots[place] = (struct slot){.generation = 1};
        store->first_free = ++store->count;
    } else {
        store->first_free = store->slots[place].next_free;
    }
    store->slots[place].object = object;
    object->kind = kind;
    object->id = (uint64_t)store->slots[place].generation << 32 | place;
    object->references = 1;
    if (kind == MP_DICT)
        object->dict.seed = store->seed;
    return object;
}

struct object *store_find(const struct store *store, uint64_t id)
{
    uint32_t place = (uint32_t)id;
    if (place >= store->count || store->slots[place].generation != id >> 32)
        return NULL;
    return store->slots[place].object;
}

/* A free list threads the slots: where none is free, the list ends at the slot behind the last. */
static void free_slot(struct store *store, uint64_t id)
{
    uint32_t place = (uint32_t)id;
    struct slot *slot = &store->slots[place];
    slot->object = NULL;
    if (++slot->generation == 0)
        slot->generation = 1;
    slot->next_free = store->first_free;
    store->first_free = place;
}

static void unreference(struct store *store, struct object *object)
{
    if (--object->references > 0)
        return;
    object->next_dying = store->dying;
    store->dying = object;
}

static void release_value(struct store *store, struct value *value)
{
    if (value->kind == MP_BYTES)
        free(value->bytes);
    else
        unreference(store, value->object);
    *value = (struct value){0};
}

static void release_content(struct store *store, struct object *object)
{
    if (object->kind == MP_DICT) {
        for (size_t i = 0; i < object->dict.used; i++)
            if (object->dict.entries[i].key)
                release_value(store, object->dict.entries[i].value);
        table_release(&object->dict);
        return;
    }
    for (size_t i = 0; i < object->list.count; i++)
        release_value(store, &object->list.values[i]);
    free(object->list.values);
    object->list = (struct array){0};
}

/* Destroy what nobody refers to. A chain of objects, however long, is taken apart without recursion. */
static void bury(struct store *store)
{
    while (store->dying) {
        struct object *object = store->dying;
        store->dying = object->next_dying;
        release_content(store, object);
        free_slot(store, object->id);
        free(object);
    }
}

void store_drop(struct store *store, struct object *object)
{
    unreference(store, object);
    bury(store);
}

void value_release(struct store *store, struct value *value)
{
    release_value(store, value);
    bury(store);
}

void object_clear(struct store *store, struct object *object)
{
    release_content(store, object);
    bury(store);
}

bool array_reserve(struct array *array, size_t more)
{
    if (array->count + more <= array->capacity)
        return true;
    size_t capacity = array->capacity ? array->capacity : FIRST_CAPACITY;
    while (capacity < array->count + more)
        capacity *= 2;
    struct value *values = reallocarray(array->values, capacity, sizeof(*values));
    if (!values)
        return false;
    array->values = values;
    array->capacity = capacity;
    return true;
}

void store_release(struct store *store)
{
    for (uint32_t i = 0; i < store->count; i++)
        if (store->slots[i].object)
            store->slots[i].object->references++; /* none is destroyed before its turn */
    for (uint32_t i = 0; i < store->count; i++)
        if (store->slots[i].object)
            object_clear(store, store->slots[i].object);
    for (uint32_t i = 0; i < store->count; i++)
        free(store->slots[i].object);
    free(store->slots);
    *store = (struct store){0};
}
