/* What goes wrong with a page: it comes back with its errno and its step, the last good copy stays, and nothing else is
 * left. The file systems of these tests are made to fail: by limits, by a small tmpfs, by a filter of system calls. */
#include "scratch.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <sys/resource.h>

TestSuite(page_failures, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

Test(page_failures, each_comes_back_with_its_errno_and_step)
{
    char long_name[300];
    memset(long_name, 'n', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    char long_folder[320];
    snprintf(long_folder, sizeof long_folder, "%s/x.html", long_name);

    struct pages *pages = open_out(NULL);
    put_now(pages, "folder/x.html", "x");
    put_now(pages, "file.html", "the old bytes");
    const struct {
        const char *name;
        int error;
        enum pages_step step;
    } rows[] = {
        {long_name, ENAMETOOLONG, PAGES_STEP_LINK},
        {long_folder, ENAMETOOLONG, PAGES_STEP_FOLDER},
        {"file.html/below.html", ENOTDIR, PAGES_STEP_FOLDER},
        {"folder", EISDIR, PAGES_STEP_REPLACE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int pieces = 0; pieces < 2; pieces++) {
            struct pages_done done =
                pieces ? put_pieces_now(pages, rows[i].name, "y", "z") : put_now(pages, rows[i].name, "y");
            cr_expect_eq(done.error, rows[i].error, "%.20s: %s", rows[i].name, strerror(done.error));
            cr_expect_eq(done.step, rows[i].step, "%.20s: %s", rows[i].name, pages_step_text(done.step));
        }
    }
    cr_assert_str_eq(content_of("out/file.html"), "the old bytes");
    cr_assert_eq(files_below("out"), 2);
    close_out(pages);
}

/* Replace "kept.html" by pages that cannot be written, and see the old one stay. */
static void fail_to_replace(struct pages *pages, int error, enum pages_step step)
{
    static char large[100 * 1024 + 1];
    memset(large, 'l', sizeof large - 1);
    struct pages_done done = put_now(pages, "a/kept.html", large);
    cr_expect_eq(done.error, error, "%s", strerror(done.error));
    cr_expect_eq(done.step, step, "%s", pages_step_text(done.step));
    done = put_pieces_now(pages, "a/kept.html", large, large);
    cr_expect_eq(done.error, error, "in pieces: %s", strerror(done.error));
    cr_expect_eq(done.step, step, "in pieces: %s", pages_step_text(done.step));
    cr_expect_str_eq(content_of("out/a/kept.html"), "the old bytes");
    cr_expect_eq(files_below("out"), 1);
}

Test(page_failures, a_page_that_hits_the_limit_of_file_size_leaves_the_old_one)
{
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    struct rlimit before, small = {4096, 4096};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    fail_to_replace(pages, EFBIG, PAGES_STEP_WRITE);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_assert(put_now(pages, "a/kept.html", "new").replaced);
    close_out(pages);
}

/* A file system of 64 KiB at "out", seen by this test alone. */
static void mount_small(void)
{
    mkdir(in_scratch("out"), 0755);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", in_scratch("out"), "tmpfs", 0, "size=64k") != 0)
        cr_skip_test("no privilege to mount a small file system");
}

Test(page_failures, a_full_disk_leaves_the_old_page)
{
    mount_small();
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    fail_to_replace(pages, ENOSPC, PAGES_STEP_WRITE);
    cr_assert_eq(put_now(pages, "a/fits.html", "small").error, 0, "the room of what failed is free again");
    close_out(pages);
    umount(in_scratch("out"));
}

Test(page_failures, a_disk_that_became_read_only_leaves_the_old_page)
{
    mount_small();
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    cr_assert_eq(mount("tmpfs", in_scratch("out"), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=64k"), 0);
    fail_to_replace(pages, EROFS, PAGES_STEP_CREATE);
    close_out(pages);
    umount(in_scratch("out"));
}

Test(page_failures, a_folder_without_permission_leaves_the_old_page)
{
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    chmod(scratch, 0755);
    chmod(in_scratch("out"), 0555);
    chmod(in_scratch("out/a"), 0555);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0); /* of all threads */
    fail_to_replace(pages, EACCES, PAGES_STEP_CREATE);
    struct pages_done done = put_now(pages, "b/x.html", "x");
    cr_assert_eq(done.error, EACCES);
    cr_assert_eq(done.step, PAGES_STEP_FOLDER);
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    chmod(in_scratch("out"), 0755);
    chmod(in_scratch("out/a"), 0755);
    close_out(pages);
}

Test(page_failures, a_process_without_descriptors_leaves_the_old_page)
{
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    put_now(pages, "a/kept.html", "the old bytes"); /* whichever writer: the folder is open */
    struct rlimit before, none;
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    none = (struct rlimit){(rlim_t)next, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    struct pages_done done = put_now(pages, "a/kept.html", "new");
    setrlimit(RLIMIT_NOFILE, &before);
    cr_assert_eq(done.error, EMFILE, "%s", strerror(done.error));
    cr_assert_str_eq(content_of("out/a/kept.html"), "the old bytes");
    cr_assert(put_now(pages, "a/kept.html", "new").replaced);
    cr_assert_str_eq(content_of("out/a/kept.html"), "new");
    close_out(pages);
}

Test(page_failures, a_page_whose_bytes_are_gone_leaves_the_old_one)
{
    struct pages *pages = open_out(NULL);
    put_now(pages, "a/kept.html", "the old bytes");
    struct seen seen = {0};
    atomic_int released = 0;
    struct pages_bytes nothing = {(void *)16, 4096, count_release, &released};
    cr_assert_eq(pages_put(pages, "a/kept.html", &nothing, NULL, NULL), STORE_OK);
    wait_for(pages, &seen, 1);
    cr_assert_eq(seen.done[0].error, EFAULT);
    cr_assert_eq(released, 1);
    cr_assert_str_eq(content_of("out/a/kept.html"), "the old bytes");
    close_out(pages);
}

/* Links planted below the output folder, with a canary at their end. */
Test(page_failures, a_link_at_the_final_name_is_replaced_and_not_written_through)
{
    write_file("canary", "alive");
    mkdir(in_scratch("out"), 0755);
    cr_assert_eq(symlink("../canary", in_scratch("out/x.html")), 0);
    cr_assert_eq(symlink("../nowhere", in_scratch("out/y.html")), 0);
    struct pages *pages = open_out(NULL);
    cr_assert(put_now(pages, "x.html", "page").replaced);
    cr_assert(put_pieces_now(pages, "y.html", "pa", "ge").replaced);
    cr_assert_str_eq(content_of("out/x.html"), "page");
    cr_assert_str_eq(content_of("out/y.html"), "page");
    cr_assert_str_eq(content_of("canary"), "alive");
    cr_assert_null(content_of("nowhere"));
    close_out(pages);
}

Test(page_failures, a_link_in_the_place_of_a_folder_is_not_followed)
{
    mkdir(in_scratch("elsewhere"), 0755);
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/b"), 0755);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/a")), 0);
    cr_assert_eq(symlink("../../elsewhere", in_scratch("out/b/c")), 0);
    cr_assert_eq(symlink("../nowhere", in_scratch("out/d")), 0);
    struct pages *pages = open_out(NULL);
    static const char *const names[] = {"a/x.html", "b/c/x.html", "a/deep/x.html", "d/x.html"};
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(put_now(pages, names[i], "page").error, ENOTDIR, "%s", names[i]);
        cr_expect_eq(put_pieces_now(pages, names[i], "pa", "ge").error, ENOTDIR, "%s in pieces", names[i]);
    }
    cr_assert_eq(files_below("elsewhere"), 0);
    cr_assert_eq(files_below("out"), 3, "the links, and nothing else");
    close_out(pages);
}

