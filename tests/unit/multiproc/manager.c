/* Numbers in comments are those of the list of behaviours of Python's multiprocessing. */
#include "multiproc/manager_client.h"
#include "unit/multiproc/children.h"

#include <multiproc/lock.h>
#include <multiproc/manager.h>
#include <multiproc/thread.h>
#include <stdio.h>

#define MANAGER_TEST(name) Test(manager, name, .timeout = 60)

static struct mp_manager *make_manager(void)
{
    struct mp_manager *m = NULL;
    cr_assert_eq(mp_manager_new(&m), MP_OK);
    return m;
}

static struct mp_dict *make_dict(struct mp_manager *m)
{
    struct mp_dict *d = NULL;
    cr_assert_eq(mp_dict_new(m, &d), MP_OK);
    return d;
}

static struct mp_list *make_list(struct mp_manager *m)
{
    struct mp_list *l = NULL;
    cr_assert_eq(mp_list_new(m, &l), MP_OK);
    return l;
}

static enum mp_status set_text(struct mp_dict *d, const char *key, const char *text)
{
    return mp_dict_set(d, key, strlen(key), mp_text(text));
}

static void expect_text(struct mp_dict *d, const char *key, const char *text)
{
    struct mp_value v;
    cr_assert_eq(mp_dict_get(d, key, strlen(key), &v), MP_OK, "%s", key);
    cr_assert_eq(v.kind, MP_BYTES);
    cr_assert_str_eq(v.data, text);
    cr_assert_eq(v.len, strlen(text));
    mp_value_release(&v);
}

/* Join the texts of a list by spaces. */
static void expect_list(struct mp_list *l, int64_t begin, int64_t end, const char *texts)
{
    struct mp_items items;
    char joined[200] = "";
    cr_assert_eq(mp_list_slice(l, begin, end, &items), MP_OK);
    for (size_t i = 0; i < items.count; i++) {
        strcat(joined, i ? " " : "");
        strcat(joined, items.items[i].value.data);
    }
    cr_assert_str_eq(joined, texts);
    mp_items_release(&items);
}

/* 82 */
MANAGER_TEST(a_dict_behaves_like_a_dict)
{
    struct mp_manager *m = make_manager();
    struct mp_dict *d = make_dict(m);
    bool contains = true;
    size_t count = 9;
    cr_assert_eq(mp_dict_count(d, &count), MP_OK);
    cr_assert_eq(count, 0);
    cr_assert_eq(set_text(d, "b", "1"), MP_OK);
    cr_assert_eq(set_text(d, "a", "2"), MP_OK);
    cr_assert_eq(set_text(d, "", "empty key"), MP_OK);
    cr_assert_eq(set_text(d, "b", "3"), MP_OK);
    expect_text(d, "b", "3");
    expect_text(d, "", "empty key");
    cr_assert_eq(mp_dict_contains(d, "a", 1, &contains), MP_OK);
    cr_assert(contains);
    cr_assert_eq(mp_dict_delete(d, "a", 1), MP_OK);
    cr_assert_eq(mp_dict_contains(d, "a", 1, &contains), MP_OK);
    cr_assert_not(contains);
    struct mp_value v;
    cr_assert_eq(mp_dict_pop(d, "b", 1, &v), MP_OK);
    cr_assert_str_eq(v.data, "3");
    mp_value_release(&v);
    cr_assert_eq(mp_dict_pop(d, "", 0, NULL), MP_OK);
    cr_assert_eq(set_text(d, "x", ""), MP_OK);
    expect_text(d, "x", "");
    cr_assert_eq(mp_dict_clear(d), MP_OK);
    cr_assert_eq(mp_dict_count(d, &count), MP_OK);
    cr_assert_eq(count, 0);
    mp_dict_free(d);
    mp_manager_free(m);
}

