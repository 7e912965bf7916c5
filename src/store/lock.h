/* The lock of an output folder: one run at a time writes there.
 *
 * folder_lock_take, work below DIR, folder_lock_release. The lock is the kernel's (flock(2) on DIR/.forage/lock), so it
 * ends with the process that holds it, however that ends. The file stays. It has the holder's number, which a holder
 * that is killed leaves there; that is no lock, but the next one learns of it.
 *
 * The order: fork first, lock afterwards. A process that is forked while the lock is held shares it, and keeps it alive
 * when the holder is killed. The pool's workers and its nursery are therefore started before the lock is taken, and
 * what the nursery forks later has no part in it. Programs that are run do not inherit it (O_CLOEXEC). state_open and
 * whatever else touches DIR come after the lock. Over NFS the lock holds between machines if the mount supports locks.
 *
 * Functions return false and set errno on failure. Context: any thread, of the process that keeps the lock. */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

struct folder_lock {
    int fd;
    bool abandoned; /* the holder before this one did not release it */
};

/* Take the lock of DIR, which is made if it is missing; wait up to TIMEOUT_MS for it (0: not at all, -1: for ever).
 *
 * EWOULDBLOCK: another holds it. EINTR: a signal came while waiting. ELOOP, ENOTDIR or EINVAL: something else stands in
 * the place of .forage or lock. Waiting asks again after 50 ms and then ever more rarely, up to once a second: an
 * inotify event comes before the kernel lets a dead holder's lock go, so it would not spare the asking. Those who wait
 * have no order. */
bool folder_lock_take(const char *dir, int timeout_ms, struct folder_lock *lock);

/* The process that took the lock of DIR last, to name it in a message; 0 when it has released it, or is not known. It
 * may be gone. */
pid_t folder_lock_holder(const char *dir);

/* Keeps errno. */
void folder_lock_release(struct folder_lock *lock);

#endif
