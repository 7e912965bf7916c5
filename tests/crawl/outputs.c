/* What a run leaves for those who were not there: that all files tell the same, what may fail, and what -q says.
 * metrics.c has each file's form, rotation.c the log's. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(outputs, .timeout = 60);

static json_t *read_json(const struct crawl *c, const char *name)
{
    char *text = crawl_read(c, name);
    json_t *json = json_loads(text, 0, NULL);
    cr_assert(json, "%s", text);
    free(text);
    return json;
}

static json_int_t number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    cr_assert(json_is_integer(value), "%s is no number", key);
    return json_integer_value(value);
}

/* The value of the first sample of metric NAME that has LABELS. */
static double sample_of(const char *metrics, const char *name, const char *labels)
{
    char *start = support_format("\n%s{", name);
    const char *at = metrics;
    while ((at = strstr(at, start))) {
        const char *end = strchr(++at, '}');
        const char *label = strstr(at, labels);
        if (end && label && label < end) {
            free(start);
            return strtod(end + 1, NULL);
        }
    }
    free(start);
    cr_assert(false, "%s with %s is not in\n%s", name, labels, metrics);
    return 0;
}

/* ---- All tell the same ---- */

static const struct fixture_reply other = {.body = "other"};
static const struct fixture_reply no_more = {.status = 410};
static const struct fixture_route every[] = {
    {.path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /private\n"}},
    {.path = "/same", .reply = {.body = "same", .etag = "\"1\""}},
    {.path = "/plain", .reply = {.body = "plain"}},
    {.path = "/changes", .reply = {.body = "one", .times = 1, .then = &other}},
    {.path = "/goes", .reply = {.body = "here", .times = 1, .then = &no_more}},
    {.path = "/bad", .reply = {.status = 500}},
    {.path = "/large", .reply = {.generated = 9000}},
    {.host = "www.later.com",
     .path = "/",
     .prefix = true,
     .reply = {.status = 429, .headers = "Retry-After: 7200\r\n"}},
    {.path = "/more", .reply = {.body = "more!"}},
    {0}};

enum { NEW, CHANGED, UNCHANGED, GONE, FAILED, SKIPPED, PUT_OFF, OUTCOMES };
static const char *const outcomes[OUTCOMES] = {"new", "changed", "unchanged", "gone", "failed", "skipped", "put-off"};

/* What the log says, line by line: what is put off is a failure there, and a URL that was listed twice has no line. */
static void count_log(const struct crawl *c, json_int_t counts[OUTCOMES])
{
    size_t i;
    const json_t *line;
    json_array_foreach(c->log, i, line)
    {
        bool put_off = strncmp(text_member(line, "detail"), "put off ", 8) == 0;
        for (int k = 0; k < OUTCOMES; k++)
            counts[k] += put_off ? k == PUT_OFF : strcmp(text_member(line, "outcome"), outcomes[k]) == 0;
    }
}

static void expect_counts(const struct crawl *c, const json_int_t due[OUTCOMES], json_int_t bytes, json_int_t bad_lines)
{
    json_int_t logged[OUTCOMES] = {[SKIPPED] = 1}, failures = 0;
    json_t *summary = read_json(c, "summary"), *value;
    char *metrics = crawl_read(c, "metrics");
    const char *key;
    count_log(c, logged);
    for (int i = 0; i < OUTCOMES; i++) {
        char labels[32];
        snprintf(labels, sizeof labels, "outcome=\"%s\"", outcomes[i]);
        json_int_t told = number_of(json_object_get(summary, "pages"), outcomes[i]);
        double sample = sample_of(metrics, "forage_run_pages", labels);
        cr_expect_eq(logged[i], due[i], "%s: %lld in the log", outcomes[i], (long long)logged[i]);
        cr_expect_eq(told, due[i], "%s: %lld in the summary", outcomes[i], (long long)told);
        cr_expect_eq((json_int_t)sample, due[i], "%s: %f in the metrics", outcomes[i], sample);
    }
    json_object_foreach(json_object_get(summary, "failures"), key, value) failures += json_integer_value(value);
    cr_expect_eq(failures, due[GONE] + due[FAILED] + due[PUT_OFF]);
    cr_expect_eq(number_of(summary, "bytes"), bytes);
    cr_expect_eq(number_of(summary, "bad_lines"), bad_lines);
    cr_expect_eq(number_of(summary, "exit_status"), c->run.status);
    cr_expect_eq((int)sample_of(metrics, "forage_run_exit_status", ""), c->run.status);
    free(metrics);
    json_decref(summary);
}

Test(outputs, the_log_the_summary_and_the_metrics_agree_in_every_count)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = every});
    struct crawl c = {.run.input = "www.shop.com/same\nwww.shop.com/plain\nwww.shop.com/changes\nwww.shop.com/goes\n"
                                   "www.shop.com/bad\nwww.shop.com/large\nwww.shop.com/private/1\nwww.later.com/\n"
                                   "www.shop.com/bad\nnot a line\n"};
    static const json_int_t first[OUTCOMES] = {[NEW] = 4, [FAILED] = 2, [SKIPPED] = 2, [PUT_OFF] = 1};
    static const json_int_t second[OUTCOMES] = {
        [NEW] = 1, [CHANGED] = 1, [UNCHANGED] = 2, [GONE] = 1, [FAILED] = 2, [SKIPPED] = 2, [PUT_OFF] = 1};
    crawl_run(&c, f, "--robots", "on", "--max-size", "5000", "--max-wait", "100ms", "--summary", "summary", "--metrics",
              "metrics", "-", NULL);
    expect_counts(&c, first, 4 + 5 + 3 + 4, 1);
    c.run.input = "www.shop.com/same\nwww.shop.com/plain\nwww.shop.com/changes\nwww.shop.com/goes\nwww.shop.com/more\n"
                  "www.shop.com/bad\nwww.shop.com/large\nwww.shop.com/private/1\nwww.later.com/\nwww.shop.com/same\n";
    crawl_again(&c, f, "--robots", "on", "--max-size", "5000", "--max-wait", "100ms", "--summary", "summary",
                "--metrics", "metrics", "-", NULL);
    expect_counts(&c, second, 5 + 5 + 5, 0);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- When it was well the last time ---- */