/* 82 */
MANAGER_TEST(keys_and_items_are_a_snapshot_in_the_order_of_insertion)
{
    enum { MANY = 1000 };
    struct mp_manager *m = make_manager();
    struct mp_dict *d = make_dict(m);
    char key[16];
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof(key), "key %d", i);
        cr_assert_eq(set_text(d, key, key + 4), MP_OK);
    }
    for (int i = 0; i < MANY; i += 2) {
        snprintf(key, sizeof(key), "key %d", i);
        cr_assert_eq(mp_dict_delete(d, key, strlen(key)), MP_OK);
    }
    struct mp_items keys, items;
    cr_assert_eq(mp_dict_keys(d, &keys), MP_OK);
    cr_assert_eq(mp_dict_items(d, &items), MP_OK);
    cr_assert_eq(mp_dict_clear(d), MP_OK);
    cr_assert_eq(keys.count, MANY / 2);
    cr_assert_eq(items.count, MANY / 2);
    for (int i = 0; i < MANY / 2; i++) {
        snprintf(key, sizeof(key), "key %d", 2 * i + 1);
        cr_assert_str_eq(keys.items[i].key, key);
        cr_assert_str_eq(items.items[i].key, key);
        cr_assert_str_eq(items.items[i].value.data, key + 4);
    }
    mp_items_release(&keys);
    mp_items_release(&items);
    mp_dict_free(d);
    mp_manager_free(m);
}

/* 82 */
MANAGER_TEST(a_list_behaves_like_a_list)
{
    struct mp_manager *m = make_manager();
    struct mp_list *l = make_list(m);
    struct mp_value more[] = {mp_text("b"), mp_text("c"), mp_text("d")}, v;
    size_t count;
    cr_assert_eq(mp_list_append(l, mp_text("a")), MP_OK);
    cr_assert_eq(mp_list_extend(l, more, 3), MP_OK);
    cr_assert_eq(mp_list_extend(l, NULL, 0), MP_OK);
    expect_list(l, 0, MP_LIST_END, "a b c d");
    expect_list(l, 1, -1, "b c");
    expect_list(l, -2, 100, "c d");
    expect_list(l, 3, 1, "");
    expect_list(l, -100, 1, "a");
    cr_assert_eq(mp_list_set(l, -1, mp_text("D")), MP_OK);
    cr_assert_eq(mp_list_insert(l, 1, mp_text("1")), MP_OK);
    cr_assert_eq(mp_list_insert(l, -100, mp_text("first")), MP_OK);
    cr_assert_eq(mp_list_insert(l, 100, mp_text("last")), MP_OK);
    expect_list(l, 0, MP_LIST_END, "first a 1 b c D last");
    cr_assert_eq(mp_list_remove(l, 2), MP_OK);
    cr_assert_eq(mp_list_pop(l, -1, &v), MP_OK);
    cr_assert_str_eq(v.data, "last");
    mp_value_release(&v);
    cr_assert_eq(mp_list_pop(l, 0, NULL), MP_OK);
    cr_assert_eq(mp_list_get(l, -2, &v), MP_OK);
    cr_assert_str_eq(v.data, "c");
    mp_value_release(&v);
    cr_assert_eq(mp_list_count(l, &count), MP_OK);
    cr_assert_eq(count, 4);
    cr_assert_eq(mp_list_clear(l), MP_OK);
    expect_list(l, 0, MP_LIST_END, "");
    mp_list_free(l);
    mp_manager_free(m);
}

/* 85 */
MANAGER_TEST(errors_of_the_server_come_back_and_outputs_are_untouched)
{
    struct mp_manager *m = make_manager(), *other = make_manager();
    struct mp_dict *d = make_dict(m), *foreign = make_dict(other);
    struct mp_list *l = make_list(m);
    struct mp_value v = {.len = 77};
    cr_assert_eq(mp_dict_get(d, "k", 1, &v), MP_NOT_FOUND);
    cr_assert_eq(mp_dict_pop(d, "k", 1, &v), MP_NOT_FOUND);
    cr_assert_eq(mp_dict_delete(d, "k", 1), MP_NOT_FOUND);
    cr_assert_eq(mp_list_get(l, 0, &v), MP_NOT_FOUND);
    cr_assert_eq(mp_list_pop(l, -1, &v), MP_NOT_FOUND);
    cr_assert_eq(mp_list_set(l, 0, mp_text("x")), MP_NOT_FOUND);
    cr_assert_eq(mp_list_remove(l, INT64_MIN), MP_NOT_FOUND);
    cr_assert_eq(v.len, 77);
    cr_assert_eq(mp_dict_set(d, "k", 1, mp_dict_ref(foreign)), MP_INVALID);
    cr_assert_eq(mp_list_append(l, mp_dict_ref(foreign)), MP_INVALID);
    cr_assert_eq(mp_dict_get((struct mp_dict *)l, "k", 1, &v), MP_INVALID, "a list is no dict");
    mp_dict_free(foreign);
    mp_dict_free(d);
    mp_list_free(l);
    mp_manager_free(other);
    mp_manager_free(m);
}

