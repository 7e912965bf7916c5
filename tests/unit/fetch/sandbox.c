/* The sandbox as a worker meets it: a child enters it, tries one thing after another, and sends what came of each. */
#include "fetch/sandbox.h"

#include "support/files.h"
#include "support/fixture.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

TestSuite(sandbox, .timeout = 60);

/* What the attempts work on, made before the child enters. */
static struct {
    char *folder, *file, *other, *new, *ca_file;
    uint16_t port;
    int terminal;
    pid_t parent;
} scene;

/* Tries something; 0 or an errno. */
typedef int attempt_fn(void);

static int errno_of(long result)
{
    return result < 0 ? errno : 0;
}

static int open_with(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

/* ---- Files ---- */

static int write_only(void)
{
    return open_with(scene.file, O_WRONLY);
}
static int read_write(void)
{
    return open_with(scene.file, O_RDWR);
}
static int truncating(void)
{
    return open_with(scene.file, O_RDONLY | O_TRUNC);
}
static int appending(void)
{
    return open_with(scene.file, O_WRONLY | O_APPEND);
}
static int creating(void)
{
    return open_with(scene.new, O_RDONLY | O_CREAT);
}
static int unnamed(void)
{
    return open_with(scene.folder, O_TMPFILE | O_RDWR);
}
static int write_etc(void)
{
    return open_with("/etc/resolv.conf", O_WRONLY);
}
static int write_null(void)
{
    return open_with("/dev/null", O_WRONLY);
}
static int old_creat(void)
{
    return errno_of(creat(scene.new, 0600));
}

static int newer_open(void)
{
    struct open_how how = {.flags = O_WRONLY};
    return errno_of(syscall(SYS_openat2, AT_FDCWD, scene.file, &how, sizeof how));
}

static int renaming(void)
{
    return errno_of(rename(scene.file, scene.new));
}
static int linking(void)
{
    return errno_of(link(scene.file, scene.new));
}
static int symlinking(void)
{
    return errno_of(symlink("/", scene.new));
}
static int unlinking(void)
{
    return errno_of(unlink(scene.file));
}
static int making_folder(void)
{
    return errno_of(mkdir(scene.new, 0700));
}
static int removing_folder(void)
{
    return errno_of(rmdir(scene.other));
}
static int making_pipe(void)
{
    return errno_of(mkfifo(scene.new, 0600));
}
static int changing_mode(void)
{
    return errno_of(chmod(scene.file, 0777));
}
static int changing_owner(void)
{
    return errno_of(chown(scene.file, 1, 1));
}
static int cutting(void)
{
    return errno_of(truncate(scene.file, 0));
}
static int touching(void)
{
    return errno_of(utimensat(AT_FDCWD, scene.file, NULL, 0));
}
static int tagging(void)
{
    return errno_of(setxattr(scene.file, "user.x", "y", 1, 0));
}
static int mounting(void)
{
    return errno_of(mount("none", scene.other, "tmpfs", 0, NULL));
}

/* A socket with a name is a file, too. */
static int binding_a_name(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, scene.new, strlen(scene.new) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    return fd < 0 ? errno : errno_of(bind(fd, (struct sockaddr *)&name, sizeof name));
}

/* ---- Programs and processes ---- */

static int running(void)
{
    return errno_of(execl("/bin/true", "true", (char *)NULL));
}

static int forking(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    return errno_of(pid);
}

static int cloning(void)
{
    long pid = syscall(SYS_clone, SIGCHLD | CLONE_FS, NULL, NULL, NULL, NULL);
    if (pid == 0)
        _exit(0);
    return errno_of(pid);
}

static int tracing(void)
{
    return errno_of(ptrace(PTRACE_SEIZE, scene.parent, NULL, NULL));
}

static int reading_memory(void)
{
    char byte;
    struct iovec ours = {&byte, 1}, theirs = {&scene, 1};
    return errno_of(process_vm_readv(scene.parent, &ours, 1, &theirs, 1, 0));
}

static int signalling(void)
{
    return errno_of(kill(scene.parent, 0));
}
static int signalling_a_thread(void)
{
    return errno_of(syscall(SYS_tgkill, scene.parent, scene.parent, 0));
}

static int one_of_a_pair(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) ? -1 : ends[0];
}

