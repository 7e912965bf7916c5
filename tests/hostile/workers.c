/* Workers and parent, killed at any moment: every URL ends once, and every file is whole. */
#include "hostile/attack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(workers, .timeout = 100);

/* ---- Finding them ---- */

enum { PROCESSES_MOST = 64 };

/* The children of PARENT that run now; how many. */
static size_t children_of(pid_t parent, pid_t found[PROCESSES_MOST])
{
    size_t count = 0;
    DIR *processes = opendir("/proc");
    for (const struct dirent *entry; processes && (entry = readdir(processes));) {
        char path[300], line[512] = "", state;
        int ppid;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *in = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "re") : NULL;
        if (!in)
            continue;
        const char *fields = fgets(line, sizeof line, in) ? strrchr(line, ')') : NULL;
        fclose(in);
        if (fields && sscanf(fields, ") %c %d", &state, &ppid) == 2 && ppid == parent && state != 'Z' && state != 'X' &&
            count < PROCESSES_MOST)
            found[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    if (processes)
        closedir(processes);
    return count;
}

/* The process that forks workers; 0 when there is none. */
static pid_t nursery_of(const struct run *run)
{
    pid_t found[PROCESSES_MOST];
    return children_of(run->pid, found) ? found[0] : 0;
}

static size_t workers_of(const struct run *run, pid_t found[PROCESSES_MOST])
{
    pid_t nursery = nursery_of(run);
    return nursery ? children_of(nursery, found) : 0;
}

static void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* PID, which is no child of ours, ends within some seconds. */
static void expect_gone(pid_t pid)
{
    int64_t deadline = support_deadline_ns(10000);
    while (kill(pid, 0) == 0 && support_left_ms(deadline))
        wait_ms(2);
    cr_assert(kill(pid, 0) != 0 && errno == ESRCH, "process %d still lives", (int)pid);
}

/* ---- Pages that tell whether they are whole ---- */

enum { SLOW_BYTES = 90000, HEAD_BYTES = 64 };

/* "/N": a page of its own, in paced pieces, every third coded. */
static int slow_page(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    unsigned long n = strtoul(request->target + 1, NULL, 10);
    char *body = malloc(SLOW_BYTES);
    if (!body)
        return 1;
    for (size_t i = 0; i < SLOW_BYTES; i++)
        body[i] = (char)('a' + (n * 7 + i * i) % 26);
    *reply =
        (struct fixture_reply){.body = body, .body_len = SLOW_BYTES, .owned = body, .pace_ms = 5, .pace_bytes = 30000};
    if (n % 3 == 0)
        reply->coding = FIXTURE_GZIP;
    return 0;
}

static bool is_whole(const struct run *run, const char *file, unsigned long n)
{
    char *path = files_path(run->folder, file);
    size_t len;
    char *body = files_read(path, &len);
    bool whole = len == SLOW_BYTES;
    for (size_t i = 0; whole && i < len; i++)
        whole = body[i] == (char)('a' + (n * 7 + i * i) % 26);
    free(body);
    free(path);
    return whole;
}

/* Every URL is in the log once; those without an error have a whole file, and there are no others. Returns how many. */
static size_t expect_each_once(const struct run *run, const char *prefix, size_t count)
{
    json_t *log = attack_log(run);
    char *seen = support_alloc(count + 1), *pages = attack_pages(run);
    size_t good = 0;
    for (size_t i = 0; i < json_array_size(log); i++) {
        const json_t *entry = json_array_get(log, i);
        const char *url = text_member(entry, "url"), *error = text_member(entry, "error");
        unsigned long n = strtoul(url + strlen(prefix), NULL, 10);
        cr_assert(n < count && !seen[n], "%s is in the log twice", url);
        seen[n] = 1;
        cr_assert(!*error || strcmp(error, "lost") == 0, "%s: %s", url, error);
        cr_assert(*error || is_whole(run, text_member(entry, "file"), n), "%s is not whole", url);
        good += !*error;
    }
    cr_assert_eq(json_array_size(log), count, "%zu of %zu are in the log\n%s", json_array_size(log), count, run->err);
    cr_assert_eq(text_lines(pages), good, "%zu files and %zu good pages", text_lines(pages), good);
    cr_assert_eq(text_times(run->err, ": lost: "), count - good);
    free(pages);
    free(seen);
    json_decref(log);
    return good;
}

static char *list_of(struct fixture *f, size_t count)
{
    char *list = support_alloc(count * 64 + 1);
    for (size_t i = 0, len = 0; i < count; i++)
        len += (size_t)sprintf(list + len, "http://127.0.0.1:%u/%zu\n", fixture_port(f), i);
    return list;
}

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
    for (unsigned round = 0; round < 4; round++) {
        unsigned seed = round + 1;
        struct run run = {.input = list, .time_limit_ms = 40000};
        attack_start(&run, (const char *const[]){"-j", "3", "-c", "24", "--per-host", "24", "-", NULL});
        cr_assert(fixture_wait_requests(f, 1, 10000));
        unsigned killed = kill_workers(&run, 30, 5 + 20 * round, &seed);
        attack_wait(&run);
        size_t good = expect_each_once(&run, prefix, PAGES);
        cr_assert_geq(killed, 5, "only %u were killed in round %u", killed, round);
        cr_assert_eq(run.status, good == PAGES ? 0 : 1, "status %d", run.status);
        run_release(&run);
        fixture_stop(f);
        f = fixture_start(
            &(struct fixture_options){.fallback = slow_page, .port = (uint16_t)strtoul(prefix + 17, NULL, 10)});
    }
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
    enum { PAGES = 100 };
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, PAGES), *prefix = support_format("http://127.0.0.1:%u/", fixture_port(f));
    struct run run = {.input = list};
    attack_start(&run, (const char *const[]){"-j", "2", "-c", "8", "-", NULL});
    cr_assert(fixture_wait_requests(f, 10, 10000));
    pid_t found[PROCESSES_MOST];
    for (size_t times = 0; times < 2; times++) {
        size_t count = workers_of(&run, found);
        cr_assert_eq(kill(nursery_of(&run), SIGKILL), 0);
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
    while (!run_wait_end(&run, 1)) {
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

/* Invariant 2: a worker that stands still is one whose transfers do not end, but the user can end the run. */
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

/* Invariant 3: what a worker holds open is no file that it could write. */
Test(workers, they_hold_no_file_open)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, 100);
    struct run run = {.input = list};
    pid_t found[PROCESSES_MOST];
    attack_start(&run, (const char *const[]){"-j", "2", "-", NULL});
    cr_assert(fixture_wait_requests(f, 20, 10000));
    size_t count = workers_of(&run, found), looked_at = 0;
    for (size_t i = 0; i < count; i++) {
        char *folder = support_format("/proc/%d/fd", (int)found[i]);
        DIR *descriptors = opendir(folder);
        for (const struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
            char target[512] = "";
            if (entry->d_name[0] != '.' &&
                readlinkat(dirfd(descriptors), entry->d_name, target, sizeof target - 1) > 0) {
                cr_expect(target[0] != '/' || strcmp(target, "/dev/null") == 0, "a worker holds %s", target);
                looked_at++;
            }
        }
        if (descriptors)
            closedir(descriptors);
        free(folder);
    }
    cr_assert_geq(looked_at, 4);
    attack_wait(&run);
    run_release(&run);
    free(list);
    fixture_stop(f);
}

/* ---- The parent ---- */

/* Invariants 1 and 8: killed at any instant, it leaves whole files and no process, and the next run completes the rest. */
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
        attack_start(&run, (const char *const[]){"-j", "2", "-", NULL});
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
