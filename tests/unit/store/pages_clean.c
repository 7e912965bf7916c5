/* What a killed run leaves under temporary names, and what is removed of it: nothing but that. */
#include "scratch.h"

#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

TestSuite(pages_clean, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

static size_t clean(void)
{
    size_t removed = 99;
    enum store_status status = pages_clean(in_scratch("out"), &removed);
    cr_assert_eq(status, STORE_OK, "%s", strerror(errno));
    return removed;
}

/* ---- Names ---- */

static const struct {
    const char *name;
    bool ours;
} names[] = {
    {".forage-1-0-0", true},
    {".forage-4194304-15-18446744073709551615", true},
    {".forage", false},
    {".forage-", false},
    {".forage-1", false},
    {".forage-1-0", false},
    {".forage-1-0-", false},
    {".forage-1--0", false},
    {".forage--1-0-0", false},
    {".forage-1-0-0-0", false},
    {".forage-1-0-0.html", false},
    {".forage-1-0-0~", false},
    {".forage-1-0-x", false},
    {".forage-a-0-0", false},
    {".forage-1-0x1-0", false},
    {".forage-01-0-0", false},
    {".forage-1-00-0", false},
    {".forage-1-0-000", false},
    {".forage-1-0-0 ", false},
    {".forage-+1-0-0", false},
    {".forage-1-0-111111111111111111111", false},
    {".Forage-1-0-0", false},
    {"forage-1-0-0", false},
    {"x.forage-1-0-0", false},
    {".forage_1_0_0", false},
    {".forage-1-0-0\n", false},
};

Test(pages_clean, temporary_names_are_told_from_all_others)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect_eq(draft_is_temporary(names[i].name), names[i].ours, "\"%s\"", names[i].name);
}

Test(pages_clean, names_that_are_almost_temporary_are_the_users)
{
    char path[128];
    int ours = 0, all = 0;
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/a"), 0755);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "out/a/%s", names[i].name);
        write_file(path, "text");
        ours += names[i].ours;
        all++;
    }
    cr_assert_eq(clean(), (size_t)ours);
    cr_assert_eq(files_below("out"), all - ours);
    cr_assert_eq(clean(), 0);
}

/* ---- Where they are ---- */

#define LEFT ".forage-123-0-7"

Test(pages_clean, they_are_found_wherever_a_page_can_be)
{
    struct pages *pages = open_out(NULL);
    char deep[64] = "", path[128];
    for (int level = 0; level < 31; level++)
        strcat(deep, level ? "/d" : "d");
    snprintf(path, sizeof path, "%s/x.html", deep);
    cr_assert_eq(put_now(pages, path, "page").error, 0);
    cr_assert_eq(put_now(pages, "a/b/x.html", "page").error, 0);
    close_out(pages);
    mkdir(in_scratch("out/.forage"), 0700);
    static const char *const places[] = {"out", "out/a", "out/a/b", "out/.forage", NULL};
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s%s/" LEFT, places[i] ? places[i] : "out/", places[i] ? "" : deep);
        write_file(path, "half");
    }
    cr_assert_eq(clean(), 5);
    cr_assert_eq(files_below("out"), 2);
    cr_assert_eq(clean(), 0);
}

Test(pages_clean, links_and_folders_of_such_names_stay_and_no_link_is_followed)
{
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/" LEFT), 0755);
    write_file("out/" LEFT "/mine", "mine");
    mkdir(in_scratch("elsewhere"), 0755);
    write_file("elsewhere/" LEFT, "mine");
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/link")), 0);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/.forage")), 0);
    cr_assert_eq(symlink("../elsewhere/" LEFT, in_scratch("out/.forage-123-0-8")), 0);
    cr_assert_eq(mkfifo(in_scratch("out/.forage-123-0-9"), 0600), 0);
    cr_assert_eq(clean(), 0);
    cr_assert_eq(files_below("elsewhere"), 1);
    cr_assert_eq(access(in_scratch("out/" LEFT "/mine"), F_OK), 0);
    cr_assert_eq(files_below("out"), 6, "a folder and its file, three links, a FIFO");
}

Test(pages_clean, a_folder_that_the_user_hid_is_not_searched)
{
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/.git"), 0755);
    mkdir(in_scratch("out/.forage"), 0700);
    mkdir(in_scratch("out/.forage/below"), 0700);
    write_file("out/.git/" LEFT, "mine");
    write_file("out/.forage/below/" LEFT, "mine");
    cr_assert_eq(clean(), 0);
    cr_assert_eq(files_below("out"), 2);
}

/* ---- What goes wrong ---- */

