/* What happens when a main function returns, seen from outside: each case is a process of its own that leaves by
 * exit. */
#include "multiproc/process.h"
#include "multiproc/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int out; /* each thing that happens writes a letter there */

static void say(void *letter)
{
    if (write(out, letter, 1) != 1)
        abort();
}

static void say_later(void *letter)
{
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    say(letter);
}

static void never_end(void *arg)
{
    (void)arg;
    for (;;)
        pause();
}

static int process_says_later(void *letter)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    say(letter);
    return 0;
}

static int process_never_ends(void *arg)
{
    never_end(arg);
    return 0;
}

static void start_thread(mp_thread_fn *fn, void *arg, enum mp_daemonic daemon)
{
    struct mp_thread *t;
    if (mp_thread_new(&(struct mp_thread_options){.fn = fn, .arg = arg, .daemon = daemon}, &t) || mp_thread_start(t))
        abort();
    mp_thread_free(t);
}

static void start_process(mp_process_fn *fn, void *arg, enum mp_daemonic daemon)
{
    struct mp_process *p;
    if (mp_process_new(&(struct mp_process_options){.fn = fn, .arg = arg, .daemon = daemon}, &p) || mp_process_start(p))
        abort();
    mp_process_free(p);
}

static char t = 't', p = 'p', h = 'h', g = 'g';

static void threads_are_waited_for(void)
{
    start_thread(say_later, &t, MP_DAEMONIC_NO);
}

static void daemonic_threads_are_not(void)
{
    start_thread(never_end, NULL, MP_DAEMONIC_YES);
}

static void processes_are_waited_for(void)
{
    start_process(process_says_later, &p, MP_DAEMONIC_NO);
}

static void daemonic_processes_are_terminated(void)
{
    start_process(process_never_ends, NULL, MP_DAEMONIC_YES);
}

static void handlers_come_last(void)
{
    mp_process_at_exit(say, &h);
    mp_process_at_exit(say, &g);
    start_process(process_says_later, &p, MP_DAEMONIC_NO);
    start_thread(say_later, &t, MP_DAEMONIC_NO);
}

static void leaving_by_mp_process_exit_is_exit(void)
{
    mp_process_at_exit(say, &h);
    start_thread(say_later, &t, MP_DAEMONIC_NO);
    mp_process_exit(0);
}

static const struct {
    const char *name;
    void (*run)(void);
    const char *letters;
} cases[] = {
    {"threads are waited for", threads_are_waited_for, "t"},
    {"daemonic threads are not", daemonic_threads_are_not, ""},
    {"processes are waited for", processes_are_waited_for, "p"},
    {"daemonic processes are terminated", daemonic_processes_are_terminated, ""},
    {"handlers come last, the last registered first", handlers_come_last, "tpgh"},
    {"mp_process_exit is exit in the main process", leaving_by_mp_process_exit_is_exit, "th"},
};

/* End of file comes when the process and all that it started are gone. */
static int run_case(size_t i)
{
    int fds[2], status;
    char letters[16] = "";
    size_t len = 0;
    ssize_t n;
    if (pipe(fds) != 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(fds[0]);
        out = fds[1];
        cases[i].run();
        exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], letters + len, sizeof(letters) - 1 - len)) > 0)
        len += (size_t)n;
    close(fds[0]);
    waitpid(pid, &status, 0);
    if (status == 0 && strcmp(letters, cases[i].letters) == 0)
        return 0;
    fprintf(stderr, "%s: status %d, '%s' instead of '%s'\n", cases[i].name, status, letters, cases[i].letters);
    return 1;
}

int main(void)
{
    int failed = 0;
    alarm(60);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        failed += run_case(i);
    return failed != 0;
}
