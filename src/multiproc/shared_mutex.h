/* A mutex in memory that processes share, which a killed holder hands on. */
#ifndef MULTIPROC_SHARED_MUTEX_H
#define MULTIPROC_SHARED_MUTEX_H

#include "multiproc/status.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory for this process and those that it forks; munmap gives it back. Pages cost nothing until they are
 * touched. NULL with errno on failure. */
void *shared_memory_new(size_t size);

/* Returns MP_OK, or MP_SYSTEM with errno. */
enum mp_status shared_mutex_init(pthread_mutex_t *mutex);

/* Lock until DEADLINE_MS of the monotonic clock (-1: for ever, 0: not at all). *ABANDONED says whether the last holder
 * ended while it held the mutex. Returns MP_OK, MP_TIMEOUT, MP_DEADLOCK (the caller holds it) or MP_SYSTEM. */
enum mp_status shared_mutex_lock(pthread_mutex_t *mutex, int64_t deadline_ms, bool *abandoned);

/* Returns MP_OK or MP_NOT_OWNER. */
enum mp_status shared_mutex_unlock(pthread_mutex_t *mutex);

#endif
