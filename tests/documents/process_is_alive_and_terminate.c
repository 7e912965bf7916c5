/* is_alive, terminate, names and pids of processes; join one after the other, or start all and then join all. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <string.h>

Test(process, it_is_alive_from_start_until_it_is_terminated, .timeout = 60)
{
    struct mp_process *p;
    bool alive = true;
    cr_assert_eq(mp_process_new(&(struct mp_process_options){.fn = wait_for_ever, .name = "gloryroad1"}, &p), MP_OK);
    cr_assert_eq(mp_process_is_alive(p, &alive), MP_OK);
    cr_assert_not(alive);
    cr_assert_eq(mp_process_start(p), MP_OK);
    cr_assert_eq(mp_process_is_alive(p, &alive), MP_OK);
    cr_assert(alive);
    cr_assert_str_eq(mp_process_name(p), "gloryroad1");
    cr_assert_gt(mp_process_pid(p), 0);
    cr_assert_eq(mp_process_terminate(p), MP_OK);
    cr_assert_eq(mp_process_join(p, PATIENCE_MS), MP_OK);
    cr_assert_eq(mp_process_is_alive(p, &alive), MP_OK);
    cr_assert_not(alive);
    mp_process_free(p);
}

struct family {
    pid_t pid, parent;
};

static int sleeper(void *arg)
{
    struct family *seen = arg;
    end_with_test();
    *seen = (struct family){getpid(), getppid()};
    return 0;
}

Test(process, parent_and_child_know_each_others_pids, .timeout = 60)
{
    struct family *seen = shared(sizeof(*seen));
    struct mp_process *p = start(sleeper, seen);
    pid_t pid = mp_process_pid(p);
    cr_assert_eq(finish(p), 0);
    cr_assert_eq(seen->pid, pid);
    cr_assert_eq(seen->parent, getpid());
}

static int worker(void *log)
{
    end_with_test();
    return write(*(int *)log, mp_current_process_name(), 9) == 9 ? 0 : 1;
}

Test(process, joined_one_after_the_other_they_run_in_order, .timeout = 60)
{
    struct event log = event_new();
    char names[46] = "";
    for (int i = 0; i < 5; i++)
        cr_assert_eq(run_in_child(worker, &log.fds[1]), 0);
    cr_assert_eq(read(log.fds[0], names, 45), 45);
    cr_assert_str_eq(names, "Process-1Process-2Process-3Process-4Process-5");
}

static int number = 1;

static int change_variable(void *arg)
{
    (void)arg;
    end_with_test();
    return ++number;
}

Test(process, a_child_cannot_change_the_variables_of_its_parent, .timeout = 60)
{
    cr_assert_eq(run_in_child(change_variable, NULL), 2);
    cr_assert_eq(number, 1);
}