Test(pages_clean, a_folder_that_may_not_be_read_is_passed_over_and_a_file_that_may_not_be_removed_is_told)
{
    size_t removed;
    mkdir(in_scratch("out"), 0777);
    mkdir(in_scratch("out/closed"), 0777);
    mkdir(in_scratch("out/fixed"), 0777);
    write_file("out/" LEFT, "half");
    write_file("out/closed/" LEFT, "half");
    write_file("out/fixed/" LEFT, "half");
    chmod(scratch, 0755);
    chmod(in_scratch("out"), 0777);
    chmod(in_scratch("out/closed"), 0);
    chmod(in_scratch("out/fixed"), 0555);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    enum store_status status = pages_clean(in_scratch("out"), &removed);
    int error = errno;
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    chmod(in_scratch("out/closed"), 0755);
    chmod(in_scratch("out/fixed"), 0755);
    cr_assert_eq(status, STORE_SYSTEM);
    cr_assert_eq(error, EACCES);
    cr_assert_eq(removed, 1);
    cr_assert_eq(clean(), 2);
}

Test(pages_clean, a_process_without_descriptors_is_told)
{
    struct rlimit before, few;
    size_t removed;
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/a"), 0755);
    write_file("out/" LEFT, "half");
    write_file("out/a/" LEFT, "half");
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    for (int room = 0; room < 2; room++) {
        few = (struct rlimit){(rlim_t)(next + room), before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
        enum store_status status = pages_clean(in_scratch("out"), &removed);
        int error = errno;
        setrlimit(RLIMIT_NOFILE, &before);
        cr_expect_eq(status, STORE_SYSTEM);
        cr_expect_eq(error, EMFILE, "%s", strerror(error));
        cr_expect_eq(removed, (size_t)room, "what can be reached is seen to");
    }
    cr_assert_eq(clean(), 1);
}

Test(pages_clean, a_folder_that_is_not_there_is_told)
{
    size_t removed = 99;
    cr_assert_eq(pages_clean(in_scratch("out"), &removed), STORE_SYSTEM);
    cr_assert_eq(errno, ENOENT);
    cr_assert_eq(removed, 0);
    cr_assert_neq(access(in_scratch("out"), F_OK), 0, "it is not made");
}

/* ---- After a real kill ---- */

enum kill_at { IN_THE_MIDDLE_OF_PIECES, BEFORE_THE_RENAME };

static void set_rule(uint32_t action, int syscall, const struct scmp_arg_cmp *with)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter || seccomp_rule_add_array(filter, action, syscall, with ? 1 : 0, with) != 0 ||
        seccomp_load(filter) != 0)
        _exit(2);
    seccomp_release(filter);
}

/* A process that is dead in the middle of writing a page. The system ends it at the call that would give the page its
 * name; or the parent does, once the piece is written. */
static void write_and_die(enum kill_at when, int written)
{
    struct pages *pages;
    struct page *page;
    struct seen seen = {0};
    struct pages_bytes bytes = text_bytes("new", NULL);
    const struct scmp_arg_cmp nameless = {
        .arg = 2, .op = SCMP_CMP_MASKED_EQ, .datum_a = O_TMPFILE & ~O_DIRECTORY, .datum_b = O_TMPFILE & ~O_DIRECTORY};
    if (when == BEFORE_THE_RENAME)
        set_rule(SCMP_ACT_KILL_PROCESS, SCMP_SYS(renameat), NULL);
    else
        set_rule(SCMP_ACT_ERRNO(EOPNOTSUPP), SCMP_SYS(openat), &nameless);
    if (pages_open(in_scratch("out"), NULL, &pages) != STORE_OK)
        _exit(3);
    if (when == BEFORE_THE_RENAME) {
        pages_put(pages, "a/x.html", &bytes, NULL, NULL);
        pages_close(pages, see, &seen);
        _exit(4);
    }
    pages_begin(pages, &page);
    pages_append(page, &bytes);
    pages_flush(pages);
    size_t room = pages_room(pages);
    while (pages_room(pages) == room) {
        struct pollfd p = {.fd = pages_fd(pages), .events = POLLIN};
        poll(&p, 1, WAIT_MS);
        pages_collect(pages, see, &seen);
    }
    if (write(written, "w", 1) != 1)
        _exit(5);
    for (;;)
        pause();
}

static void kill_a_writer(enum kill_at when)
{
    int ready[2], status;
    char byte;
    cr_assert_eq(pipe2(ready, O_CLOEXEC), 0);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_DUMPABLE, 0);
        if (getppid() == parent)
            write_and_die(when, ready[1]);
        _exit(1);
    }
    close(ready[1]);
    ssize_t n = read(ready[0], &byte, 1);
    close(ready[0]);
    if (n == 1)
        kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status), "it ended by itself, with %d", WEXITSTATUS(status));
    cr_assert_eq(WTERMSIG(status), when == BEFORE_THE_RENAME ? SIGSYS : SIGKILL);
}

Test(pages_clean, what_a_kill_leaves_is_removed_and_the_good_copy_stays)
{
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/x.html", "the old bytes");
    close_out(pages);
    for (enum kill_at when = IN_THE_MIDDLE_OF_PIECES; when <= BEFORE_THE_RENAME; when++) {
        kill_a_writer(when);
        cr_expect_eq(files_below("out"), 2, "the kill left nothing: the test shows nothing");
        cr_expect_eq(clean(), 1);
        cr_expect_eq(files_below("out"), 1);
        cr_expect_str_eq(content_of("out/a/x.html"), "the old bytes");
    }
}
