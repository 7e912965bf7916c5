#include "multiproc/thread.h"

#include "base/clock.h"
#include "process_end.h"
#include "thread_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum thread_state { THREAD_NEW, THREAD_STARTING, THREAD_RUNNING, THREAD_ENDED };

struct mp_thread {
    struct mp_thread *next; /* in the table from start to end, oldest first */
    mp_thread_fn *fn;
    void *arg;
    char name[MP_NAME_SIZE];
    bool daemon;
    bool released; /* the owner has let go: freed at its end */
    bool joined;   /* somebody has taken on pthread_join, or there is nothing to join */
    enum thread_state state;
    pthread_t ident;
    pid_t native_id;
};

/* One table in a process. Everything in it, and all that changes in a thread, is guarded by its mutex, which is held
 * for no longer than a walk over the list. CHANGED is signalled when a thread begins or ends. */
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct mp_thread *threads;
    unsigned made;
    struct mp_thread main;
} table = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
    .main = {.name = "MainThread", .state = THREAD_RUNNING, .joined = true},
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Thread_local struct mp_thread *self;

static void before_fork(void)
{
    pthread_mutex_lock(&table.mutex);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&table.mutex);
}

/* Of the parent's threads only the one that forked is here, and it is the main thread now. */
static void after_fork_in_child(void)
{
    for (struct mp_thread *t = table.threads; t; t = t->next) {
        t->state = THREAD_ENDED;
        t->joined = true;
    }
    table.threads = NULL;
    table.made = 0;
    table.main.ident = pthread_self();
    self = NULL;
    pthread_mutex_init(&table.mutex, NULL);
    pthread_cond_init(&table.changed, NULL);
}

/* Libraries are loaded by the main thread, before main. */
__attribute__((constructor)) static void note_main_thread(void)
{
    table.main.ident = pthread_self();
}

static void init(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static void lock(void)
{
    pthread_once(&once, init);
    pthread_mutex_lock(&table.mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&table.mutex);
}

/* Wait for a change until DEADLINE_MS. False when it has passed. */
static bool await_change(int64_t deadline_ms)
{
    if (deadline_ms < 0)
        return pthread_cond_wait(&table.changed, &table.mutex) == 0;
    struct timespec until = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};
    return pthread_cond_clockwait(&table.changed, &table.mutex, CLOCK_MONOTONIC, &until) == 0;
}

static void unlink_thread(struct mp_thread *t)
{
    struct mp_thread **at = &table.threads;
    while (*at && *at != t)
        at = &(*at)->next;
    if (*at)
        *at = t->next;
}

static void link_thread(struct mp_thread *t)
{
    struct mp_thread **end = &table.threads;
    while (*end)
        end = &(*end)->next;
    t->next = NULL;
    *end = t;
}

enum mp_status mp_thread_new(const struct mp_thread_options *options, struct mp_thread **thread)
{
    if (!options->fn || (options->name && strlen(options->name) >= MP_NAME_SIZE))
        return MP_INVALID;
    struct mp_thread *t = calloc(1, sizeof(*t));
    if (!t)
        return MP_NO_MEMORY;
    t->fn = options->fn;
    t->arg = options->arg;
    t->daemon = options->daemon == MP_DAEMONIC_INHERIT ? self && self->daemon : options->daemon == MP_DAEMONIC_YES;
    lock();
    table.made++;
    if (options->name)
        snprintf(t->name, sizeof(t->name), "%s", options->name);
    else
        snprintf(t->name, sizeof(t->name), "Thread-%u", table.made);
    unlock();
    *thread = t;
    return MP_OK;
}

static void ended(void *thread)
{
    struct mp_thread *t = thread;
    lock();
    t->state = THREAD_ENDED;
    unlink_thread(t);
    if (t->released)
        free(t);
    self = NULL;
    pthread_cond_broadcast(&table.changed);
    unlock();
}

/* The clean-up handler also runs when the function leaves by pthread_exit. */
static void *run(void *thread)
{
    struct mp_thread *t = thread;
    self = t;
    lock();
    t->state = THREAD_RUNNING;
    t->native_id = gettid();
    t->ident = pthread_self();
    pthread_cond_broadcast(&table.changed);
    unlock();
    pthread_cleanup_push(ended, t);
    t->fn(t->arg);
    pthread_cleanup_pop(1);
    return NULL;
}

