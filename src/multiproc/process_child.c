/* The child's side of a process. It reads its own struct mp_process and the table of processes, which the fork has
 * turned (process_table.h); it owns whatever its function makes, and never touches what the parent waits with: handles
 * and sentinels of its siblings. Only this file calls _exit. */
#include "process_child.h"

#include "process_end.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { WATCHER_STACK_BYTES = 256 * 1024 };

static _Noreturn void leave(int code)
{
    process_end_run();
    if (stdout)
        fflush(stdout);
    if (stderr)
        fflush(stderr);
    _exit(code & 0xff);
}

/* SIGKILL, because nobody is left who could insist after a SIGTERM. */
static void *watch_parent(void *fd)
{
    struct pollfd parent = {.fd = (int)(intptr_t)fd, .events = POLLIN};
    while (poll(&parent, 1, -1) < 0 && errno == EINTR)
        ;
    kill(getpid(), SIGKILL);
    return NULL;
}

static int start_watcher(int parent_fd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WATCHER_STACK_BYTES);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    int error = pthread_create(&thread, &attr, watch_parent, (void *)(intptr_t)parent_fd);
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* The kernel's signal at the parent's death is sent when the thread that forked ends, which is the end of the process
 * only if that is the main thread. A parent that died before the request was made shows as another parent. */
static void die_with_parent(bool from_main_thread, const struct process_parent *parent)
{
    if (!from_main_thread && start_watcher(parent->fd) == 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent->pid)
        raise(SIGKILL);
}

_Noreturn void process_child_run(const struct mp_process *process, bool from_main_thread)
{
    struct process_table *table = process_table_lock();
    memcpy(table->name, process->name, sizeof(table->name));
    memcpy(table->lineage, process->lineage, sizeof(table->lineage));
    table->daemon = process->daemon;
    table->started_here = true;
    struct process_parent parent = table->parent;
    process_table_unlock();
    if (process->daemon)
        die_with_parent(from_main_thread, &parent);
    leave(process->fn(process->arg));
}

_Noreturn void mp_process_exit(int code)
{
    bool started_here = process_table_lock()->started_here;
    process_table_unlock();
    if (!started_here)
        exit(code); /* the trampoline of a process that this library did not start */
    leave(code);
}

const char *mp_current_process_name(void)
{
    const char *name = process_table_lock()->name;
    process_table_unlock();
    return name;
}

bool mp_current_process_is_daemon(void)
{
    bool daemon = process_table_lock()->daemon;
    process_table_unlock();
    return daemon;
}

pid_t mp_parent_pid(void)
{
    pid_t pid = process_table_lock()->parent.pid;
    process_table_unlock();
    return pid;
}

const char *mp_parent_name(void)
{
    const struct process_parent *parent = &process_table_lock()->parent;
    process_table_unlock();
    return parent->pid ? parent->name : NULL;
}
