/* Threads that start, name, list, join and free threads at once. ThreadSanitizer is what this program is for; by itself
 * it checks the counts. */
#include "multiproc/thread.h"

#include "support/check.h"

#include <stdlib.h>

enum { STARTERS = 4, ROUNDS = 50 };

static unsigned ran;

static void count(void *arg)
{
    (void)arg;
    CHECK(mp_current_thread() != NULL);
    __atomic_add_fetch(&ran, 1, __ATOMIC_RELAXED);
}

static void start_many(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct mp_thread *t;
        struct mp_thread_entry entries[2 * STARTERS + 1];
        char name[MP_NAME_SIZE];
        CHECK(mp_thread_new(&(struct mp_thread_options){.fn = count}, &t) == MP_OK);
        CHECK(mp_thread_start(t) == MP_OK);
        CHECK(mp_thread_set_name(t, "renamed") == MP_OK);
        CHECK(mp_thread_enumerate(entries, 2 * STARTERS + 1) >= 2);
        mp_thread_name(t, name);
        if (i % 2) {
            CHECK(mp_thread_join(t, 10000) == MP_OK);
            CHECK(!mp_thread_is_alive(t));
        }
        mp_thread_free(t);
    }
}

static void join_it_too(void *thread)
{
    CHECK(mp_thread_join(thread, -1) == MP_OK);
}

static void check_all_ran(void)
{
    if (__atomic_load_n(&ran, __ATOMIC_RELAXED) != STARTERS * ROUNDS)
        abort();
}

int main(void)
{
    struct mp_thread *starters[STARTERS], *joiners[STARTERS];
    atexit(check_all_ran); /* runs after the library has waited for the threads that were let go of */
    for (int i = 0; i < STARTERS; i++) {
        CHECK(mp_thread_new(&(struct mp_thread_options){.fn = start_many}, &starters[i]) == MP_OK);
        CHECK(mp_thread_start(starters[i]) == MP_OK);
        CHECK(mp_thread_new(&(struct mp_thread_options){.fn = join_it_too, .arg = starters[i]}, &joiners[i]) == MP_OK);
        CHECK(mp_thread_start(joiners[i]) == MP_OK);
    }
    for (int i = 0; i < STARTERS; i++) {
        CHECK(mp_thread_join(joiners[i], -1) == MP_OK);
        CHECK(mp_thread_join(starters[i], -1) == MP_OK);
        mp_thread_free(joiners[i]);
        mp_thread_free(starters[i]);
    }
    return 0;
}
