/* Names, identifiers, the list and the count of threads, and what threads share. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

static void wait_for_end(void *fd)
{
    char c;
    while (read(*(int *)fd, &c, 1) > 0)
        ;
}

static struct mp_thread *start_thread(mp_thread_fn *fn, void *arg)
{
    struct mp_thread *t;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = fn, .arg = arg}, &t), MP_OK);
    cr_assert_eq(mp_thread_start(t), MP_OK);
    return t;
}

static void join_thread(struct mp_thread *t)
{
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    mp_thread_free(t);
}

Test(thread, it_has_a_name_that_can_be_changed, .timeout = 60)
{
    struct event end = event_new();
    char name[MP_NAME_SIZE];
    struct mp_thread *t = start_thread(wait_for_end, &end.fds[0]);
    cr_assert(mp_thread_is_alive(t));
    mp_thread_name(t, name);
    cr_assert_str_eq(name, "Thread-1");
    cr_assert_eq(mp_thread_set_name(t, "tt"), MP_OK);
    mp_thread_name(t, name);
    cr_assert_str_eq(name, "tt");
    close(end.fds[1]);
    join_thread(t);
}

Test(thread, ten_threads_and_the_main_thread_are_eleven, .timeout = 60)
{
    struct event end = event_new();
    struct mp_thread *all[10];
    struct mp_thread_entry entries[11];
    for (int i = 0; i < 10; i++)
        all[i] = start_thread(wait_for_end, &end.fds[0]);
    cr_assert_eq(mp_thread_active_count(), 11);
    cr_assert_eq(mp_thread_enumerate(entries, 11), 11);
    cr_assert_str_eq(entries[0].name, "MainThread");
    cr_assert_str_eq(entries[10].name, "Thread-10");
    for (int i = 0; i < 10; i++)
        for (int j = 0; j <= i; j++)
            cr_assert_neq(entries[i + 1].native_id, entries[j].native_id);
    close(end.fds[1]);
    for (int i = 0; i < 10; i++)
        join_thread(all[i]);
    cr_assert_eq(mp_thread_active_count(), 1);
}

static int number = 100;

static void take_one(void *arg)
{
    (void)arg;
    __atomic_sub_fetch(&number, 1, __ATOMIC_RELAXED);
}

Test(thread, a_hundred_threads_count_a_shared_variable_down_to_0, .timeout = 60)
{
    struct mp_thread *all[100];
    for (int i = 0; i < 100; i++)
        all[i] = start_thread(take_one, NULL);
    for (int i = 0; i < 100; i++)
        join_thread(all[i]);
    cr_assert_eq(number, 0);
}
