/* Numbers in comments are those of the list of behaviours of Python's multiprocessing. */
#include "unit/multiproc/children.h"

#include <string.h>

#define PROCESS_TEST(name) Test(process, name, .timeout = 60)

static int return_seven(void *arg)
{
    (void)arg;
    end_with_test();
    return 7;
}

static bool is_alive(struct mp_process *p)
{
    bool alive = false;
    cr_assert_eq(mp_process_is_alive(p, &alive), MP_OK);
    return alive;
}

/* 1 */
PROCESS_TEST(before_its_start_it_is_neither_alive_nor_listed_and_has_no_exit_code)
{
    struct mp_process *p = make(return_seven, NULL);
    int code;
    cr_assert_not(is_alive(p));
    cr_assert_eq(mp_process_exit_code(p, &code), MP_NOT_STARTED);
    cr_assert_eq(mp_process_pid(p), 0);
    cr_assert_eq(mp_active_children(NULL, 0), 0);
    mp_process_free(p);
}

/* 2 */
PROCESS_TEST(between_start_and_join_it_is_alive_and_listed_and_afterwards_not)
{
    struct mp_process *p = start(wait_for_ever, NULL);
    int code;
    struct mp_child child;
    cr_assert(is_alive(p));
    cr_assert_eq(mp_process_exit_code(p, &code), MP_RUNNING);
    cr_assert_eq(mp_active_children(&child, 1), 1);
    cr_assert_eq(child.process, p);
    cr_assert_eq(child.pid, mp_process_pid(p));
    cr_assert_str_eq(child.name, mp_process_name(p));
    cr_assert_eq(mp_process_kill(p), MP_OK);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_not(is_alive(p));
    cr_assert_eq(mp_active_children(NULL, 0), 0);
    mp_process_free(p);
    cr_assert_eq(run_in_child(return_seven, NULL), 7);
}

struct seen {
    void *arg;
    pid_t pid, parent;
    char name[MP_NAME_SIZE], parent_name[MP_NAME_SIZE];
};

static struct seen *seen;

static int look_around(void *arg)
{
    end_with_test();
    seen->arg = arg;
    seen->pid = getpid();
    seen->parent = mp_parent_pid();
    strcpy(seen->name, mp_current_process_name());
    strcpy(seen->parent_name, mp_parent_name());
    return 0;
}

/* 3, 5 */
PROCESS_TEST(the_child_sees_its_argument_name_and_pid_and_its_parent)
{
    seen = shared(sizeof(*seen));
    struct mp_process *p;
    struct mp_process_options options = {.fn = look_around, .arg = &options, .name = "a name"};
    cr_assert_eq(mp_process_new(&options, &p), MP_OK);
    cr_assert_eq(mp_process_start(p), MP_OK);
    pid_t pid = mp_process_pid(p);
    cr_assert_eq(finish(p), 0);
    cr_assert_eq(seen->arg, &options);
    cr_assert_eq(seen->pid, pid);
    cr_assert_str_eq(seen->name, "a name");
    cr_assert_eq(seen->parent, getpid());
    cr_assert_str_eq(seen->parent_name, "MainProcess");
}

/* 5 */
PROCESS_TEST(the_main_process_has_no_parent)
{
    cr_assert_eq(mp_parent_pid(), 0);
    cr_assert_null(mp_parent_name());
    cr_assert_eq(mp_parent_join(0), MP_NOT_CHILD);
    cr_assert_not(mp_parent_is_alive());
    cr_assert_str_eq(mp_current_process_name(), "MainProcess");
}

static int nested_names(void *arg)
{
    (void)arg;
    struct mp_process *inner = NULL;
    mp_process_new(&(struct mp_process_options){.fn = return_seven}, &inner);
    int wrong = strcmp(mp_current_process_name(), "Process-2") || strcmp(mp_process_name(inner), "Process-2:1");
    mp_process_free(inner);
    return wrong;
}

PROCESS_TEST(names_count_the_processes_and_show_the_descent)
{
    struct mp_process *first = make(return_seven, NULL);
    cr_assert_str_eq(mp_process_name(first), "Process-1");
    cr_assert_eq(run_in_child(nested_names, NULL), 0);
    mp_process_free(first);
}

