/* Threads with names, that can be counted, and waited for with a timeout.
 *
 * mp_thread_new, mp_thread_start (once), mp_thread_join, mp_thread_free.
 *
 * A process that ends by itself (return from main, exit, or the end of a process's function) first waits for its
 * threads that are not daemonic; daemonic ones end with it, wherever they are. The main thread is counted and listed as
 * any other. In a forked child the thread that forked is the main thread, and the only one.
 *
 * Context: any thread of the process that made the handle; not async-signal-safe. */
#ifndef MULTIPROC_THREAD_H
#define MULTIPROC_THREAD_H

#include <multiproc/options.h>
#include <multiproc/status.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mp_thread;

typedef void mp_thread_fn(void *arg);

struct mp_thread_options {
    mp_thread_fn *fn; /* must be given */
    void *arg;
    const char *name; /* copied; NULL: Thread-1, Thread-2, ... */
    enum mp_daemonic daemon;
};

/* ---- Create ---- */

/* Make a thread that is not started. Returns MP_OK, MP_INVALID (no function, or a name of MP_NAME_SIZE bytes or more)
 * or MP_NO_MEMORY; *THREAD is untouched on failure. Ownership: the caller frees it with mp_thread_free. */
enum mp_status mp_thread_new(const struct mp_thread_options *options, struct mp_thread **thread);

/* Returns when the thread runs: MP_OK, MP_STARTED, or MP_SYSTEM, after which start may be tried again. */
enum mp_status mp_thread_start(struct mp_thread *thread);

/* ---- Use ---- */

/* Wait at most TIMEOUT_MS (-1: for ever, 0: not at all) for the end of the thread; any number of threads may, as often
 * as they like. Returns MP_OK, MP_TIMEOUT, MP_NOT_STARTED, MP_DEADLOCK (the caller is that thread) or MP_INVALID (the
 * main thread, which ends with the process). */
enum mp_status mp_thread_join(struct mp_thread *thread, int timeout_ms);

/* Returns MP_OK or MP_INVALID (a name of MP_NAME_SIZE bytes or more). */
enum mp_status mp_thread_set_name(struct mp_thread *thread, const char *name);

/* ---- Inspect ---- */

/* From the start to the end of its function. */
bool mp_thread_is_alive(struct mp_thread *thread);
void mp_thread_name(struct mp_thread *thread, char name[static MP_NAME_SIZE]);
bool mp_thread_is_daemon(const struct mp_thread *thread);

/* The thread as pthreads know it, and as the kernel does. Returns MP_OK or MP_NOT_STARTED. */
enum mp_status mp_thread_ident(struct mp_thread *thread, pthread_t *ident);
enum mp_status mp_thread_native_id(struct mp_thread *thread, pid_t *id);

/* The calling thread; NULL in a thread that is neither the main thread nor from here. Borrowed, until its owner frees
 * it. */
struct mp_thread *mp_current_thread(void);

/* A running thread as mp_thread_enumerate lists it. */
struct mp_thread_entry {
    pid_t native_id;
    bool daemon;
    char name[MP_NAME_SIZE];
    struct mp_thread *thread; /* borrowed; NULL when its owner has let go of it */
};

/* List the threads that run, the main thread first, at most ROOM of them in OUT (NULL if ROOM is 0). Returns how many
 * run, which may be more than ROOM; mp_thread_active_count returns only that. Threads from elsewhere are not
 * counted. */
size_t mp_thread_enumerate(struct mp_thread_entry *out, size_t room);
size_t mp_thread_active_count(void);

/* ---- Destroy ---- */

/* Let go of a thread; one that runs goes on. NULL and the main thread are fine. */
void mp_thread_free(struct mp_thread *thread);

#endif
