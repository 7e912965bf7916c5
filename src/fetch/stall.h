/* The clock that servers are timed by. It stands still while the worker cannot look at its sockets: while it waits for
 * room in the ring, because the parent's disk or a callback is slow, or is stopped with the whole program. What servers
 * send meanwhile waits in the kernel, and must not count as missing.
 *
 * Times are milliseconds of base/clock.h. Context: a worker's only thread. */
#ifndef FETCH_STALL_H
#define FETCH_STALL_H

#include <stdbool.h>
#include <stdint.h>

struct stall {
    int64_t looked_ms; /* when the clock was looked at last */
    int64_t total_ms;  /* of all stalls */
};

void stall_begin(struct stall *s);

/* Look at the clock. The worker meant MEANT_MS to pass since the last look; what is much longer was a stall. Returns
 * whether there was one. */
bool stall_note(struct stall *s, int64_t meant_ms);

/* The time, less all stalls that were noted. */
int64_t stall_now_ms(const struct stall *s);

#endif
