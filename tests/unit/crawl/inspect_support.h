/* What the tests of --status and --why share: an output folder's state, and a run under way. */
#ifndef TESTS_INSPECT_SUPPORT_H
#define TESTS_INSPECT_SUPPORT_H

#include <forage/inspect.h>

#include "base/status.h"
#include "folder_support.h"
#include "store/lock.h"
#include "store/state/state.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#define HOUR  INT64_C(3600000)
#define START INT64_C(1795257900000)

/* ---- Making a state ---- */

static inline struct state *open_state(void)
{
    struct state *state = NULL;
    struct state_failure failure;
    cr_assert_eq(state_open(in_folder("out"), NULL, &state, &failure), STATE_OK, "%s", failure.text);
    return state;
}

static inline void close_state(struct state *state)
{
    cr_assert_eq(state_close(state, NULL), STATE_OK);
}

static inline void put_page(struct state *state, struct state_page page)
{
    page.url_len = strlen(page.url);
    enum state_status s = state_put_page(state, &page);
    if (s == STATE_FULL) {
        cr_assert_eq(state_flush(state), STATE_OK);
        s = state_put_page(state, &page);
    }
    cr_assert_eq(s, STATE_OK, "%s: %s", page.url, state_status_text(s));
}

static inline void put_host(struct state *state, struct state_host host)
{
    cr_assert_eq(state_put_host(state, &host), STATE_OK);
}

static inline void put_run(struct state *state, struct state_run run)
{
    cr_assert_eq(state_put_run(state, &run), STATE_OK);
}

static inline void expect_number(const char *what, int64_t found, int64_t wanted)
{
    cr_expect_eq(found, wanted, "%s is %lld, not %lld", what, (long long)found, (long long)wanted);
}

/* ---- A run that another process makes ---- */

/* Take the lock and leave a run's start in the state, as a run does; tell through SAYS, and wait to be killed. */
static inline void begin_run(int says)
{
    struct folder_lock lock;
    struct state *state = NULL;
    struct state_failure failure;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!folder_lock_take(in_folder("out"), 0, &lock) ||
        state_open(in_folder("out"), NULL, &state, &failure) != STATE_OK ||
        state_put_run(state, &(struct state_run){.started_ms = START}) != STATE_OK ||
        state_put_page(state, &(struct state_page){.url = "http://a.example/", .url_len = 17}) != STATE_OK ||
        state_flush(state) != STATE_OK || write(says, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

static inline pid_t start_run(void)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        begin_run(ends[1]);
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1, "the run has not begun");
    close(ends[0]);
    return child;
}

static inline void kill_run(pid_t child)
{
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, NULL, 0), child);
}

#endif
