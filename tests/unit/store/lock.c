/* The folder lock, between processes. A child tells what it has done by a byte through a pipe. */
#include "store/lock.h"

#include "scratch.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>

TestSuite(lock, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

struct child {
    pid_t pid;
    int says;
};

/* A child that takes the lock, waiting up to TIMEOUT_MS, says whether it has it, and stays. */
static struct child start_child(int timeout_ms)
{
    int fds[2];
    cr_assert_eq(pipe(fds), 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        struct folder_lock lock;
        bool taken = folder_lock_take(in_scratch("out"), timeout_ms, &lock);
        char said = taken ? 'y' : errno == EWOULDBLOCK ? 'n' : '?';
        if (write(fds[1], &said, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(fds[1]);
    return (struct child){pid, fds[0]};
}

static char said(struct child child)
{
    struct pollfd p = {.fd = child.says, .events = POLLIN};
    char word = 0;
    cr_assert_eq(poll(&p, 1, WAIT_MS), 1, "the child said nothing");
    cr_assert_eq(read(child.says, &word, 1), 1);
    return word;
}

static bool is_silent(struct child child)
{
    struct pollfd p = {.fd = child.says, .events = POLLIN};
    return poll(&p, 1, 0) == 0;
}

static void end(struct child child)
{
    kill(child.pid, SIGKILL);
    waitpid(child.pid, NULL, 0);
    close(child.says);
}

static struct folder_lock take(void)
{
    struct folder_lock lock = {-1};
    cr_assert(folder_lock_take(in_scratch("out"), 0, &lock), "%s", strerror(errno));
    return lock;
}

Test(lock, a_second_process_is_refused_at_once_and_told_who_holds_it)
{
    struct folder_lock lock = take();
    struct child child = start_child(0);
    cr_assert_eq(said(child), 'n');
    cr_assert_eq(folder_lock_holder(in_scratch("out")), getpid());
    end(child);
    folder_lock_release(&lock);
    child = start_child(0);
    cr_assert_eq(said(child), 'y');
    cr_assert_eq(folder_lock_holder(in_scratch("out")), child.pid);
    struct folder_lock untouched = {-7};
    cr_assert_not(folder_lock_take(in_scratch("out"), 0, &untouched));
    cr_assert_eq(errno, EWOULDBLOCK);
    cr_assert_eq(untouched.fd, -7);
    end(child);
}

Test(lock, dies_with_a_killed_holder)
{
    struct child holder = start_child(0);
    cr_assert_eq(said(holder), 'y');
    struct child waiting = start_child(-1);
    struct folder_lock lock;
    cr_assert_not(folder_lock_take(in_scratch("out"), 0, &lock));
    cr_assert(is_silent(waiting));
    end(holder);
    cr_assert_eq(said(waiting), 'y', "the lock was let go");
    end(waiting);
    lock = take();
    folder_lock_release(&lock);
}

Test(lock, tells_that_the_one_before_did_not_release_it)
{
    struct folder_lock lock = take();
    cr_expect_not(lock.abandoned, "there was none before");
    folder_lock_release(&lock);
    lock = take();
    cr_expect_not(lock.abandoned);
    cr_expect_eq(folder_lock_holder(in_scratch("out")), getpid());
    folder_lock_release(&lock);
    cr_expect_eq(folder_lock_holder(in_scratch("out")), 0);
    struct child holder = start_child(0);
    cr_assert_eq(said(holder), 'y');
    end(holder);
    lock = take();
    cr_expect(lock.abandoned);
    folder_lock_release(&lock);
    lock = take();
    cr_expect_not(lock.abandoned, "that was long ago");
    folder_lock_release(&lock);
}

/* The order that the header asks for: a process forked before the lock is taken has no part in it. */
Test(lock, a_process_forked_before_it_does_not_keep_it)
{
    int older_says[2], word[2];
    cr_assert_eq(pipe(older_says), 0);
    cr_assert_eq(pipe(word), 0);
    pid_t parent = getpid(), holder = fork();
    if (holder == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pid_t worker = fork();
        if (worker == 0) {
            char c;
            close(word[1]);
            _exit(read(word[0], &c, 1) < 0); /* until the test ends */
        }
        struct folder_lock lock;
        bool ok = getppid() == parent && folder_lock_take(in_scratch("out"), 0, &lock);
        if (write(older_says[1], ok ? "y" : "n", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    struct child child = {holder, older_says[0]};
    cr_assert_eq(said(child), 'y');
    end(child);
    struct folder_lock lock;
    cr_assert(folder_lock_take(in_scratch("out"), WAIT_MS, &lock), "%s", strerror(errno));
    folder_lock_release(&lock);
    close(word[1]);
    close(word[0]);
    close(older_says[1]);
}

Test(lock, waits_for_as_long_as_it_may)
{
    struct child holder = start_child(0);
    cr_assert_eq(said(holder), 'y');
    struct child waiting = start_child(WAIT_MS);
    struct folder_lock lock;
    int64_t start = clock_ms();
    cr_assert_not(folder_lock_take(in_scratch("out"), 120, &lock));
    cr_assert_eq(errno, EWOULDBLOCK);
    cr_assert_geq(clock_ms() - start, 120);
    cr_assert(is_silent(waiting));
    end(holder);
    cr_assert_eq(said(waiting), 'y');
    end(waiting);
}

static void on_alarm(int signal)
{
    (void)signal;
}

Test(lock, waiting_ends_with_a_signal)
{
    struct folder_lock lock = take(), other;
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval soon = {.it_value = {.tv_usec = 20000}, .it_interval = {.tv_usec = 20000}};
    setitimer(ITIMER_REAL, &soon, NULL);
    cr_assert_not(folder_lock_take(in_scratch("out"), -1, &other));
    cr_assert_eq(errno, EINTR);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    folder_lock_release(&lock);
}

Test(lock, its_file_is_private_and_no_program_inherits_it)
{
    umask(0);
    struct folder_lock lock = take();
    struct stat st;
    cr_assert_eq(stat(in_scratch("out/.forage/lock"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    cr_assert_eq(stat(in_scratch("out/.forage"), &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0700);
    cr_assert(fcntl(lock.fd, F_GETFD) & FD_CLOEXEC);
    folder_lock_release(&lock);
    cr_assert_eq(lock.fd, -1);
}

Test(lock, nothing_else_in_its_place_is_followed_or_waited_for)
{
    struct folder_lock lock;
    int before = descriptors_open();
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("elsewhere"), 0755);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/.forage")), 0);
    cr_assert_not(folder_lock_take(in_scratch("out"), 0, &lock));
    cr_assert_eq(errno, ENOTDIR);
    unlink(in_scratch("out/.forage"));
    mkdir(in_scratch("out/.forage"), 0700);
    cr_assert_eq(symlink("../../elsewhere/lock", in_scratch("out/.forage/lock")), 0);
    cr_assert_not(folder_lock_take(in_scratch("out"), 0, &lock));
    cr_assert_eq(errno, ELOOP);
    unlink(in_scratch("out/.forage/lock"));
    cr_assert_eq(mkfifo(in_scratch("out/.forage/lock"), 0600), 0);
    cr_assert_not(folder_lock_take(in_scratch("out"), 0, &lock));
    cr_assert_eq(errno, EINVAL);
    cr_assert_eq(files_below("elsewhere"), 0);
    cr_assert_eq(descriptors_open(), before);
}

Test(lock, a_holder_that_is_no_number_is_not_named)
{
    static const char *const rows[] = {"", "x\n", "-1\n", "0\n", "99999999999999999999999999999\n"};
    cr_assert_eq(folder_lock_holder(in_scratch("out")), 0, "no folder");
    struct folder_lock lock = take();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_file("out/.forage/lock", rows[i]);
        cr_expect_eq(folder_lock_holder(in_scratch("out")), 0, "\"%s\"", rows[i]);
    }
    folder_lock_release(&lock);
}
