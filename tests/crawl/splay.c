/* --splay: a random wait before anything is done, which a signal ends. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

TestSuite(splay, .timeout = 60);

static const struct fixture_route routes[] = {{.path = "/", .prefix = true, .reply = {.body = "fine"}}, {0}};

static struct fixture *start(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* Whether the program waits for a signal and for nothing else. */
static bool waits_for_signal(pid_t pid)
{
    char path[32];
    long number = -1;
    snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
    FILE *in = fopen(path, "re");
    if (in && fscanf(in, "%ld", &number) != 1)
        number = -1;
    if (in)
        fclose(in);
    return number == SYS_rt_sigtimedwait;
}

static void start_waiting(struct crawl *c, struct fixture *f, const char *option)
{
    crawl_start(c, f, "--splay", "1h", "-", option, NULL);
    int64_t deadline = support_deadline_ns(10000);
    while (!waits_for_signal(c->run.pid) && support_left_ms(deadline))
        poll(NULL, 0, 1);
    cr_assert(waits_for_signal(c->run.pid));
}

static void expect_ended(int signal)
{
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com\n"};
    start_waiting(&c, f, "-q");
    run_signal(&c.run, signal);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + signal);
    cr_expect_str_eq(c.run.err, "");
    cr_expect_eq(fixture_count(f, "/"), 0);
    cr_expect_eq(files_count(c.run.folder), 0, "nothing is made before the wait is over");
    crawl_release(&c);
    fixture_stop(f);
}

Test(splay, a_signal_ends_the_wait_and_nothing_was_done)
{
    expect_ended(SIGINT);
    expect_ended(SIGTERM);
}

Test(splay, a_signal_to_open_the_log_again_does_not_end_the_wait)
{
    struct fixture *f = start();
    struct crawl c = {.run.input = "www.shop.com\n"};
    start_waiting(&c, f, "-v");
    run_signal(&c.run, SIGHUP);
    cr_expect_not(run_wait_end(&c.run, 200));
    run_signal(&c.run, SIGTERM);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + SIGTERM);
    crawl_release(&c);
    fixture_stop(f);
}

Test(splay, a_signal_that_was_ignored_when_the_program_began_does_not_end_the_wait)
{
    struct run run = {.ignored_signal = SIGHUP};
    run_start(&run, (const char *const[]){"--splay", "1h", "http://127.0.0.1:1/", NULL});
    int64_t deadline = support_deadline_ns(10000);
    while (!waits_for_signal(run.pid) && support_left_ms(deadline))
        poll(NULL, 0, 1);
    run_signal(&run, SIGHUP);
    cr_expect_not(run_wait_end(&run, 200));
    run_signal(&run, SIGTERM);
    run_wait(&run);
    cr_expect_eq(run.status, 128 + SIGTERM);
    run_release(&run);
}

Test(splay, the_wait_is_random_and_no_longer_than_it_may_be)
{
    enum { RUNS = 12, MOST_MS = 200 };
    struct fixture *f = start();
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < RUNS; i++) {
        struct crawl c = {.run.input = "www.shop.com\n"};
        crawl_run(&c, f, "--splay", "200ms", "-", NULL);
        cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        least = c.run.wall_ms < least ? c.run.wall_ms : least;
        most = c.run.wall_ms > most ? c.run.wall_ms : most;
        crawl_release(&c);
    }
    cr_expect_lt(least, MOST_MS + 1000);
    cr_expect_gt(most - least, 20, "the same wait 12 times");
    fixture_stop(f);
}

Test(splay, what_would_be_refused_is_refused_before_the_wait)
{
    struct run run = {0};
    run_forage(&run, "--splay", "1h", "-H", "nonsense", "http://127.0.0.1:1/", NULL);
    cr_expect_eq(run.status, FORAGE_EXIT_USAGE);
    cr_expect_str_eq(run.err, "forage: --header: 'nonsense' must look like \"Name: value\"\n");
    run_release(&run);
}
