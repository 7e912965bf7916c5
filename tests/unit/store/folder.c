/* DIR/.forage as a whole: all that lies there is private, and whoever opens something there is told what is in the
 * way. */
#include "state_support.h"

#include "store/lock.h"
#include "store/name/site.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

TestSuite(folder, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

/* ---- Privacy ---- */

static int readable_by_others;

static int count_readable(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw, (void)path;
    if ((st->st_mode & 07777) != (type == FTW_D ? 0700u : 0600u))
        readable_by_others++;
    return 0;
}

Test(folder, nothing_in_it_can_be_read_by_others_even_without_a_umask)
{
    struct folder_lock lock;
    struct sites *sites;
    const char *name;
    umask(0);
    cr_assert(folder_lock_take(in_scratch("out"), 0, &lock));
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_OK);
    cr_assert_eq(sites_name(sites, "http://a:80", "a", &name), STORE_OK);
    struct state *state = open_state(NULL);
    put_url(state, "http://a/", 1);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(files_below("out/.forage"), 5, "lock, sites, and the database with its log and that one's index");
    nftw(in_scratch("out/.forage"), count_readable, 8, FTW_PHYS);
    cr_assert_eq(readable_by_others, 0);
    close_state(state);
    char aside[STATE_ASIDE_MAX];
    cr_assert_eq(state_set_aside(in_scratch("out"), aside), STATE_OK);
    close_state(open_state(NULL));
    nftw(in_scratch("out/.forage"), count_readable, 8, FTW_PHYS);
    cr_assert_eq(readable_by_others, 0);
    sites_close(sites);
    folder_lock_release(&lock);
}

/* ---- What is in the way ---- */

/* Each opens its part below DIR and closes it again: 0, or the errno of what was in the way. */
static int open_lock(const char *dir)
{
    struct folder_lock lock;
    if (!folder_lock_take(dir, 0, &lock))
        return errno;
    folder_lock_release(&lock);
    return 0;
}

static int open_sites(const char *dir)
{
    struct sites *sites;
    if (sites_open(dir, &sites) != STORE_OK)
        return errno;
    sites_close(sites);
    return 0;
}

static int open_database(const char *dir)
{
    struct state *state;
    struct state_failure failure = {STATE_OK, 0, ""};
    enum state_status status = state_open(dir, NULL, &state, &failure);
    if (status == STATE_OK)
        state_close(state, NULL);
    return failure.error;
}

static int set_database_aside(const char *dir)
{
    char name[STATE_ASIDE_MAX];
    return state_set_aside(dir, name) == STATE_OK ? 0 : errno;
}

static int open_pages(const char *dir)
{
    struct pages *pages;
    struct seen none = {0};
    if (pages_open(dir, NULL, &pages) != STORE_OK)
        return errno;
    pages_close(pages, see, &none);
    return 0;
}

static const struct opener {
    const char *name;
    int (*open)(const char *dir);
} openers[] = {
    {"lock", open_lock},   {"sites", open_sites}, {"state", open_database}, {"state, set aside", set_database_aside},
    {"pages", open_pages},
};
enum { OPENERS = sizeof openers / sizeof openers[0], ASIDE = 3, PAGES = 4 };

/* All that a run makes, so that opening it again makes nothing. */
static void make_all(void)
{
    for (int i = 0; i < OPENERS; i++)
        if (i != ASIDE)
            cr_assert_eq(openers[i].open(in_scratch("out")), 0, "%s: %s", openers[i].name, strerror(errno));
}

/* Opening all but EXCEPT from DIR ends with ERROR, and leaves all files as they were. */
static void expect_error(const char *dir, int error, int except)
{
    int files = files_below("out"), descriptors = descriptors_open();
    for (int i = 0; i < OPENERS; i++) {
        int found = i == except ? error : openers[i].open(in_scratch(dir));
        cr_expect_eq(found, error, "%s: %s", openers[i].name, strerror(found));
    }
    cr_expect_eq(files_below("out"), files);
    cr_expect_eq(descriptors_open(), descriptors);
}

