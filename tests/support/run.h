/* Running a program, usually $FORAGE_BINARY, and seeing what a user would see.
 *
 *     struct run run = {.input = "http://127.0.0.1/\n"};   // zero is the default of every field
 *     run_forage(&run, "--quiet", "-", NULL);
 *     cr_assert_eq(run.status, 0, "%s", run.err);
 *     cr_assert_eq(files_count(run.folder), 1);
 *     run_release(&run);
 *
 * With a signal on the way: run_start, fixture_wait_requests or run_wait_output, run_signal, run_wait, run_release.
 *
 * The program runs in a session of its own, so that all it leaves behind can be found, with the folder as its working
 * directory and LC_ALL=C.UTF-8. A thread reads its output all the time; the program never waits for the test. Sanitizer
 * reports in its standard error are repeated on the test's, where ctest looks for them.
 *
 * Context: the test's main thread. The program is killed when that thread ends. */
#ifndef SUPPORT_RUN_H
#define SUPPORT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct run_pump;

struct run {
    /* ---- Set before run_start. Borrowed for the run. ---- */
    const char *program;            /* NULL: $FORAGE_BINARY */
    const char *working_folder;     /* NULL: a new one, removed by run_release */
    const char *input;              /* standard input; NULL: nothing, end of file at once */
    size_t input_len;               /* 0: up to a NUL */
    bool input_open;                /* standard input stays open after INPUT until run_close_input or the end */
    const char *const *environment; /* "NAME=VALUE" or, to remove, "NAME"; ended by NULL; besides what is inherited */
    bool terminal_error, terminal_output; /* a pseudo terminal, of 80 columns */
    bool closed_output;                   /* standard output is a pipe that nobody reads (EPIPE) */
    bool open_umask;                      /* umask 0 rather than 022 */
    uint64_t file_size_limit;             /* RLIMIT_FSIZE in bytes, SIGXFSZ ignored; 0: none */
    unsigned descriptor_limit;            /* RLIMIT_NOFILE; 0: as inherited */
    int ignored_signal;                   /* that the program is started with; 0: none */
    int time_limit_ms;                    /* killed after this long; 0: 20 s */
    bool measure_memory;                  /* look at the memory of all its processes every 20 ms */

    /* ---- Valid after run_start. ---- */
    char *folder; /* the working folder */
    pid_t pid;

    /* ---- Valid after run_wait. ---- */
    char *out, *err; /* with a NUL behind them; a terminal's CR LF is left as it is */
    size_t out_len, err_len;
    int status;     /* exit status; -1: ended by a signal */
    int signal;     /* the signal that ended it; 0: none */
    bool timed_out; /* the time limit ended it; said on the test's standard error */
    int64_t wall_ms;
    unsigned left_behind;    /* its processes that were still alive a second after its end; they are killed */
    uint64_t peak_pss_bytes; /* with measure_memory: largest sum of the proportional set sizes */
    unsigned peak_processes; /* and largest number of processes at one time */

    struct run_pump *pump;
};

/* Start the program with arguments up to NULL, wait for its end, fill the rest of *RUN. */
void run_forage(struct run *run, ...) __attribute__((sentinel));
void run_argv(struct run *run, const char *const *arguments);

/* The same in two steps. ARGUMENTS (ended by NULL) does not hold the program's name. */
void run_start(struct run *run, const char *const *arguments);
void run_wait(struct run *run);

/* Between the two. run_wait_output waits until standard output or error holds TEXT; false: time is up, or the program
 * ended without it. run_wait_end waits for the end without collecting anything; false: it still runs. run_signal_group
 * signals as a terminal's Ctrl-C does. */
bool run_wait_output(struct run *run, const char *text, int timeout_ms);
bool run_wait_end(struct run *run, int timeout_ms);
char *run_output_so_far(struct run *run); /* standard output; freed by the caller */
void run_signal(struct run *run, int signal);
void run_signal_group(struct run *run, int signal);
void run_close_input(struct run *run);

/* Kill what still runs, remove the folder that was made, free the texts, zero *RUN. */
void run_release(struct run *run);

#endif
