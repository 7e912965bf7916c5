/* Numbers as people write them in options and lists: counts, sizes ("64M"), durations ("1.5", "2m", "1h").
 *
 * Each function takes the whole text or fails; on failure the output is untouched. Context: anywhere. */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

/* A decimal number without a sign, from MIN to MAX. */
bool parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out);

/* Bytes: a number, with k, M, G or T behind it for powers of 1024. */
bool parse_size(const char *text, uint64_t *bytes);

/* Seconds, with a fraction if wanted, or with ms, s, m, h or d behind it; at most some 24 days. */
bool parse_duration(const char *text, int *ms);

/* The same for times that may be longer: some 292 million years. */
bool parse_time_span(const char *text, int64_t *ms);

#endif
