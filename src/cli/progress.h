/* The progress line: what a run has done, how fast it is, and, when that can be told, how long it will go on.
 *
 * A struct progress of zeros, progress_add at each tick, progress_rates and progress_line for what to show. Pure:
 * neither prints nor asks for the time. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <forage/forage.h>
#include <stddef.h>
#include <stdint.h>

enum { PROGRESS_SAMPLES = 32, PROGRESS_LINE_SIZE = 256 };

struct progress_sample {
    unsigned elapsed_ms;
    uint64_t pages, bytes, left;
};

/* A sample a second of the last half minute. */
struct progress {
    struct progress_sample samples[PROGRESS_SAMPLES];
    unsigned count; /* ever taken; the last one is at (count - 1) % PROGRESS_SAMPLES */
};

struct progress_rates {
    double pages, bytes; /* a second, over the last five */
    int64_t left_s;      /* -1: cannot be told, because what waits does not become less */
};

/* Look at NOW, and keep it if the last sample is a second old. */
void progress_add(struct progress *p, const struct forage_progress *now);

struct progress_rates progress_rates(const struct progress *p, const struct forage_progress *now);

/* Write the line, terminated and at most COLUMNS - 1 characters long, into LINE. What matters least is left out first
 * when it is too long for that. */
void progress_line(const struct forage_progress *now, const struct progress_rates *rates, unsigned columns,
                   char line[PROGRESS_LINE_SIZE]);

#endif
