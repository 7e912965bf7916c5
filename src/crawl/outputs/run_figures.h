/* The figures of a run at its end, for the files that tell machines about it (crawl/outputs/metrics.h,
 * crawl/outputs/summary_file.h). Plain data; nothing is owned. */
#ifndef CRAWL_RUN_FIGURES_H
#define CRAWL_RUN_FIGURES_H

#include "fetch/error.h"

#include <forage/forage.h>
#include <stdbool.h>
#include <stdint.h>

struct run_figures {
    const char
        *folder; /* the output folder's full path, which tells several crontab lines apart; "" when there is none */
    int64_t started_ms; /* milliseconds since 1970 in UTC, as all times here */
    int64_t ended_ms;
    /* When a complete run of this folder last ended with exit status 0: this one's end, or what the caller remembers;
     * 0: never. */
    int64_t last_success_ms;
    unsigned elapsed_ms;                    /* by the monotonic clock: the time of day may be set while a run goes on */
    struct forage_progress counts;          /* as forage_run's summary has them */
    uint64_t failures[FETCH_ERROR_COUNT];   /* by enum fetch_error; of FETCH_OK: answers whose status is an error */
    uint64_t hosts_well, hosts_with_errors; /* hosts that answered: never with a failure, or at times */
    uint64_t hosts_unreachable;             /* hosts of which nothing was had */
    int exit_status;
    bool complete; /* all that was asked for has been done */
};

/* Pages by how they ended. Each is in one row, so that the rows add up: counts.failed has those that are gone or
 * put off, too. */
struct run_outcome {
    const char *word; /* constant: new changed unchanged failed gone put-off skipped */
    uint64_t pages;
};

enum { RUN_OUTCOMES = 7 };

void run_figures_outcomes(const struct run_figures *figures, struct run_outcome outcomes[RUN_OUTCOMES]);

/* What failures[ERROR] is called: the log's word, and "status" for FETCH_OK. Constant. */
const char *run_figures_failure_word(enum fetch_error error);

#endif
