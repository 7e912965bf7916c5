/* A queue of messages between processes: any number put, any number get.
 *
 * mp_queue_new before the fork, then put, get or take in any process that was forked since, mp_queue_free in each.
 * Messages of one producer arrive in its order, whole, and once. A put has happened when it returns: there is no buffer
 * that a process must flush before it ends.
 *
 * It is a joinable queue as well: a consumer calls mp_queue_task_done when it is done with a message, and mp_queue_join
 * waits until that was said for every message that was put. A queue on which nobody calls task_done cannot be joined.
 *
 * The messages lie in memory that all processes share. A process may be killed at any instant, also inside a call: the
 * queue is as it was before that call or as it is after it, and nobody waits for the dead. (A consumer that is killed
 * between get and task_done leaves its task unfinished: join with a timeout where that can happen.) They do have to
 * trust each other: each of them can write to all of it.
 *
 * Context: any thread of any process forked after mp_queue_new; not async-signal-safe. Where a function takes
 * TIMEOUT_MS, it waits so long at most (-1: for ever, 0: not at all). A signal does not end a wait. */
#ifndef MULTIPROC_QUEUE_H
#define MULTIPROC_QUEUE_H

#include <multiproc/status.h>
#include <stdbool.h>
#include <stddef.h>

struct mp_queue;

/* Zero is the default of every field. */
struct mp_queue_options {
    size_t max_items;      /* 0: as many as there is room for */
    size_t capacity_bytes; /* room, of which a message takes its length rounded up to 8, and 8 more; 0: 1 GiB. Memory is
                              taken from the system only for messages that are there. */
};

/* ---- Create ---- */

/* OPTIONS may be NULL. Returns MP_OK, MP_INVALID (a capacity that no memory can have), MP_NO_MEMORY or MP_SYSTEM;
 * *QUEUE is untouched on failure. Ownership: freed with mp_queue_free, by each process. */
enum mp_status mp_queue_new(const struct mp_queue_options *options, struct mp_queue **queue);

/* ---- Use. Each returns MP_CLOSED after mp_queue_close in this process; on any failure the queue is as it was. ---- */

/* Copy MSG into the queue. Returns MP_OK, MP_FULL (no room in time) or MP_TOO_BIG (more than the whole capacity).
 * Ownership: borrows MSG for the call. */
enum mp_status mp_queue_put(struct mp_queue *queue, const void *msg, size_t len, int timeout_ms);

/* Move the oldest message to BUFFER of SIZE bytes; *LEN becomes its length. Returns MP_OK, MP_EMPTY (none came in
 * time), or MP_TOO_BIG: the message, whose length is in *LEN, is longer than SIZE and stays. */
enum mp_status mp_queue_get(struct mp_queue *queue, void *buffer, size_t size, size_t *len, int timeout_ms);

/* Move the oldest message to memory of its own, with a NUL behind it that *LEN (which may be NULL) does not count.
 * Returns MP_OK, MP_EMPTY or MP_NO_MEMORY. Ownership: the caller frees *MSG. */
enum mp_status mp_queue_take(struct mp_queue *queue, char **msg, size_t *len, int timeout_ms);

/* One message is done. Returns MP_OK, or MP_INVALID if as many were done as were put. */
enum mp_status mp_queue_task_done(struct mp_queue *queue);

/* Wait until all messages that were put are done. Returns MP_OK (at once if there is none) or MP_TIMEOUT. */
enum mp_status mp_queue_join(struct mp_queue *queue, int timeout_ms);

/* ---- Inspect. The answer may be outdated when it arrives, if others use the queue. MP_OK or MP_CLOSED. ---- */

enum mp_status mp_queue_size(struct mp_queue *queue, size_t *items);
enum mp_status mp_queue_is_empty(struct mp_queue *queue, bool *empty);

/* Whether max_items are in it; never true without such a limit. */
enum mp_status mp_queue_is_full(struct mp_queue *queue, bool *full);

/* ---- Destroy ---- */

/* This process puts and gets no more; its threads that wait get MP_CLOSED. Messages stay, for other processes. Again is
 * fine. */
void mp_queue_close(struct mp_queue *queue);

/* Unmap the queue from this process, no thread of which is using it. NULL is fine. */
void mp_queue_free(struct mp_queue *queue);

#endif
