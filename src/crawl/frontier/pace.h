/* The pace that suits a host: how long to wait between two requests, from what it says and how it answers.
 *
 * The delay is the larger of two. One is robots.txt's Crawl-delay, of which at most a minute is obeyed. The other is
 * the time of the host's last answer, of which at most five seconds count: for the rest of the run once the host has
 * answered 429 or 503, and while it is slow, which means that a moving average of its answers' times (a quarter of each
 * new one) is over twice the mean of its first five, which is taken as 25 ms at least. Otherwise there is none.
 *
 * The time of an answer is that to its first byte: how long the rest takes depends on its length and on us.
 *
 * Zeroes are a host of which nothing is known. Pure. Context: anywhere. */
#ifndef CRAWL_PACE_H
#define CRAWL_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACE_FIRST_ANSWERS = 5,
    PACE_FIRST_MIN_MS = 25,
    PACE_CRAWL_DELAY_MAX_MS = 60 * 1000,
    PACE_ANSWER_MAX_MS = 5 * 1000,
};

struct pace {
    uint32_t crawl_delay_ms;
    uint32_t last_ms;
    uint32_t first_us;   /* the sum of the first answers' times, and their mean when all have come */
    uint32_t average_us; /* moving, from then on */
    uint8_t answers;     /* as far as they are first ones */
    bool refused;        /* it has answered 429 or 503 */
};

/* An HTTP answer with STATUS, whose first byte came after FIRST_BYTE_MS. */
void pace_answered(struct pace *p, unsigned status, unsigned first_byte_ms);

/* What robots.txt says; 0 or less: nothing. */
void pace_set_crawl_delay_ms(struct pace *p, int64_t ms);

/* Whether the host answers slowly now, by its own measure. */
bool pace_is_slow(const struct pace *p);

int pace_delay_ms(const struct pace *p);

#endif
