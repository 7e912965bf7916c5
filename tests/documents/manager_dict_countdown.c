/* A dict of a manager, counted down from 100 to 90 by ten processes that hold a lock for each step. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <stdio.h>

struct work {
    struct mp_dict *dict;
    struct mp_lock *lock;
};

static int read_count(struct mp_dict *d)
{
    struct mp_value v;
    if (mp_dict_get(d, "count", 5, &v) != MP_OK)
        return -1;
    int count = atoi(v.data);
    mp_value_release(&v);
    return count;
}

static enum mp_status write_count(struct mp_dict *d, int count)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", count);
    return mp_dict_set(d, "count", 5, mp_text(text));
}

static int work(void *arg)
{
    struct work *w = arg;
    end_with_test();
    if (mp_lock_acquire(w->lock, -1) != MP_OK)
        return 1;
    enum mp_status status = write_count(w->dict, read_count(w->dict) - 1);
    mp_lock_release(w->lock);
    return status;
}

Test(manager, ten_processes_count_a_dict_from_100_to_90, .timeout = 60)
{
    struct mp_manager *m;
    struct work w;
    struct mp_process *all[10];
    cr_assert_eq(mp_lock_new(&w.lock), MP_OK);
    cr_assert_eq(mp_manager_new(&m), MP_OK);
    cr_assert_eq(mp_dict_new(m, &w.dict), MP_OK);
    cr_assert_eq(write_count(w.dict, 100), MP_OK);
    for (int i = 0; i < 10; i++)
        all[i] = start(work, &w);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(finish(all[i]), 0);
    cr_assert_eq(read_count(w.dict), 90);
    mp_dict_free(w.dict);
    mp_manager_free(m);
    mp_lock_free(w.lock);
}
