#include "crawl/outputs/atomic_file.h"

#include "folder_support.h"

#include <criterion/parameterized.h>
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

TestSuite(atomic_file, .init = folder_make, .fini = folder_remove, .timeout = 60);

/* Let the file system have no files without a name, as NFS. */
static void refuse_unnamed_files(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    cr_assert_eq(seccomp_rule_add(filter, SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), 1,
                                  SCMP_A2(SCMP_CMP_MASKED_EQ, O_TMPFILE & ~O_DIRECTORY, O_TMPFILE & ~O_DIRECTORY)),
                 0);
    cr_assert_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

/* Whether the test's file system has them. */
static bool has_unnamed_files(void)
{
    int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void expect_failure(const struct atomic_failure *failure, const char *step, int error)
{
    cr_expect_str_eq(failure->step, step);
    cr_expect_eq(failure->error, error, "%s", strerror(failure->error));
}

/* Every kind of file system: with files without a name, and without. */
static bool kinds[] = {false, true};

ParameterizedTestParameters(atomic_file, a_file_takes_the_place_of_the_old_one_at_its_end)
{
    return cr_make_param_array(bool, kinds, 2);
}

ParameterizedTest(bool *named, atomic_file, a_file_takes_the_place_of_the_old_one_at_its_end)
{
    struct atomic_file f;
    struct atomic_failure failure;
    if (*named)
        refuse_unnamed_files();
    int before = descriptors();
    put_file("a", "old");
    cr_assert(atomic_file_begin(&f, in_folder("a"), 0644, &failure));
    cr_assert(atomic_file_append(&f, "new ", 4));
    for (int i = 0; i < 20000; i++)
        cr_assert(atomic_file_append(&f, "0123456789", 10));
    cr_assert_str_eq(content_of("a"), "old");
    cr_assert_eq(entries(), has_unnamed_files() ? 1 : 2);
    cr_assert(atomic_file_finish(&f, &failure));
    cr_assert_eq(strlen(content_of("a")), 200004);
    cr_assert_eq(strncmp(content_of("a"), "new 0123456789012", 17), 0);
    cr_assert_eq(entries(), 1);
    cr_assert_eq(descriptors(), before);
}

ParameterizedTestParameters(atomic_file, an_abandoned_file_leaves_nothing)
{
    return cr_make_param_array(bool, kinds, 2);
}

ParameterizedTest(bool *named, atomic_file, an_abandoned_file_leaves_nothing)
{
    struct atomic_file f;
    struct atomic_failure failure;
    if (*named)
        refuse_unnamed_files();
    cr_assert(atomic_file_begin(&f, in_folder("a"), 0644, &failure));
    cr_assert(atomic_file_append(&f, "new", 3));
    errno = EXDEV;
    atomic_file_abandon(&f);
    cr_assert_eq(errno, EXDEV);
    atomic_file_abandon(&f);
    cr_assert_eq(entries(), 0);
    cr_assert_not(atomic_file_append(&f, "more", 4));
    cr_assert_not(atomic_file_finish(&f, &failure));
}

ParameterizedTestParameters(atomic_file, a_file_that_cannot_be_written_leaves_the_old_one)
{
    return cr_make_param_array(bool, kinds, 2);
}

ParameterizedTest(bool *named, atomic_file, a_file_that_cannot_be_written_leaves_the_old_one)
{
    static const char bytes[100000];
    struct atomic_file f;
    struct atomic_failure failure = {NULL, 0};
    char text[128];
    if (*named)
        refuse_unnamed_files();
    int before = descriptors();
    put_file("a", "old");
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){90000, RLIM_INFINITY}), 0);
    cr_assert(atomic_file_begin(&f, in_folder("a"), 0644, &failure));
    cr_assert_not(atomic_file_append(&f, bytes, sizeof bytes));
    cr_assert_not(atomic_file_append(&f, "more", 4));
    cr_assert_not(atomic_file_finish(&f, &failure));
    expect_failure(&failure, "cannot write", EFBIG);
    cr_assert_str_eq(atomic_failure_text(&failure, text, sizeof text), "cannot write: File too large");
    cr_assert_str_eq(content_of("a"), "old");
    cr_assert_eq(entries(), 1);
    cr_assert_eq(descriptors(), before);
}

