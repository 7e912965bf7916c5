/* Processes as their parent sees them. */
#include "multiproc/process.h"

#include "base/clock.h"
#include "process_child.h"
#include "process_end.h"
#include "process_table.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void name_it(struct mp_process *p, const char *name, struct process_table *table)
{
    snprintf(p->lineage, sizeof(p->lineage), "%.36s%s%u", table->lineage, *table->lineage ? ":" : "", ++table->made);
    if (name)
        snprintf(p->name, sizeof(p->name), "%s", name);
    else
        snprintf(p->name, sizeof(p->name), "Process-%s", p->lineage);
}

enum mp_status mp_process_new(const struct mp_process_options *options, struct mp_process **process)
{
    if (!options->fn || (options->name && strlen(options->name) >= MP_NAME_SIZE))
        return MP_INVALID;
    struct mp_process *p = calloc(1, sizeof(*p));
    if (!p)
        return MP_NO_MEMORY;
    p->fn = options->fn;
    p->arg = options->arg;
    p->sentinel = -1;
    p->creator = getpid();
    struct process_table *table = process_table_lock();
    name_it(p, options->name, table);
    p->daemon = options->daemon == MP_DAEMONIC_INHERIT ? table->daemon : options->daemon == MP_DAEMONIC_YES;
    process_table_unlock();
    *process = p;
    return MP_OK;
}

/* What keeps the caller from touching the child of P, or MP_OK. Called with the table locked. */
static enum mp_status started_here(const struct mp_process *p)
{
    if (p->state == PROCESS_CLOSED)
        return MP_CLOSED;
    if (p->creator != getpid())
        return MP_NOT_CHILD;
    return p->state == PROCESS_NEW || p->state == PROCESS_STARTING ? MP_NOT_STARTED : MP_OK;
}

static enum mp_status begin_start(struct mp_process *p)
{
    struct process_table *table = process_table_lock();
    enum mp_status status = started_here(p);
    if (status == MP_OK || p->state == PROCESS_STARTING)
        status = MP_STARTED;
    else if (status == MP_NOT_STARTED)
        status = table->daemon ? MP_DAEMON : MP_OK;
    if (status == MP_OK && table->self_fd < 0 && (table->self_fd = pidfd_open(getpid(), 0)) < 0)
        status = MP_SYSTEM;
    if (status == MP_OK)
        p->state = PROCESS_STARTING;
    process_table_sweep(table);
    process_table_unlock();
    return status;
}

/* A child that this process could not watch is ended again. */
static int open_sentinel(pid_t pid)
{
    int fd = pid < 0 ? -1 : pidfd_open(pid, 0);
    if (pid > 0 && fd < 0) {
        int error = errno;
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
        errno = error;
    }
    return fd;
}

/* fflush(NULL) would wait for a thread that reads from any stream. */
static void flush_before_fork(void)
{
    if (stdout)
        fflush(stdout);
    if (stderr)
        fflush(stderr);
}

enum mp_status mp_process_start(struct mp_process *process)
{
    enum mp_status status = begin_start(process);
    if (status != MP_OK)
        return status;
    process_end_register();
    flush_before_fork();
    bool from_main_thread = gettid() == getpid();
    pid_t pid = fork();
    if (pid == 0)
        process_child_run(process, from_main_thread);
    int sentinel = open_sentinel(pid);
    struct process_table *table = process_table_lock();
    process->state = sentinel < 0 ? PROCESS_NEW : PROCESS_STARTED;
    process->sentinel = sentinel;
    if (sentinel >= 0) {
        process->pid = pid;
        process_table_add(table, process);
    }
    process_table_unlock();
    return sentinel < 0 ? MP_SYSTEM : MP_OK;
}

/* Wait until the process behind a pidfd has ended. */
static enum mp_status await_end(int fd, int timeout_ms)
{
    int64_t deadline = deadline_after(timeout_ms);
    for (;;) {
        int rc = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, deadline_left_ms(deadline));
        if (rc > 0)
            return MP_OK;
        if (rc == 0)
            return MP_TIMEOUT;
        if (errno != EINTR)
            return MP_SYSTEM;
    }
}

enum mp_status mp_process_join(struct mp_process *process, int timeout_ms)
{
    process_table_lock();
    enum mp_status status = started_here(process);
    int fd = process->sentinel;
    bool ended = process->state == PROCESS_ENDED;
    process_table_unlock();
    if (status != MP_OK || ended)
        return status;
    status = await_end(fd, timeout_ms);
    if (status != MP_OK)
        return status;
    process_table_lock();
    process_reap(process);
    process_table_unlock();
    return MP_OK;
}

