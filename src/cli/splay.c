#include "cli/splay.h"

#include "base/clock.h"

#include <signal.h>
#include <stddef.h>
#include <sys/random.h>

/* A wait that is not random is better than none. */
static int64_t part_of(int64_t most_ms)
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return most_ms / 2;
    return (int64_t)(random % ((uint64_t)most_ms + 1));
}

static int wait_until(int64_t end_ms, const sigset_t *signals)
{
    for (int64_t left; (left = end_ms - clock_ms()) > 0;) {
        struct timespec timeout = {left / 1000, left % 1000 * 1000000};
        int number = sigtimedwait(signals, NULL, &timeout);
        if (number > 0)
            return number;
    }
    return 0;
}

/* One that is ignored would be had all the same while it is blocked. */
static void add_unless_ignored(sigset_t *signals, int number)
{
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        sigaddset(signals, number);
}

int splay_wait(int64_t most_ms)
{
    sigset_t signals, before;
    sigemptyset(&signals);
    add_unless_ignored(&signals, SIGINT);
    add_unless_ignored(&signals, SIGTERM);
    add_unless_ignored(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, &before);
    int number = wait_until(clock_ms() + part_of(most_ms), &signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return number;
}
