#include "crawl/frontier/window.h"

static unsigned at_most(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void window_init(struct window *w, unsigned max, bool fixed)
{
    *w = (struct window){.max = max, .size = fixed ? max : at_most(WINDOW_FIRST, max)};
}

void window_answered(struct window *w, unsigned elapsed_ms, int64_t now_ms)
{
    w->heard_ms = now_ms;
    if (elapsed_ms >= WINDOW_SLOW_MS && w->size < w->max)
        w->size++;
}

static bool may_grow(const struct window *w, unsigned in_flight)
{
    return in_flight >= w->size && w->size < w->max;
}

void window_turn(struct window *w, unsigned in_flight, int64_t now_ms)
{
    if (!may_grow(w, in_flight)) {
        w->heard_ms = now_ms; /* silence counts from when the window is full */
        return;
    }
    if (now_ms - w->heard_ms < WINDOW_SILENT_MS)
        return;
    w->heard_ms = now_ms;
    w->size = at_most(2 * w->size, w->max);
}

int window_sleep_ms(const struct window *w, unsigned in_flight, int max_ms)
{
    return may_grow(w, in_flight) && max_ms > WINDOW_SILENT_MS ? WINDOW_SILENT_MS : max_ms;
}
