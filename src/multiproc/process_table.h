/* What this process knows of itself, its parent and its children.
 *
 * There is one table in a process, because there is one list of children and one parent in a process. A fork, by
 * whomever, turns it in the child: the list is emptied, its descriptors are closed, and the process that forked becomes
 * the parent.
 *
 * The fields of a struct mp_process that change are guarded by the table's lock, which is never held over anything that
 * blocks, nor together with another lock. */
#ifndef MULTIPROC_PROCESS_TABLE_H
#define MULTIPROC_PROCESS_TABLE_H

#include "multiproc/process.h"

enum process_state { PROCESS_NEW, PROCESS_STARTING, PROCESS_STARTED, PROCESS_ENDED, PROCESS_CLOSED };

enum { LINEAGE_SIZE = MP_NAME_SIZE - 16 };

struct mp_process {
    struct mp_process *next; /* in the table while it has a sentinel, oldest first */
    mp_process_fn *fn;
    void *arg;
    char name[MP_NAME_SIZE];
    char lineage[LINEAGE_SIZE]; /* 2:1 is the first process that the second process made */
    bool daemon;
    bool released; /* the owner has let go: freed when it has ended */
    pid_t creator;
    pid_t pid;
    int sentinel; /* a pidfd, or -1 */
    enum process_state state;
    int exit_code;
};

struct process_parent {
    pid_t pid; /* 0: none */
    int fd;    /* a pidfd, or -1 */
    char name[MP_NAME_SIZE];
};

struct process_table {
    pid_t pid;
    char name[MP_NAME_SIZE];
    char lineage[LINEAGE_SIZE];
    bool daemon;
    bool started_here; /* by mp_process_start */
    unsigned made;     /* processes made, for their names */
    int self_fd;       /* a pidfd of this process, that children inherit; -1 until the first start */
    struct process_parent parent;
    struct mp_process *processes;
};

/* The table, locked; process_table_unlock ends its use. */
struct process_table *process_table_lock(void);
void process_table_unlock(void);

/* The rest is called with the table locked. */
void process_table_add(struct process_table *table, struct mp_process *process);

/* Close the sentinel and take PROCESS off the list. */
void process_table_drop(struct process_table *table, struct mp_process *process);

/* Free the processes that have ended and that nobody holds. */
void process_table_sweep(struct process_table *table);

/* Take note of the end of a child, if it has ended. */
void process_reap(struct mp_process *process);

#endif
