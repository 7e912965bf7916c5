/* Workers, seen from outside: they open nothing for writing, run nothing and hold nothing. */
#include "hostile/processes.h"
#include "support/nginx.h"

#include <sys/wait.h>

TestSuite(confinement, .timeout = 100);

/* Invariant 3: what a worker holds open is no file that it could write. */
Test(confinement, workers_hold_no_file_open)
{
    struct fixture *f = fixture_start(&(struct fixture_options){.fallback = slow_page});
    char *list = list_of(f, 200);
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

/* ---- strace ---- */

enum { TASKS_MOST = 256 };

/* The processes and threads that are workers: who entered a seccomp filter, and what they started. */
struct workers {
    long ids[TASKS_MOST];
    size_t count;
};

static bool is_worker(const struct workers *w, long id)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->ids[i] == id)
            return true;
    return false;
}

static void add_worker(struct workers *w, long id)
{
    if (id > 0 && w->count < TASKS_MOST && !is_worker(w, id))
        w->ids[w->count++] = id;
}

static long result_of(const char *line)
{
    const char *equals = strrchr(line, '=');
    return equals ? strtol(equals + 1, NULL, 10) : 0;
}

/* Call VISIT for each line of TRACE: "ID call(...) = result". */
static void for_each_line(char *trace, void (*visit)(long id, const char *call, struct workers *w), struct workers *w)
{
    for (char *line = trace, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        char *call;
        long id = strtol(line, &call, 10);
        visit(id, call + strspn(call, " "), w);
        if (end)
            *end = '\n';
    }
}

static void find_worker(long id, const char *call, struct workers *w)
{
    if (strncmp(call, "seccomp(SECCOMP_SET_MODE_FILTER", 31) == 0)
        add_worker(w, id);
}

static void find_thread(long id, const char *call, struct workers *w)
{
    bool starts = strncmp(call, "clone", 5) == 0 || strncmp(call, "<... clone", 10) == 0;
    if (starts && is_worker(w, id))
        add_worker(w, result_of(call));
}

static void expect_harmless(long id, const char *call, struct workers *w)
{
    static const char *const writing[] = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"};
    if (!is_worker(w, id))
        return;
    cr_expect(strncmp(call, "exec", 4) != 0 && strncmp(call, "creat", 5) != 0, "a worker: %s", call);
    for (size_t i = 0; i < SUPPORT_COUNT(writing) && strncmp(call, "open", 4) == 0; i++)
        cr_expect_not(text_has(call, writing[i]), "a worker: %s", call);
}

static bool strace_works(void)
{
    struct run run = {.program = "sh"};
    run_argv(&run,
             (const char *const[]){"-c", "strace -f -o trace -e trace=openat true && grep -q openat trace", NULL});
    bool works = run.status == 0;
    run_release(&run);
    return works;
}

/* Invariant 3, on a run with names to resolve, TLS, redirects, failures and a bomb. */
Test(confinement, workers_open_nothing_for_writing_and_run_nothing)
{
    if (!strace_works())
        cr_skip_test("strace is not installed, or may not trace");
    static const struct fixture_route routes[] = {
        {.path = "/jump", .reply = {.location = "/1"}},
        {.path = "/bomb", .reply = {.generated = 1 << 28, .zeros = true, .coding = FIXTURE_GZIP}},
        {.path = "/file", .reply = {.location = "file:///etc/passwd"}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct nginx *n = nginx_is_installed() ? nginx_start(&(struct nginx_options){.tls = true}) : NULL;
    char *list = support_format("127.0.0.1:%u/1\n127.0.0.1:%u/jump\n127.0.0.1:%u/bomb\nlocalhost:%u/2\n"
                                "no-such-host.invalid/\n127.0.0.1:%u/file\nhttps://127.0.0.1:%u/\n",
                                fixture_port(f), fixture_port(f), fixture_port(f), fixture_port(f), fixture_port(f),
                                n ? nginx_port(n) : 1);
    struct run run = {.program = "strace", .environment = environment, .time_limit_ms = 60000, .input = list};
    run_argv(&run, (const char *const[]){"-f", "-o", "trace", "-e",
                                         "trace=openat,open,creat,execve,execveat,clone,clone3,seccomp",
                                         getenv("FORAGE_BINARY"), "-o", "out", "--log", "log", "-j", "2", "-", NULL});
    attack_check(&run);
    char *path = files_path(run.folder, "trace"), *trace = files_read(path, NULL);
    struct workers w = {0};
    for_each_line(trace, find_worker, &w);
    cr_assert_geq(w.count, 2, "%zu workers entered a filter", w.count);
    for_each_line(trace, find_thread, &w);
    for_each_line(trace, expect_harmless, &w);
    cr_assert(attack_file_exists(&run, "out/127.0.0.1/1~.html"), "%s", run.err);
    free(trace);
    free(path);
    run_release(&run);
    free(list);
    nginx_stop(n);
    fixture_stop(f);
}
