/* A hundred threads and a hundred processes that do nothing: both are many at once, and threads are cheaper. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>

enum { MANY = 100 };

struct counts {
    int threads, processes;
};

static void thread_func(void *counts)
{
    __atomic_add_fetch(&((struct counts *)counts)->threads, 1, __ATOMIC_RELAXED);
}

static int process_func(void *counts)
{
    end_with_test();
    __atomic_add_fetch(&((struct counts *)counts)->processes, 1, __ATOMIC_RELAXED);
    return 0;
}

static int64_t run_threads(struct counts *c)
{
    struct mp_thread *all[MANY];
    int64_t begin = now_ms();
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = thread_func, .arg = c}, &all[i]), MP_OK);
        cr_assert_eq(mp_thread_start(all[i]), MP_OK);
    }
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(mp_thread_join(all[i], PATIENCE_MS), MP_OK);
        mp_thread_free(all[i]);
    }
    return now_ms() - begin;
}

static int64_t run_processes(struct counts *c)
{
    struct mp_process *all[MANY];
    int64_t begin = now_ms();
    for (int i = 0; i < MANY; i++)
        all[i] = start(process_func, c);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(finish(all[i]), 0);
    return now_ms() - begin;
}

Test(thread, a_hundred_threads_and_a_hundred_processes_all_run, .timeout = 60)
{
    struct counts *c = shared(sizeof(*c));
    int64_t threads_ms = run_threads(c), processes_ms = run_processes(c);
    cr_assert_eq(c->threads, MANY);
    cr_assert_eq(c->processes, MANY);
    cr_assert_lt(threads_ms, 2000, "%lld ms", (long long)threads_ms);
    cr_assert_lt(processes_ms, 5000, "%lld ms", (long long)processes_ms);
}
