#include "fetch/sandbox.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- seccomp: no writing, no running, no reaching into other processes ---- */

static const int refused_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(creat),
    SCMP_SYS(openat2),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(link),
    SCMP_SYS(linkat),
    SCMP_SYS(symlink),
    SCMP_SYS(symlinkat),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chown),
    SCMP_SYS(fchown),
    SCMP_SYS(fchownat),
    SCMP_SYS(lchown),
    SCMP_SYS(truncate),
    SCMP_SYS(setxattr),
    SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(kexec_load),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(utimensat),
    SCMP_SYS(swapon),
    SCMP_SYS(reboot),
    SCMP_SYS(kill),
    SCMP_SYS(tkill),
    SCMP_SYS(rt_sigqueueinfo),
    SCMP_SYS(rt_tgsigqueueinfo),
    SCMP_SYS(pidfd_send_signal),
    SCMP_SYS(process_madvise),
    SCMP_SYS(lremovexattr),
    SCMP_SYS(fremovexattr),
    SCMP_SYS(utime),
    SCMP_SYS(utimes),
    SCMP_SYS(futimesat),
    SCMP_SYS(mq_open),
    SCMP_SYS(open_tree),
    SCMP_SYS(move_mount),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsmount),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(acct),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_file_load),
    /* These reach any process of the same user by its number. */
    SCMP_SYS(setpriority),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_setparam),
    SCMP_SYS(sched_setattr),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(ioprio_set),
    SCMP_SYS(migrate_pages),
    SCMP_SYS(move_pages),
    SCMP_SYS(process_mrelease),
    /* And these by memory, semaphores and messages that have a number. */
    SCMP_SYS(shmget),
    SCMP_SYS(shmat),
    SCMP_SYS(shmctl),
    SCMP_SYS(semget),
    SCMP_SYS(semop),
    SCMP_SYS(semtimedop),
    SCMP_SYS(semctl),
    SCMP_SYS(msgget),
    SCMP_SYS(msgsnd),
    SCMP_SYS(msgrcv),
    SCMP_SYS(msgctl),
};

static const unsigned writing_flags[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND};

/* Opening for reading stays possible; each flag that writes is refused by itself. */
static int refuse_writing_opens(scmp_filter_ctx filter)
{
    int rc = 0;
    for (size_t i = 0; i < COUNT_OF(writing_flags) && !rc; i++) {
        unsigned bit = writing_flags[i];
        rc =
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, bit, bit));
        if (!rc)
            rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 1,
                                  SCMP_A1(SCMP_CMP_MASKED_EQ, bit, bit));
    }
    return rc;
}

/* A command that the kernel takes as 32 bits of ARGUMENT. */
#define COMMAND(argument, value) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, UINT32_MAX, value)

/* Calls that are refused for what they are asked for. A socket of AF_UNIX leads to services that run programs (D-Bus),
 * and has a file for a name; the C library does without. Whoever owns a descriptor gets a signal, any signal, when
 * something arrives there: that is kill() by another name. */
static int refuse_by_argument(scmp_filter_ctx filter)
{
    const struct {
        int call;
        struct scmp_arg_cmp when;
    } rules[] = {
        {SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)}, /* a process rather than a thread */
        {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid())},
        {SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0)},
        {SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, AF_UNIX)},
        {SCMP_SYS(ioctl), COMMAND(1, TIOCSTI)}, /* types for the user, into a shell */
        {SCMP_SYS(ioctl), COMMAND(1, TIOCLINUX)},
        {SCMP_SYS(ioctl), COMMAND(1, FIOASYNC)},
        {SCMP_SYS(ioctl), COMMAND(1, FIOSETOWN)},
        {SCMP_SYS(ioctl), COMMAND(1, SIOCSPGRP)},
        {SCMP_SYS(fcntl), COMMAND(1, F_SETOWN)},
        {SCMP_SYS(fcntl), COMMAND(1, F_SETOWN_EX)},
        {SCMP_SYS(fcntl), COMMAND(1, F_SETSIG)},
    };
    int rc = 0;
    for (size_t i = 0; i < COUNT_OF(rules) && !rc; i++)
        rc = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), rules[i].call, 1, &rules[i].when);
    if (!rc)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(fcntl), 2, COMMAND(1, F_SETFL),
                              SCMP_A2(SCMP_CMP_MASKED_EQ, O_ASYNC, O_ASYNC));
    /* A filter cannot see the flags of clone3: without it, the C library falls back to clone. */
    return rc ? rc : seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

static bool install_filter(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter)
        return false;
    int rc = refuse_writing_opens(filter);
    if (!rc)
        rc = refuse_by_argument(filter);
    for (size_t i = 0; i < COUNT_OF(refused_calls) && !rc; i++)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused_calls[i], 0);
    if (!rc)
        rc = seccomp_load(filter);
    seccomp_release(filter);
    return rc == 0;
}

/* ---- Landlock: reading only what libraries read lazily ---- */

static const char *const readable[] = {
    "/etc",
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/share/ca-certificates",
    "/usr/share/zoneinfo",
    "/usr/local/share/ca-certificates",
    "/run/systemd",
    "/run/resolvconf",
    "/run/NetworkManager",
    "/dev/urandom",
    "/proc/sys",
    "/proc/self",
};

static void allow_reading(int rules, const char *path)
{
    struct landlock_path_beneath_attr beneath = {.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE};
    beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return;
    syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
}

static void restrict_reading(const char *ca_file)
{
    struct landlock_ruleset_attr handled = {
        .handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_EXECUTE};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0)
        return;
    for (size_t i = 0; i < COUNT_OF(readable); i++)
        allow_reading(rules, readable[i]);
    if (ca_file)
        allow_reading(rules, ca_file);
    syscall(SYS_landlock_restrict_self, rules, 0);
    close(rules);
}

bool sandbox_enter(const char *ca_file)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    restrict_reading(ca_file);
    return install_filter();
}
