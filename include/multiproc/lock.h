/* A lock that processes and threads share, and that does not stay locked when its holder is killed.
 *
 * mp_lock_new before the fork, then mp_lock_acquire and mp_lock_release in any process that was forked since,
 * mp_lock_free in each. A thread that holds the lock and ends, or whose process is killed, hands it on: the next to
 * acquire it gets MP_OK and can ask mp_lock_was_abandoned, for what the lock guards may be half done then.
 *
 * Context: any thread of any process forked after mp_lock_new; not async-signal-safe. */
#ifndef MULTIPROC_LOCK_H
#define MULTIPROC_LOCK_H

#include <multiproc/status.h>
#include <stdbool.h>

struct mp_lock;

/* Returns MP_OK or MP_SYSTEM; *LOCK is untouched on failure. Ownership: freed with mp_lock_free, by each process. */
enum mp_status mp_lock_new(struct mp_lock **lock);

/* Wait at most TIMEOUT_MS (-1: for ever, 0: not at all) for the lock. Returns MP_OK, MP_TIMEOUT (another thread holds
 * it), or MP_DEADLOCK at once (the calling thread holds it). A signal does not end the wait. */
enum mp_status mp_lock_acquire(struct mp_lock *lock, int timeout_ms);

/* Returns MP_OK, or MP_NOT_OWNER (nobody or another thread holds it), and then nothing has changed. */
enum mp_status mp_lock_release(struct mp_lock *lock);

/* Whether the holder before the caller ended while it held the lock. Context: the thread that holds it. */
bool mp_lock_was_abandoned(const struct mp_lock *lock);

/* Unmap the lock from this process, which does not hold it; others may go on with it. NULL is fine. */
void mp_lock_free(struct mp_lock *lock);

#endif