static void mount_small(const char *options)
{
    mkdir(in_scratch("out"), 0755);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", in_scratch("out"), "tmpfs", 0, options) != 0)
        cr_skip_test("no privilege to mount a small file system");
}

Test(folder, a_read_only_disk_is_told)
{
    mount_small("size=1m");
    make_all();
    cr_assert_eq(mount("tmpfs", in_scratch("out"), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=1m"), 0);
    expect_error("out", EROFS, PAGES);
    cr_expect_eq(open_pages(in_scratch("out/new")), EROFS);
    umount(in_scratch("out"));
}

Test(folder, a_disk_without_room_for_another_file_is_told)
{
    mount_small("size=1m,nr_inodes=2");
    mkdir(in_scratch("out/.forage"), 0700);
    cr_expect_eq(open_lock(in_scratch("out")), ENOSPC);
    cr_expect_eq(open_sites(in_scratch("out")), ENOSPC);
    cr_expect_eq(open_database(in_scratch("out")), ENOSPC);
    cr_expect_eq(open_pages(in_scratch("out/new")), ENOSPC);
    cr_expect_eq(files_below("out"), 0);
    umount(in_scratch("out"));
}

Test(folder, a_full_disk_is_told_and_spoils_nothing)
{
    static char block[64 * 1024];
    mount_small("size=1m");
    make_all();
    int fd = open(in_scratch("out/filler"), O_WRONLY | O_CREAT, 0600);
    while (write(fd, block, sizeof block) > 0)
        ;
    close(fd);
    struct state_failure failure = {STATE_OK, 0, ""};
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_expect_eq(refusal(&(struct state_options){.read_only = read_only}, &failure), STATE_SYSTEM);
        cr_expect_eq(failure.error, ENOSPC, "%s", failure.text);
        cr_expect_str_eq(failure.text, "No space left on device");
    }
    cr_expect_eq(open_lock(in_scratch("out")), 0, "who cleans up may have the lock");
    struct sites *sites;
    const char *name;
    cr_assert_eq(sites_open(in_scratch("out"), &sites), STORE_OK);
    cr_expect_eq(sites_name(sites, "http://a:80", "a", &name), STORE_SYSTEM);
    cr_expect_eq(errno, ENOSPC);
    sites_close(sites);
    unlink(in_scratch("out/filler"));
    make_all();
    cr_assert_str_eq(raw_text("PRAGMA integrity_check"), "ok");
    umount(in_scratch("out"));
}

Test(folder, a_folder_without_permission_is_told)
{
    make_all();
    mkdir(in_scratch("closed"), 0755);
    chmod(scratch, 0755);
    chmod(in_scratch("out/.forage"), 0);
    chmod(in_scratch("closed"), 0555);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    expect_error("out", EACCES, PAGES);
    expect_error("closed/new", EACCES, ASIDE);
    if (getuid() == 0)
        cr_assert_eq(seteuid(0), 0);
    chmod(in_scratch("out/.forage"), 0700);
    make_all();
}

Test(folder, a_process_without_descriptors_is_told)
{
    struct rlimit before, few;
    make_all();
    getrlimit(RLIMIT_NOFILE, &before);
    int next = dup(0);
    close(next);
    for (int i = 0; i < OPENERS; i++) {
        few = (struct rlimit){(rlim_t)next, before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
        int found = openers[i].open(in_scratch("out"));
        setrlimit(RLIMIT_NOFILE, &before);
        cr_expect_eq(found, EMFILE, "%s: %s", openers[i].name, strerror(found));
    }
    make_all();
}

Test(folder, a_file_in_the_place_of_the_output_folder_is_told)
{
    write_file("out", "mine");
    for (int i = 0; i < OPENERS; i++) {
        int found = openers[i].open(in_scratch("out"));
        cr_expect_eq(found, ENOTDIR, "%s: %s", openers[i].name, strerror(found));
        if (i != ASIDE) {
            found = openers[i].open(in_scratch("out/below"));
            cr_expect_eq(found, ENOTDIR, "below, %s: %s", openers[i].name, strerror(found));
        }
    }
    cr_assert_str_eq(content_of("out"), "mine");
}