MANAGER_TEST(bytes_of_any_kind_and_many_megabytes_pass)
{
    enum { BIG = 20 << 20 };
    struct mp_manager *m = make_manager();
    struct mp_dict *d = make_dict(m);
    char *big = malloc(BIG);
    struct mp_value v;
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)(i * 31);
    cr_assert_eq(mp_dict_set(d, "a\0b", 3, mp_bytes(big, BIG)), MP_OK);
    cr_assert_eq(mp_dict_get(d, "a", 1, &v), MP_NOT_FOUND);
    cr_assert_eq(mp_dict_get(d, "a\0b", 3, &v), MP_OK);
    cr_assert_eq(v.len, BIG);
    cr_assert_eq(memcmp(v.data, big, BIG), 0);
    mp_value_release(&v);
    cr_assert_eq(mp_dict_set(d, "k", 1, mp_bytes(big, (size_t)MP_REQUEST_MAX)), MP_TOO_BIG);
    for (char c = '1'; c <= '4'; c++)
        cr_assert_eq(mp_dict_set(d, &c, 1, mp_bytes(big, BIG)), MP_OK);
    struct mp_items items;
    cr_assert_eq(mp_dict_items(d, &items), MP_TOO_BIG, "100 MiB in one answer");
    cr_assert_eq(mp_dict_keys(d, &items), MP_OK);
    cr_assert_eq(items.count, 5);
    mp_items_release(&items);
    free(big);
    mp_dict_free(d);
    mp_manager_free(m);
}

/* 82 */
MANAGER_TEST(a_nested_object_is_the_same_object_and_survives_its_creators_handle)
{
    struct mp_manager *m = make_manager();
    struct mp_dict *outer = make_dict(m), *inner = make_dict(m);
    struct mp_list *list = make_list(m);
    struct mp_value v, w;
    cr_assert_eq(mp_dict_set(outer, "inner", 5, mp_dict_ref(inner)), MP_OK);
    cr_assert_eq(mp_list_append(list, mp_dict_ref(inner)), MP_OK);
    cr_assert_eq(set_text(inner, "k", "before"), MP_OK);
    mp_dict_free(inner);
    cr_assert_eq(mp_dict_get(outer, "inner", 5, &v), MP_OK);
    cr_assert_eq(v.kind, MP_DICT);
    expect_text(v.dict, "k", "before");
    cr_assert_eq(set_text(v.dict, "k", "after"), MP_OK);
    cr_assert_eq(mp_list_get(list, 0, &w), MP_OK);
    expect_text(w.dict, "k", "after");
    cr_assert_eq(mp_dict_delete(outer, "inner", 5), MP_OK);
    cr_assert_eq(mp_list_clear(list), MP_OK);
    expect_text(w.dict, "k", "after");
    mp_value_release(&v);
    mp_value_release(&w);
    mp_list_free(list);
    mp_dict_free(outer);
    mp_manager_free(m);
}

MANAGER_TEST(an_object_ends_with_its_last_reference_and_its_number_is_not_used_again)
{
    struct mp_manager *m = make_manager();
    struct mp_list *l = make_list(m);
    struct proxy *spy = proxy_new(m, l->proxy.id);
    size_t count;
    cr_assert_eq(mp_list_append(l, mp_list_ref(l)), MP_OK);
    cr_assert_eq(mp_list_clear(l), MP_OK);
    mp_list_free(l);
    struct mp_list *next = make_list(m);
    cr_assert_neq(next->proxy.id, spy->id);
    cr_assert_eq(mp_list_count((struct mp_list *)spy, &count), MP_NOT_FOUND);
    proxy_free(spy);
    mp_list_free(next);
    mp_manager_free(m);
}

MANAGER_TEST(a_chain_of_a_hundred_thousand_objects_is_taken_apart)
{
    struct mp_manager *m = make_manager();
    struct mp_list *head = make_list(m);
    for (int i = 0; i < 100000; i++) {
        struct mp_list *next = make_list(m);
        cr_assert_eq(mp_list_append(next, mp_list_ref(head)), MP_OK);
        mp_list_free(head);
        head = next;
    }
    mp_list_free(head);
    mp_list_free(make_list(m));
    mp_manager_free(m);
}

struct shared_work {
    struct mp_manager *manager;
    struct mp_dict *dict;
    struct mp_list *list;
    struct mp_lock *lock;
    struct event event;
};