static const struct fixture_route some_fail[] = {
    {.path = "/bad", .prefix = true, .reply = {.status = 500}},
    {.path = "/hangs", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /p"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

static double last_success(const struct crawl *c)
{
    char *metrics = crawl_read(c, "metrics");
    double seconds = sample_of(metrics, "forage_last_success_timestamp_seconds", "");
    free(metrics);
    return seconds;
}

Test(outputs, the_last_success_is_remembered_however_many_runs_fail_are_killed_or_end_early)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = some_fail});
    struct crawl c = {.run.input = "www.shop.com/1\n"};
    crawl_run(&c, f, "--metrics", "metrics", "-", NULL);
    double success = last_success(&c);
    cr_assert_gt(success, 0);
    for (int i = 0; i < 3; i++) {
        c.run.input = "www.shop.com/bad\n";
        crawl_again(&c, f, "--metrics", "metrics", "-", NULL);
        cr_expect_eq(last_success(&c), success, "after %d runs that failed", i + 1);
    }
    static const int signals[] = {SIGKILL, SIGTERM};
    for (int i = 0; i < 2; i++) {
        struct crawl stopped = {.run = {.working_folder = c.run.folder, .input = "www.shop.com/hangs\n"}};
        size_t before;
        fixture_requests(f, &before);
        crawl_start(&stopped, f, "--metrics", "metrics", "-", NULL);
        cr_assert(fixture_wait_requests(f, before + 1, 10000));
        run_signal(&stopped.run, signals[i]);
        crawl_wait(&stopped);
        cr_expect_eq(last_success(&c), success, "after one that got signal %d", signals[i]);
        crawl_release(&stopped);
    }
    c.run.input = "www.shop.com/hangs\n";
    crawl_again(&c, f, "--max-time", "300ms", "--metrics", "metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_eq(last_success(&c), success, "out of time");
    c.run.input = "www.shop.com/bad\n";
    crawl_again(&c, f, "--metrics", "metrics", "-", NULL);
    cr_expect_eq(last_success(&c), success, "the runs before this one were stopped or out of time");
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- --expect-failures ---- */

Test(outputs, failures_that_were_expected_are_told_and_the_run_is_a_success_for_all_who_ask)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = some_fail});
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad\n"};
    crawl_run(&c, f, "-q", "--expect-failures", "26", "--failed", "failed", "--summary", "summary", "--metrics",
              "metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK);
    cr_expect_str_eq(c.run.err, "forage: http://www.shop.com/bad: HTTP status 500\n");
    char *failed = crawl_read(&c, "failed"), *metrics = crawl_read(&c, "metrics");
    json_t *summary = read_json(&c, "summary");
    cr_expect_str_eq(failed, "# 500\nhttp://www.shop.com/bad\n");
    cr_expect_eq(number_of(summary, "exit_status"), 0);
    cr_expect_eq(number_of(json_object_get(summary, "pages"), "failed"), 1);
    cr_expect_str_eq(text_member(summary, "last_success"), text_member(summary, "ended"));
    cr_expect_eq(sample_of(metrics, "forage_run_exit_status", ""), 0);
    double success = last_success(&c);
    cr_expect_eq(success, sample_of(metrics, "forage_run_end_timestamp_seconds", ""));
    struct run status = {.working_folder = c.run.folder};
    run_forage(&status, "--status", "output", NULL);
    cr_expect(text_has(status.out, "complete, exit status 0\n") && text_has(status.out, "1 failed"), "%s", status.out);
    run_release(&status);
    free(metrics);
    json_decref(summary);

    c.run.input = "www.shop.com/bad\nwww.shop.com/2\nwww.shop.com/3\nwww.shop.com/bad2\n";
    crawl_again(&c, f, "-q", "--expect-failures", "50", "--summary", "summary", "--metrics", "metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "50 is not fewer than 50");
    summary = read_json(&c, "summary");
    cr_expect_eq(number_of(summary, "exit_status"), FORAGE_EXIT_SERVER);
    cr_expect_eq(last_success(&c), success);
    json_decref(summary);
    free(failed);
    crawl_release(&c);
    fixture_stop(f);
}

/* exit_status.c has the percentages; here is what counts as asked for, and what is never hidden. */
Test(outputs, only_pages_that_were_asked_for_count_and_only_their_failures_may_be_expected)
{
    static const char skipped[] = "www.shop.com/p1\nwww.shop.com/p2\nwww.shop.com/p3\nwww.shop.com/p4\n"
                                  "www.shop.com/1\nwww.shop.com/1\nwww.shop.com/1\nwww.shop.com/1\nwww.shop.com/bad\n";
    static const struct {
        const char *list, *percent;
        int status;
    } rows[] = {
        {skipped, "50", FORAGE_EXIT_SERVER}, /* one of two: what is skipped is not asked for */
        {skipped, "51", FORAGE_EXIT_OK},
        {"www.dead.com:1\nwww.shop.com/1\nwww.shop.com/bad\n", "67", FORAGE_EXIT_OK},
        {"www.dead.com:1\nwww.shop.com/1\nwww.shop.com/bad\n", "66", FORAGE_EXIT_NETWORK},
        {"www.shop.com/1\n  out=x\nwww.shop.com/2\n  out=x\nwww.shop.com/3\n", "99", FORAGE_EXIT_FILE},
        {"www.shop.com/1\nwww.shop.com/bad\nftp://www.shop.com/\n", "99", FORAGE_EXIT_OTHER},
        {"www.shop.com/1\nwww.shop.com/bad\n@nowhere\n", "99", FORAGE_EXIT_FILE},
        {"www.shop.com/bad\n", "100", FORAGE_EXIT_SERVER},
        {"", "0", FORAGE_EXIT_OK},
        {"www.shop.com/1\n", "0", FORAGE_EXIT_OK},
        {"www.shop.com/1\n", "12.5", FORAGE_EXIT_OK},
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = some_fail});
    char *dead = support_format("www.dead.com:1:127.0.0.1:%u", support_closed_port());
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct crawl c = {.run.input = rows[i].list};
        crawl_run(&c, f, "--robots", "on", "--resolve", dead, "--summary", "summary", "--expect-failures",
                  rows[i].percent, "-", NULL);
        cr_expect_eq(c.run.status, rows[i].status, "row %zu: %d: %s", i, c.run.status, c.run.err);
        json_t *summary = read_json(&c, "summary");
        cr_expect_eq(number_of(summary, "exit_status"), rows[i].status, "row %zu", i);
        json_decref(summary);
        crawl_release(&c);
    }
    struct crawl c = {.run.input = "www.shop.com/1\nwww.shop.com/2\nwww.shop.com/bad\n"};
    crawl_run(&c, f, "--expect-failures", "99", "--metrics", "nowhere/metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "a file that cannot be written is expected by nobody");
    struct run status = {.working_folder = c.run.folder};
    run_forage(&status, "--status", "output", NULL);
    cr_expect(text_has(status.out, "complete, exit status 3\n"), "%s", status.out);
    run_release(&status);
    crawl_release(&c);
    free(dead);
    fixture_stop(f);
}