/* The sentinel names this very child, so a process id that was given to another by now is never hit. */
static enum mp_status send_signal(struct mp_process *process, int signal_number)
{
    process_table_lock();
    enum mp_status status = started_here(process);
    if (status == MP_OK)
        process_reap(process);
    if (status == MP_OK && process->state == PROCESS_STARTED &&
        pidfd_send_signal(process->sentinel, signal_number, NULL, 0) < 0 && errno != ESRCH)
        status = MP_SYSTEM;
    process_table_unlock();
    return status;
}

enum mp_status mp_process_terminate(struct mp_process *process)
{
    return send_signal(process, SIGTERM);
}

enum mp_status mp_process_kill(struct mp_process *process)
{
    return send_signal(process, SIGKILL);
}

enum mp_status mp_process_exit_code(struct mp_process *process, int *code)
{
    process_table_lock();
    enum mp_status status = started_here(process);
    if (status == MP_OK) {
        process_reap(process);
        if (process->state == PROCESS_ENDED)
            *code = process->exit_code;
        else
            status = MP_RUNNING;
    }
    process_table_unlock();
    return status;
}

enum mp_status mp_process_sentinel(struct mp_process *process, int *fd)
{
    process_table_lock();
    enum mp_status status = started_here(process);
    if (status == MP_OK)
        *fd = process->sentinel;
    process_table_unlock();
    return status;
}

enum mp_status mp_process_is_alive(struct mp_process *process, bool *alive)
{
    process_table_lock();
    enum mp_status status = started_here(process);
    if (status == MP_NOT_STARTED)
        status = MP_OK;
    if (status == MP_OK) {
        process_reap(process);
        *alive = process->state == PROCESS_STARTED;
    }
    process_table_unlock();
    return status;
}

const char *mp_process_name(const struct mp_process *process)
{
    return process->name;
}

bool mp_process_is_daemon(const struct mp_process *process)
{
    return process->daemon;
}

pid_t mp_process_pid(const struct mp_process *process)
{
    return process->pid;
}

size_t mp_active_children(struct mp_child *out, size_t room)
{
    struct process_table *table = process_table_lock();
    process_table_sweep(table);
    size_t count = 0;
    for (struct mp_process *p = table->processes; p; p = p->next) {
        process_reap(p);
        if (p->state != PROCESS_STARTED)
            continue;
        if (count < room) {
            out[count] = (struct mp_child){p->pid, p->daemon, "", p->released ? NULL : p};
            memcpy(out[count].name, p->name, sizeof(p->name));
        }
        count++;
    }
    process_table_unlock();
    return count;
}

enum mp_status mp_parent_join(int timeout_ms)
{
    struct process_table *table = process_table_lock();
    struct process_parent *parent = &table->parent;
    if (parent->pid && parent->fd < 0 && getppid() == parent->pid)
        parent->fd = pidfd_open(parent->pid, 0);
    pid_t pid = parent->pid;
    int fd = parent->fd;
    process_table_unlock();
    if (!pid)
        return MP_NOT_CHILD;
    if (getppid() != pid)
        return MP_OK;
    return fd < 0 ? MP_SYSTEM : await_end(fd, timeout_ms);
}

bool mp_parent_is_alive(void)
{
    return mp_parent_join(0) == MP_TIMEOUT;
}

enum mp_status mp_process_close(struct mp_process *process)
{
    struct process_table *table = process_table_lock();
    enum mp_status status = started_here(process);
    if (status == MP_OK) {
        process_reap(process);
        if (process->state == PROCESS_STARTED)
            status = MP_RUNNING;
    }
    if (status == MP_CLOSED || status == MP_NOT_STARTED)
        status = process->state == PROCESS_STARTING ? MP_RUNNING : MP_OK;
    if (status == MP_OK) {
        process_table_drop(table, process);
        process->state = PROCESS_CLOSED;
    }
    process_table_unlock();
    return status;
}

void mp_process_free(struct mp_process *process)
{
    if (!process)
        return;
    if (process->creator == getpid() && mp_process_close(process) != MP_OK) {
        process_table_lock();
        process->released = true;
        process_table_unlock();
    } else {
        free(process);
    }
}
