/* SIGHUP: the log is opened again by its name, for whoever renames it, at any time of a run. */
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
#include <unistd.h>

TestSuite(rotation, .timeout = 60);

/* The fixture's page "/later" comes when this file is there. */
static char gate[4096];

static int answer(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    for (int i = 0; strcmp(request->target, "/later") == 0 && access(gate, F_OK) != 0 && i < 10000; i++)
        poll(NULL, 0, 2);
    reply->body = "fine";
    return 0;
}

static struct fixture *start(const char *folder)
{
    snprintf(gate, sizeof gate, "%s/gate", folder);
    return fixture_start(&(struct fixture_options){.fallback = answer});
}

static void start_run(struct crawl *c, struct fixture *f)
{
    crawl_start(c, f, "-v", "--robots", "off", "--per-host", "1", "-", NULL);
    cr_assert(run_wait_output(&c->run, "shop/now~.html", 10000), "%s", c->run.err);
}

static void rename_log(const char *folder)
{
    char *log = files_path(folder, "log"), *old = files_path(folder, "log.1");
    cr_assert_eq(rename(log, old), 0);
    free(old);
    free(log);
}

/* What logrotate's pkill does: it finds the workers, too. */
static void signal_all(struct crawl *c)
{
    run_signal_group(&c->run, SIGHUP);
}

static void signal_parent(struct crawl *c)
{
    run_signal(&c->run, SIGHUP);
}

static char *url_in(const char *folder, const char *name)
{
    char *path = files_path(folder, name), *text = files_read(path, NULL);
    json_t *lines = text_json_lines(text);
    cr_expect_eq(json_array_size(lines), 1, "%s: %s", name, text);
    char *url = support_format("%s", text_member(json_array_get(lines, 0), "url"));
    json_decref(lines);
    free(text);
    free(path);
    return url;
}

static void expect_rotated(void (*hang_up)(struct crawl *c))
{
    char *folder = files_temp_folder();
    struct fixture *f = start(folder);
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/now\nwww.shop.com/later\n"}};
    start_run(&c, f);
    rename_log(folder);
    hang_up(&c);
    files_write(gate, "", -1);
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    char *before = url_in(folder, "log.1"), *after = url_in(folder, "log");
    cr_expect_str_eq(before, "http://www.shop.com/now");
    cr_expect_str_eq(after, "http://www.shop.com/later");
    free(before);
    free(after);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(rotation, a_hangup_opens_the_log_again_and_no_line_is_lost)
{
    expect_rotated(signal_parent);
}

Test(rotation, a_hangup_that_reaches_the_workers_too_is_no_different)
{
    expect_rotated(signal_all);
}

Test(rotation, without_a_hangup_the_renamed_log_is_written_on)
{
    char *folder = files_temp_folder();
    struct fixture *f = start(folder);
    struct crawl c = {.run = {.working_folder = folder, .input = "www.shop.com/now\nwww.shop.com/later\n"}};
    start_run(&c, f);
    rename_log(folder);
    files_write(gate, "", -1);
    crawl_wait(&c);
    char *old = files_path(folder, "log.1"), *text = files_read(old, NULL);
    cr_expect_eq(text_lines(text), 2, "%s", text);
    cr_expect_eq(json_array_size(c.log), 0);
    free(text);
    free(old);
    crawl_release(&c);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}

Test(rotation, without_a_log_a_hangup_ends_the_run_in_good_order)
{
    char *folder = files_temp_folder(), *resolve;
    struct fixture *f = start(folder);
    resolve = support_format("*:80:127.0.0.1:%u", fixture_port(f));
    const char *const arguments[] = {"-v",    "--robots", "off",    "--per-host", "1", "--resolve",
                                     resolve, "-o",       "output", "-",          NULL};
    struct run run = {.working_folder = folder, .input = "www.shop.com/now\nwww.shop.com/later\n"};
    run_start(&run, arguments);
    cr_assert(run_wait_output(&run, "shop/now~.html", 10000));
    run_signal(&run, SIGHUP);
    run_wait(&run);
    files_write(gate, "", -1);
    cr_expect_eq(run.status, 128 + SIGHUP);
    cr_expect(text_has(run.err, "\nstopped: 1 fetched"), "%s", run.err);
    cr_expect_eq(run.left_behind, 0);
    run_release(&run);
    free(resolve);
    files_remove(folder);
    free(folder);
    fixture_stop(f);
}
