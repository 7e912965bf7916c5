/* A random while before the start, so that many crontabs with one line do not ask everybody at the same second. */
#ifndef CLI_SPLAY_H
#define CLI_SPLAY_H

#include <stdint.h>

/* Wait for a random part of MOST_MS, evenly distributed. Returns 0, or the number of the signal that ended the wait:
 * SIGINT, SIGTERM or SIGHUP, unless it is ignored. Context: before the first fork, because signals are blocked until it
 * returns. */
int splay_wait(int64_t most_ms);

#endif
