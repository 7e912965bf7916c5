#include "process_table.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_CODE_UNKNOWN = 255 };

static struct process_table the_table = {.name = "MainProcess", .self_fd = -1, .parent = {.fd = -1}};
static pthread_mutex_t table_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void before_fork(void)
{
    pthread_mutex_lock(&table_mutex);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&table_mutex);
}

/* The siblings' sentinels are closed, so that descriptors do not pile up from child to child. Their handles stay, as
 * the caller's memory may point to them, but have no descriptor any more. */
static void after_fork_in_child(void)
{
    struct process_table *t = &the_table;
    while (t->processes) {
        struct mp_process *p = t->processes;
        t->processes = p->next;
        close_fd(&p->sentinel);
        if (p->released)
            free(p);
    }
    close_fd(&t->parent.fd);
    t->parent.fd = t->self_fd;
    t->parent.pid = t->pid;
    memcpy(t->parent.name, t->name, sizeof(t->name));
    t->self_fd = -1;
    t->pid = getpid();
    t->made = 0;
    pthread_mutex_init(&table_mutex, NULL);
}

static void table_init(void)
{
    the_table.pid = getpid();
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

struct process_table *process_table_lock(void)
{
    pthread_once(&table_once, table_init);
    pthread_mutex_lock(&table_mutex);
    return &the_table;
}

void process_table_unlock(void)
{
    pthread_mutex_unlock(&table_mutex);
}

void process_table_add(struct process_table *table, struct mp_process *process)
{
    struct mp_process **end = &table->processes;
    while (*end)
        end = &(*end)->next;
    process->next = NULL;
    *end = process;
}

void process_table_drop(struct process_table *table, struct mp_process *process)
{
    close_fd(&process->sentinel);
    struct mp_process **at = &table->processes;
    while (*at && *at != process)
        at = &(*at)->next;
    if (*at)
        *at = process->next;
}

void process_table_sweep(struct process_table *table)
{
    struct mp_process *next;
    for (struct mp_process *p = table->processes; p; p = next) {
        next = p->next;
        if (!p->released)
            continue;
        process_reap(p);
        if (p->state == PROCESS_ENDED) {
            process_table_drop(table, p);
            free(p);
        }
    }
}

void process_reap(struct mp_process *process)
{
    if (process->state != PROCESS_STARTED)
        return;
    siginfo_t info = {0};
    int rc;
    do
        rc = waitid(P_PIDFD, (id_t)process->sentinel, &info, WEXITED | WNOHANG);
    while (rc < 0 && errno == EINTR);
    if (rc == 0 && info.si_pid == 0)
        return;
    process->state = PROCESS_ENDED;
    if (rc < 0)
        process->exit_code = EXIT_CODE_UNKNOWN;
    else
        process->exit_code = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
}
