/* Requests are hostile: every length is checked by the reader, every number of an object and every index here. A
 * handler reads all its arguments and writes its answer before it changes anything, so that a failure changes
 * nothing. */
#include "manager_ops.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

struct request {
    struct store *store;
    struct holds *holds;
    struct wire_reader *in;
    struct wire *out;
    struct object *object;
};

typedef enum mp_status handler_fn(struct request *r);

/* ---- Arguments and results ---- */

static bool holds_push(struct holds *h, uint64_t id)
{
    if (h->count == h->capacity) {
        size_t capacity = h->capacity ? h->capacity * 2 : 16;
        uint64_t *ids = reallocarray(h->ids, capacity, sizeof(*ids));
        if (!ids)
            return false;
        h->ids = ids;
        h->capacity = capacity;
    }
    h->ids[h->count++] = id;
    return true;
}

static enum mp_status hold(struct request *r, struct object *object)
{
    if (!holds_push(r->holds, object->id))
        return MP_NO_MEMORY;
    object->references++;
    return MP_OK;
}

static void let_go_down_to(struct store *store, struct holds *h, size_t count)
{
    while (h->count > count) {
        struct object *object = store_find(store, h->ids[--h->count]);
        if (object)
            store_drop(store, object);
    }
}

void holds_release(struct store *store, struct holds *holds)
{
    let_go_down_to(store, holds, 0);
    free(holds->ids);
    *holds = (struct holds){0};
}

static enum mp_status read_bytes(struct request *r, struct value *value)
{
    const char *bytes = wire_read_bytes(r->in, &value->len);
    if (!bytes)
        return MP_PROTOCOL;
    value->bytes = malloc(value->len + 1);
    if (!value->bytes)
        return MP_NO_MEMORY;
    memcpy(value->bytes, bytes, value->len);
    return MP_OK;
}

/* Read an argument into *VALUE, which is owned after MP_OK. */
static enum mp_status read_value(struct request *r, struct value *value)
{
    *value = (struct value){.kind = wire_read_u8(r->in)};
    if (value->kind == MP_BYTES)
        return read_bytes(r, value);
    if (value->kind != MP_DICT && value->kind != MP_LIST)
        return MP_PROTOCOL;
    value->object = store_find(r->store, wire_read_u64(r->in));
    if (!value->object)
        return r->in->bad ? MP_PROTOCOL : MP_NOT_FOUND;
    if (value->object->kind != value->kind)
        return MP_INVALID;
    value->object->references++;
    return MP_OK;
}

/* Write a result; the client holds an object that it is told of. */
static enum mp_status write_value(struct request *r, const struct value *value)
{
    wire_u8(r->out, (uint8_t)value->kind);
    if (value->kind == MP_BYTES) {
        wire_bytes(r->out, value->bytes, value->len);
        return r->out->status;
    }
    wire_u64(r->out, value->object->id);
    return r->out->status == MP_OK ? hold(r, value->object) : r->out->status;
}

/* ---- Any object ---- */

static enum mp_status new_object(struct request *r, enum mp_kind kind)
{
    struct object *object = store_new_object(r->store, kind);
    if (!object)
        return MP_NO_MEMORY;
    wire_u64(r->out, object->id);
    enum mp_status status = hold(r, object);
    store_drop(r->store, object);
    return status;
}

static enum mp_status new_dict(struct request *r)
{
    return new_object(r, MP_DICT);
}

static enum mp_status new_list(struct request *r)
{
    return new_object(r, MP_LIST);
}

/* Objects that are gone by now are passed over: each shows as such when it is used. */
static enum mp_status hold_many(struct request *r)
{
    uint32_t count = wire_read_u32(r->in);
    for (uint32_t i = 0; i < count && !r->in->bad; i++) {
        struct object *object = store_find(r->store, wire_read_u64(r->in));
        if (object && hold(r, object) != MP_OK)
            return MP_NO_MEMORY;
    }
    return r->in->bad ? MP_PROTOCOL : MP_OK;
}

static enum mp_status drop(struct request *r)
{
    struct holds *h = r->holds;
    for (size_t i = h->count; i-- > 0;)
        if (h->ids[i] == r->object->id) {
            h->ids[i] = h->ids[--h->count];
            store_drop(r->store, r->object);
            return MP_OK;
        }
    return MP_NOT_FOUND;
}

static enum mp_status count(struct request *r)
{
    wire_u64(r->out, r->object->kind == MP_DICT ? r->object->dict.live : r->object->list.count);
    return MP_OK;
}

static enum mp_status clear(struct request *r)
{
    object_clear(r->store, r->object);
    return MP_OK;
}

