/* Workers and parent, killed at any moment: every URL ends once, and every file is whole. */
#include "hostile/processes.h"

TestSuite(workers, .timeout = 100);

/* Kill a worker at a random moment, again and again, until the run ends or so many have been killed. */
static unsigned kill_workers(struct run *run, unsigned most, unsigned gap_ms, unsigned *seed)
{
    unsigned killed = 0;
    while (killed < most && !run_wait_end(run, 1 + (int)(rand_r(seed) % gap_ms))) {
        pid_t found[PROCESSES_MOST];
        size_t count = workers_of(run, found);
        if (count && kill(found[(size_t)rand_r(seed) % count], SIGKILL) == 0)
            killed++;
    }
    return killed;
}

/* ---- Workers ---- */

/* Invariants 1 and 2. */
Test(workers, killing_them_again_and_again_loses_and_doubles_nothing)
{
    enum { PAGES = 300 };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, PAGES), *prefix = support_format("http://127.0.0.1:%u/", fixture_port(f));
    unsigned all = 0;
    for (unsigned round = 0; round < 4; round++) {
        unsigned seed = round + 1;
        struct run run = {.input = list, .time_limit_ms = 40000};
        attack_start(&run, (const char *const[]){"-j", "3", "-c", "24", "--per-host", "24", "-", NULL});
        cr_assert(fixture_wait_requests(f, 1, 10000));
        unsigned killed = kill_workers(&run, 30, 5 + 12 * round, &seed);
        attack_wait(&run);
        size_t good = expect_each_once(&run, prefix, PAGES);
        all += killed;
        cr_assert_eq(run.status, good == PAGES ? 0 : 1, "status %d", run.status);
        run_release(&run);
        fixture_stop(f);
        f = fixture_start(
            &(struct fixture_options){.fallback = slow_page, .port = (uint16_t)strtoul(prefix + 17, NULL, 10)});
    }
    cr_assert_geq(all, 20, "only %u were killed", all);
    free(prefix);
    free(list);
    fixture_stop(f);
}

/* Invariant 2: a URL that kills whoever fetches it is given up, and its neighbours are not. */
Test(workers, a_url_that_kills_its_worker_each_time_fails_alone)
{
    static const struct fixture_route routes[] = {
        {.path = "/killer", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = support_format("127.0.0.1:%u/1\n127.0.0.1:%u/killer\n127.0.0.1:%u/2\n127.0.0.1:%u/3\n",
                                fixture_port(f), fixture_port(f), fixture_port(f), fixture_port(f));
    struct run run = {.input = list};
    attack_start(&run, (const char *const[]){"-j", "1", "-", NULL});
    for (size_t deaths = 0; deaths < 3; deaths++) {
        pid_t found[PROCESSES_MOST];
        int64_t deadline = support_deadline_ns(10000);
        while (fixture_count(f, "/killer") <= deaths && support_left_ms(deadline))
            wait_ms(2);
        cr_assert_gt(fixture_count(f, "/killer"), deaths);
        cr_assert_eq(workers_of(&run, found), 1);
        cr_assert_eq(kill(found[0], SIGKILL), 0);
    }
    attack_wait(&run);
    json_t *log = attack_log(&run);
    cr_assert_eq(json_array_size(log), 4);
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/killer")), "lost");
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/1")), "");
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/2")), "");
    cr_assert_str_eq(attack_error(log, fixture_url(f, "/3")), "");
    cr_assert_eq(run.status, 1);
    json_decref(log);
    run_release(&run);
    free(list);
    fixture_stop(f);
}

/* The place that a redirected suspect took of its host was never given back: the run did not end. */
Test(workers, a_redirect_after_two_deaths_does_not_stall_its_host)
{
    static const struct fixture_reply redirect = {.location = "/end"};
    static const struct fixture_route routes[] = {
        {.path = "/killer", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG, .times = 2, .then = &redirect}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    char *list = support_format("127.0.0.1:%u/killer\n127.0.0.1:%u/1\n127.0.0.1:%u/2\n", fixture_port(f),
                                fixture_port(f), fixture_port(f));
    struct run run = {.input = list};
    attack_start(&run, (const char *const[]){"-j", "1", "--per-host", "1", "-", NULL});
    for (size_t deaths = 0; deaths < 2; deaths++) {
        pid_t found[PROCESSES_MOST];
        int64_t deadline = support_deadline_ns(10000);
        while (fixture_count(f, "/killer") <= deaths && support_left_ms(deadline))
            wait_ms(2);
        cr_assert_eq(workers_of(&run, found), 1);
        cr_assert_eq(kill(found[0], SIGKILL), 0);
    }
    attack_wait(&run);
    cr_assert_eq(run.status, 0, "%s", run.err);
    cr_assert_eq(fixture_count(f, "/end"), 1);
    cr_assert_eq(fixture_count(f, "/2"), 1);
    run_release(&run);
    free(list);
    fixture_stop(f);
}

/* Invariant 2 for the process that forks them; they die with it. */
Test(workers, killing_the_process_that_forks_them_loses_nothing)
{
    enum { PAGES = 250 };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, PAGES), *prefix = support_format("http://127.0.0.1:%u/", fixture_port(f));
    struct run run = {.input = list};
    attack_start(&run, (const char *const[]){"-j", "2", "-c", "8", "-", NULL});
    cr_assert(fixture_wait_requests(f, 10, 10000));
    pid_t found[PROCESSES_MOST];
    for (size_t times = 0; times < 2; times++) {
        size_t count = workers_of(&run, found);
        pid_t nursery = nursery_of(&run);
        cr_assert(count && nursery);
        cr_assert_eq(kill(nursery, SIGKILL), 0);
        for (size_t i = 0; i < count; i++)
            expect_gone(found[i]);
        cr_assert(fixture_wait_requests(f, 30 + 30 * times, 10000));
    }
    attack_wait(&run);
    cr_assert_eq(expect_each_once(&run, prefix, PAGES), PAGES);
    cr_assert_eq(run.status, 0, "%s", run.err);
    run_release(&run);
    free(prefix);
    free(list);
    fixture_stop(f);
}

/* Invariants 2 and 9: no worker lives long enough to fetch anything. The run gives up, but not in silence. */
Test(workers, workers_that_never_get_to_work_fail_every_url_by_name)
{
    enum { PAGES = 40 };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page, .delay_ms = 1000});
    char *list = list_of(f, PAGES), *prefix = support_format("http://127.0.0.1:%u/", fixture_port(f));
    struct run run = {.input = list, .time_limit_ms = 30000};
    attack_start(&run, (const char *const[]){"-j", "2", "-", NULL});
    while (!run_wait_end(&run, 0)) {
        pid_t found[PROCESSES_MOST];
        for (size_t count = workers_of(&run, found), i = 0; i < count; i++)
            kill(found[i], SIGKILL);
    }
    attack_wait(&run);
    cr_assert_eq(expect_each_once(&run, prefix, PAGES), 0);
    cr_assert_neq(run.status, 0);
    run_release(&run);
    free(prefix);
    free(list);
    fixture_stop(f);
}