static int change_both(void *arg)
{
    struct shared_work *w = arg;
    end_with_test();
    struct mp_dict *made;
    if (mp_dict_set(w->dict, "child", 5, mp_text("was here")) || mp_list_append(w->list, mp_text("too")))
        return 1;
    if (mp_dict_new(w->manager, &made) || set_text(made, "made by", "child"))
        return 2;
    return mp_dict_set(w->dict, "made", 4, mp_dict_ref(made));
}

/* 84 */
MANAGER_TEST(what_a_child_changes_or_makes_is_seen_by_the_parent_after_join)
{
    struct shared_work w = {.manager = make_manager()};
    w.dict = make_dict(w.manager);
    w.list = make_list(w.manager);
    cr_assert_eq(run_in_child(change_both, &w), 0);
    expect_text(w.dict, "child", "was here");
    expect_list(w.list, 0, MP_LIST_END, "too");
    struct mp_value v;
    cr_assert_eq(mp_dict_get(w.dict, "made", 4, &v), MP_OK);
    expect_text(v.dict, "made by", "child");
    mp_value_release(&v);
    mp_dict_free(w.dict);
    mp_list_free(w.list);
    mp_manager_free(w.manager);
}

static int use_then_wait_then_use(void *arg)
{
    struct shared_work *w = arg;
    end_with_test();
    size_t count;
    if (mp_dict_count(w->dict, &count) != MP_OK)
        return 1;
    if (write(w->event.fds[1], "r", 1) != 1 || mp_lock_acquire(w->lock, PATIENCE_MS) != MP_OK)
        return 2;
    return mp_dict_count(w->dict, &count);
}

MANAGER_TEST(a_child_that_has_used_an_inherited_handle_keeps_the_object)
{
    struct shared_work w = {.manager = make_manager(), .event = event_new()};
    w.dict = make_dict(w.manager);
    cr_assert_eq(mp_lock_new(&w.lock), MP_OK);
    cr_assert_eq(mp_lock_acquire(w.lock, -1), MP_OK);
    struct mp_process *p = start(use_then_wait_then_use, &w);
    cr_assert(event_await(&w.event));
    mp_dict_free(w.dict);
    cr_assert_eq(mp_lock_release(w.lock), MP_OK);
    cr_assert_eq(finish(p), MP_OK);
    mp_lock_free(w.lock);
    mp_manager_free(w.manager);
}

enum { THREADS = 4, STEPS = 300 };

static void append_many(void *list)
{
    for (int i = 0; i < STEPS; i++)
        if (mp_list_append(list, mp_text("x")) != MP_OK)
            abort();
}

static int append_in_threads(void *list)
{
    struct mp_thread *all[THREADS];
    end_with_test();
    for (int i = 0; i < THREADS; i++)
        if (mp_thread_new(&(struct mp_thread_options){.fn = append_many, .arg = list}, &all[i]) ||
            mp_thread_start(all[i]))
            return 1;
    for (int i = 0; i < THREADS; i++)
        mp_thread_join(all[i], -1);
    return 0;
}

MANAGER_TEST(many_processes_and_threads_use_one_list_at_once)
{
    struct mp_manager *m = make_manager();
    struct mp_list *l = make_list(m);
    struct mp_process *all[4];
    size_t count = 0;
    for (int i = 0; i < 4; i++)
        all[i] = start(append_in_threads, l);
    append_many(l);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(finish(all[i]), 0);
    cr_assert_eq(mp_list_count(l, &count), MP_OK);
    cr_assert_eq(count, 4 * THREADS * STEPS + STEPS);
    mp_list_free(l);
    mp_manager_free(m);
}

static int use_after_shutdown(void *arg)
{
    struct shared_work *w = arg;
    end_with_test();
    size_t count;
    if (mp_dict_count(w->dict, &count) != MP_OK || mp_manager_shutdown(w->manager) != MP_NOT_CHILD)
        return 1;
    if (write(w->event.fds[1], "r", 1) != 1 || mp_lock_acquire(w->lock, PATIENCE_MS) != MP_OK)
        return 2;
    int64_t begin = now_ms();
    return mp_dict_count(w->dict, &count) == MP_DISCONNECTED && now_ms() - begin < 1000 ? 0 : 3;
}

static int never_used(void *arg)
{
    struct shared_work *w = arg;
    end_with_test();
    size_t count;
    int64_t begin = now_ms();
    return mp_dict_count(w->dict, &count) == MP_DISCONNECTED && now_ms() - begin < 1000 ? 0 : 1;
}