/* ---- Dicts ---- */

static enum mp_status dict_set(struct request *r)
{
    size_t len;
    const char *key = wire_read_bytes(r->in, &len);
    struct value value;
    enum mp_status status = key ? read_value(r, &value) : MP_PROTOCOL;
    if (status != MP_OK)
        return status;
    bool added;
    struct value *place = table_add(&r->object->dict, key, len, &added);
    if (!place) {
        value_release(r->store, &value);
        return MP_NO_MEMORY;
    }
    struct value before = *place;
    *place = value;
    if (!added)
        value_release(r->store, &before);
    return MP_OK;
}

static enum mp_status dict_read(struct request *r, bool answer, bool remove)
{
    size_t len;
    const char *key = wire_read_bytes(r->in, &len);
    if (!key)
        return MP_PROTOCOL;
    struct value *value = table_find(&r->object->dict, key, len);
    enum mp_status status = value ? MP_OK : MP_NOT_FOUND;
    if (status == MP_OK && answer)
        status = write_value(r, value);
    if (status != MP_OK || !remove)
        return status;
    struct value removed = *value;
    table_remove(&r->object->dict, key, len);
    value_release(r->store, &removed);
    return MP_OK;
}

static enum mp_status dict_get(struct request *r)
{
    return dict_read(r, true, false);
}

static enum mp_status dict_pop(struct request *r)
{
    return dict_read(r, true, true);
}

static enum mp_status dict_delete(struct request *r)
{
    return dict_read(r, false, true);
}

static enum mp_status dict_contains(struct request *r)
{
    enum mp_status status = dict_read(r, false, false);
    if (status == MP_PROTOCOL)
        return status;
    wire_u8(r->out, status == MP_OK);
    return MP_OK;
}

static enum mp_status dict_list(struct request *r, bool with_values)
{
    static const struct value nothing = {.kind = MP_BYTES};
    const struct table *t = &r->object->dict;
    enum mp_status status = MP_OK;
    wire_u64(r->out, t->live);
    for (size_t i = 0; i < t->used && status == MP_OK; i++) {
        const struct table_entry *e = &t->entries[i];
        if (!e->key)
            continue;
        wire_bytes(r->out, e->key, e->key_len);
        status = write_value(r, with_values ? e->value : &nothing);
    }
    return status;
}

static enum mp_status dict_keys(struct request *r)
{
    return dict_list(r, false);
}

static enum mp_status dict_items(struct request *r)
{
    return dict_list(r, true);
}

/* ---- Lists ---- */

/* Turn the index that the request has into a place of the list: MP_NOT_FOUND when there is none. */
static enum mp_status read_index(struct request *r, size_t *place)
{
    int64_t index = (int64_t)wire_read_u64(r->in);
    int64_t size = (int64_t)r->object->list.count;
    if (r->in->bad)
        return MP_PROTOCOL;
    if (index < 0 && index >= -size)
        index += size;
    if (index < 0 || index >= size)
        return MP_NOT_FOUND;
    *place = (size_t)index;
    return MP_OK;
}

static size_t read_nearest_index(struct request *r)
{
    int64_t index = (int64_t)wire_read_u64(r->in);
    int64_t size = (int64_t)r->object->list.count;
    if (index < 0)
        index = index < -size ? 0 : index + size;
    return (size_t)(index > size ? size : index);
}

static void insert_at(struct array *a, size_t place, const struct value *value)
{
    memmove(&a->values[place + 1], &a->values[place], (a->count - place) * sizeof(*value));
    a->values[place] = *value;
    a->count++;
}

static enum mp_status list_extend(struct request *r)
{
    struct array *a = &r->object->list;
    uint32_t more = wire_read_u32(r->in);
    size_t before = a->count;
    enum mp_status status = MP_OK;
    for (uint32_t i = 0; i < more && status == MP_OK; i++) {
        status = array_reserve(a, 1) ? read_value(r, &a->values[a->count]) : MP_NO_MEMORY;
        a->count += status == MP_OK;
    }
    while (status != MP_OK && a->count > before)
        value_release(r->store, &a->values[--a->count]);
    return status;
}

static enum mp_status list_insert(struct request *r)
{
    size_t place = read_nearest_index(r);
    struct value value;
    enum mp_status status = array_reserve(&r->object->list, 1) ? read_value(r, &value) : MP_NO_MEMORY;
    if (status == MP_OK)
        insert_at(&r->object->list, place, &value);
    return status;
}

