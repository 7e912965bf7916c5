/* Time on the monotonic clock, and deadlines made of it; and the time of day.
 *
 * Context: any thread or process; never blocks. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_ns(void);
int64_t clock_ms(void);

/* Milliseconds since 1970 in UTC, for what outlives the process. */
int64_t clock_wall_ms(void);

/* The instant TIMEOUT_MS from now; -1 (no deadline) for a negative timeout. */
int64_t deadline_after(int timeout_ms);

/* What is left until DEADLINE, rounded up, as poll(2) takes it: 0 when it has passed, -1 for no deadline. */
int deadline_left_ms(int64_t deadline_ms);

#endif