/* 86, 87 */
MANAGER_TEST(after_shutdown_the_server_has_ended_with_0_and_calls_fail_promptly_everywhere)
{
    struct shared_work w = {.manager = make_manager(), .event = event_new()};
    w.dict = make_dict(w.manager);
    cr_assert_eq(mp_lock_new(&w.lock), MP_OK);
    cr_assert_eq(mp_lock_acquire(w.lock, -1), MP_OK);
    struct mp_process *p = start(use_after_shutdown, &w);
    cr_assert(event_await(&w.event));
    cr_assert_eq(mp_manager_shutdown(w.manager), MP_OK);
    cr_assert_eq(mp_manager_shutdown(w.manager), MP_OK);
    int code = -1;
    cr_assert_eq(mp_process_exit_code(w.manager->process, &code), MP_OK);
    cr_assert_eq(code, 0);
    size_t count;
    int64_t begin = now_ms();
    cr_assert_eq(mp_dict_count(w.dict, &count), MP_DISCONNECTED);
    cr_assert_lt(now_ms() - begin, 1000);
    cr_assert_eq(mp_lock_release(w.lock), MP_OK);
    cr_assert_eq(finish(p), 0);
    cr_assert_eq(run_in_child(never_used, &w), 0);
    mp_dict_free(w.dict);
    mp_lock_free(w.lock);
    mp_manager_free(w.manager);
}

/* 86 */
MANAGER_TEST(a_server_that_hangs_is_ended_all_the_same)
{
    struct mp_manager *m = make_manager();
    struct mp_dict *d = make_dict(m);
    cr_assert_eq(kill(mp_manager_pid(m), SIGSTOP), 0);
    int64_t begin = now_ms();
    cr_assert_eq(mp_manager_shutdown(m), MP_OK);
    cr_assert_lt(now_ms() - begin, 5000);
    int code = 0;
    cr_assert_eq(mp_process_exit_code(m->process, &code), MP_OK);
    cr_assert_eq(code, -SIGKILL, "SIGTERM reaches no stopped process");
    cr_assert_eq(set_text(d, "k", "v"), MP_DISCONNECTED);
    mp_dict_free(d);
    mp_manager_free(m);
}

static int make_and_wait(void *pids)
{
    struct mp_manager *m;
    end_with_test();
    if (mp_manager_new(&m) != MP_OK)
        return 1;
    pid_t pid = mp_manager_pid(m);
    return write(((struct event *)pids)->fds[1], &pid, sizeof(pid)) == sizeof(pid) ? wait_for_ever(NULL) : 2;
}

/* The server closes all descriptors of others, so its end shows by its process id only. */
MANAGER_TEST(the_server_ends_when_the_process_that_made_it_is_killed)
{
    struct event pids = event_new();
    struct mp_process *p = start(make_and_wait, &pids);
    pid_t pid = 0;
    cr_assert(readable(pids.fds[0], PATIENCE_MS));
    cr_assert_eq(read(pids.fds[0], &pid, sizeof(pid)), sizeof(pid));
    cr_assert_eq(kill(pid, 0), 0);
    mp_process_kill(p);
    cr_assert_eq(finish(p), -SIGKILL);
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (kill(pid, 0) == 0 && now_ms() < deadline)
        sched_yield();
    cr_assert_neq(kill(pid, 0), 0);
}

static int make_in_daemon(void *arg)
{
    (void)arg;
    struct mp_manager *m = NULL;
    return mp_manager_new(&m) == MP_DAEMON && !m ? 0 : 1;
}

MANAGER_TEST(a_daemonic_process_may_not_start_one)
{
    struct mp_process *p;
    struct mp_process_options options = {.fn = make_in_daemon, .daemon = MP_DAEMONIC_YES};
    cr_assert_eq(mp_process_new(&options, &p), MP_OK);
    cr_assert_eq(mp_process_start(p), MP_OK);
    cr_assert_eq(finish(p), 0);
}

MANAGER_TEST(a_killed_server_shows_as_disconnected)
{
    struct mp_manager *m = make_manager();
    struct mp_dict *d = make_dict(m);
    size_t count;
    kill(mp_manager_pid(m), SIGKILL);
    int64_t begin = now_ms();
    enum mp_status status;
    while ((status = mp_dict_count(d, &count)) == MP_OK && now_ms() - begin < PATIENCE_MS)
        sched_yield();
    cr_assert_eq(status, MP_DISCONNECTED);
    cr_assert_eq(set_text(d, "k", "v"), MP_DISCONNECTED);
    mp_dict_free(d);
    mp_manager_free(m);
}
