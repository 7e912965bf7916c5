/* The parent's side of the nursery. */
#include "multiproc/nursery.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static enum mp_status fork_nursery(struct nursery *nursery, const struct nursery_plan *plan, int pair[2], int self)
{
    const unsigned workers = plan->options->workers;
    pid_t *pids = calloc(workers, sizeof *pids);
    uint64_t *serials = calloc(workers, sizeof *serials);
    enum mp_status status = MP_NO_MEMORY;
    if (pids && serials) {
        /* No signal may run a handler of the parent's in the child before it has reset them. */
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        pid_t pid = fork();
        if (pid == 0) {
            close(pair[0]);
            nursery_main(plan, pair[1], self, pids, serials);
        }
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        nursery->pid = pid;
        status = pid < 0 ? MP_SYSTEM : MP_OK;
    }
    free(pids);
    free(serials);
    return status;
}

enum mp_status nursery_start(struct nursery *nursery, const struct nursery_plan *plan)
{
    int pair[2];
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (self < 0)
        return MP_SYSTEM;
    enum mp_status status = MP_SYSTEM;
    struct nursery new = {0};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0) {
        status = fork_nursery(&new, plan, pair, self);
        int saved = errno;
        close(pair[1]);
        if (status != MP_OK)
            close(pair[0]);
        errno = saved;
    }
    int saved = errno;
    close(self);
    errno = saved;
    if (status == MP_OK)
        *nursery = (struct nursery){.pid = new.pid, .control = pair[0]};
    return status;
}

static enum mp_status ask(struct nursery *nursery, const struct nursery_request *request, const int *fds, int count)
{
    union {
        char bytes[CMSG_SPACE(LINK_FDS * sizeof(int))];
        struct cmsghdr align;
    } ancillary = {0};
    struct iovec piece = {.iov_base = (void *)request, .iov_len = sizeof *request};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = ancillary.bytes;
        message.msg_controllen = CMSG_SPACE((size_t)count * sizeof *fds);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        assert(header);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN((size_t)count * sizeof *fds);
        memcpy(CMSG_DATA(header), fds, (size_t)count * sizeof *fds);
    }
    ssize_t n;
    do
        n = sendmsg(nursery->control, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? MP_DISCONNECTED : MP_OK;
}

enum mp_status nursery_spawn(struct nursery *nursery, unsigned slot, uint64_t serial, const int fds[LINK_FDS])
{
    struct nursery_request request = {.kind = NURSERY_SPAWN, .slot = slot, .serial = serial};
    return ask(nursery, &request, fds, LINK_FDS);
}

enum mp_status nursery_kill(struct nursery *nursery, unsigned slot, uint64_t serial)
{
    struct nursery_request request = {.kind = NURSERY_KILL, .slot = slot, .serial = serial};
    return ask(nursery, &request, NULL, 0);
}

enum mp_status nursery_report(struct nursery *nursery, struct nursery_report *report)
{
    ssize_t n;
    do
        n = recv(nursery->control, report, sizeof *report, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)sizeof *report)
        return MP_OK;
    return n < 0 && errno == EAGAIN ? MP_EMPTY : MP_DISCONNECTED;
}

static void reap(struct nursery *nursery)
{
    close(nursery->control);
    while (waitpid(nursery->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    *nursery = (struct nursery){.control = -1};
}

void nursery_end(struct nursery *nursery)
{
    if (nursery->pid == 0)
        return;
    shutdown(nursery->control, SHUT_RDWR);
    reap(nursery);
}

void nursery_lost(struct nursery *nursery)
{
    if (nursery->pid == 0)
        return;
    kill(nursery->pid, SIGKILL);
    reap(nursery);
}
