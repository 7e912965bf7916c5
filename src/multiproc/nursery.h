/* The nursery: a process that forks workers on request and reports their deaths.
 *
 * nursery_start forks it; nursery_spawn and nursery_kill ask for something; nursery_report gives one answer;
 * nursery_end kills every worker and waits until all are gone; nursery_lost cleans up after one that died by itself.
 *
 * It exists because a fork of a process with threads is a trap: the nursery has one thread, does nothing else and was
 * forked before the pool's thread. Its workers die with it, and it dies with the parent.
 *
 * Context: the parent, the thread that drives the pool. Nothing but nursery_end and nursery_lost blocks. */
#ifndef MULTIPROC_NURSERY_H
#define MULTIPROC_NURSERY_H

#include "multiproc/link.h"
#include "multiproc/pool.h"

struct nursery {
    pid_t pid;   /* 0: there is none */
    int control; /* polls readable when there is a report */
};

enum nursery_request_kind { NURSERY_SPAWN = 1, NURSERY_KILL };

struct nursery_request {
    uint32_t kind;
    uint32_t slot;
    uint64_t serial; /* which life of the slot is meant */
};

enum nursery_report_kind { NURSERY_SPAWNED = 1, NURSERY_FAILED, NURSERY_DIED };

struct nursery_report {
    uint32_t kind;
    uint32_t slot;
    uint64_t serial;
    int32_t pid;
    int32_t detail; /* an errno (NURSERY_FAILED) or a wait status (NURSERY_DIED) */
};

/* What the nursery process knows. */
struct nursery_plan {
    const struct mp_pool_options *options;
    void (*in_child)(void *context); /* closes what the nursery must not have of the parent's */
    void *context;
};

/* Fork a nursery for OPTIONS, of which every field has been given its value. MP_OK, MP_NO_MEMORY or MP_SYSTEM. */
enum mp_status nursery_start(struct nursery *nursery, const struct nursery_plan *plan);

/* Ask for a worker. Borrows FDS. Returns MP_OK, or MP_DISCONNECTED: the nursery is gone or does not listen. */
enum mp_status nursery_spawn(struct nursery *nursery, unsigned slot, uint64_t serial, const int fds[LINK_FDS]);

/* Kill the worker in SLOT if it still is the one called SERIAL. Returns as nursery_spawn. */
enum mp_status nursery_kill(struct nursery *nursery, unsigned slot, uint64_t serial);

/* MP_OK, MP_EMPTY, or MP_DISCONNECTED: the nursery is gone. */
enum mp_status nursery_report(struct nursery *nursery, struct nursery_report *report);

/* Kill the workers and the nursery. When this returns there is none left. */
void nursery_end(struct nursery *nursery);

/* Wait for a nursery that has died or must die. Its workers are being killed by the kernel. */
void nursery_lost(struct nursery *nursery);

/* The nursery's life. Context: the new process. */
_Noreturn void nursery_main(const struct nursery_plan *plan, int control, int parent, pid_t *pids, uint64_t *serials);

#endif
