/* Values on their way between the caller and the wire. */
#include "manager_client.h"

#include <stdlib.h>
#include <string.h>

static void *copy_bytes(const char *bytes, size_t len)
{
    char *copy = malloc(len + 1);
    if (copy) {
        memcpy(copy, bytes, len);
        copy[len] = '\0';
    }
    return copy;
}

enum mp_status question_add_value(struct question *q, const struct mp_manager *manager, const struct mp_value *value)
{
    wire_u8(&q->wire, (uint8_t)value->kind);
    if (value->kind == MP_BYTES) {
        wire_bytes(&q->wire, value->data, value->len);
        return MP_OK;
    }
    const struct proxy *p = value->kind == MP_DICT ? &value->dict->proxy : &value->list->proxy;
    if (p->manager != manager)
        return MP_INVALID;
    wire_u64(&q->wire, p->id);
    return MP_OK;
}

static enum mp_status read_bytes(struct question *q, struct mp_value *value)
{
    const char *bytes = wire_read_bytes(&q->reader, &value->len);
    if (!bytes)
        return MP_PROTOCOL;
    value->data = copy_bytes(bytes, value->len);
    return value->data ? MP_OK : MP_NO_MEMORY;
}

enum mp_status question_read_value(struct question *q, struct mp_manager *manager, struct mp_value *value)
{
    struct mp_value v = {.kind = wire_read_u8(&q->reader)};
    enum mp_status status = MP_OK;
    if (v.kind == MP_BYTES) {
        status = read_bytes(q, &v);
    } else {
        uint64_t id = wire_read_u64(&q->reader);
        if (q->reader.bad || (v.kind != MP_DICT && v.kind != MP_LIST))
            return MP_PROTOCOL;
        struct proxy *p = proxy_new(manager, id);
        if (!p)
            return MP_NO_MEMORY;
        if (v.kind == MP_DICT)
            v.dict = (struct mp_dict *)p;
        else
            v.list = (struct mp_list *)p;
    }
    if (status == MP_OK)
        *value = v;
    return status;
}

static enum mp_status read_item(struct question *q, struct mp_manager *manager, bool keys, struct mp_item *item)
{
    if (keys) {
        const char *key = wire_read_bytes(&q->reader, &item->key_len);
        if (!key)
            return MP_PROTOCOL;
        item->key = copy_bytes(key, item->key_len);
        if (!item->key)
            return MP_NO_MEMORY;
    }
    return question_read_value(q, manager, &item->value);
}

enum mp_status question_read_items(struct question *q, struct mp_manager *manager, bool keys, struct mp_items *items)
{
    uint64_t count = wire_read_u64(&q->reader);
    if (count > (uint64_t)(q->reader.end - q->reader.at)) /* an item takes more than a byte */
        return MP_PROTOCOL;
    struct mp_items all = {calloc(count + 1, sizeof(*all.items)), 0};
    enum mp_status status = all.items ? MP_OK : MP_NO_MEMORY;
    while (status == MP_OK && all.count < count) {
        status = read_item(q, manager, keys, &all.items[all.count]);
        all.count++; /* released below even when it is half read */
    }
    if (status == MP_OK)
        *items = all;
    else
        mp_items_release(&all);
    return status;
}

void mp_value_release(struct mp_value *value)
{
    free((void *)value->data);
    mp_dict_free(value->dict);
    mp_list_free(value->list);
    *value = (struct mp_value){0};
}

void mp_items_release(struct mp_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        free((void *)items->items[i].key);
        mp_value_release(&items->items[i].value);
    }
    free(items->items);
    *items = (struct mp_items){0};
}
