/* Two runs on one folder: the lock is the kernel's, the second run leaves at once or waits, and the lock dies with its
 * holder. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(overlap, .timeout = 60);

static const struct fixture_route routes[] = {
    {.path = "/stays", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.body = "fine"}},
    {0}};

/* A run that holds the lock until it is signalled, and one in the same folder. */
struct pair {
    struct fixture *f;
    struct crawl holder, other;
};

static void set_up(struct pair *p)
{
    p->f = fixture_start(&(struct fixture_options){.routes = routes});
    p->holder = (struct crawl){.run = {.input = "www.shop.com/stays\n", .time_limit_ms = 40000}};
    crawl_start(&p->holder, p->f, "-j", "2", "-", NULL);
    cr_assert(fixture_wait_requests(p->f, 1, 10000), "the first run has not begun");
    p->other = (struct crawl){.run = {.input = "www.shop.com/other\n", .working_folder = p->holder.run.folder}};
}

static void tear_down(struct pair *p)
{
    crawl_release(&p->other);
    crawl_release(&p->holder);
    fixture_stop(p->f);
}

static void end_holder(struct pair *p, int number)
{
    run_signal(&p->holder.run, number);
    crawl_wait(&p->holder);
    cr_expect_eq(p->holder.run.left_behind, 0);
}

/* One line that names the folder, and the process that is there. */
static void expect_told(const struct pair *p, const char *folder)
{
    char *due =
        support_format("forage: %s: another run is at work here (process %d)\n", folder, (int)p->holder.run.pid);
    cr_expect_eq(p->other.run.status, FORAGE_EXIT_LOCKED, "%d", p->other.run.status);
    cr_expect_str_eq(p->other.run.err, due);
    cr_expect_eq(p->other.run.out_len, 0);
    cr_expect_eq(p->other.run.left_behind, 0);
    free(due);
}

Test(overlap, the_second_run_leaves_at_once_with_one_line_and_touches_nothing)
{
    static const char *const options[] = {"-q", "-v", "--no-state", "--fresh"};
    struct pair p;
    set_up(&p);
    char *before = files_tree(p.holder.run.folder);
    for (size_t i = 0; i < SUPPORT_COUNT(options); i++) {
        crawl_run(&p.other, p.f, options[i], "--failed", "failed", "--metrics", "metrics", "--summary", "summary", "-",
                  NULL);
        expect_told(&p, "output");
        cr_expect_lt(p.other.run.wall_ms, 5000);
        run_release(&p.other.run);
        p.other.run = (struct run){.input = "www.shop.com/other\n", .working_folder = p.holder.run.folder};
    }
    char *after = files_tree(p.holder.run.folder);
    cr_expect_str_eq(after, before);
    cr_expect_eq(fixture_count(p.f, "/other"), 0);
    end_holder(&p, SIGTERM);
    crawl_run(&p.other, p.f, "-", NULL);
    cr_expect_eq(p.other.run.status, FORAGE_EXIT_OK, "%s", p.other.run.err);
    free(before);
    free(after);
    tear_down(&p);
}

Test(overlap, a_folder_is_one_by_whatever_name)
{
    struct pair p;
    set_up(&p);
    char *link = files_path(p.holder.run.folder, "link");
    cr_assert_eq(symlink("output", link), 0);
    crawl_run(&p.other, p.f, "-o", "link", "-", NULL);
    expect_told(&p, "link");
    run_release(&p.other.run);
    p.other.run = (struct run){.input = "www.shop.com/other\n", .working_folder = p.holder.run.folder};
    crawl_run(&p.other, p.f, "-o", "elsewhere", "-", NULL);
    cr_expect_eq(p.other.run.status, FORAGE_EXIT_OK, "%s", p.other.run.err);
    free(link);
    end_holder(&p, SIGTERM);
    tear_down(&p);
}

Test(overlap, a_run_that_waits_begins_when_the_other_has_ended)
{
    static const int ends[] = {SIGINT, SIGKILL};
    for (size_t i = 0; i < SUPPORT_COUNT(ends); i++) {
        struct pair p;
        set_up(&p);
        crawl_start(&p.other, p.f, "-v", "--wait-lock", "30s", "-", NULL);
        cr_expect_not(run_wait_end(&p.other.run, 400), "it did not wait");
        cr_expect_eq(fixture_count(p.f, "/other"), 0);
        end_holder(&p, ends[i]);
        crawl_wait(&p.other);
        cr_expect_eq(p.other.run.status, FORAGE_EXIT_OK, "%s", p.other.run.err);
        cr_expect(crawl_holds(&p.other, "shop/other~.html", "fine"));
        tear_down(&p);
    }
}

Test(overlap, a_wait_that_runs_out_ends_as_if_there_had_been_none)
{
    struct pair p;
    set_up(&p);
    crawl_run(&p.other, p.f, "--wait-lock", "300ms", "-", NULL);
    expect_told(&p, "output");
    cr_expect_geq(p.other.run.wall_ms, 300);
    cr_expect_lt(p.other.run.wall_ms, 5000);
    end_holder(&p, SIGTERM);
    tear_down(&p);
}

Test(overlap, a_signal_ends_the_wait)
{
    static const int signals[] = {SIGINT, SIGTERM};
    for (size_t i = 0; i < SUPPORT_COUNT(signals); i++) {
        struct pair p;
        set_up(&p);
        crawl_start(&p.other, p.f, "-q", "--wait-lock", "1h", "-", NULL);
        cr_expect_not(run_wait_end(&p.other.run, 300));
        run_signal(&p.other.run, SIGHUP); /* for the log, which there is none of yet */
        cr_expect_not(run_wait_end(&p.other.run, 100), "%s", p.other.run.err);
        run_signal(&p.other.run, signals[i]);
        crawl_wait(&p.other);
        cr_expect(p.other.run.signal == signals[i] || p.other.run.status == 128 + signals[i], "status %d, signal %d",
                  p.other.run.status, p.other.run.signal);
        cr_expect_str_eq(p.other.run.err, "");
        cr_expect_eq(p.other.run.left_behind, 0);
        cr_expect_eq(fixture_count(p.f, "/other"), 0);
        cr_expect_not(run_wait_end(&p.holder.run, 0), "the holder was hit");
        end_holder(&p, SIGTERM);
        tear_down(&p);
    }
}

/* Its workers cannot run, so they cannot even end of their own accord; they have no part in the lock. */
Test(overlap, the_lock_dies_with_its_holder_whatever_its_workers_do)
{
    struct pair p;
    set_up(&p);
    cr_assert_eq(crawl_signal_workers(&p.holder, SIGSTOP), 2);
    kill(p.holder.run.pid, SIGKILL);
    crawl_run(&p.other, p.f, "-q", "--wait-lock", "5s", "-", NULL);
    cr_expect_eq(p.other.run.status, FORAGE_EXIT_OK, "%s", p.other.run.err);
    cr_expect_str_eq(p.other.run.err, "");
    cr_expect_lt(p.other.run.wall_ms, 4000);
    cr_expect_eq(fixture_count(p.f, "/other"), 1);
    crawl_wait(&p.holder);
    cr_expect_eq(p.holder.run.left_behind, 0);
    tear_down(&p);
}
