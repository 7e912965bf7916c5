/* Numbers in comments are those of the list of behaviours of Python's multiprocessing. */
#include "unit/multiproc/children.h"

#include <multiproc/lock.h>
#include <multiproc/thread.h>
#include <sys/wait.h>

#define LOCK_TEST(name) Test(lock, name, .timeout = 60)

static struct mp_lock *make_lock(void)
{
    struct mp_lock *l = NULL;
    cr_assert_eq(mp_lock_new(&l), MP_OK);
    return l;
}

/* 93 */
LOCK_TEST(a_second_acquire_fails_and_release_of_a_free_lock_is_an_error)
{
    struct mp_lock *l = make_lock();
    cr_assert_eq(mp_lock_release(l), MP_NOT_OWNER);
    cr_assert_eq(mp_lock_acquire(l, 0), MP_OK);
    cr_assert_eq(mp_lock_acquire(l, 0), MP_DEADLOCK);
    cr_assert_eq(mp_lock_acquire(l, -1), MP_DEADLOCK);
    cr_assert_eq(mp_lock_release(l), MP_OK);
    cr_assert_eq(mp_lock_release(l), MP_NOT_OWNER);
    mp_lock_free(l);
}

static int try_to_use(void *lock)
{
    end_with_test();
    int64_t begin = now_ms();
    if (mp_lock_acquire(lock, 0) != MP_TIMEOUT || now_ms() - begin > AT_ONCE_MS)
        return 1;
    if (mp_lock_acquire(lock, 200) != MP_TIMEOUT || now_ms() - begin < 199)
        return 2;
    return mp_lock_release(lock) == MP_NOT_OWNER ? 0 : 3;
}

/* 93, 95 */
LOCK_TEST(another_process_waits_for_the_timeout_and_cannot_release)
{
    struct mp_lock *l = make_lock();
    cr_assert_eq(mp_lock_acquire(l, -1), MP_OK);
    cr_assert_eq(run_in_child(try_to_use, l), 0);
    cr_assert_eq(mp_lock_release(l), MP_OK);
    mp_lock_free(l);
}

struct counter {
    struct mp_lock *lock;
    int value, rounds;
};

static int count_up(void *arg)
{
    struct counter *c = arg;
    end_with_test();
    for (int i = 0; i < c->rounds; i++) {
        if (mp_lock_acquire(c->lock, -1) != MP_OK)
            return 1;
        *(volatile int *)&c->value = c->value + 1;
        if (mp_lock_release(c->lock) != MP_OK)
            return 2;
    }
    return 0;
}

/* 84 */
LOCK_TEST(only_one_process_at_a_time_holds_it)
{
    struct counter *c = shared(sizeof(*c));
    struct mp_process *all[4];
    *c = (struct counter){make_lock(), 0, 5000};
    for (int i = 0; i < 4; i++)
        all[i] = start(count_up, c);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(finish(all[i]), 0);
    cr_assert_eq(c->value, 4 * c->rounds);
}

struct holding {
    struct mp_lock *lock;
    struct event holds;
};

static int hold_for_ever(void *arg)
{
    struct holding *h = arg;
    end_with_test();
    return mp_lock_acquire(h->lock, -1) == MP_OK ? wait_for_ever(&h->holds) : 1;
}

LOCK_TEST(a_killed_holder_hands_it_on_and_the_next_one_is_told)
{
    struct holding h = {make_lock(), event_new()};
    struct mp_process *p = start(hold_for_ever, &h);
    cr_assert(event_await(&h.holds));
    cr_assert_eq(mp_lock_acquire(h.lock, 0), MP_TIMEOUT);
    mp_process_kill(p);
    cr_assert_eq(mp_lock_acquire(h.lock, PATIENCE_MS), MP_OK);
    cr_assert(mp_lock_was_abandoned(h.lock));
    cr_assert_eq(mp_lock_release(h.lock), MP_OK);
    cr_assert_eq(mp_lock_acquire(h.lock, 0), MP_OK);
    cr_assert_not(mp_lock_was_abandoned(h.lock));
    cr_assert_eq(mp_lock_release(h.lock), MP_OK);
    cr_assert_eq(finish(p), -SIGKILL);
    mp_lock_free(h.lock);
}

static void end_with_lock(void *lock)
{
    mp_lock_acquire(lock, -1);
}

LOCK_TEST(a_thread_that_ends_hands_it_on)
{
    struct mp_lock *l = make_lock();
    struct mp_thread *t;
    cr_assert_eq(mp_thread_new(&(struct mp_thread_options){.fn = end_with_lock, .arg = l}, &t), MP_OK);
    cr_assert_eq(mp_thread_start(t), MP_OK);
    cr_assert_eq(mp_thread_join(t, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_lock_acquire(l, PATIENCE_MS), MP_OK);
    cr_assert(mp_lock_was_abandoned(l));
    cr_assert_eq(mp_lock_release(l), MP_OK);
    mp_thread_free(t);
    mp_lock_free(l);
}

static int count_for_ever(void *arg)
{
    for (;;)
        if (count_up(arg))
            return 1;
}

LOCK_TEST(killing_many_that_use_it_at_random_moments_leaves_it_usable)
{
    struct counter *c = shared(sizeof(*c));
    *c = (struct counter){make_lock(), 0, 100};
    srandom(7);
    for (int round = 0; round < 30; round++) {
        struct mp_process *all[4];
        for (int i = 0; i < 4; i++)
            all[i] = start(count_for_ever, c);
        nanosleep(&(struct timespec){.tv_nsec = random() % 2000000}, NULL);
        for (int i = 0; i < 4; i++)
            mp_process_kill(all[i]);
        for (int i = 0; i < 4; i++)
            cr_assert_eq(finish(all[i]), -SIGKILL);
        cr_assert_eq(mp_lock_acquire(c->lock, PATIENCE_MS), MP_OK);
        cr_assert_eq(mp_lock_release(c->lock), MP_OK);
    }
    cr_assert_gt(c->value, 0);
}

static volatile sig_atomic_t interrupts;

static void count_interrupt(int signal_number)
{
    (void)signal_number;
    interrupts++;
}

static int acquire_with_handler(void *arg)
{
    struct holding *h = arg;
    end_with_test();
    sigaction(SIGINT, &(struct sigaction){.sa_handler = count_interrupt}, NULL);
    event_raise(&h->holds);
    enum mp_status status = mp_lock_acquire(h->lock, PATIENCE_MS);
    return status == MP_OK && interrupts > 0 ? 0 : 1;
}

static int acquire(void *arg)
{
    struct holding *h = arg;
    end_with_test();
    event_raise(&h->holds);
    return mp_lock_acquire(h->lock, PATIENCE_MS);
}

/* 97 */
LOCK_TEST(an_interrupt_ends_a_waiting_process_or_runs_its_handler)
{
    struct holding h = {make_lock(), event_new()};
    cr_assert_eq(mp_lock_acquire(h.lock, -1), MP_OK);
    struct mp_process *p = start(acquire, &h);
    cr_assert(event_await(&h.holds));
    cr_assert_eq(kill(mp_process_pid(p), SIGINT), 0);
    cr_assert_eq(finish(p), -SIGINT);

    p = start(acquire_with_handler, &h);
    cr_assert(event_await(&h.holds));
    cr_assert_eq(kill(mp_process_pid(p), SIGINT), 0);
    cr_assert_eq(mp_process_join(p, 100), MP_TIMEOUT, "the wait goes on after the handler");
    cr_assert_eq(mp_lock_release(h.lock), MP_OK);
    cr_assert_eq(finish(p), 0);
    mp_lock_free(h.lock);
}
