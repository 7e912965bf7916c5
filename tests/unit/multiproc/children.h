/* What the tests with processes share: children that never outlive the test, and waiting with a deadline. Include as
 * "unit/multiproc/children.h". */
#ifndef TESTS_UNIT_MULTIPROC_CHILDREN_H
#define TESTS_UNIT_MULTIPROC_CHILDREN_H

#include <criterion/criterion.h>
#include <multiproc/process.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

/* AT_ONCE_MS is what a loaded machine may take for something that does not wait. */
enum { PATIENCE_MS = 20000, AT_ONCE_MS = 1000 };

/* The first thing that a child which is not daemonic does. */
static inline void end_with_test(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Zeroed memory that children share. */
static inline void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(memory, MAP_FAILED);
    return memory;
}

static inline int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline bool readable(int fd, int timeout_ms)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, timeout_ms) == 1;
}

/* A pipe as an event: raised once, awaited by any number of reads of one byte. */
struct event {
    int fds[2];
};

static inline struct event event_new(void)
{
    struct event e;
    cr_assert_eq(pipe(e.fds), 0);
    return e;
}

static inline void event_raise(const struct event *e)
{
    if (write(e->fds[1], "", 1) != 1)
        abort();
}

static inline bool event_await(const struct event *e)
{
    char c;
    return readable(e->fds[0], PATIENCE_MS) && read(e->fds[0], &c, 1) == 1;
}

static inline struct mp_process *make(mp_process_fn *fn, void *arg)
{
    struct mp_process *p = NULL;
    cr_assert_eq(mp_process_new(&(struct mp_process_options){.fn = fn, .arg = arg}, &p), MP_OK);
    return p;
}

static inline struct mp_process *start(mp_process_fn *fn, void *arg)
{
    struct mp_process *p = make(fn, arg);
    cr_assert_eq(mp_process_start(p), MP_OK);
    return p;
}

/* Join P, free it and return its exit code. */
static inline int finish(struct mp_process *p)
{
    int code = -1000;
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_process_exit_code(p, &code), MP_OK);
    mp_process_free(p);
    return code;
}

/* Run FN(ARG) in a child and return its exit code. */
static inline int run_in_child(mp_process_fn *fn, void *arg)
{
    return finish(start(fn, arg));
}

static inline int wait_for_ever(void *ready)
{
    end_with_test();
    if (ready)
        event_raise(ready);
    while (pause() < 0)
        ;
    return 1;
}

#endif
