/* The nursery's process.
 *
 * It reads requests and the descriptors that come with them, forks workers, reaps them and writes reports. It owns the
 * control socket, a descriptor of the parent's life and the processes it forked; it maps no ring and keeps no
 * descriptor of a worker. It calls no code of the user's: only its children do. */
#include "multiproc/nursery.h"
#include "multiproc/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct brood {
    const struct nursery_plan *plan;
    int control;
    int parent; /* a pidfd */
    int deaths; /* a signalfd of SIGCHLD */
    pid_t self;
    pid_t *pids; /* by slot; 0: nobody */
    uint64_t *serials;
};

/* Handlers belong to the parent's code. A terminal sends SIGINT and SIGHUP to every process of the program, and there
 * the parent decides. */
static void reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
            signal(number, SIG_DFL);
    }
    signal(SIGCHLD, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* Forget what the parent had not written yet: it writes that itself. */
static void drop_inherited_output(void)
{
    __fpurge(stdout);
    __fpurge(stderr);
}

static _Noreturn void leave_worker(int status)
{
    fflush(stdout);
    fflush(stderr);
    _exit(status);
}

static _Noreturn void worker_main(const struct brood *brood, unsigned slot, const int fds[LINK_FDS])
{
    const struct mp_pool_options *options = brood->plan->options;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != brood->self)
        _exit(EXIT_FAILURE);
    close(brood->control);
    close(brood->parent);
    close(brood->deaths);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);

    struct mp_worker worker;
    void *nothing;
    if (worker_open(&worker, slot, fds, options->task_ring_bytes, options->result_ring_bytes) != MP_OK)
        leave_worker(EXIT_FAILURE);
    if (options->initializer)
        options->initializer(options->initializer_arg);
    if (worker_reserve(&worker, 0, RESULT_READY, 0, &nothing) != MP_OK)
        leave_worker(EXIT_FAILURE);
    ring_commit(&worker.results, 0);
    mp_worker_flush(&worker);
    mp_executor_fn *run = options->executor ? options->executor : worker_run_tasks;
    int status = run(&worker, options->executor_arg);
    mp_worker_flush(&worker);
    leave_worker(status);
}

static _Noreturn void end_brood(const struct brood *brood)
{
    for (unsigned slot = 0; slot < brood->plan->options->workers; slot++)
        if (brood->pids[slot])
            kill(brood->pids[slot], SIGKILL);
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
    _exit(EXIT_SUCCESS);
}

/* A parent that does not read for a while must not stop the nursery from seeing its death. */
static void report(const struct brood *brood, const struct nursery_report *what)
{
    while (send(brood->control, what, sizeof *what, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN && errno != EINTR)
            end_brood(brood);
        struct pollfd fds[] = {{.fd = brood->control, .events = POLLOUT}, {.fd = brood->parent, .events = POLLIN}};
        poll(fds, 2, -1);
        if (fds[1].revents)
            end_brood(brood);
    }
}

static void spawn(struct brood *brood, const struct nursery_request *request, const int fds[LINK_FDS])
{
    struct nursery_report answer = {.kind = NURSERY_SPAWNED, .slot = request->slot, .serial = request->serial};
    pid_t pid = fork();
    if (pid == 0)
        worker_main(brood, request->slot, fds);
    if (pid < 0) {
        answer.kind = NURSERY_FAILED;
        answer.detail = errno;
    } else {
        brood->pids[request->slot] = pid;
        brood->serials[request->slot] = request->serial;
        answer.pid = pid;
    }
    report(brood, &answer);
}

/* Copy what SCM_RIGHTS brought. The number of descriptors; fewer than were sent when this process has no room for
 * them. */
static int received_fds(struct msghdr *message, int fds[LINK_FDS])
{
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_type != SCM_RIGHTS)
        return 0;
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds, CMSG_DATA(header), count * sizeof(int));
    return (int)count;
}

static void serve(struct brood *brood)
{
    union {
        char bytes[CMSG_SPACE(LINK_FDS * sizeof(int))];
        struct cmsghdr align;
    } ancillary;
    struct nursery_request request = {0};
    int fds[LINK_FDS];
    struct iovec piece = {.iov_base = &request, .iov_len = sizeof request};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = ancillary.bytes, .msg_controllen = sizeof ancillary.bytes};
    ssize_t n = recvmsg(brood->control, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != (ssize_t)sizeof request || request.slot >= brood->plan->options->workers)
        end_brood(brood);
    int count = received_fds(&message, fds);
    if (request.kind == NURSERY_SPAWN && count == LINK_FDS) {
        spawn(brood, &request, fds);
    } else if (request.kind == NURSERY_SPAWN) {
        struct nursery_report answer = {NURSERY_FAILED, request.slot, request.serial, 0, EMFILE};
        report(brood, &answer);
    } else if (brood->pids[request.slot] && brood->serials[request.slot] == request.serial) {
        kill(brood->pids[request.slot], SIGKILL);
    }
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

static void reap(struct brood *brood)
{
    struct signalfd_siginfo info;
    int wait_status;
    pid_t pid;
    (void)!read(brood->deaths, &info, sizeof info);
    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0) {
        for (unsigned slot = 0; slot < brood->plan->options->workers; slot++) {
            if (brood->pids[slot] != pid)
                continue;
            brood->pids[slot] = 0;
            struct nursery_report death = {NURSERY_DIED, slot, brood->serials[slot], pid, wait_status};
            report(brood, &death);
        }
    }
}

_Noreturn void nursery_main(const struct nursery_plan *plan, int control, int parent, pid_t *pids, uint64_t *serials)
{
    struct brood brood = {
        .plan = plan, .control = control, .parent = parent, .self = getpid(), .pids = pids, .serials = serials};
    reset_signals();
    drop_inherited_output();
    plan->in_child(plan->context);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_SETMASK, &child, NULL);
    brood.deaths = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (brood.deaths < 0)
        _exit(EXIT_FAILURE);
    for (;;) {
        struct pollfd fds[] = {{.fd = control, .events = POLLIN},
                               {.fd = parent, .events = POLLIN},
                               {.fd = brood.deaths, .events = POLLIN}};
        if (poll(fds, 3, -1) < 0 && errno != EINTR)
            end_brood(&brood);
        if (fds[1].revents)
            end_brood(&brood);
        if (fds[2].revents)
            reap(&brood);
        if (fds[0].revents)
            serve(&brood);
    }
}