/* A descriptor's owner is sent a signal of one's choice when something arrives there. */
static int owning_a_socket(int command, const void *argument)
{
    int fd = one_of_a_pair();
    return fd < 0 ? 0 : errno_of(fcntl(fd, command, argument));
}
static int signalling_by_owner(void)
{
    return owning_a_socket(F_SETOWN, (const void *)(intptr_t)scene.parent);
}
static int signalling_by_owner_ex(void)
{
    return owning_a_socket(F_SETOWN_EX, &(struct f_owner_ex){.type = F_OWNER_PID, .pid = scene.parent});
}
static int choosing_a_signal(void)
{
    return owning_a_socket(F_SETSIG, (const void *)(intptr_t)SIGKILL);
}
static int asking_for_signals(void)
{
    return owning_a_socket(F_SETFL, (const void *)(intptr_t)(O_RDWR | O_ASYNC));
}
static int owning_by_ioctl(unsigned long command, int value)
{
    int fd = one_of_a_pair();
    return fd < 0 ? 0 : errno_of(ioctl(fd, command, &value));
}
static int signalling_by_fiosetown(void)
{
    return owning_by_ioctl(FIOSETOWN, scene.parent);
}
static int signalling_by_siocspgrp(void)
{
    return owning_by_ioctl(SIOCSPGRP, scene.parent);
}
static int asking_by_fioasync(void)
{
    return owning_by_ioctl(FIOASYNC, 1);
}

