/* The window: how many transfers may be under way at once.
 *
 * A connection costs processor time to make and to keep among others, and brings something only while answers are slow
 * to come. So a run that was not told how many connections to have begins with a few and opens more as answers take
 * long, or do not come at all: one more for each slow answer, which doubles the window in each round trip (as TCP's
 * slow start does), and twice as many after each while without any answer.
 *
 * window_init, window_answered for each answer, window_turn now and then. Context: the crawl's thread. */
#ifndef CRAWL_WINDOW_H
#define CRAWL_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum {
    WINDOW_FIRST = 64,
    WINDOW_SLOW_MS = 10,   /* an answer that took so long is a slow one */
    WINDOW_SILENT_MS = 20, /* after so long without an answer, those that are out are slow ones, too */
};

struct window {
    unsigned size;
    unsigned max;
    int64_t heard_ms; /* when the last answer came, or the window grew for want of one */
};

/* At most MAX transfers; FIXED: that many from the start. */
void window_init(struct window *w, unsigned max, bool fixed);

/* An answer has come at NOW_MS (base/clock.h) that took ELAPSED_MS. */
void window_answered(struct window *w, unsigned elapsed_ms, int64_t now_ms);

/* IN_FLIGHT transfers are under way. */
void window_turn(struct window *w, unsigned in_flight, int64_t now_ms);

/* How long a loop may sleep before window_turn is due; MAX_MS when it is not. */
int window_sleep_ms(const struct window *w, unsigned in_flight, int max_ms);

#endif
