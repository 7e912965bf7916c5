/* A time of day as ISO 8601 has it. Context: anywhere; never blocks. */
#ifndef BASE_ISO_TIME_H
#define BASE_ISO_TIME_H

#include <stdint.h>

enum { ISO_TIME_SIZE = 40 };

/* Write the time MS, milliseconds since 1970, in UTC: "2026-11-21T10:45:00.123Z". Returns TEXT. */
const char *iso_time_utc(int64_t ms, char text[ISO_TIME_SIZE]);

#endif
