/* A process's side of a manager: its connection, its handles, and how to ask.
 *
 * The connection and its mutex belong to the process: a fork gives the child none of them, and its first call makes a
 * connection of its own by handing one end of a new pair in at the door, which every process forked since has
 * inherited. */
#ifndef MULTIPROC_MANAGER_CLIENT_H
#define MULTIPROC_MANAGER_CLIENT_H

#include "manager_wire.h"
#include "multiproc/process.h"

#include <pthread.h>

struct proxy {
    struct proxy *next;
    struct proxy *previous;
    struct mp_manager *manager;
    uint64_t id;
};

struct mp_dict {
    struct proxy proxy;
};

struct mp_list {
    struct proxy proxy;
};

struct mp_manager {
    struct mp_manager *next;
    struct proxy *proxies; /* this and RELEASED are guarded by the lock on all managers */
    bool released;
    pthread_mutex_t mutex; /* held for a question and its answer; guards FD */
    int fd;                /* the connection, or -1 */
    int door;
    int server; /* a pidfd */
    pid_t pid;
    pid_t creator;
    struct mp_process *process; /* in the creator only */
};

/* One question and its answer. */
struct question {
    struct wire wire;
    struct buffer answer;
    struct wire_reader reader; /* of the answer, behind its status */
};

/* Begin a question about the object with that number (0: none). */
void question_begin(struct question *q, enum manager_op op, uint64_t id);

/* Ask, and wait for the answer: its status, or one of those that manager.h has for any call. */
enum mp_status question_ask(struct question *q, struct mp_manager *manager);
void question_release(struct question *q);

/* Ask a question without arguments or results. */
enum mp_status manager_tell(struct mp_manager *manager, enum manager_op op, uint64_t id);

/* Have a fork take the connection of MANAGER from the child, from now until manager_release, which frees MANAGER as
 * soon as its last handle is gone. */
void manager_link(struct mp_manager *manager);
void manager_release(struct mp_manager *manager);

/* A connection of its own, outside the one that calls use. PATIENT waits while too many others stand at the door. The
 * caller closes it; -1 with errno on failure. */
int manager_connect(const struct mp_manager *manager, bool patient);

/* Make a handle of the object with that number, of which the server has just told this process. NULL when memory is
 * out. */
struct proxy *proxy_new(struct mp_manager *manager, uint64_t id);

/* Have the server make an object by OP, and make a handle of it. Returns MP_OK, MP_NO_MEMORY, or what question_ask
 * returns. */
enum mp_status proxy_ask(struct mp_manager *manager, enum manager_op op, struct proxy **proxy);

/* Free a handle and tell the server. NULL is fine. */
void proxy_free(struct proxy *proxy);

/* Add VALUE to a question for MANAGER. Returns MP_OK or MP_INVALID. */
enum mp_status question_add_value(struct question *q, const struct mp_manager *manager, const struct mp_value *value);

/* Read the next result. Returns MP_OK, MP_NO_MEMORY or MP_PROTOCOL. */
enum mp_status question_read_value(struct question *q, struct mp_manager *manager, struct mp_value *value);

/* Read a result of many items, with keys or without. */
enum mp_status question_read_items(struct question *q, struct mp_manager *manager, bool keys, struct mp_items *items);

#endif
