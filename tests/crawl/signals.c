/* Signals: what a run that is ended early leaves, and that it leaves no process. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

TestSuite(signals, .timeout = 60);

/* A page that is fetched, one that stands still in the middle, and one that never begins. */
static const struct fixture_route routes[] = {
    {.path = "/fine", .reply = {.body = "fine"}},
    {.path = "/half", .reply = {.generated = 900000, .cut_at = 600000, .end = FIXTURE_HANG}},
    {.path = "/never", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {0}};

static const char list[] = "www.shop.com/fine\nwww.shop.com/half\nwww.shop.com/never\nwww.shop.com/queued\n";

/* Start a run and wait until its first page is there and the others are under way. */
static void start(struct crawl *c, struct fixture *f, const char *list_name)
{
    crawl_start(c, f, "-v", "-j", "2", "--per-host", "2", "--summary", "summary", "--metrics", "metrics", list_name,
                NULL);
    cr_assert(run_wait_output(&c->run, "output/shop/fine~.html", 10000));
    cr_assert(fixture_wait_requests(f, 3, 10000));
}

static void expect_only_whole_files(const struct crawl *c)
{
    char *tree = crawl_tree(c);
    cr_expect_str_eq(tree, "shop/fine~.html\n", "%s", tree);
    cr_expect(crawl_holds(c, "shop/fine~.html", "fine"));
    cr_expect_eq(c->run.left_behind, 0);
    free(tree);
}

/* What is kept of the run for others agrees with what its caller saw. */
static void expect_recorded(const struct crawl *c, int status)
{
    char *summary = crawl_read(c, "summary"), *metrics = crawl_read(c, "metrics");
    char *in_summary = support_format("\"exit_status\":%d,", status);
    char *in_metrics = support_format(" %d\n# HELP forage_run_complete", status);
    struct run shown = {.working_folder = c->run.folder};
    run_forage(&shown, "--status", "output", "--json", NULL);
    cr_expect(text_has(summary, in_summary), "%s", summary);
    cr_expect(text_has(metrics, in_metrics), "%s", metrics);
    cr_expect(text_has(shown.out, in_summary), "%s", shown.out);
    run_release(&shown);
    free(in_metrics);
    free(in_summary);
    free(metrics);
    free(summary);
}

static void expect_stopped(int number, bool whole_group)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    start(&c, f, "-");
    if (whole_group)
        run_signal_group(&c.run, number);
    else
        run_signal(&c.run, number);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, 128 + number);
    cr_expect(text_has(c.run.err, "\nstopped: 1 fetched (4 B), 0 failed, 0 skipped, 0 bad lines in "), "%s", c.run.err);
    cr_expect_eq(json_array_size(c.log), 1);
    cr_expect_lt(c.run.wall_ms, 5000);
    expect_recorded(&c, 128 + number);
    expect_only_whole_files(&c);
    crawl_release(&c);
    fixture_stop(f);
}

Test(signals, an_interrupt_leaves_whole_files_a_summary_and_no_process)
{
    expect_stopped(SIGINT, false);
}

Test(signals, a_termination_leaves_whole_files_a_summary_and_no_process)
{
    expect_stopped(SIGTERM, false);
}

Test(signals, an_interrupt_by_the_terminal_reaches_the_workers_too_and_is_no_different)
{
    expect_stopped(SIGINT, true);
    expect_stopped(SIGTERM, true);
}

Test(signals, killing_the_parent_kills_every_process)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    start(&c, f, "-");
    cr_assert_eq(crawl_signal_workers(&c, 0), 2);
    run_signal(&c.run, SIGKILL);
    crawl_wait(&c);
    cr_assert_eq(c.run.signal, SIGKILL);
    cr_assert_eq(json_array_size(c.log), 1, "what was done is in the log");
    expect_only_whole_files(&c);
    crawl_release(&c);
    fixture_stop(f);
}

Test(signals, a_run_after_a_kill_goes_on_as_if_nothing_had_been)
{
    static const struct fixture_route calm[] = {{.path = "/", .prefix = true, .reply = {.body = "calm"}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *folder = files_temp_folder();
    struct crawl c = {.run = {.input = list, .working_folder = folder}};
    start(&c, f, "-");
    run_signal(&c.run, SIGKILL);
    run_wait(&c.run);
    crawl_release(&c);
    fixture_stop(f);
    f = fixture_start(&(struct fixture_options){.routes = calm});
    c = (struct crawl){.run = {.input = list, .working_folder = folder}};
    crawl_run(&c, f, "--fresh", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *tree = crawl_tree(&c);
    cr_assert_str_eq(tree, "shop/fine~.html\nshop/half~.html\nshop/never~.html\nshop/queued~.html\n");
    cr_assert(crawl_holds(&c, "shop/fine~.html", "calm"));
    free(tree);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(signals, an_interrupt_while_a_list_gives_nothing_ends_the_run)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run = {.input = "www.shop.com/fine\n", .input_open = true}};
    crawl_start(&c, f, "-v", "-", NULL);
    cr_assert(run_wait_output(&c.run, "output/shop/fine~.html", 10000));
    run_signal(&c.run, SIGINT);
    crawl_wait(&c);
    cr_assert_eq(c.run.status, 128 + SIGINT);
    cr_assert_eq(c.run.left_behind, 0);
    crawl_release(&c);
    fixture_stop(f);
}

Test(signals, a_second_signal_ends_the_run_at_once)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct crawl c = {.run.input = list};
    start(&c, f, "-");
    run_signal(&c.run, SIGSTOP); /* both are pending when it goes on */
    run_signal(&c.run, SIGINT);
    run_signal(&c.run, SIGTERM);
    run_signal(&c.run, SIGCONT);
    crawl_wait(&c);
    cr_assert(c.run.status == 128 + SIGINT || c.run.status == 128 + SIGTERM, "%d", c.run.status);
    cr_assert_not(text_has(c.run.err, "stopped: "), "%s", c.run.err);
    expect_only_whole_files(&c);
    crawl_release(&c);
    fixture_stop(f);
}

/* Without a log, where SIGHUP would end the run as well. */
static void expect_not_ended_by(int ignored, int end)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *url = support_format("http://127.0.0.1:%u/never", fixture_port(f));
    struct run run = {.ignored_signal = ignored};
    run_start(&run, (const char *const[]){"--robots", "off", url, NULL});
    cr_assert(fixture_wait_requests(f, 1, 10000));
    run_signal(&run, ignored);
    cr_expect_not(run_wait_end(&run, 200), "ended by %d", ignored);
    run_signal(&run, end);
    run_wait(&run);
    cr_expect_eq(run.status, 128 + end, "%d after %d", run.status, ignored);
    cr_expect_eq(run.left_behind, 0);
    run_release(&run);
    free(url);
    fixture_stop(f);
}

Test(signals, one_that_was_ignored_when_the_program_began_as_by_nohup_ends_nothing)
{
    expect_not_ended_by(SIGHUP, SIGTERM);
    expect_not_ended_by(SIGINT, SIGHUP);
    expect_not_ended_by(SIGTERM, SIGINT);
}
