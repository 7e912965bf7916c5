#include "shared_mutex.h"

#include "base/clock.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

/* A waiter that is woken and killed before it takes the mutex can leave the next one asleep: the wake-up went to the
 * dead. Nobody therefore sleeps longer than this without looking again. */
enum { SLICE_MS = 1000 };

void *shared_memory_new(size_t size)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

enum mp_status shared_mutex_init(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attr;
    int error = pthread_mutexattr_init(&attr);
    if (!error) {
        pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
        pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
        pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
        error = pthread_mutex_init(mutex, &attr);
        pthread_mutexattr_destroy(&attr);
    }
    errno = error;
    return error ? MP_SYSTEM : MP_OK;
}

/* ThreadSanitizer does not know pthread_mutex_clocklock; a clock that is set matters for one slice only. */
static int lock_for(pthread_mutex_t *mutex, int ms)
{
#ifdef __SANITIZE_THREAD__
    clockid_t clock = CLOCK_REALTIME;
#else
    clockid_t clock = CLOCK_MONOTONIC;
#endif
    struct timespec t;
    clock_gettime(clock, &t);
    int64_t until_ns = (int64_t)t.tv_nsec + (int64_t)ms * 1000000;
    t.tv_sec += until_ns / 1000000000;
    t.tv_nsec = until_ns % 1000000000;
#ifdef __SANITIZE_THREAD__
    return pthread_mutex_timedlock(mutex, &t);
#else
    return pthread_mutex_clocklock(mutex, clock, &t);
#endif
}

static int lock_until(pthread_mutex_t *mutex, int64_t deadline_ms)
{
    int error = pthread_mutex_trylock(mutex);
    while (error == EBUSY || error == ETIMEDOUT) {
        int left = deadline_left_ms(deadline_ms);
        if (left == 0)
            return ETIMEDOUT;
        error = lock_for(mutex, left < 0 || left > SLICE_MS ? SLICE_MS : left);
    }
    return error;
}

enum mp_status shared_mutex_lock(pthread_mutex_t *mutex, int64_t deadline_ms, bool *abandoned)
{
    int error = lock_until(mutex, deadline_ms);
    switch (error) {
    case EOWNERDEAD:
        pthread_mutex_consistent(mutex);
        *abandoned = true;
        return MP_OK;
    case 0:
        *abandoned = false;
        return MP_OK;
    case ETIMEDOUT:
        return MP_TIMEOUT;
    case EDEADLK:
        return MP_DEADLOCK;
    default:
        errno = error;
        return MP_SYSTEM;
    }
}

enum mp_status shared_mutex_unlock(pthread_mutex_t *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? MP_OK : MP_NOT_OWNER;
}