enum mp_status mp_thread_start(struct mp_thread *thread)
{
    process_end_register();
    lock();
    bool fresh = thread->state == THREAD_NEW;
    if (fresh) {
        thread->state = THREAD_STARTING;
        link_thread(thread);
    }
    unlock();
    if (!fresh)
        return MP_STARTED;
    pthread_t ident;
    int error = pthread_create(&ident, NULL, run, thread);
    lock();
    if (error) {
        unlink_thread(thread);
        thread->state = THREAD_NEW;
    }
    while (thread->state == THREAD_STARTING)
        await_change(-1);
    unlock();
    errno = error;
    return error ? MP_SYSTEM : MP_OK;
}

static enum mp_status why_not_join(const struct mp_thread *t)
{
    if (t == self)
        return MP_DEADLOCK;
    if (t == &table.main)
        return gettid() == getpid() ? MP_DEADLOCK : MP_INVALID;
    return t->state == THREAD_NEW || t->state == THREAD_STARTING ? MP_NOT_STARTED : MP_OK;
}

enum mp_status mp_thread_join(struct mp_thread *thread, int timeout_ms)
{
    int64_t deadline = deadline_after(timeout_ms);
    lock();
    enum mp_status status = why_not_join(thread);
    while (status == MP_OK && thread->state != THREAD_ENDED)
        if (!await_change(deadline))
            status = thread->state == THREAD_ENDED ? MP_OK : MP_TIMEOUT;
    bool mine = status == MP_OK && !thread->joined;
    if (mine)
        thread->joined = true;
    unlock();
    if (mine)
        pthread_join(thread->ident, NULL);
    return status;
}

enum mp_status mp_thread_set_name(struct mp_thread *thread, const char *name)
{
    if (strlen(name) >= MP_NAME_SIZE)
        return MP_INVALID;
    lock();
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    unlock();
    return MP_OK;
}

bool mp_thread_is_alive(struct mp_thread *thread)
{
    lock();
    bool alive = thread->state == THREAD_RUNNING;
    unlock();
    return alive;
}

void mp_thread_name(struct mp_thread *thread, char name[static MP_NAME_SIZE])
{
    lock();
    memcpy(name, thread->name, sizeof(thread->name));
    unlock();
}

bool mp_thread_is_daemon(const struct mp_thread *thread)
{
    return thread->daemon;
}

enum mp_status mp_thread_ident(struct mp_thread *thread, pthread_t *ident)
{
    lock();
    bool started = thread->state >= THREAD_RUNNING;
    if (started)
        *ident = thread->ident;
    unlock();
    return started ? MP_OK : MP_NOT_STARTED;
}

enum mp_status mp_thread_native_id(struct mp_thread *thread, pid_t *id)
{
    lock();
    bool started = thread->state >= THREAD_RUNNING;
    if (started)
        *id = thread == &table.main ? getpid() : thread->native_id;
    unlock();
    return started ? MP_OK : MP_NOT_STARTED;
}

struct mp_thread *mp_current_thread(void)
{
    return self || gettid() != getpid() ? self : &table.main;
}

static void list(struct mp_thread_entry *out, const struct mp_thread *t, struct mp_thread *handle)
{
    *out = (struct mp_thread_entry){.native_id = t->native_id, .daemon = t->daemon, .thread = handle};
    memcpy(out->name, t->name, sizeof(t->name));
}

size_t mp_thread_enumerate(struct mp_thread_entry *out, size_t room)
{
    lock();
    size_t count = 1;
    table.main.native_id = getpid();
    if (out && room)
        list(&out[0], &table.main, &table.main);
    for (struct mp_thread *t = table.threads; t; t = t->next) {
        if (t->state != THREAD_RUNNING)
            continue;
        if (out && count < room)
            list(&out[count], t, t->released ? NULL : t);
        count++;
    }
    unlock();
    return count;
}

size_t mp_thread_active_count(void)
{
    return mp_thread_enumerate(NULL, 0);
}

void mp_thread_free(struct mp_thread *thread)
{
    if (!thread || thread == &table.main)
        return;
    lock();
    bool running = thread->state == THREAD_STARTING || thread->state == THREAD_RUNNING;
    bool unjoined = thread->state == THREAD_ENDED && !thread->joined;
    if (running) {
        thread->released = true;
        if (!thread->joined)
            pthread_detach(thread->ident);
    }
    unlock();
    if (unjoined)
        pthread_join(thread->ident, NULL);
    if (!running)
        free(thread);
}

static bool somebody_runs(void)
{
    for (const struct mp_thread *t = table.threads; t; t = t->next)
        if (!t->daemon && t != self)
            return true;
    return false;
}

void thread_table_join_all(void)
{
    lock();
    while (somebody_runs())
        await_change(-1);
    unlock();
}
