#include "multiproc/lock.h"

#include "base/clock.h"
#include "shared_mutex.h"

#include <sys/mman.h>

/* Lies in shared memory, at the same address in every process that was forked since. */
struct mp_lock {
    pthread_mutex_t mutex;
    bool abandoned; /* guarded by the mutex */
};

enum mp_status mp_lock_new(struct mp_lock **lock)
{
    struct mp_lock *l = shared_memory_new(sizeof(*l));
    if (!l)
        return MP_SYSTEM;
    enum mp_status status = shared_mutex_init(&l->mutex);
    if (status == MP_OK)
        *lock = l;
    else
        mp_lock_free(l);
    return status;
}

enum mp_status mp_lock_acquire(struct mp_lock *lock, int timeout_ms)
{
    bool abandoned;
    enum mp_status status = shared_mutex_lock(&lock->mutex, deadline_after(timeout_ms), &abandoned);
    if (status == MP_OK)
        lock->abandoned = abandoned;
    return status;
}

enum mp_status mp_lock_release(struct mp_lock *lock)
{
    return shared_mutex_unlock(&lock->mutex);
}

bool mp_lock_was_abandoned(const struct mp_lock *lock)
{
    return lock->abandoned;
}

void mp_lock_free(struct mp_lock *lock)
{
    if (lock)
        munmap(lock, sizeof(*lock));
}