ParameterizedTestParameters(atomic_file, a_file_that_cannot_be_renamed_leaves_nothing)
{
    return cr_make_param_array(bool, kinds, 2);
}

ParameterizedTest(bool *named, atomic_file, a_file_that_cannot_be_renamed_leaves_nothing)
{
    struct atomic_file f;
    struct atomic_failure failure = {NULL, 0};
    if (*named)
        refuse_unnamed_files();
    cr_assert(atomic_file_begin(&f, in_folder("a"), 0644, &failure));
    cr_assert_eq(mkdir(in_folder("a"), 0755), 0);
    cr_assert_not(atomic_file_finish(&f, &failure));
    expect_failure(&failure, "cannot rename", EISDIR);
    cr_assert_eq(entries(), 1);
    cr_assert_eq(count_entries(in_folder("a")), 2);
}

Test(atomic_file, the_mode_is_as_given_under_any_umask)
{
    struct atomic_failure failure;
    umask(0);
    cr_assert(atomic_file_write(in_folder("secret"), 0600, "x", 1, &failure));
    cr_assert_eq(mode_of("secret"), 0600);
    put_file("open", "old");
    chmod(in_folder("open"), 0666);
    cr_assert(atomic_file_write(in_folder("open"), 0600, "x", 1, &failure));
    cr_assert_eq(mode_of("open"), 0600, "the old file's mode does not matter");
    umask(027);
    cr_assert(atomic_file_write(in_folder("all"), 0644, "x", 1, &failure));
    cr_assert_eq(mode_of("all"), 0640);
}

static bool is_link_to(const char *name, const char *target)
{
    char text[PATH_MAX];
    ssize_t len = readlink(in_folder(name), text, sizeof text - 1);
    text[len < 0 ? 0 : len] = '\0';
    return strcmp(text, target) == 0;
}