/* Invariant 2: before workers that stand still are killed, the user can end the run. */
Test(workers, a_run_whose_workers_stand_still_can_be_ended)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, 50);
    pid_t found[PROCESSES_MOST];
    struct run run = {.input = list};
    attack_start(&run, (const char *const[]){"-j", "2", "-", NULL});
    cr_assert(fixture_wait_requests(f, 5, 10000));
    for (size_t count = workers_of(&run, found), i = 0; i < count; i++)
        kill(found[i], SIGSTOP);
    run_signal(&run, SIGTERM);
    attack_wait(&run);
    cr_assert_eq(run.status, 128 + SIGTERM);
    run_release(&run);
    free(list);
    fixture_stop(f);
}

/* ---- The parent ---- */

/* Invariants 1 and 8: killed at any instant, it leaves whole files and no process, and the next run completes the
 * rest. */
Test(workers, a_parent_that_is_killed_leaves_whole_files_and_no_process)
{
    enum { PAGES = 120 };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, PAGES), *folder = files_temp_folder(), *out = files_path(folder, "out");
    char *prefix = support_format("http://127.0.0.1:%u/", fixture_port(f)), *log = files_path(folder, "log");
    for (size_t round = 1; round <= 5; round++) {
        size_t before;
        struct run run = {.working_folder = folder, .input = list};
        fixture_requests(f, &before);
        /* Everything is asked for in each round, also what a killed run has finished. */
        attack_start(&run, (const char *const[]){"-j", "2", "--fresh", "-", NULL});
        cr_assert(fixture_wait_requests(f, before + 15 * round, 10000));
        run_signal(&run, SIGKILL);
        run_wait(&run);
        cr_assert_eq(run.signal, SIGKILL);
        cr_assert_eq(run.left_behind, 0, "%u processes were left behind", run.left_behind);
        char *pages = attack_pages(&run);
        for (const char *line = pages; *line; line = strchr(line, '\n') + 1) {
            char *file = support_format("out/%.*s", (int)strcspn(line, "\n"), line);
            const char *name = strrchr(file, '/') + 1;
            cr_assert(strncmp(name, ".forage-", 8) == 0 || is_whole(&run, file, strtoul(name, NULL, 10)), "%s", file);
            free(file);
        }
        free(pages);
        run_release(&run);
    }
    remove(log);
    files_remove(out);
    struct run last = {.working_folder = folder, .input = list};
    attack(&last, "-");
    cr_assert_eq(expect_each_once(&last, prefix, PAGES), PAGES);
    run_release(&last);
    files_remove(folder);
    free(log);
    free(prefix);
    free(out);
    free(folder);
    free(list);
    fixture_stop(f);
}