/* The output folder itself is the user's choice. */
Test(page_failures, an_output_folder_that_is_a_link_is_followed)
{
    mkdir(in_scratch("real"), 0755);
    cr_assert_eq(symlink("real", in_scratch("out")), 0);
    struct pages *pages = open_out(NULL);
    cr_assert_eq(put_now(pages, "a/x.html", "page").error, 0);
    cr_assert_str_eq(content_of("real/a/x.html"), "page");
    close_out(pages);
}

/* Refuse, with ERROR, calls of SYSCALL whose argument ARG has all of the bits MASK; all threads made later inherit
 * it. */
static void refuse(int syscall, unsigned arg, unsigned long mask, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    struct scmp_arg_cmp with = {.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = mask};
    cr_assert(filter);
    cr_assert_eq(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), syscall, 1, &with), 0);
    cr_assert_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

/* A page that was put has its file's own time. */
static void expect_time(struct pages_done done, const char *path)
{
    cr_expect_eq(done.error, 0, "%s", strerror(done.error));
    cr_expect_eq(done.mtime_ns, mtime_of(path), "%s: %lld", path, (long long)done.mtime_ns);
}

/* The same pages as ever: new, replaced, in pieces, failed, onto planted links. */
static void all_kinds_of_pages(void)
{
    struct pages *pages = open_out(&(struct pages_options){.writers = 1});
    write_file("canary", "alive");
    for (unsigned long n = 0; n < 8; n++) {
        char name[128];
        snprintf(name, sizeof name, "out/" STORE_TEMPORARY_PREFIX "%ld-0-%lu", (long)getpid(), n);
        cr_assert_eq(symlink("../canary", in_scratch(name)), 0);
        snprintf(name, sizeof name, "out/a/" STORE_TEMPORARY_PREFIX "%ld-0-%lu", (long)getpid(), n);
        mkdir(in_scratch("out/a"), 0755);
        cr_assert_eq(symlink("../../canary", in_scratch(name)), 0);
    }
    cr_expect_not(put_now(pages, "a/new.html", "one").replaced);
    cr_expect_str_eq(content_of("out/a/new.html"), "one");
    cr_expect(put_now(pages, "a/new.html", "two").replaced);
    cr_expect_str_eq(content_of("out/a/new.html"), "two");
    cr_expect_not(put_pieces_now(pages, "a/pieces.html", "th", "ree").replaced);
    cr_expect_str_eq(content_of("out/a/pieces.html"), "three");
    cr_expect(put_pieces_now(pages, "a/pieces.html", "fo", "ur").replaced);
    cr_expect_str_eq(content_of("out/a/pieces.html"), "four");
    expect_time(put_now(pages, "a/new.html", "one more"), "out/a/new.html");
    expect_time(put_now(pages, "a/newer.html", "one more"), "out/a/newer.html");
    expect_time(put_pieces_now(pages, "a/pieces.html", "fi", "ve"), "out/a/pieces.html");
    expect_time(put_pieces_now(pages, "a/piece.html", "si", "x"), "out/a/piece.html");
    cr_expect_eq(put_now(pages, "a", "a folder is there").error, EISDIR);
    cr_expect_eq(put_pieces_now(pages, "a", "a folder", " is there").error, EISDIR);
    cr_assert_eq(symlink("../canary", in_scratch("out/link.html")), 0);
    cr_expect(put_now(pages, "link.html", "five").replaced);
    cr_expect_str_eq(content_of("out/link.html"), "five");
    char gone[PATH_MAX];
    snprintf(gone, sizeof gone, "%s", in_scratch("out/a"));
    files_remove(gone);
    cr_expect_eq(put_now(pages, "a/again.html", "six").error, 0);
    cr_expect_str_eq(content_of("out/a/again.html"), "six");

    struct page *page;
    struct pages_bytes bytes = text_bytes("half", NULL);
    cr_assert_eq(pages_begin(pages, &page), STORE_OK);
    cr_assert_eq(pages_append(page, &bytes), STORE_OK);
    pages_abandon(page);
    close_out(pages);
    cr_expect_str_eq(content_of("canary"), "alive");
    cr_expect_eq(files_below("out"), 10, "two pages, and the eight links that were planted at the top");
}