PROCESS_TEST(a_process_without_a_function_or_with_too_long_a_name_is_refused)
{
    char name[MP_NAME_SIZE + 1];
    memset(name, 'x', sizeof(name));
    name[MP_NAME_SIZE] = '\0';
    struct mp_process *p = NULL;
    cr_assert_eq(mp_process_new(&(struct mp_process_options){.name = "x"}, &p), MP_INVALID);
    cr_assert_eq(mp_process_new(&(struct mp_process_options){.fn = return_seven, .name = name}, &p), MP_INVALID);
    cr_assert_null(p);
    name[MP_NAME_SIZE - 1] = '\0';
    cr_assert_eq(mp_process_new(&(struct mp_process_options){.fn = return_seven, .name = name}, &p), MP_OK);
    cr_assert_str_eq(mp_process_name(p), name);
    mp_process_free(p);
}

/* 7, 9 */
PROCESS_TEST(join_returns_when_its_time_is_up_and_the_child_stays_alive)
{
    struct mp_process *p = start(wait_for_ever, NULL);
    int64_t begin = now_ms();
    cr_assert_eq(mp_process_join(p, 0), MP_TIMEOUT);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(mp_process_join(p, 200), MP_TIMEOUT);
    cr_assert_geq(now_ms() - begin, 199);
    cr_assert(is_alive(p));
    mp_process_kill(p);
    cr_assert_eq(finish(p), -SIGKILL);
}

/* 8 */
PROCESS_TEST(terminate_and_kill_show_as_the_negative_signal)
{
    struct mp_process *p = start(wait_for_ever, NULL);
    cr_assert_eq(mp_process_terminate(p), MP_OK);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    int64_t begin = now_ms();
    cr_assert_eq(mp_process_join(p, -1), MP_OK);
    cr_assert_lt(now_ms() - begin, AT_ONCE_MS);
    cr_assert_eq(mp_process_terminate(p), MP_OK, "a child that has ended is left alone");
    cr_assert_eq(finish(p), -SIGTERM);
    p = start(wait_for_ever, NULL);
    cr_assert_eq(mp_process_kill(p), MP_OK);
    cr_assert_eq(finish(p), -SIGKILL);
}

static int exit_code(void *arg)
{
    end_with_test();
    mp_process_exit(*(int *)arg);
}

/* 11 */
PROCESS_TEST(leaving_from_within_gives_the_code_that_was_asked_for)
{
    int codes[] = {0, 1, 8, 255};
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(run_in_child(exit_code, &codes[i]), codes[i]);
}

/* 12 */
PROCESS_TEST(the_sentinel_becomes_readable_at_the_end_of_the_child)
{
    struct event ready = event_new();
    struct mp_process *p = make(wait_for_ever, &ready);
    int fd = -1;
    cr_assert_eq(mp_process_sentinel(p, &fd), MP_NOT_STARTED);
    cr_assert_eq(mp_process_start(p), MP_OK);
    cr_assert(event_await(&ready));
    cr_assert_eq(mp_process_sentinel(p, &fd), MP_OK);
    cr_assert_not(readable(fd, 0));
    mp_process_kill(p);
    cr_assert(readable(fd, PATIENCE_MS));
    cr_assert_eq(finish(p), -SIGKILL);
}

/* 13 */
PROCESS_TEST(close_is_refused_while_it_runs_and_ends_every_other_use)
{
    struct mp_process *p = start(wait_for_ever, NULL);
    cr_assert_eq(mp_process_close(p), MP_RUNNING);
    cr_assert(is_alive(p));
    mp_process_kill(p);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_process_close(p), MP_OK);
    bool alive;
    int value;
    cr_assert_eq(mp_process_is_alive(p, &alive), MP_CLOSED);
    cr_assert_eq(mp_process_join(p, 0), MP_CLOSED);
    cr_assert_eq(mp_process_terminate(p), MP_CLOSED);
    cr_assert_eq(mp_process_exit_code(p, &value), MP_CLOSED);
    cr_assert_eq(mp_process_sentinel(p, &value), MP_CLOSED);
    cr_assert_eq(mp_process_start(p), MP_CLOSED);
    cr_assert_eq(mp_process_close(p), MP_OK);
    mp_process_free(p);
}

