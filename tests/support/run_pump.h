/* The thread beside a running program: it feeds standard input, collects both outputs, keeps the time limit, looks at
 * the memory, sees the end, and looks for processes that outlive it.
 *
 * The fields above the lock are set before pump_start and belong to the thread afterwards; those below it are read and
 * written under it, or after pump_join. */
#ifndef SUPPORT_RUN_PUMP_H
#define SUPPORT_RUN_PUMP_H

#include "support/run_session.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PUMP_OUT, PUMP_ERR, PUMP_OUTPUTS };

struct run_pump {
    pid_t pid; /* and its session */
    int pidfd;
    int input_fd;                 /* -1: closed */
    int output_fds[PUMP_OUTPUTS]; /* -1: at its end */
    const char *input;
    size_t input_left;
    int64_t started_ns, deadline_ns;
    bool measure;
    int wake_fd; /* an eventfd: look at close_input */
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t changed; /* more output, or the end */
    struct captured {
        char *text;
        size_t len, room;
    } captured[PUMP_OUTPUTS];
    bool close_input; /* when all is written */
    bool over;
    int wait_status;
    int64_t ended_ns; /* 0: the program runs */
    bool timed_out;
    unsigned left_behind;
    struct session_use peak;
};

void pump_start(struct run_pump *pump);
void pump_join(struct run_pump *pump);

/* Wait until an output holds TEXT; false when time is up or the program is over without it. */
bool pump_wait_output(struct run_pump *pump, const char *text, int timeout_ms);

/* Wait until the program has ended and nothing is left of it. */
bool pump_wait_end(struct run_pump *pump, int timeout_ms);
char *pump_output_so_far(struct run_pump *pump);
void pump_close_input(struct run_pump *pump);

#endif
