/* The pool's parts, as its own files see them.
 *
 *   pool.c           options, creation, close, terminate, join, inspection
 *   pool_apply.c     what submits work: apply, map and submit
 *   pool_inbox.c     the way from any thread to the driver, and the memory of tasks
 *   pool_turn.c      the driver: one round of events, turns of a driven pool, the pool's thread
 *   pool_dispatch.c  which worker gets what, and taking it back
 *   pool_answer.c    what workers send, read with suspicion
 *   pool_workers.c   births and deaths
 *   pool_watch.c     workers that neither answer nor die
 *   pool_finish.c    how tasks end
 *
 * The driver is the pool's thread, or whoever calls mp_pool_turn. Everything belongs to the driver alone and needs no
 * lock, but what is in struct inbox: that is shared by all threads under its lock. The driver runs callbacks in the
 * middle of its work, and a callback may terminate the pool: after each one slot->link tells whether the slot is still
 * there. */
#ifndef MULTIPROC_POOL_INTERNAL_H
#define MULTIPROC_POOL_INTERNAL_H

#include "multiproc/executor.h"
#include "multiproc/link.h"
#include "multiproc/nursery.h"
#include "multiproc/worker.h"

#include "base/buffer.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    TASK_BYTES_MAX = 64 * 1024,
    TASK_NEAR_BYTES = 40,
    WINDOW_FIRST = 2, /* tasks that a worker is given ahead, at first and when its tasks are quick */
    WINDOW_MAX = 512,
    FRUITLESS_MAX = 64, /* deaths in a row without any work done in between, until the pool gives up */
};

enum work {
    WORK_CALL,   /* one call of a task function */
    WORK_RANGE,  /* some items of a map */
    WORK_MAP,    /* a map's items that are not in a range yet */
    WORK_SUBMIT, /* a task of an executor's */
};

/* A map. */
struct job {
    mp_task_fn *fn;
    mp_callback_fn *callback;
    void *context;
    struct mp_result *result;
    const char *items;
    size_t size;
    size_t count;
    size_t chunk;
    size_t next; /* the first item that is in no range yet */
    size_t unfinished;
};

/* A task is in one list at a time: the inbox, the queue, a slot's queue, a slot's held ones, or the spare ones. */
struct task {
    struct task *next;
    struct task *prev;
    uint64_t id;    /* the task's place in the directory, and in the upper half how often that has been used */
    uint64_t start; /* of its message in the task ring, while held */
    struct slot *holder;
    uint8_t work;
    uint8_t deaths; /* of workers that ran it (a range: its first item) */
    int slot;       /* WORK_SUBMIT: as the caller wished */
    uint32_t len;
    union {
        struct { /* WORK_CALL */
            mp_task_fn *fn;
            mp_callback_fn *callback;
            void *context;
            struct mp_result *result;
        } call;
        struct {
            struct job *job;
            size_t first; /* of the items that are not finished */
            size_t count;
        } range;
        struct {
            struct job *job;
        } map;
        struct {
            mp_part_fn *on_part;
            void *context;
        } submit;
    } as;
    void *payload; /* NEAR, or from malloc */
    _Alignas(16) char near[TASK_NEAR_BYTES];
};

struct task_list {
    struct task *first;
    struct task *last;
    size_t count;
};

/* Tasks never move. Blocks are entered before the first id in them is given away. */
enum { DIRECTORY_BLOCKS = 16384, BLOCK_TASKS = 1024 };

enum phase { PHASE_OPEN, PHASE_CLOSING, PHASE_TERMINATING, PHASE_OVER };

struct inbox {
    pthread_mutex_t lock;
    pthread_cond_t over; /* PHASE_OVER has come */
    struct task_list tasks;
    struct task *spare;
    struct task **blocks;
    size_t block_count;
    uint64_t submitted;
    enum phase phase;
    bool asleep; /* the driver must be rung */
    bool joined; /* somebody joins the thread, or has */
};

struct slot {
    unsigned index;
    _Atomic pid_t pid;
    uint64_t serial;   /* of this life */
    struct link *link; /* NULL: nobody there, or somebody condemned who is not dead yet */
    bool alive;        /* a process was asked for and has not been reported dead */
    bool ready;        /* the initializer has run */
    bool leaving;      /* was told that no more will come */
    bool condemned;    /* broke the protocol or was rejected */
    bool silenced;     /* was silent, is being killed, and its death was not reported yet */
    bool active;       /* in the pool's list of rings that are not armed */
    bool fruitful;     /* has sent something in this life */
    bool unflushed;    /* has tasks in its ring that it was not rung for */
    unsigned given;
    uint64_t finished; /* items, in this life */
    unsigned window;
    int64_t progress_ns;
    uint64_t pulse;         /* at the last tick */
    unsigned silent_ticks;  /* since it changed */
    struct task_list held;  /* in the order given */
    struct task_list queue; /* bound to this slot and not given yet */
    struct buffer pieces;   /* of an item that comes in several records */
    struct mp_hold *hold;   /* for the next part that is kept */
};

