/* A daemonic thread that never ends and another that takes its time: the process waits for the second, not for the
 * first. The program of the tutorial runs in a child, whose function stands for its main. */
#include "unit/multiproc/children.h"

#include <multiproc/multiproc.h>
#include <stdio.h>
#include <string.h>

static int out;

static void say(const char *text)
{
    dprintf(out, "%s\n", text);
}

static void func(void *arg)
{
    (void)arg;
    for (;;) {
        nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
        say("123");
    }
}

static void func2(void *arg)
{
    (void)arg;
    say("func2 start");
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    say("func2 end");
}

static int program(void *arg)
{
    (void)arg;
    struct mp_thread *t1, *t2;
    end_with_test();
    mp_thread_new(&(struct mp_thread_options){.fn = func, .daemon = MP_DAEMONIC_YES}, &t1);
    mp_thread_new(&(struct mp_thread_options){.fn = func2}, &t2);
    mp_thread_start(t1);
    mp_thread_start(t2);
    say("end of main");
    return 0;
}

Test(thread, a_daemonic_thread_ends_with_the_process_which_waits_for_the_others, .timeout = 60)
{
    struct event output = event_new();
    out = output.fds[1];
    cr_assert_eq(run_in_child(program, NULL), 0);
    char text[1000] = "";
    cr_assert_gt(read(output.fds[0], text, sizeof(text) - 1), 0);
    const char *start2 = strstr(text, "func2 start\n"), *end2 = strstr(text, "func2 end\n");
    const char *end_of_main = strstr(text, "end of main\n"), *daemon_line = strstr(text, "123\n");
    cr_assert(start2 && end2 && end_of_main && daemon_line, "%s", text);
    cr_assert(end_of_main < end2 && daemon_line < end2, "%s", text);
    close(output.fds[1]);
    cr_assert_eq(read(output.fds[0], text, 1), 0, "nobody writes any more");
}