static enum mp_status list_set(struct request *r)
{
    size_t place = 0;
    struct value value;
    enum mp_status found = read_index(r, &place), status = read_value(r, &value);
    if (status != MP_OK)
        return status;
    if (found == MP_OK) {
        struct value before = r->object->list.values[place];
        r->object->list.values[place] = value;
        value = before;
    }
    value_release(r->store, &value);
    return found;
}

static enum mp_status list_read(struct request *r, bool answer, bool remove)
{
    size_t place;
    struct array *a = &r->object->list;
    enum mp_status status = read_index(r, &place);
    if (status == MP_OK && answer)
        status = write_value(r, &a->values[place]);
    if (status != MP_OK || !remove)
        return status;
    struct value removed = a->values[place];
    a->count--;
    memmove(&a->values[place], &a->values[place + 1], (a->count - place) * sizeof(removed));
    value_release(r->store, &removed);
    return MP_OK;
}

static enum mp_status list_get(struct request *r)
{
    return list_read(r, true, false);
}

static enum mp_status list_pop(struct request *r)
{
    return list_read(r, true, true);
}

static enum mp_status list_remove(struct request *r)
{
    return list_read(r, false, true);
}

static enum mp_status list_slice(struct request *r)
{
    size_t begin = read_nearest_index(r), end = read_nearest_index(r);
    enum mp_status status = MP_OK;
    wire_u64(r->out, end > begin ? end - begin : 0);
    for (size_t i = begin; i < end && status == MP_OK; i++)
        status = write_value(r, &r->object->list.values[i]);
    return status;
}

/* ---- Dispatch ---- */

/* The kind of object that an operation is for: NO_OBJECT and ANY_OBJECT are no kinds. */
enum { NO_OBJECT = -1, ANY_OBJECT = -2 };

static const struct {
    handler_fn *handle;
    int kind;
} handlers[OP_LIMIT] = {
    [OP_NEW_DICT] = {new_dict, NO_OBJECT},
    [OP_NEW_LIST] = {new_list, NO_OBJECT},
    [OP_HOLD] = {hold_many, NO_OBJECT},
    [OP_DROP] = {drop, ANY_OBJECT},
    [OP_COUNT] = {count, ANY_OBJECT},
    [OP_CLEAR] = {clear, ANY_OBJECT},
    [OP_DICT_SET] = {dict_set, MP_DICT},
    [OP_DICT_GET] = {dict_get, MP_DICT},
    [OP_DICT_POP] = {dict_pop, MP_DICT},
    [OP_DICT_DELETE] = {dict_delete, MP_DICT},
    [OP_DICT_CONTAINS] = {dict_contains, MP_DICT},
    [OP_DICT_KEYS] = {dict_keys, MP_DICT},
    [OP_DICT_ITEMS] = {dict_items, MP_DICT},
    [OP_LIST_EXTEND] = {list_extend, MP_LIST},
    [OP_LIST_INSERT] = {list_insert, MP_LIST},
    [OP_LIST_SET] = {list_set, MP_LIST},
    [OP_LIST_GET] = {list_get, MP_LIST},
    [OP_LIST_POP] = {list_pop, MP_LIST},
    [OP_LIST_REMOVE] = {list_remove, MP_LIST},
    [OP_LIST_SLICE] = {list_slice, MP_LIST},
};

/* The object lives at least until its handler has returned, whatever the handler takes out of it. */
static enum mp_status handle(struct request *r)
{
    uint8_t op = wire_read_u8(r->in);
    uint64_t id = wire_read_u64(r->in);
    if (r->in->bad || op >= COUNT_OF(handlers) || !handlers[op].handle)
        return MP_PROTOCOL;
    if (handlers[op].kind == NO_OBJECT)
        return handlers[op].handle(r);
    r->object = store_find(r->store, id);
    if (!r->object)
        return MP_NOT_FOUND;
    if (handlers[op].kind != ANY_OBJECT && handlers[op].kind != (int)r->object->kind)
        return MP_INVALID;
    r->object->references++;
    enum mp_status status = handlers[op].handle(r);
    store_drop(r->store, r->object);
    return status;
}

bool manager_serve_request(struct store *store, struct holds *holds, struct wire_reader *reader, struct wire *answer)
{
    size_t held_before = holds->count;
    struct request r = {store, holds, reader, answer, NULL};
    wire_begin(answer);
    wire_u8(answer, MP_OK);
    if (answer->status != MP_OK)
        return false;
    enum mp_status status = handle(&r);
    if (status == MP_OK)
        status = answer->status;
    if (reader->bad || status == MP_PROTOCOL)
        return false;
    if (status != MP_OK) {
        let_go_down_to(store, holds, held_before);
        wire_begin(answer);
        wire_u8(answer, (uint8_t)status);
    }
    return wire_finish(answer) == MP_OK;
}
