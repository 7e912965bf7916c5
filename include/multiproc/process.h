/* Processes that run a function of this program.
 *
 * mp_process_new, mp_process_start (once), then join, is_alive, terminate, kill as often as wanted, mp_process_free.
 *
 * A child is a fork: it sees the memory of its parent as it was at the start. It runs the function, waits for its own
 * threads and children that are not daemonic, runs the handlers that it registered with mp_process_at_exit, flushes
 * stdout and stderr, and ends. Handlers of atexit(3), which belong to the parent, do not run in it, and no stream but
 * stdout and stderr is flushed: close what you open. mp_process_start flushes these two before the fork, so that
 * nothing is written twice.
 *
 * When a process ends by itself (return from main, exit, the end of the function), its daemonic children are terminated
 * and the others are waited for. When it is killed, its daemonic children are killed and the others go on.
 *
 * Context: any thread; not async-signal-safe. A handle belongs to the process that made it: to start, join or signal it
 * from another is MP_NOT_CHILD. No wait is ended by a signal: its handler runs, and the wait goes on. */
#ifndef MULTIPROC_PROCESS_H
#define MULTIPROC_PROCESS_H

#include <multiproc/options.h>
#include <multiproc/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct mp_process;

/* Runs in the child. Its low eight bits are the exit code. */
typedef int mp_process_fn(void *arg);

struct mp_process_options {
    mp_process_fn *fn;       /* must be given */
    void *arg;               /* the child gets the same pointer, into its own copy of the memory */
    const char *name;        /* copied; NULL: Process-1, Process-2, and Process-1:1 for a child of Process-1 */
    enum mp_daemonic daemon; /* a daemonic process may not start processes */
};

/* ---- Create ---- */

/* Make a process that is not started. Returns MP_OK, MP_INVALID (no function, or a name of MP_NAME_SIZE bytes or more)
 * or MP_NO_MEMORY; *PROCESS is untouched on failure. Ownership: the caller frees it with mp_process_free. */
enum mp_status mp_process_new(const struct mp_process_options *options, struct mp_process **process);

/* Fork the child. A daemonic child of the main thread is killed when its parent is killed by the kernel itself, one of
 * another thread by a thread of its own that watches the parent (so the end of the thread that started it does not
 * matter; but a main thread must not leave by pthread_exit before its daemonic children have ended).
 *
 * Returns MP_OK, MP_STARTED, MP_NOT_CHILD, MP_CLOSED, MP_DAEMON (the caller is daemonic) or MP_SYSTEM; after MP_SYSTEM
 * no child is left and start may be tried again. */
enum mp_status mp_process_start(struct mp_process *process);

/* ---- Use: all of these return MP_CLOSED after close, MP_NOT_STARTED before start and MP_NOT_CHILD elsewhere. ---- */

/* Wait at most TIMEOUT_MS (-1: for ever, 0: not at all) for the end of the child. Returns MP_OK or MP_TIMEOUT. */
enum mp_status mp_process_join(struct mp_process *process, int timeout_ms);

/* Send SIGTERM or SIGKILL. A child that has ended is left alone. Returns MP_OK or MP_SYSTEM. */
enum mp_status mp_process_terminate(struct mp_process *process);
enum mp_status mp_process_kill(struct mp_process *process);

/* How the child ended: what its function returned (0 to 255), or minus the number of the signal that killed it; 255
 * when someone else reaped it. Returns MP_OK, or MP_RUNNING while it has not ended. */
enum mp_status mp_process_exit_code(struct mp_process *process, int *code);

/* A descriptor that polls readable when the child has ended. Owned by the process, until close or free. */
enum mp_status mp_process_sentinel(struct mp_process *process, int *fd);

/* ---- Inspect ---- */

/* Whether the child runs; false before the start, without an error. Returns MP_OK, MP_CLOSED or MP_NOT_CHILD. */
enum mp_status mp_process_is_alive(struct mp_process *process, bool *alive);

const char *mp_process_name(const struct mp_process *process);
bool mp_process_is_daemon(const struct mp_process *process);

/* The child's process id; 0 before the start. */
pid_t mp_process_pid(const struct mp_process *process);

/* A running child as mp_active_children lists it. */
struct mp_child {
    pid_t pid;
    bool daemon;
    char name[MP_NAME_SIZE];
    struct mp_process *process; /* borrowed; NULL when its owner has let go of it */
};

/* List the children of this process that run, at most ROOM of them in OUT (NULL if ROOM is 0), oldest first, and reap
 * those that have ended. Returns how many run, which may be more than ROOM. */
size_t mp_active_children(struct mp_child *out, size_t room);

/* The calling process: its name (MainProcess for one that this library did not start) and whether it is daemonic. */
const char *mp_current_process_name(void);
bool mp_current_process_is_daemon(void);

/* The parent as it was when this process was forked: 0 and NULL in a process that this library does not know as a
 * child. */
pid_t mp_parent_pid(void);
const char *mp_parent_name(void);

/* Wait at most TIMEOUT_MS for the end of the parent. Returns MP_OK, MP_TIMEOUT, MP_NOT_CHILD (there is no such parent)
 * or MP_SYSTEM. */
enum mp_status mp_parent_join(int timeout_ms);
bool mp_parent_is_alive(void);

/* ---- In any process, about its own end ---- */

/* Have FN(ARG) called when this process ends by itself, the last registered first. A child does not inherit handlers.
 * Returns MP_OK or MP_NO_MEMORY. */
enum mp_status mp_process_at_exit(void (*fn)(void *), void *arg);

/* End this process as if its function had returned CODE; in a process that this library did not start, exit(CODE).
 * Context: the thread that runs the function. */
_Noreturn void mp_process_exit(int code);

/* ---- Destroy ---- */

/* Give back what the system holds for a child that has ended (or never started). Returns MP_OK, also the second time,
 * or MP_RUNNING or MP_NOT_CHILD, and then nothing has changed. */
enum mp_status mp_process_close(struct mp_process *process);

/* Let go of a process. One that runs goes on and is waited for, or terminated, at the end of this process as any other.
 * NULL is fine; so is a process that was forked from the owner, which frees its copy. */
void mp_process_free(struct mp_process *process);

#endif
