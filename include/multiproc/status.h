/* What the functions of multiproc return.
 *
 * The table holds every status and its text; mp_status_text gives the text. MP_SYSTEM means that errno says more. */
#ifndef MULTIPROC_STATUS_H
#define MULTIPROC_STATUS_H

#define MP_STATUS_TABLE(X)                                                                                             \
    X(MP_OK, "success")                                                                                                \
    X(MP_FULL, "no room")                                                                                              \
    X(MP_EMPTY, "nothing there")                                                                                       \
    X(MP_TIMEOUT, "time is up")                                                                                        \
    X(MP_CLOSED, "closed")                                                                                             \
    X(MP_TOO_BIG, "larger than can ever fit")                                                                          \
    X(MP_NOT_FOUND, "no such key or index")                                                                            \
    X(MP_INVALID, "an argument has no meaning here")                                                                   \
    X(MP_NOT_STARTED, "not started")                                                                                   \
    X(MP_STARTED, "started already")                                                                                   \
    X(MP_NOT_CHILD, "not a child of this process")                                                                     \
    X(MP_DAEMON, "a daemonic process may not have children")                                                           \
    X(MP_RUNNING, "still running")                                                                                     \
    X(MP_NOT_RUNNING, "not running")                                                                                   \
    X(MP_NOT_OWNER, "not held by the caller")                                                                          \
    X(MP_DEADLOCK, "the caller holds it already")                                                                      \
    X(MP_TASK_FAILED, "the task's function reported an error")                                                         \
    X(MP_WORKER_LOST, "every worker that took the task died")                                                          \
    X(MP_CANCELLED, "cancelled")                                                                                       \
    X(MP_DISCONNECTED, "the other side is gone")                                                                       \
    X(MP_PROTOCOL, "the other side broke the protocol")                                                                \
    X(MP_NO_MEMORY, "out of memory")                                                                                   \
    X(MP_SYSTEM, "a system call failed")

#define MP_STATUS_ENTRY(name, text) name,
enum mp_status { MP_STATUS_TABLE(MP_STATUS_ENTRY) MP_STATUS_COUNT };
#undef MP_STATUS_ENTRY

/* A constant text for STATUS, never NULL. Context: anywhere, async-signal-safe. */
const char *mp_status_text(enum mp_status status);

#endif