Test(atomic_file, a_symbolic_link_stays_and_what_it_names_is_replaced)
{
    static const struct {
        const char *link, *target, *file;
    } rows[] = {
        {"link", "sub/target", "sub/target"},
        {"second", "link", "sub/target"},
        {"sub/up", "../beside", "beside"},
        {"dangling", "sub/new", "sub/new"},
    };
    struct atomic_failure failure;
    char absolute[PATH_MAX];
    cr_assert_eq(mkdir(in_folder("sub"), 0755), 0);
    put_file("sub/target", "old");
    put_file("beside", "old");
    snprintf(absolute, sizeof absolute, "%s", in_folder("sub/other"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(symlink(rows[i].target, in_folder(rows[i].link)), 0);
    cr_assert_eq(symlink(absolute, in_folder("absolute")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect(atomic_file_write(in_folder(rows[i].link), 0644, rows[i].link, strlen(rows[i].link), &failure), "%s",
                  rows[i].link);
        cr_expect_str_eq(content_of(rows[i].file), rows[i].link);
        cr_expect(is_link_to(rows[i].link, rows[i].target), "%s", rows[i].link);
    }
    cr_expect(atomic_file_write(in_folder("absolute"), 0644, "new", 3, &failure));
    cr_expect_str_eq(content_of("sub/other"), "new");
    cr_expect(is_link_to("absolute", absolute));
    cr_expect_eq(entries(), 6);
    cr_expect_eq(count_entries(in_folder("sub")), 6);
}

Test(atomic_file, a_link_that_leads_nowhere_or_is_a_trap_is_refused)
{
    struct atomic_failure failure;
    cr_assert_eq(symlink("b", in_folder("a")), 0);
    cr_assert_eq(symlink("a", in_folder("b")), 0);
    cr_assert_eq(symlink("missing/file", in_folder("far")), 0);
    cr_expect_not(atomic_file_write(in_folder("a"), 0644, "x", 1, &failure));
    expect_failure(&failure, "cannot follow the link", ELOOP);
    cr_expect_not(atomic_file_write(in_folder("far"), 0644, "x", 1, &failure));
    expect_failure(&failure, "cannot open its folder", ENOENT);
    if (geteuid() != 0)
        return;
    put_file("precious", "old");
    cr_assert_eq(mkdir(in_folder("shared"), 0755), 0);
    cr_assert_eq(chmod(in_folder("shared"), 01777), 0);
    cr_assert_eq(symlink("../precious", in_folder("shared/trap")), 0);
    cr_assert_eq(lchown(in_folder("shared/trap"), 65534, 65534), 0);
    cr_expect_not(atomic_file_write(in_folder("shared/trap"), 0644, "x", 1, &failure));
    expect_failure(&failure, "cannot follow the link", EACCES);
    cr_expect_str_eq(content_of("precious"), "old");
}

Test(atomic_file, a_folder_is_refused_before_anything_is_written)
{
    static const char *const names[] = {"sub", "to-folder"};
    cr_assert_eq(mkdir(in_folder("sub"), 0755), 0);
    cr_assert_eq(symlink("sub", in_folder("to-folder")), 0);
    int before = descriptors();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct atomic_file f;
        struct atomic_failure failure = {NULL, 0};
        cr_expect_not(atomic_file_begin(&f, in_folder(names[i]), 0644, &failure), "%s", names[i]);
        expect_failure(&failure, "cannot replace what is there", EISDIR);
    }
    cr_assert_eq(entries(), 2);
    cr_assert_eq(descriptors(), before);
}

/* Write TEXT to the file NAME, and see that what is there is still what it was. */
static bool write_as_it_is(const char *name, const char *text, struct atomic_failure *failure)
{
    struct stat st, now;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", *name == '/' ? name : in_folder(name));
    cr_assert_eq(stat(path, &st), 0);
    bool ok = atomic_file_write(path, 0644, text, strlen(text), failure);
    cr_assert_eq(stat(path, &now), 0);
    cr_expect(st.st_ino == now.st_ino && st.st_dev == now.st_dev && st.st_mode == now.st_mode, "%s", name);
    return ok;
}

Test(atomic_file, what_is_no_file_is_written_to_as_it_is)
{
    struct atomic_failure failure = {NULL, 0};
    char text[8] = "";
    int before = descriptors();
    cr_assert_eq(mkfifo(in_folder("pipe"), 0600), 0);
    cr_assert_eq(symlink("pipe", in_folder("to-pipe")), 0);
    cr_assert_eq(symlink("/dev/null", in_folder("to-device")), 0);
    cr_expect_not(write_as_it_is("pipe", "x", &failure));
    expect_failure(&failure, "cannot open it", ENXIO);
    int reader = open(in_folder("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    cr_assert_geq(reader, 0);
    cr_expect(write_as_it_is("pipe", "one", &failure));
    cr_expect(write_as_it_is("to-pipe", "two", &failure));
    cr_expect_eq(read(reader, text, sizeof text), 6);
    cr_expect_eq(memcmp(text, "onetwo", 6), 0);
    close(reader);
    cr_expect(write_as_it_is("to-device", "x", &failure));
    cr_expect(write_as_it_is("/dev/null", "x", &failure));
    failure = (struct atomic_failure){NULL, 0};
    cr_expect_not(write_as_it_is("/dev/full", "x", &failure));
    expect_failure(&failure, "cannot write", ENOSPC);
    cr_expect_eq(entries(), 3);
    cr_expect_eq(descriptors(), before);
}

/* As a shell gives it to a program: not closed when another one is run. */
static void give_descriptor(int from, int to)
{
    cr_assert_eq(dup2(from, to), to);
    close(from);
}

Test(atomic_file, what_is_open_is_written_to_where_it_stands_if_it_was_inherited)
{
    enum { FILE_FD = 90, SOCKET_FD, OWN_FD };
    struct atomic_failure failure = {NULL, 0};
    int ends[2];
    char text[8] = "";
    give_descriptor(open(in_folder("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600), FILE_FD);
    cr_assert_eq(write(FILE_FD, "before ", 7), 7);
    cr_expect(atomic_file_write("/dev/fd/90", 0644, "here", 4, &failure));
    cr_assert_eq(write(FILE_FD, " after", 6), 6);
    cr_expect_str_eq(content_of("file"), "before here after");
    cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    give_descriptor(ends[0], SOCKET_FD);
    cr_expect(atomic_file_write("/proc/self/fd/91", 0644, "socket", 6, &failure));
    cr_expect_eq(read(ends[1], text, sizeof text), 6);
    cr_assert_eq(dup3(FILE_FD, OWN_FD, O_CLOEXEC), OWN_FD);
    cr_expect_not(atomic_file_write("/dev/fd/92", 0644, "x", 1, &failure));
    expect_failure(&failure, "cannot open it", EBADF);
    cr_expect_str_eq(content_of("file"), "before here after");
    cr_expect_eq(entries(), 1);
}

Test(atomic_file, a_path_that_names_no_file_is_refused)
{
    static const struct {
        const char *name, *step;
        int error;
    } rows[] = {
        {"", "it is a folder", EISDIR},
        {".", "it is a folder", EISDIR},
        {"sub/..", "cannot open its folder", ENOENT},
        {"missing/a", "cannot open its folder", ENOENT},
        {"file/a", "cannot open its folder", ENOTDIR},
    };
    put_file("file", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct atomic_file f;
        struct atomic_failure failure = {NULL, 0};
        cr_expect_not(atomic_file_begin(&f, in_folder(rows[i].name), 0644, &failure), "%s", rows[i].name);
        expect_failure(&failure, rows[i].step, rows[i].error);
    }
    char name[NAME_MAX + 2];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct atomic_failure failure = {NULL, 0};
    cr_expect_not(atomic_file_write(in_folder(name), 0644, "x", 1, &failure));
    cr_expect_eq(failure.error, ENAMETOOLONG);
    name[NAME_MAX] = '\0';
    cr_expect(atomic_file_write(in_folder(name), 0644, "x", 1, &failure), "a name may be as long as any");
    cr_assert_eq(entries(), 2);
}

Test(atomic_file, a_change_of_the_working_folder_does_no_harm)
{
    struct atomic_file f;
    struct atomic_failure failure;
    cr_assert_eq(mkdir(in_folder("sub"), 0755), 0);
    cr_assert_eq(chdir(folder), 0);
    cr_assert(atomic_file_begin(&f, "a", 0644, &failure));
    cr_assert_eq(chdir("sub"), 0);
    cr_assert(atomic_file_append(&f, "x", 1));
    cr_assert(atomic_file_finish(&f, &failure));
    cr_assert_str_eq(content_of("a"), "x");
    cr_assert_eq(entries(), 2);
}

/* Begin a file and tell by WRITTEN, then wait to be killed. */
static void begin_and_wait(int written)
{
    struct atomic_file f;
    struct atomic_failure failure;
    static const char bytes[100000];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!atomic_file_begin(&f, in_folder("a"), 0644, &failure) || !atomic_file_append(&f, bytes, sizeof bytes) ||
        write(written, "x", 1) != 1)
        _exit(1);
    for (;;)
        pause();
}

Test(atomic_file, a_killed_process_leaves_the_old_file_and_no_other)
{
    int ends[2], status;
    char byte;
    if (!has_unnamed_files())
        cr_skip_test("the file system has no files without a name");
    put_file("a", "old");
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    if (child == 0)
        begin_and_wait(ends[1]);
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    cr_assert_eq(kill(child, SIGKILL), 0);
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status));
    close(ends[0]);
    cr_assert_str_eq(content_of("a"), "old");
    cr_assert_eq(entries(), 1);
}
