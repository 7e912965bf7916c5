#include "manager_client.h"

static struct mp_manager *manager_of(const struct mp_dict *dict)
{
    return dict->proxy.manager;
}

enum mp_status mp_dict_new(struct mp_manager *manager, struct mp_dict **dict)
{
    struct proxy *p;
    enum mp_status status = proxy_ask(manager, OP_NEW_DICT, &p);
    if (status == MP_OK)
        *dict = (struct mp_dict *)p;
    return status;
}

enum mp_status mp_dict_set(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value value)
{
    struct question q = {0};
    question_begin(&q, OP_DICT_SET, dict->proxy.id);
    wire_bytes(&q.wire, key, key_len);
    enum mp_status status = question_add_value(&q, manager_of(dict), &value);
    if (status == MP_OK)
        status = question_ask(&q, manager_of(dict));
    question_release(&q);
    return status;
}

/* Ask OP about KEY, and read a value if VALUE is not NULL. */
static enum mp_status ask_about(struct mp_dict *dict, enum manager_op op, const void *key, size_t key_len,
                                struct mp_value *value)
{
    struct question q = {0};
    question_begin(&q, op, dict->proxy.id);
    wire_bytes(&q.wire, key, key_len);
    enum mp_status status = question_ask(&q, manager_of(dict));
    if (status == MP_OK && value)
        status = question_read_value(&q, manager_of(dict), value);
    question_release(&q);
    return status;
}

enum mp_status mp_dict_get(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value *value)
{
    return ask_about(dict, OP_DICT_GET, key, key_len, value);
}

enum mp_status mp_dict_pop(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value *value)
{
    return ask_about(dict, value ? OP_DICT_POP : OP_DICT_DELETE, key, key_len, value);
}

enum mp_status mp_dict_delete(struct mp_dict *dict, const void *key, size_t key_len)
{
    return ask_about(dict, OP_DICT_DELETE, key, key_len, NULL);
}

enum mp_status mp_dict_contains(struct mp_dict *dict, const void *key, size_t key_len, bool *contains)
{
    struct question q = {0};
    question_begin(&q, OP_DICT_CONTAINS, dict->proxy.id);
    wire_bytes(&q.wire, key, key_len);
    enum mp_status status = question_ask(&q, manager_of(dict));
    if (status == MP_OK)
        *contains = wire_read_u8(&q.reader) != 0;
    question_release(&q);
    return status;
}

enum mp_status mp_dict_count(struct mp_dict *dict, size_t *count)
{
    struct question q = {0};
    question_begin(&q, OP_COUNT, dict->proxy.id);
    enum mp_status status = question_ask(&q, manager_of(dict));
    if (status == MP_OK)
        *count = wire_read_u64(&q.reader);
    question_release(&q);
    return status;
}

enum mp_status mp_dict_clear(struct mp_dict *dict)
{
    return manager_tell(manager_of(dict), OP_CLEAR, dict->proxy.id);
}

static enum mp_status ask_for_items(struct mp_dict *dict, enum manager_op op, struct mp_items *items)
{
    struct question q = {0};
    question_begin(&q, op, dict->proxy.id);
    enum mp_status status = question_ask(&q, manager_of(dict));
    if (status == MP_OK)
        status = question_read_items(&q, manager_of(dict), true, items);
    question_release(&q);
    return status;
}

enum mp_status mp_dict_keys(struct mp_dict *dict, struct mp_items *items)
{
    return ask_for_items(dict, OP_DICT_KEYS, items);
}

enum mp_status mp_dict_items(struct mp_dict *dict, struct mp_items *items)
{
    return ask_for_items(dict, OP_DICT_ITEMS, items);
}

void mp_dict_free(struct mp_dict *dict)
{
    proxy_free((struct proxy *)dict);
}
