/* How what the state knows is written for people: texts that may hold any byte, times, sizes and ages.
 * Context: main. */
#ifndef CLI_INSPECT_FORMAT_H
#define CLI_INSPECT_FORMAT_H

#include "base/buffer.h"

#include <stdint.h>

enum { INSPECT_TIME_SIZE = 48, INSPECT_SIZE_SIZE = 16, INSPECT_AGE_SIZE = 24 };

/* Append TEXT to B so that it can be shown: each byte that is no UTF-8, and those of characters that steer a
 * terminal or the order in which text is read, become "\xNN". False when memory is out. */
bool inspect_escape(struct buffer *b, const char *text);

/* Local time with its zone, "2026-11-21 11:45:00+01:00"; "-" for 0. Returns OUT. */
const char *inspect_time(int64_t ms, char out[INSPECT_TIME_SIZE]);

/* "15.0 KiB". */
const char *inspect_size(uint64_t bytes, char out[INSPECT_SIZE_SIZE]);

/* A length of time in its largest unit, rounded down: "45s", "12m", "3h", "5d". */
const char *inspect_age(int64_t ms, char out[INSPECT_AGE_SIZE]);

#endif
