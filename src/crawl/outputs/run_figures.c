#include "crawl/outputs/run_figures.h"

#include <string.h>

void run_figures_outcomes(const struct run_figures *figures, struct run_outcome outcomes[RUN_OUTCOMES])
{
    const struct forage_progress *c = &figures->counts;
    uint64_t other = c->gone + c->put_off;
    const struct run_outcome all[RUN_OUTCOMES] = {
        {"new", c->new_pages},   {"changed", c->changed}, {"unchanged", c->unchanged},
        {"gone", c->gone},       {"put-off", c->put_off}, {"failed", c->failed > other ? c->failed - other : 0},
        {"skipped", c->skipped},
    };
    memcpy(outcomes, all, sizeof all);
}

const char *run_figures_failure_word(enum fetch_error error)
{
    return error == FETCH_OK ? "status" : fetch_error_word(error);
}
