/* Dicts and lists that processes share, kept by a server process.
 *
 * mp_manager_new, mp_dict_new and mp_list_new as wanted, then any use in any process forked since and in any thread,
 * mp_manager_shutdown in the process that made it, and mp_dict_free, mp_list_free and mp_manager_free in each.
 *
 * A handle stands for an object in the server. A value may be a reference to another dict or list of the same manager:
 * whoever reads it gets a handle of the same object. An object lives as long as a process that has a handle of it, or
 * another object that refers to it. A handle that a process has inherited counts from that process's first use of the
 * manager: the process that made it keeps its own until then.
 *
 * One call is one step for everybody, but two calls are two: to read and then write, hold a lock (multiproc/lock.h).
 *
 * The server ends with mp_manager_shutdown and, as any daemonic child, with the process that made it, also when that is
 * killed. It reads requests as if an attacker had written them, and a client may be killed in the middle of one.
 *
 * Context: any thread of any process forked after mp_manager_new, once the handle is there; not async-signal-safe.
 * Every call that asks the server waits for its answer. Each returns MP_DISCONNECTED when the server is gone,
 * MP_NO_MEMORY when either side is out of memory, MP_TOO_BIG when a request or an answer is longer than MP_REQUEST_MAX,
 * MP_SYSTEM, and MP_NOT_FOUND when the object is gone. On failure the object is as it was, and outputs are
 * untouched. */
#ifndef MULTIPROC_MANAGER_H
#define MULTIPROC_MANAGER_H

#include <multiproc/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

struct mp_manager;
struct mp_dict;
struct mp_list;

enum { MP_REQUEST_MAX = 64 * 1024 * 1024 };

/* ---- The manager ---- */

/* Start the server. Returns MP_OK, MP_DAEMON (a daemonic process may not start one), MP_NO_MEMORY or MP_SYSTEM. */
enum mp_status mp_manager_new(struct mp_manager **manager);

/* End the server: by request, and when it is slow by SIGTERM and then SIGKILL. Calls that come later, in any process,
 * end as MP_DISCONNECTED. Returns MP_OK, also the second time, or MP_NOT_CHILD in a process that did not make it. */
enum mp_status mp_manager_shutdown(struct mp_manager *manager);

pid_t mp_manager_pid(const struct mp_manager *manager);

/* Shut down if that was not done (in the process that made it) and let go. Handles may be freed later. NULL is fine. */
void mp_manager_free(struct mp_manager *manager);

/* ---- Values ---- */

enum mp_kind { MP_BYTES, MP_DICT, MP_LIST };

/* What is stored: made by one of the next four functions, it borrows what it is made of. What is read: owned by the
 * caller, who calls mp_value_release; its bytes have a NUL behind them that is not counted. */
struct mp_value {
    enum mp_kind kind;
    const char *data; /* MP_BYTES */
    size_t len;
    struct mp_dict *dict; /* MP_DICT */
    struct mp_list *list; /* MP_LIST */
};

static inline struct mp_value mp_bytes(const void *data, size_t len)
{
    return (struct mp_value){.kind = MP_BYTES, .data = (const char *)data, .len = len};
}

static inline struct mp_value mp_text(const char *text)
{
    return mp_bytes(text, strlen(text));
}

static inline struct mp_value mp_dict_ref(struct mp_dict *dict)
{
    return (struct mp_value){.kind = MP_DICT, .dict = dict};
}

static inline struct mp_value mp_list_ref(struct mp_list *list)
{
    return (struct mp_value){.kind = MP_LIST, .list = list};
}

void mp_value_release(struct mp_value *value);

/* A copy of many at one moment. */
struct mp_item {
    const char *key; /* NULL in a list; else with a NUL behind it */
    size_t key_len;
    struct mp_value value; /* no bytes where only keys were asked for */
};

struct mp_items {
    struct mp_item *items;
    size_t count;
};

void mp_items_release(struct mp_items *items);

/* ---- Dicts: keys are byte strings, in the order of their first insertion. What is not there is MP_NOT_FOUND ---- */

enum mp_status mp_dict_new(struct mp_manager *manager, struct mp_dict **dict);

/* Also MP_INVALID for a reference to another manager's object. */
enum mp_status mp_dict_set(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value value);
enum mp_status mp_dict_get(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value *value);

/* Get and delete. VALUE may be NULL. */
enum mp_status mp_dict_pop(struct mp_dict *dict, const void *key, size_t key_len, struct mp_value *value);
enum mp_status mp_dict_delete(struct mp_dict *dict, const void *key, size_t key_len);
enum mp_status mp_dict_contains(struct mp_dict *dict, const void *key, size_t key_len, bool *contains);
enum mp_status mp_dict_count(struct mp_dict *dict, size_t *count);
enum mp_status mp_dict_clear(struct mp_dict *dict);
enum mp_status mp_dict_keys(struct mp_dict *dict, struct mp_items *items);
enum mp_status mp_dict_items(struct mp_dict *dict, struct mp_items *items);

/* Let go of the handle; it does not wait for the server where it need not. NULL is fine. */
void mp_dict_free(struct mp_dict *dict);

/* ---- Lists: an index counts from 0, or from the end when it is negative (-1: the last). One that is outside is
 * MP_NOT_FOUND, but for insert and slice, which take the nearest. ---- */

#define MP_LIST_END INT64_MAX

enum mp_status mp_list_new(struct mp_manager *manager, struct mp_list **list);
enum mp_status mp_list_append(struct mp_list *list, struct mp_value value);
enum mp_status mp_list_extend(struct mp_list *list, const struct mp_value *values, size_t count);
enum mp_status mp_list_insert(struct mp_list *list, int64_t index, struct mp_value value);
enum mp_status mp_list_set(struct mp_list *list, int64_t index, struct mp_value value);
enum mp_status mp_list_get(struct mp_list *list, int64_t index, struct mp_value *value);

/* Get and remove. VALUE may be NULL. */
enum mp_status mp_list_pop(struct mp_list *list, int64_t index, struct mp_value *value);
enum mp_status mp_list_remove(struct mp_list *list, int64_t index);
enum mp_status mp_list_count(struct mp_list *list, size_t *count);
enum mp_status mp_list_clear(struct mp_list *list);

/* A copy of the elements from BEGIN up to but not including END; 0 and MP_LIST_END: of all. */
enum mp_status mp_list_slice(struct mp_list *list, int64_t begin, int64_t end, struct mp_items *items);
void mp_list_free(struct mp_list *list);

#endif
