#include "unit/multiproc/children.h"

#include <multiproc/thread.h>
#include <string.h>

#define THREAD_TEST(name) Test(thread, name, .timeout = 60)

/* Threads that stay until the gate is opened, by closing its write end. */
struct gate {
    struct event event;
    int passed;
};

static void wait_at_gate(void *arg)
{
    struct gate *g = arg;
    char c;
    while (read(g->event.fds[0], &c, 1) > 0)
        ;
    __atomic_add_fetch(&g->passed, 1, __ATOMIC_RELAXED);
}

static void open_gate(struct gate *g)
{
    close(g->event.fds[1]);
}

static struct mp_thread *start_thread(mp_thread_fn *fn, void *arg)
{
    struct mp_thread *t = NULL;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = fn, .arg = arg}, &t), MP_OK);
    cr_assert_eq(mp_thread_start(t), MP_OK);
    return t;
}

THREAD_TEST(it_is_alive_from_start_to_end_and_join_waits_for_the_end)
{
    struct gate g = {.event = event_new()};
    struct mp_thread *t = NULL;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = wait_at_gate, .arg = &g}, &t), MP_OK);
    cr_assert_not(mp_thread_is_alive(t));
    cr_assert_eq(mp_thread_join(t, 0), MP_NOT_STARTED);
    cr_assert_eq(mp_thread_start(t), MP_OK);
    cr_assert(mp_thread_is_alive(t));
    cr_assert_eq(mp_thread_start(t), MP_STARTED);
    int64_t begin = now_ms();
    cr_assert_eq(mp_thread_join(t, 0), MP_TIMEOUT);
    cr_assert_eq(mp_thread_join(t, 100), MP_TIMEOUT);
    cr_assert_geq(now_ms() - begin, 99);
    open_gate(&g);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    cr_assert_not(mp_thread_is_alive(t));
    cr_assert_eq(mp_thread_join(t, -1), MP_OK, "joining again is fine");
    cr_assert_eq(g.passed, 1);
    mp_thread_free(t);
}

THREAD_TEST(names_are_counted_given_or_changed)
{
    struct gate g = {.event = event_new()};
    char name[MP_NAME_SIZE];
    struct mp_thread *t = start_thread(wait_at_gate, &g);
    mp_thread_name(t, name);
    cr_assert_str_eq(name, "Thread-1");
    cr_assert_eq(mp_thread_set_name(t, "tt"), MP_OK);
    mp_thread_name(t, name);
    cr_assert_str_eq(name, "tt");
    struct mp_thread *given = NULL;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = wait_at_gate, .name = "mine"}, &given), MP_OK);
    mp_thread_name(given, name);
    cr_assert_str_eq(name, "mine");
    mp_thread_free(given);
    open_gate(&g);
    mp_thread_join(t, -1);
    mp_thread_free(t);
}

THREAD_TEST(a_name_that_is_too_long_or_a_missing_function_is_refused)
{
    char name[MP_NAME_SIZE + 1];
    memset(name, 'x', sizeof(name));
    name[MP_NAME_SIZE] = '\0';
    struct mp_thread *t = NULL;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = wait_at_gate, .name = name}, &t), MP_INVALID);
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){0}, &t), MP_INVALID);
    cr_assert_null(t);
    cr_assert_eq(mp_thread_set_name(mp_current_thread(), name), MP_INVALID);
}

THREAD_TEST(the_running_threads_are_counted_and_listed_with_the_main_thread_first)
{
    struct gate g = {.event = event_new()};
    struct mp_thread *all[10];
    struct mp_thread_entry entries[11];
    cr_assert_eq(mp_thread_active_count(), 1);
    for (int i = 0; i < 10; i++)
        all[i] = start_thread(wait_at_gate, &g);
    cr_assert_eq(mp_thread_active_count(), 11);
    cr_assert_eq(mp_thread_enumerate(entries, 11), 11);
    cr_assert_str_eq(entries[0].name, "MainThread");
    cr_assert_eq(entries[0].thread, mp_current_thread());
    cr_assert_eq(entries[0].native_id, getpid());
    for (int i = 0; i < 10; i++)
        cr_assert_eq(entries[i + 1].thread, all[i]);
    cr_assert_eq(mp_thread_enumerate(entries, 1), 11, "room for one does not change the count");
    open_gate(&g);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(mp_thread_join(all[i], PATIENCE_MS), MP_OK);
        mp_thread_free(all[i]);
    }
    cr_assert_eq(mp_thread_active_count(), 1);
    cr_assert_eq(g.passed, 10);
}