static int slowing_the_parent(void)
{
    return errno_of(setpriority(PRIO_PROCESS, (id_t)scene.parent, 19));
}
static int scheduling_the_parent(void)
{
    return errno_of(sched_setscheduler(scene.parent, SCHED_IDLE, &(struct sched_param){0}));
}
static int moving_the_parent(void)
{
    cpu_set_t first;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    return errno_of(sched_setaffinity(scene.parent, sizeof first, &first));
}
static int sharing_memory(void)
{
    return errno_of(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
}

static int limiting_the_parent(void)
{
    struct rlimit limit;
    return errno_of(prlimit(scene.parent, RLIMIT_NOFILE, NULL, &limit));
}

static int joining_namespaces(void)
{
    return errno_of(unshare(CLONE_NEWUSER));
}
static int typing_for_the_user(void)
{
    return errno_of(ioctl(scene.terminal, TIOCSTI, "x"));
}
static int talking_to_services(void)
{
    return errno_of(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* ---- What a fetcher needs ---- */

static int connecting(void)
{
    return errno_of(support_connect(scene.port, 5000));
}
static int reading_the_resolver(void)
{
    return open_with("/etc/resolv.conf", O_RDONLY);
}
static int reading_certificates(void)
{
    return open_with(scene.ca_file, O_RDONLY);
}
static int reading_pages(void)
{
    return open_with(scene.file, O_RDONLY);
}

static int resolving(void)
{
    struct addrinfo *found = NULL;
    int rc = getaddrinfo("localhost", "80", NULL, &found);
    if (found)
        freeaddrinfo(found);
    /* A system without /etc/hosts does not know the name outside either. */
    return rc == EAI_NONAME && access("/etc/hosts", F_OK) != 0 ? 0 : rc;
}

static void *nothing(void *arg)
{
    return arg;
}

static int starting_a_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);
    return error ? error : pthread_join(thread, NULL);
}

static int pairing_sockets(void)
{
    int ends[2];
    return errno_of(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

static int unblocking(void)
{
    return errno_of(fcntl(one_of_a_pair(), F_SETFL, O_RDWR | O_NONBLOCK));
}

static int asking_for_limits(void)
{
    struct rlimit limit;
    return errno_of(getrlimit(RLIMIT_NOFILE, &limit));
}

/* ---- The table ---- */

#define ATTEMPT(function)                                                                                              \
    {                                                                                                                  \
#function, function                                                                                            \
    }

static const struct attempt {
    const char *name;
    attempt_fn *try;
} refused[] =
    {
        ATTEMPT(write_only),
        ATTEMPT(read_write),
        ATTEMPT(truncating),
        ATTEMPT(appending),
        ATTEMPT(creating),
        ATTEMPT(unnamed),
        ATTEMPT(write_etc),
        ATTEMPT(write_null),
        ATTEMPT(old_creat),
        ATTEMPT(newer_open),
        ATTEMPT(renaming),
        ATTEMPT(linking),
        ATTEMPT(symlinking),
        ATTEMPT(unlinking),
        ATTEMPT(making_folder),
        ATTEMPT(removing_folder),
        ATTEMPT(making_pipe),
        ATTEMPT(changing_mode),
        ATTEMPT(changing_owner),
        ATTEMPT(cutting),
        ATTEMPT(touching),
        ATTEMPT(tagging),
        ATTEMPT(mounting),
        ATTEMPT(binding_a_name),
        ATTEMPT(running),
        ATTEMPT(forking),
        ATTEMPT(cloning),
        ATTEMPT(tracing),
        ATTEMPT(reading_memory),
        ATTEMPT(signalling),
        ATTEMPT(signalling_a_thread),
        ATTEMPT(signalling_by_owner),
        ATTEMPT(signalling_by_owner_ex),
        ATTEMPT(choosing_a_signal),
        ATTEMPT(asking_for_signals),
        ATTEMPT(signalling_by_fiosetown),
        ATTEMPT(signalling_by_siocspgrp),
        ATTEMPT(asking_by_fioasync),
        ATTEMPT(slowing_the_parent),
        ATTEMPT(scheduling_the_parent),
        ATTEMPT(moving_the_parent),
        ATTEMPT(sharing_memory),
        ATTEMPT(limiting_the_parent),
        ATTEMPT(joining_namespaces),
        ATTEMPT(typing_for_the_user),
        ATTEMPT(talking_to_services),
},
  allowed[] =
      {
          ATTEMPT(connecting),        ATTEMPT(reading_the_resolver), ATTEMPT(reading_certificates), ATTEMPT(resolving),
          ATTEMPT(starting_a_thread), ATTEMPT(pairing_sockets),      ATTEMPT(asking_for_limits),    ATTEMPT(unblocking),
},
  reading[] = {ATTEMPT(reading_pages)};

enum { MOST = SUPPORT_COUNT(refused) };

static void make_scene(void)
{
    int other_end;

    scene.folder = files_temp_folder();
    scene.file = files_path(scene.folder, "file");
    scene.other = files_path(scene.folder, "other");
    scene.new = files_path(scene.folder, "new");
    scene.ca_file = files_path(scene.folder, "ca.pem");
    scene.parent = getpid();
    files_write(scene.file, "as it was", -1);
    files_write(scene.ca_file, "-----", -1);
    cr_assert_eq(mkdir(scene.other, 0700), 0);
    cr_assert_eq(openpty(&other_end, &scene.terminal, NULL, NULL, NULL), 0);
}

/* Try each of ATTEMPTS in a child that is inside, and give their results to RESULTS. */
static void try_inside(const struct attempt *attempts, size_t count, int results[MOST])
{
    int ends[2];
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = support_fork();
    if (pid == 0) {
        int found[MOST] = {0};
        if (!sandbox_enter(scene.ca_file))
            _exit(1);
        for (size_t i = 0; i < count; i++)
            found[i] = attempts[i].try();
        _exit(write(ends[1], found, sizeof found) != sizeof found);
    }
    close(ends[1]);
    ssize_t len = read(ends[0], results, MOST * sizeof *results);
    int status = 0;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 0, "the child ended with 0x%x", status);
    cr_assert_eq(len, (ssize_t)(MOST * sizeof *results));
    close(ends[0]);
}

static void free_scene(void)
{
    files_remove(scene.folder);
    free(scene.folder);
    free(scene.file);
    free(scene.other);
    free(scene.new);
    free(scene.ca_file);
}

static bool has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1;
}

/* Invariant 3. */
Test(sandbox, nothing_inside_writes_a_file_runs_a_program_or_touches_a_process)
{
    int results[MOST];
    make_scene();
    try_inside(refused, SUPPORT_COUNT(refused), results);
    for (size_t i = 0; i < SUPPORT_COUNT(refused); i++)
        cr_expect(results[i] == EPERM || results[i] == EACCES, "%s: %s", refused[i].name, strerror(results[i]));
    char *tree = files_tree(scene.folder);
    cr_assert_str_eq(tree, "ca.pem\nfile\n");
    cr_assert(files_equals(scene.file, "as it was"));
    free(tree);
    free_scene();
}

Test(sandbox, what_a_fetcher_needs_works_inside)
{
    int results[MOST];
    struct fixture *f = fixture_start(NULL);
    make_scene();
    scene.port = fixture_port(f);
    try_inside(allowed, SUPPORT_COUNT(allowed), results);
    for (size_t i = 0; i < SUPPORT_COUNT(allowed); i++)
        cr_expect_eq(results[i], 0, "%s: %s", allowed[i].name, strerror(results[i]));
    free_scene();
    fixture_stop(f);
}

/* Invariant 3, where the kernel has Landlock. */
Test(sandbox, other_peoples_files_cannot_even_be_read_inside)
{
    if (!has_landlock())
        cr_skip_test("this kernel has no Landlock");
    int results[MOST];
    make_scene();
    try_inside(reading, SUPPORT_COUNT(reading), results);
    cr_assert_eq(results[0], EACCES, "%s", strerror(results[0]));
    free_scene();
}
