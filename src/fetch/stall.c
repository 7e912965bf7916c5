#include "fetch/stall.h"

#include "base/clock.h"

/* What a busy worker does between two looks takes less; and a server's time limits are seconds. */
enum { MUCH_MS = 100 };

void stall_begin(struct stall *s)
{
    *s = (struct stall){.looked_ms = clock_ms()};
}

bool stall_note(struct stall *s, int64_t meant_ms)
{
    int64_t now = clock_ms(), more = now - s->looked_ms - meant_ms;
    s->looked_ms = now;
    if (more < MUCH_MS)
        return false;
    s->total_ms += more;
    return true;
}

int64_t stall_now_ms(const struct stall *s)
{
    return clock_ms() - s->total_ms;
}
