#include "base/quiet_thread.h"

#include <criterion/criterion.h>
#include <signal.h>

static void *look(void *arg)
{
    pthread_sigmask(SIG_BLOCK, NULL, arg);
    return arg;
}

Test(quiet_thread, takes_no_signal_and_leaves_the_callers_mask_alone, .timeout = 10)
{
    sigset_t before, after, seen;
    pthread_t thread;
    void *result;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    cr_assert_eq(quiet_thread_start(&thread, "quiet", look, &seen), 0);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    pthread_join(thread, &result);
    cr_assert_eq(result, &seen);
    for (int number = 1; number < 32; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            cr_assert(sigismember(&seen, number), "signal %d", number);
        cr_assert_eq(sigismember(&before, number), sigismember(&after, number), "signal %d", number);
    }
}