Test(page_failures, planted_temporary_names_are_passed_over)
{
    all_kinds_of_pages();
}

Test(page_failures, a_file_system_without_nameless_files_gets_temporary_names)
{
    refuse(SCMP_SYS(openat), 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
    all_kinds_of_pages();
}

Test(page_failures, a_file_system_that_cannot_rename_without_replacing_links_instead)
{
    refuse(SCMP_SYS(openat), 2, O_TMPFILE & ~O_DIRECTORY, EOPNOTSUPP);
    refuse(SCMP_SYS(renameat2), 4, RENAME_NOREPLACE, EINVAL);
    all_kinds_of_pages();
}

Test(page_failures, a_kernel_that_links_no_bare_descriptor_is_asked_through_proc)
{
    refuse(SCMP_SYS(linkat), 4, AT_EMPTY_PATH, ENOENT);
    all_kinds_of_pages();
}

Test(page_failures, without_proc_the_second_try_uses_a_temporary_name)
{
    struct pages *pages;
    refuse(SCMP_SYS(linkat), 4, AT_EMPTY_PATH, ENOENT);
    refuse(SCMP_SYS(linkat), 4, AT_SYMLINK_FOLLOW, ENOENT);
    refuse(SCMP_SYS(access), 0, 0, ENOENT);
    pages = open_out(&(struct pages_options){.writers = 1});
    cr_assert_eq(put_now(pages, "a/x.html", "page").error, 0);
    cr_assert_str_eq(content_of("out/a/x.html"), "page");
    cr_assert(put_now(pages, "a/x.html", "again").replaced);
    cr_assert_eq(files_below("out"), 1);
    close_out(pages);
}