/* ---- --failed ---- */

Test(outputs, the_list_of_failures_asks_for_each_url_as_the_first_list_did)
{
    static const struct fixture_reply fine = {.generated = 6000};
    static const struct fixture_route twice[] = {
        {.path = "/a", .reply = {.status = 503, .times = 2, .then = &fine}},
        {.path = "/q?x=1&y=%23", .reply = {.status = 404, .times = 1, .then = &fine}},
        {.path = "/", .prefix = true, .reply = {.body = "x"}},
        {0}};
    static const char list[] = "www.shop.com/a\n"
                               "\tout = one/#1 =x.dat \n"
                               "\theader=X-Own: a = b # c\n"
                               "\theader=X-Two:2\n"
                               "\ttries=2\n"
                               "\tdelay=1ms\n"
                               "\tmax-size=6k\n"
                               "\tmax-age=2h\n"
                               "http://ann:p%40ss@www.shop.com/q?x=1&y=%23#part\n  max-age=0\n  delay=0\n"
                               "www.shop.com/well\n";
    static const char due_a[] = "# 503\n"
                                "http://www.shop.com/a\n"
                                "    out=one/#1 =x.dat\n"
                                "    header=X-Own: a = b # c\n"
                                "    header=X-Two:2\n"
                                "    tries=2\n"
                                "    delay=1ms\n"
                                "    max-size=6144\n"
                                "    max-age=7200000ms\n";
    static const char due_q[] = "# 404\n"
                                "http://ann:p%40ss@www.shop.com/q?x=1&y=%23\n"
                                "    delay=0ms\n"
                                "    max-age=0ms\n";
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = twice});
    struct crawl c = {.run.input = list};
    crawl_run(&c, f, "-q", "--max-wait", "10ms", "--max-size", "5k", "--failed", "failed", "-", NULL);
    char *failed = crawl_read(&c, "failed");
    cr_expect(text_has(failed, due_a) && text_has(failed, due_q), "%s", failed);
    cr_expect_eq(strlen(failed), strlen(due_a) + strlen(due_q), "%s", failed);
    free(failed);

    c.run.input = NULL;
    crawl_again(&c, f, "-q", "--max-wait", "10ms", "--max-size", "7k", "--failed", "failed", "failed", NULL);
    char *page = crawl_path(&c, "one/#1 =x.dat");
    cr_expect_eq(fixture_count(f, "/a"), 3);
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_a = strcmp(requests[i].target, "/a") == 0;
        const char *own = fixture_find_header(&requests[i], "X-Own"), *two = fixture_find_header(&requests[i], "X-Two");
        cr_expect_str_eq(own ? own : "", is_a ? "a = b # c" : "");
        cr_expect_str_eq(two ? two : "", is_a ? "2" : "");
        cr_expect_eq(fixture_find_header(&requests[i], "Authorization") != NULL,
                     *requests[i].target == '/' && requests[i].target[1] == 'q');
    }
    failed = crawl_read(&c, "failed");
    cr_expect(files_exists(page) && c.run.status == FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(failed, "");
    free(page);
    free(failed);
    crawl_release(&c);
    fixture_stop(f);
}