struct mp_pool {
    struct mp_pool_options options;
    struct nursery nursery;
    struct nursery_plan plan;
    int epoll;
    int wake;
    int timer;  /* of the next try to spawn */
    int ticker; /* of the watch; goes once, and only when something is owed */
    bool ticks;
    bool has_thread;
    pthread_t thread;
    struct inbox inbox;
    struct slot *slots;
    struct slot **active;
    unsigned active_count;
    unsigned starting;      /* asked for and not reported yet */
    unsigned rotation;      /* which worker is asked first */
    struct task_list fresh; /* out of the inbox and nowhere else yet */
    struct task_list queue;
    struct task_list dying; /* about to end without a result */
    struct task *freed;     /* on their way back to the inbox */
    struct task *freed_last;
    _Atomic uint64_t ended;
    uint64_t submitted; /* as of the last look into the inbox */
    enum phase phase;   /* as of the last look */
    unsigned depth;     /* of rounds and terminations, one within the other */
    size_t done;        /* things done in this round */
    int64_t now_ns;
    unsigned fruitless;
    unsigned failures; /* of spawning, in a row */
    int64_t retry_ns;  /* no spawning before this */
    int spawn_errno;
    bool nursery_silent;
    bool broken; /* workers cannot be replaced any more */
    struct link *graveyard;
};

/* ---- pool_inbox.c ---- */

bool inbox_init(struct inbox *inbox);
void inbox_release(struct inbox *inbox);

/* Lock and make a task, or unlock and say why not. Context: any thread. */
enum mp_status inbox_begin(struct mp_pool *pool, struct task **task);

/* Hand the task over, unlock, and wake the driver if it sleeps. */
void inbox_commit(struct mp_pool *pool, struct task *task);

/* Wake the driver. Context: any thread. */
void inbox_ring(struct mp_pool *pool);

/* Move what has come to pool->fresh, give freed tasks back, and note the phase. Returns the number of tasks. */
size_t inbox_take(struct mp_pool *pool);

/* Announce sleep. False: something has come. */
bool inbox_arm(struct mp_pool *pool);

/* A task for the driver itself; NULL when memory is out. */
struct task *task_new(struct mp_pool *pool);
void task_free(struct mp_pool *pool, struct task *task);

/* The task called ID, or NULL. ID may be anything. */
struct task *task_find(struct mp_pool *pool, uint64_t id);

void list_append(struct task_list *list, struct task *task);
void list_prepend(struct task_list *list, struct task *task);
void list_remove(struct task_list *list, struct task *task);
struct task *list_pop(struct task_list *list);

/* ---- pool_dispatch.c ---- */

/* Put fresh tasks where they wait. */
void dispatch_accept(struct mp_pool *pool);

/* Give waiting tasks to workers. */
void dispatch(struct mp_pool *pool);

/* Tell all workers that no more will come. */
void dispatch_no_more(struct mp_pool *pool);

/* ---- pool_answer.c ---- */

/* Read at most LIMIT messages. MP_OK, MP_EMPTY, MP_PROTOCOL, or MP_CLOSED: the slot's link is gone. */
enum mp_status answers_read(struct mp_pool *pool, struct slot *slot, size_t limit);

/* Read all that a dead worker left. */
void answers_read_last(struct mp_pool *pool, struct slot *slot);

/* ---- pool_workers.c ---- */

/* Fill the slots that are empty, as far as workers are still wanted. */
void workers_spawn(struct mp_pool *pool);

/* Look at the slot's result ring in each round until it was found empty. */
void workers_activate(struct mp_pool *pool, struct slot *slot);

/* Read the nursery's reports; replace the nursery when it is gone. */
void workers_reports(struct mp_pool *pool);

/* Have the worker killed; its death will be reported. */
void workers_kill(struct mp_pool *pool, struct slot *slot);

/* Take everything from a worker that broke the rules, and have it killed. */
void workers_condemn(struct mp_pool *pool, struct slot *slot);
void workers_sweep(struct mp_pool *pool);

/* Kill all, end all tasks with STATUS; the pool is over. */
void workers_end(struct mp_pool *pool, enum mp_status status);

/* Free the links of the dead, as soon as no frame below can use them. */
void workers_bury(struct mp_pool *pool);

/* ---- pool_watch.c ---- */

/* What epoll says when the ticker went. */
#define TICKER_EVENT (UINT64_MAX - 3)

/* Have the ticker go when it must and is not going. */
void watch_keep(struct mp_pool *pool);

/* The ticker went: look for signs of life, and have the silent killed. */
void watch_tick(struct mp_pool *pool);

/* ---- pool_finish.c ---- */

/* One task more has ended. */
void finish_count(struct mp_pool *pool);

/* Finish one item of a task that is first in its holder's list; the task leaves the list with its last item. TAKEN: the
 * data came from malloc and is handed over. */
void finish_item(struct mp_pool *pool, struct slot *slot, const struct mp_outcome *outcome, bool taken);

/* Finish as many items of such a range as the records that BYTES begins with are plain successes. Returns how many
 * bytes were used up, perhaps none; the rest is for finish_item. */
size_t finish_records(struct mp_pool *pool, struct slot *slot, const char *bytes, size_t len);

/* Finish all that is left of a task that is in no list. */
void finish_task(struct mp_pool *pool, struct task *task, enum mp_status status, int code);

/* A map without items, or whose last item is finished. */
void finish_job(struct mp_pool *pool, struct job *job);

/* ---- pool_turn.c ---- */

/* Everything that is there, once, after waiting at most WAIT_NS (-1: for ever). The number of things done. */
size_t pool_round(struct mp_pool *pool, int64_t wait_ns);
void *pool_thread(void *pool);

/* Whether the caller is the driver. */
bool pool_is_driver(const struct mp_pool *pool);

#endif
