/* The objects of a manager's server: dicts and lists, their values, and who refers to them. Not thread-safe. */
#ifndef MULTIPROC_MANAGER_STORE_H
#define MULTIPROC_MANAGER_STORE_H

#include "manager_table.h"
#include "multiproc/manager.h"

struct object;

/* A value owns its bytes, or one reference to its object. */
struct value {
    enum mp_kind kind;
    size_t len;
    union {
        char *bytes;
        struct object *object;
    };
};

struct array {
    struct value *values;
    size_t count;
    size_t capacity;
};

struct object {
    enum mp_kind kind; /* MP_DICT or MP_LIST */
    uint64_t id;
    size_t references;
    struct object *next_dying;
    union {
        struct table dict;
        struct array list;
    };
};

struct slot {
    struct object *object; /* NULL: free */
    uint32_t generation;   /* so that the number of a dead object never names a live one */
    uint32_t next_free;
};

struct store {
    struct slot *slots;
    uint32_t count;
    uint32_t capacity;
    uint32_t first_free; /* COUNT: none */
    uint64_t seed;
    struct object *dying;
};

void store_init(struct store *store);

/* An empty object with one reference, or NULL when memory is out. */
struct object *store_new_object(struct store *store, enum mp_kind kind);

/* The object with that number, or NULL. */
struct object *store_find(const struct store *store, uint64_t id);

/* Take back one reference; the last one destroys the object and lets go of all that it refers to. */
void store_drop(struct store *store, struct object *object);

void value_release(struct store *store, struct value *value);
void object_clear(struct store *store, struct object *object);

/* Make room for MORE values. False when memory is out. */
bool array_reserve(struct array *array, size_t more);

/* Free everything. */
void store_release(struct store *store);

#endif