Test(outputs, a_run_that_is_killed_leaves_the_old_files_and_nothing_beside_them)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = some_fail});
    struct crawl c = {.run.input = "www.shop.com/bad\n"};
    crawl_run(&c, f, "--failed", "out/failed", "--summary", "out/summary", "--metrics", "out/metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "the folder is not there");
    char *folder = files_path(c.run.folder, "out"), *keep = files_path(folder, "keep");
    files_write(keep, "", -1);
    crawl_again(&c, f, "--failed", "out/failed", "--summary", "out/summary", "--metrics", "out/metrics", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_SERVER, "%s", c.run.err);
    char *before = crawl_read(&c, "out/failed");
    struct crawl killed = {.run = {.working_folder = c.run.folder, .input = "www.shop.com/bad2\nwww.shop.com/hangs\n"}};
    crawl_start(&killed, f, "-v", "--failed", "out/failed", "--summary", "out/summary", "--metrics", "out/metrics", "-",
                NULL);
    cr_assert(run_wait_output(&killed.run, "/bad2", 10000));
    run_signal(&killed.run, SIGKILL);
    crawl_wait(&killed);
    crawl_release(&killed);
    char *after = crawl_read(&c, "out/failed"), *tree = files_tree(folder);
    cr_expect_str_eq(after, before);
    cr_expect_str_eq(tree, "failed\nkeep\nmetrics\nsummary\n");
    free(tree);
    free(after);
    free(before);
    free(keep);
    free(folder);
    crawl_release(&c);
    fixture_stop(f);
}

