#include "process_end.h"

#include "base/clock.h"
#include "process_table.h"
#include "thread_table.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

/* How long a daemonic child may take to end after SIGTERM, before SIGKILL. */
enum { GRACE_MS = 1000 };

struct exit_handler {
    struct exit_handler *next;
    pid_t owner; /* a child inherits the list, but not the duty */
    void (*fn)(void *);
    void *arg;
};

static struct exit_handler *handlers; /* guarded by the table's lock, which a fork turns */
static pthread_once_t registered = PTHREAD_ONCE_INIT;

static void register_with_exit(void)
{
    atexit(process_end_run);
}

void process_end_register(void)
{
    pthread_once(&registered, register_with_exit);
}

enum mp_status mp_process_at_exit(void (*fn)(void *), void *arg)
{
    struct exit_handler *h = malloc(sizeof(*h));
    if (!h)
        return MP_NO_MEMORY;
    process_end_register();
    process_table_lock();
    *h = (struct exit_handler){handlers, getpid(), fn, arg};
    handlers = h;
    process_table_unlock();
    return MP_OK;
}

static struct exit_handler *next_handler(void)
{
    process_table_lock();
    struct exit_handler *h = handlers;
    if (h)
        handlers = h->next;
    process_table_unlock();
    return h;
}

static void run_handlers(void)
{
    struct exit_handler *h;
    while ((h = next_handler()) != NULL) {
        if (h->owner == getpid())
            h->fn(h->arg);
        free(h);
    }
}

static void signal_daemonic(int signal_number)
{
    struct process_table *table = process_table_lock();
    for (struct mp_process *p = table->processes; p; p = p->next)
        if (p->daemon && p->state == PROCESS_STARTED)
            pidfd_send_signal(p->sentinel, signal_number, NULL, 0);
    process_table_unlock();
}

static struct mp_process *find_running(bool daemon)
{
    struct mp_process *found = NULL;
    struct process_table *table = process_table_lock();
    for (struct mp_process *p = table->processes; p && !found; p = p->next) {
        process_reap(p);
        if (p->state == PROCESS_STARTED && p->daemon == daemon)
            found = p;
    }
    process_table_unlock();
    return found;
}

/* Nobody else frees a process by now: the threads that are still there are daemonic and have no claim to it. */
static enum mp_status join_all(bool daemon, int timeout_ms)
{
    int64_t deadline = deadline_after(timeout_ms);
    enum mp_status status = MP_OK;
    struct mp_process *p;
    while (status == MP_OK && (p = find_running(daemon)) != NULL)
        status = mp_process_join(p, deadline_left_ms(deadline));
    return status;
}

void process_end_run(void)
{
    thread_table_join_all();
    signal_daemonic(SIGTERM);
    join_all(false, -1);
    if (join_all(true, GRACE_MS) != MP_OK) {
        signal_daemonic(SIGKILL);
        join_all(true, -1);
    }
    struct process_table *table = process_table_lock();
    process_table_sweep(table);
    process_table_unlock();
    run_handlers();
}