struct identity {
    struct mp_thread *current;
    pthread_t ident;
    pid_t native_id;
    enum mp_status join_self;
    bool child_is_daemon;
};

static void look_at_itself(void *arg)
{
    struct identity *i = arg;
    i->current = mp_current_thread();
    i->ident = pthread_self();
    i->native_id = gettid();
    i->join_self = mp_thread_join(i->current, 1000);
    struct mp_thread *child = NULL;
    mp_thread_new(&(struct mp_thread_options){.fn = look_at_itself}, &child);
    i->child_is_daemon = mp_thread_is_daemon(child);
    mp_thread_free(child);
}

THREAD_TEST(a_thread_knows_itself_and_its_identifiers_and_cannot_join_itself)
{
    struct identity i = {0};
    struct mp_thread *t = start_thread(look_at_itself, &i);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    pthread_t ident;
    pid_t native_id;
    cr_assert_eq(mp_thread_ident(t, &ident), MP_OK);
    cr_assert_eq(mp_thread_native_id(t, &native_id), MP_OK);
    cr_assert_eq(i.current, t);
    cr_assert(pthread_equal(i.ident, ident));
    cr_assert_eq(i.native_id, native_id);
    cr_assert_eq(i.join_self, MP_DEADLOCK);
    cr_assert_not(i.child_is_daemon);
    mp_thread_free(t);
    cr_assert_eq(mp_thread_ident(mp_current_thread(), &ident), MP_OK);
    cr_assert(pthread_equal(ident, pthread_self()));
    cr_assert_eq(mp_thread_join(mp_current_thread(), 0), MP_DEADLOCK);
}

THREAD_TEST(daemon_is_inherited_from_the_thread_that_makes_it)
{
    struct identity i = {0};
    struct mp_thread *t = NULL;
    struct mp_thread_options options = {.fn = look_at_itself, .arg = &i, .daemon = MP_DAEMONIC_YES};
    cr_assert_eq(mp_thread_new(&options, &t), MP_OK);
    cr_assert(mp_thread_is_daemon(t));
    cr_assert_eq(mp_thread_start(t), MP_OK);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    cr_assert(i.child_is_daemon);
    mp_thread_free(t);
}

static void leave_early(void *arg)
{
    (void)arg;
    pthread_exit(NULL);
}

THREAD_TEST(leaving_by_pthread_exit_ends_it_as_well)
{
    struct mp_thread *t = start_thread(leave_early, NULL);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_thread_active_count(), 1);
    mp_thread_free(t);
}

THREAD_TEST(a_thread_that_was_let_go_of_runs_on_and_is_still_counted)
{
    struct gate g = {.event = event_new()};
    mp_thread_free(start_thread(wait_at_gate, &g));
    struct mp_thread_entry entries[2];
    cr_assert_eq(mp_thread_enumerate(entries, 2), 2);
    cr_assert_null(entries[1].thread);
    cr_assert_str_eq(entries[1].name, "Thread-1");
    open_gate(&g);
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (mp_thread_active_count() > 1 && now_ms() < deadline)
        sched_yield();
    cr_assert_eq(mp_thread_active_count(), 1);
    cr_assert_eq(g.passed, 1);
}

static int count_threads(void *arg)
{
    end_with_test();
    char name[MP_NAME_SIZE];
    mp_thread_name(mp_current_thread(), name);
    if (mp_thread_active_count() != 1 || strcmp(name, "MainThread"))
        return 1;
    return mp_thread_is_alive(arg) || mp_thread_join(arg, -1) != MP_OK ? 2 : 0;
}

THREAD_TEST(a_child_process_has_one_thread_whatever_its_parent_has)
{
    struct gate g = {.event = event_new()};
    struct mp_thread *t = start_thread(wait_at_gate, &g);
    cr_assert_eq(run_in_child(count_threads, t), 0);
    cr_assert(mp_thread_is_alive(t));
    open_gate(&g);
    mp_thread_join(t, -1);
    mp_thread_free(t);
}
