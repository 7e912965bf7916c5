#include "manager_client.h"

static struct mp_manager *manager_of(const struct mp_list *list)
{
    return list->proxy.manager;
}

enum mp_status mp_list_new(struct mp_manager *manager, struct mp_list **list)
{
    struct proxy *p;
    enum mp_status status = proxy_ask(manager, OP_NEW_LIST, &p);
    if (status == MP_OK)
        *list = (struct mp_list *)p;
    return status;
}

enum mp_status mp_list_append(struct mp_list *list, struct mp_value value)
{
    return mp_list_extend(list, &value, 1);
}

enum mp_status mp_list_extend(struct mp_list *list, const struct mp_value *values, size_t count)
{
    if (count > MP_REQUEST_MAX)
        return MP_TOO_BIG;
    struct question q = {0};
    question_begin(&q, OP_LIST_EXTEND, list->proxy.id);
    wire_u32(&q.wire, (uint32_t)count);
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < count && status == MP_OK; i++)
        status = question_add_value(&q, manager_of(list), &values[i]);
    if (status == MP_OK)
        status = question_ask(&q, manager_of(list));
    question_release(&q);
    return status;
}

/* Ask OP about INDEX, giving the value IN and reading the value OUT where they are not NULL. */
static enum mp_status ask_about(struct mp_list *list, enum manager_op op, int64_t index, const struct mp_value *in,
                                struct mp_value *out)
{
    struct question q = {0};
    question_begin(&q, op, list->proxy.id);
    wire_u64(&q.wire, (uint64_t)index);
    enum mp_status status = in ? question_add_value(&q, manager_of(list), in) : MP_OK;
    if (status == MP_OK)
        status = question_ask(&q, manager_of(list));
    if (status == MP_OK && out)
        status = question_read_value(&q, manager_of(list), out);
    question_release(&q);
    return status;
}

enum mp_status mp_list_insert(struct mp_list *list, int64_t index, struct mp_value value)
{
    return ask_about(list, OP_LIST_INSERT, index, &value, NULL);
}

enum mp_status mp_list_set(struct mp_list *list, int64_t index, struct mp_value value)
{
    return ask_about(list, OP_LIST_SET, index, &value, NULL);
}

enum mp_status mp_list_get(struct mp_list *list, int64_t index, struct mp_value *value)
{
    return ask_about(list, OP_LIST_GET, index, NULL, value);
}

enum mp_status mp_list_pop(struct mp_list *list, int64_t index, struct mp_value *value)
{
    return ask_about(list, value ? OP_LIST_POP : OP_LIST_REMOVE, index, NULL, value);
}

enum mp_status mp_list_remove(struct mp_list *list, int64_t index)
{
    return ask_about(list, OP_LIST_REMOVE, index, NULL, NULL);
}

enum mp_status mp_list_count(struct mp_list *list, size_t *count)
{
    struct question q = {0};
    question_begin(&q, OP_COUNT, list->proxy.id);
    enum mp_status status = question_ask(&q, manager_of(list));
    if (status == MP_OK)
        *count = wire_read_u64(&q.reader);
    question_release(&q);
    return status;
}

enum mp_status mp_list_clear(struct mp_list *list)
{
    return manager_tell(manager_of(list), OP_CLEAR, list->proxy.id);
}

enum mp_status mp_list_slice(struct mp_list *list, int64_t begin, int64_t end, struct mp_items *items)
{
    struct question q = {0};
    question_begin(&q, OP_LIST_SLICE, list->proxy.id);
    wire_u64(&q.wire, (uint64_t)begin);
    wire_u64(&q.wire, (uint64_t)end);
    enum mp_status status = question_ask(&q, manager_of(list));
    if (status == MP_OK)
        status = question_read_items(&q, manager_of(list), false, items);
    question_release(&q);
    return status;
}

void mp_list_free(struct mp_list *list)
{
    proxy_free((struct proxy *)list);
}
