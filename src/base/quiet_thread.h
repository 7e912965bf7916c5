/* A thread that takes no signals: they are for the thread that the program began with. So a write beyond the limit of
 * file size, which would raise SIGXFSZ, fails as EFBIG. */
#ifndef BASE_QUIET_THREAD_H
#define BASE_QUIET_THREAD_H

#include <pthread.h>

/* Start MAIN(ARG) under NAME, of at most 15 bytes, to be joined. Returns 0 or an errno. Context: any thread. */
int quiet_thread_start(pthread_t *thread, const char *name, void *(*main)(void *), void *arg);

#endif
