#include "crawl/frontier/pace.h"

/* Longer times change no decision; cut here, they cannot overflow whatever a worker says. */
enum { TIME_MAX_MS = 10 * 60 * 1000 };

static void measure(struct pace *p, uint32_t us)
{
    if (p->answers == PACE_FIRST_ANSWERS) {
        p->average_us = (uint32_t)(((uint64_t)p->average_us * 3 + us) / 4);
        return;
    }
    p->first_us += us / PACE_FIRST_ANSWERS;
    if (++p->answers < PACE_FIRST_ANSWERS)
        return;
    p->average_us = p->first_us;
    if (p->first_us < PACE_FIRST_MIN_MS * 1000)
        p->first_us = PACE_FIRST_MIN_MS * 1000;
}

void pace_answered(struct pace *p, unsigned status, unsigned first_byte_ms)
{
    uint32_t ms = first_byte_ms < TIME_MAX_MS ? first_byte_ms : TIME_MAX_MS;
    p->last_ms = ms;
    if (status == 429 || status == 503)
        p->refused = true;
    measure(p, ms * 1000);
}

void pace_set_crawl_delay_ms(struct pace *p, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    p->crawl_delay_ms = (uint32_t)(ms < PACE_CRAWL_DELAY_MAX_MS ? ms : PACE_CRAWL_DELAY_MAX_MS);
}

bool pace_is_slow(const struct pace *p)
{
    return p->answers == PACE_FIRST_ANSWERS && p->average_us > 2 * p->first_us;
}

int pace_delay_ms(const struct pace *p)
{
    uint32_t delay = p->crawl_delay_ms, last = p->last_ms < PACE_ANSWER_MAX_MS ? p->last_ms : PACE_ANSWER_MAX_MS;
    if ((p->refused || pace_is_slow(p)) && last > delay)
        delay = last;
    return (int)delay;
}
