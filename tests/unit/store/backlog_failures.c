/* What happens to a backlog whose disk is full, or whose process is killed. */
#include "backlog_support.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>

TestSuite(backlog_failures, .init = scratch_make, .fini = scratch_remove, .timeout = 240);

enum { HOSTS = 20, ROUNDS = 40, LIFE_MS_MAX = 60 };

/* ---- A full disk ---- */

/* A file system of its own at "out", seen by this test alone. */
static void mount_small(const char *options)
{
    mkdir(in_scratch("out"), 0755);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", in_scratch("out"), "tmpfs", 0, options) != 0)
        cr_skip_test("no privilege to mount a small file system");
}

/* Add until it fails; how many were added. */
static uint64_t fill(struct backlog *b)
{
    enum backlog_status status = BACKLOG_OK;
    uint64_t n = 0;
    for (; status == BACKLOG_OK && n < 1000000; n += status == BACKLOG_OK) {
        struct backlog_entry e = numbered(n, HOSTS);
        status = backlog_add(b, &e);
    }
    cr_assert_eq(status, BACKLOG_SYSTEM);
    return n;
}

Test(backlog_failures, a_full_disk_loses_nothing_of_what_was_added)
{
    mount_small("size=1m");
    struct backlog *b = open_backlog(false, &small);
    struct backlog_failure failure;
    uint64_t added = fill(b);
    cr_assert(backlog_failed(b, &failure));
    cr_assert(failure.status == BACKLOG_SYSTEM && failure.error == ENOSPC);
    cr_assert_str_eq(failure.text, "No space left on device");
    cr_assert_eq(backlog_flush(b), BACKLOG_SYSTEM);
    cr_assert_eq(backlog_waiting(b), added);
    cr_assert_eq(mount("tmpfs", in_scratch("out"), "tmpfs", MS_REMOUNT, "size=8m"), 0);
    cr_assert_eq(backlog_flush(b), BACKLOG_OK, "with room there is nothing in the way");
    struct backlog_entry e;
    uint64_t taken = 0, wrong = 0;
    for (; backlog_next(b, &e); taken++) {
        wrong += !is_numbered(&e, number_of(&e), HOSTS);
        backlog_done(b, e.url, e.url_len);
    }
    cr_assert_eq(taken, added);
    cr_assert_eq(wrong, 0);
    close_backlog(b, false);
    umount(in_scratch("out"));
}

Test(backlog_failures, after_a_full_disk_what_was_written_comes_back)
{
    mount_small("size=1m");
    struct backlog *b = open_backlog(false, &small);
    struct backlog_failure failure = {0};
    struct backlog_replayed replayed;
    struct replay r = {.origins = HOSTS};
    uint64_t added = fill(b);
    cr_assert_eq(backlog_close(b, false, &failure), BACKLOG_SYSTEM);
    cr_assert_eq(failure.error, ENOSPC);
    b = open_backlog(true, &small);
    cr_assert_eq(backlog_replay(b, replay_numbered, &r, &replayed), BACKLOG_OK);
    cr_assert_eq(r.wrong, 0);
    cr_assert_leq(r.count, added);
    cr_assert_geq(backlog_bytes(b) + replayed.cut_bytes, (1 << 20) - 4096 * 4, "the disk was full of it");
    close_backlog(b, true);
    umount(in_scratch("out"));
}

/* ---- A killed process ---- */

/* Adds for ever, from where the file ends, and tells after each flush how many it holds; takes and ends some in
 * between. */
static void add_until_killed(int told)
{
    struct backlog *b = NULL;
    struct backlog_failure failure;
    struct backlog_replayed replayed;
    struct replay r = {.origins = HOSTS};
    struct backlog_entry e;
    if (backlog_open(in_scratch("out"), true, &small, &b, &failure) != BACKLOG_OK)
        _exit(2);
    if (backlog_replay(b, replay_numbered, &r, &replayed) != BACKLOG_OK || r.wrong)
        _exit(3);
    for (uint64_t n = r.count;; n++) {
        e = numbered(n, HOSTS);
        if (backlog_add(b, &e) != BACKLOG_OK)
            _exit(4);
        if (n % 3 == 0 && backlog_next(b, &e))
            backlog_done(b, e.url, e.url_len);
        if (n * 2654435761u % 16 == 0) {
            uint64_t whole = n + 1;
            if (backlog_flush(b) != BACKLOG_OK || write(told, &whole, sizeof whole) != sizeof whole)
                _exit(5);
        }
    }
}

static pid_t start_child(int pipe_ends[2])
{
    cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent)
            add_until_killed(pipe_ends[1]);
        _exit(1);
    }
    cr_assert_gt(pid, 0);
    close(pipe_ends[1]);
    return pid;
}

/* Read what a child tells until it is killed, a random while after the first; what it told last. */
static uint64_t kill_some_time(pid_t pid, int told)
{
    unsigned random;
    uint64_t whole = 0, last = 0;
    int status;
    cr_assert_eq(getrandom(&random, sizeof random, 0), (ssize_t)sizeof random);
    int64_t deadline = 0, life_ns = (int64_t)(random % (LIFE_MS_MAX * 1000)) * 1000;
    bool killed = false;
    while (read(told, &whole, sizeof whole) == sizeof whole) {
        last = whole;
        deadline = deadline ? deadline : clock_ns() + life_ns;
        if (!killed && clock_ns() >= deadline)
            killed = kill(pid, SIGKILL) == 0;
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status), "the child ended by itself, with %d", WEXITSTATUS(status));
    return last;
}

Test(backlog_failures, whatever_a_killed_process_had_flushed_comes_back)
{
    uint64_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2];
        pid_t pid = start_child(ends);
        uint64_t flushed = kill_some_time(pid, ends[0]);
        close(ends[0]);
        struct replay r = {.origins = HOSTS};
        struct backlog *b = open_backlog(true, &small);
        cr_assert_eq(backlog_replay(b, replay_numbered, &r, NULL), BACKLOG_OK);
        cr_assert_eq(r.wrong, 0, "%zu of %zu are not as they were", (size_t)r.wrong, (size_t)r.count);
        cr_assert_geq(r.count, flushed, "%zu were flushed, %zu came back", (size_t)flushed, (size_t)r.count);
        cr_assert_gt(r.count, before);
        before = r.count;
        close_backlog(b, r.count > 60000);
        if (r.count > 60000)
            before = 0;
    }
}
