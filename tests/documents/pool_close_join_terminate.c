/* close lets the tasks finish, terminate does not; join comes after one of them, and then nothing can be added. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>

static int *finished; /* shared with the workers */

static int worker(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len, (void)reply;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    __atomic_add_fetch(finished, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static int never_ends(const void *arg, size_t len, struct mp_reply *reply)
{
    (void)arg, (void)len, (void)reply;
    while (pause() < 0)
        ;
    return 0;
}

static struct mp_pool *pool_of_three(void)
{
    struct mp_pool *pool;
    finished = shared(sizeof(*finished));
    cr_assert_eq(mp_pool_new(&(struct mp_pool_options){.workers = 3}, &pool), MP_OK);
    return pool;
}

static enum mp_status add(struct mp_pool *pool, mp_task_fn *fn)
{
    return mp_pool_apply_async(pool, fn, NULL, 0, NULL, NULL, NULL);
}

Test(pool, close_and_join_wait_for_all_tasks, .timeout = 60)
{
    struct mp_pool *pool = pool_of_three();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(add(pool, worker), MP_OK);
    cr_assert_eq(mp_pool_join(pool), MP_RUNNING, "join comes after close");
    mp_pool_close(pool);
    cr_assert_eq(add(pool, worker), MP_NOT_RUNNING);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_eq(*finished, 10);
    mp_pool_free(pool);
}

Test(pool, terminate_ends_tasks_that_would_never_end, .timeout = 60)
{
    struct mp_pool *pool = pool_of_three();
    for (int i = 0; i < 10; i++)
        cr_assert_eq(add(pool, never_ends), MP_OK);
    int64_t begin = now_ms();
    mp_pool_terminate(pool);
    cr_assert_eq(mp_pool_join(pool), MP_OK);
    cr_assert_lt(now_ms() - begin, 5000);
    cr_assert_eq(add(pool, worker), MP_NOT_RUNNING);
    mp_pool_free(pool);
}