/* ---- Links, and what is no file ---- */

/* The run's standard output, and what is left of it when a shell has written before and behind it. */
Test(outputs, a_file_about_the_run_may_be_standard_output_whatever_that_is)
{
    struct run pipe = {0}, file = {.program = "sh"}, full = {0}, null = {0};
    run_forage(&pipe, "-q", "-o", "o", "--summary", "/dev/stdout", "/dev/null", NULL);
    cr_expect(pipe.status == 0 && pipe.out_len > 2 && *pipe.out == '{', "%d %s%s", pipe.status, pipe.out, pipe.err);
    run_argv(&file, (const char *const[]){"-c",
                                          "{ echo before; \"$FORAGE_BINARY\" -q -o o --failed /dev/stdout --summary "
                                          "/dev/stdout /dev/null; echo $?; } >out; test -f out && cat out",
                                          NULL});
    cr_expect(strncmp(file.out, "before\n{", 8) == 0 && text_has(file.out, "}\n0\n"), "%s%s", file.out, file.err);
    run_forage(&full, "-q", "-o", "o", "--summary", "/dev/full", "--metrics", "/dev/null", "/dev/null", NULL);
    cr_expect_eq(full.status, FORAGE_EXIT_FILE);
    cr_expect_str_eq(full.err, "forage: /dev/full: cannot write: No space left on device\n");
    run_forage(&null, "-q", "-o", "o", "--metrics", "/dev/null", "--cookies", "/dev/null", "/dev/null", NULL);
    cr_expect_eq(null.status, FORAGE_EXIT_USAGE, "others may read what it holds: %s", null.err);
    run_release(&null);
    run_release(&full);
    run_release(&file);
    run_release(&pipe);
}