enum { MANY = 100 };

/* 14 */
PROCESS_TEST(a_hundred_are_started_and_joined_and_a_hundred_more_terminated)
{
    struct mp_process *all[MANY];
    for (int i = 0; i < MANY; i++)
        all[i] = start(return_seven, NULL);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(finish(all[i]), 7);
    for (int i = 0; i < MANY; i++)
        all[i] = start(wait_for_ever, NULL);
    cr_assert_eq(mp_active_children(NULL, 0), MANY);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(mp_process_terminate(all[i]), MP_OK);
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(finish(all[i]), -SIGTERM);
}

static int join_the_given(void *arg)
{
    end_with_test();
    struct mp_process *p = arg;
    bool alive;
    if (mp_process_join(p, 0) != MP_NOT_CHILD || mp_process_terminate(p) != MP_NOT_CHILD)
        return 1;
    if (mp_process_start(p) != MP_NOT_CHILD || mp_process_is_alive(p, &alive) != MP_NOT_CHILD)
        return 2;
    mp_process_free(p);
    return mp_active_children(NULL, 0) == 0 ? 0 : 3;
}

/* 21 */
PROCESS_TEST(starting_twice_joining_too_early_or_from_another_process_are_errors)
{
    struct mp_process *p = make(wait_for_ever, NULL);
    cr_assert_eq(mp_process_join(p, 0), MP_NOT_STARTED);
    cr_assert_eq(mp_process_terminate(p), MP_NOT_STARTED);
    cr_assert_eq(run_in_child(join_the_given, p), 0);
    cr_assert_eq(mp_process_start(p), MP_OK);
    cr_assert_eq(mp_process_start(p), MP_STARTED);
    cr_assert_eq(run_in_child(join_the_given, p), 0);
    cr_assert(is_alive(p));
    mp_process_kill(p);
    cr_assert_eq(finish(p), -SIGKILL);
    p = start(return_seven, NULL);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_process_start(p), MP_STARTED);
    mp_process_free(p);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int signal_number)
{
    (void)signal_number;
    alarms++;
}

static int signal_the_parent_and_end(void *arg)
{
    (void)arg;
    end_with_test();
    for (int i = 0; i < 20; i++) {
        kill(getppid(), SIGUSR1);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return 9;
}

/* 22 */
PROCESS_TEST(a_signal_does_not_end_a_join)
{
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = count_alarm}, NULL);
    struct mp_process *p = start(signal_the_parent_and_end, NULL);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_gt(alarms, 0);
    cr_assert_eq(finish(p), 9);
}

PROCESS_TEST(a_child_that_someone_else_reaped_has_ended_with_an_unknown_code)
{
    signal(SIGCHLD, SIG_IGN);
    struct event go = event_new();
    struct mp_process *p = start(wait_for_ever, &go);
    cr_assert(event_await(&go));
    mp_process_kill(p);
    cr_assert_eq(finish(p), 255);
}

static int worker_loop(void *arg)
{
    int *fds = arg;
    end_with_test();
    char line[64];
    ssize_t n;
    while ((n = read(fds[0], line, sizeof(line))) > 0 && strncmp(line, "stop", 4) != 0)
        for (ssize_t i = n - 1; i >= 0; i--)
            if (write(fds[3], &line[i], 1) != 1)
                return 1;
    return 0;
}

/* 25 */
PROCESS_TEST(a_worker_answers_requests_until_it_is_told_to_stop)
{
    int fds[4];
    cr_assert_eq(pipe(fds), 0);
    cr_assert_eq(pipe(fds + 2), 0);
    struct mp_process *p = start(worker_loop, fds);
    char answer[4] = "";
    cr_assert_eq(write(fds[1], "abc", 3), 3);
    for (int i = 0; i < 3; i++) {
        cr_assert(readable(fds[2], PATIENCE_MS));
        cr_assert_eq(read(fds[2], answer + i, 1), 1);
    }
    cr_assert_str_eq(answer, "cba");
    cr_assert_eq(write(fds[1], "stop", 4), 4);
    cr_assert_eq(finish(p), 0);
}