Test(outputs, a_symbolic_link_stays_and_leads_to_the_new_file)
{
    static const char *const names[] = {"failed", "summary", "metrics", "cookies", "hsts"};
    char *folder = files_temp_folder();
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        char *link = files_path(folder, names[i]), *target = support_format("%s.real", names[i]);
        cr_assert_eq(symlink(target, link), 0);
        free(target);
        free(link);
    }
    struct run run = {.working_folder = folder};
    run_forage(&run, "-q", "-o", "o", "--failed", "failed", "--summary", "summary", "--metrics", "metrics", "--cookies",
               "cookies", "--hsts", "hsts", "/dev/null", NULL);
    cr_expect_eq(run.status, 0, "%s", run.err);
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        char *link = files_path(folder, names[i]), *target = support_format("%s.real", link);
        struct stat st;
        cr_expect(lstat(link, &st) == 0 && S_ISLNK(st.st_mode), "%s is no link any more", names[i]);
        cr_expect(lstat(target, &st) == 0 && S_ISREG(st.st_mode), "%s was not written", target);
        free(target);
        free(link);
    }
    run_release(&run);
    files_remove(folder);
    free(folder);
}

/* ---- -q ---- */

static const struct fixture_route quiet_routes[] = {
    {.path = "/robots.txt", .reply = {.body = "User-agent: *\nDisallow: /private\n"}},
    {.path = "/moved", .reply = {.location = "/fine"}},
    {.path = "/busy", .reply = {.status = 503, .times = 1, .then = &other}},
    {.path = "/gone", .reply = {.status = 404}},
    {.path = "/cut", .reply = {.generated = 5000, .cut_at = 700, .end = FIXTURE_DROP}},
    {.path = "/large", .reply = {.generated = 90000}},
    {.path = "/ftp", .reply = {.location = "ftp://www.shop.com/\x1b[31m"}},
    {.path = "/login", .reply = {.status = 401, .headers = "WWW-Authenticate: Basic realm=x\r\n"}},
    {.path = "/", .prefix = true, .reply = {.body = "x"}},
    {0}};

Test(outputs, a_quiet_run_says_nothing_of_what_is_no_failure)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = quiet_routes});
    struct crawl c = {.run.input = "www.shop.com/fine\nwww.shop.com/moved\nwww.shop.com/busy\nwww.shop.com/private/1\n"
                                   "www.shop.com/fine\nwww.shop.com/old\n  max-age=1h\n"};
    for (int i = 0; i < 2; i++) {
        (i ? crawl_again : crawl_run)(&c, f, "-q", "--robots", "on", "--tries", "2", "--max-wait", "10ms", "-", NULL);
        cr_expect_str_eq(c.run.err, "");
        cr_expect_str_eq(c.run.out, "");
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK);
    }
    crawl_release(&c);
    fixture_stop(f);
}

Test(outputs, a_quiet_run_names_each_url_that_failed_with_its_reason_and_nothing_else)
{
    static const char *const due[] = {
        "forage: http://www.shop.com/gone: HTTP status 404\n",
        "forage: http://www.shop.com/login: HTTP status 401\n",
        "forage: http://www.shop.com/cut: truncated: ",
        "forage: http://www.shop.com/large: too-large",
        "forage: http://www.shop.com/ftp: scheme: the redirect leads to something that is neither http nor https\n",
        "forage: http://www.dead.com:1/: refused: ",
        "-:8: ",
    };
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = quiet_routes});
    char *dead = support_format("www.dead.com:1:127.0.0.1:%u", support_closed_port());
    struct crawl c = {.run.input =
                          "www.shop.com/gone\nhttp://me:secret@www.shop.com/login\nwww.shop.com/cut\n"
                          "www.shop.com/large\nwww.shop.com/ftp\nwww.dead.com:1\nwww.shop.com/fine\nmailto:me\n"};
    for (int i = 0; i < 2; i++) {
        (i ? crawl_again : crawl_run)(&c, f, "-q", "--max-size", "50k", "--resolve", dead, "-", NULL);
        for (size_t k = 0; k < SUPPORT_COUNT(due); k++)
            cr_expect_eq(text_times(c.run.err, due[k]), 1, "%s is not once in\n%s", due[k], c.run.err);
        cr_expect_eq(text_lines(c.run.err), SUPPORT_COUNT(due), "%s", c.run.err);
        cr_expect_str_eq(c.run.out, "");
        cr_expect_eq(c.run.status, FORAGE_EXIT_NETWORK);
    }
    crawl_release(&c);
    free(dead);
    fixture_stop(f);
}
