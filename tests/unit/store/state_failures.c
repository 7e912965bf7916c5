/* What goes wrong with the database: each has a status and a text, and what was committed stays. */
#include "state_support.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

TestSuite(state_failures, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

#define URL     "http://www.example.com/a"
#define DB_PATH "out/" STATE_FILE

static void make_folder(void)
{
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/.forage"), 0700);
}

/* ---- A damaged database ---- */

static void overwrite(const char *path, off_t offset, size_t len)
{
    static char noise[64 * 1024];
    memset(noise, 0xa5, sizeof noise);
    int fd = open(in_scratch(path), O_WRONLY);
    cr_assert_eq(pwrite(fd, noise, len, offset), (ssize_t)len);
    close(fd);
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(in_scratch(path), &st) == 0 ? st.st_size : -1;
}

/* Two thousand pages, of a run that ended in order or did not. */
static void make_database(bool in_order)
{
    struct state *state = open_state(NULL);
    char url[64];
    cr_assert_eq(state_put_run(state, &(struct state_run){.started_ms = 1, .ended_ms = in_order}), STATE_OK);
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(url, sizeof url, "http://www.example.com/%u", i);
        put_url(state, url, i);
    }
    close_state(state);
}

Test(state_failures, what_is_no_database_is_told_and_set_aside_only_on_request)
{
    static const char cut[] = "SQLite format 3";
    static char noise[1000];
    memset(noise, 'x', sizeof noise - 1);
    struct state_failure failure;
    char name[STATE_ASIDE_MAX], other[STATE_ASIDE_MAX], path[128];
    make_folder();
    write_file(DB_PATH, cut);
    write_file(DB_PATH "-wal", "its log");
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_assert_eq(refusal(&(struct state_options){.read_only = read_only}, &failure), STATE_CORRUPT);
        cr_assert_str_eq(failure.text, "damaged: the file is cut short");
        cr_assert_str_eq(content_of(DB_PATH), cut);
        cr_assert_str_eq(content_of(DB_PATH "-wal"), "its log");
    }
    cr_assert_eq(state_set_aside(in_scratch("out"), name), STATE_OK);
    cr_assert_eq(strlen(name), strlen("state.db.corrupt-20260131-235959"));
    cr_assert_eq(strncmp(name, "state.db.corrupt-20", 19), 0, "%s", name);
    snprintf(path, sizeof path, "out/.forage/%s", name);
    cr_assert_str_eq(content_of(path), cut);
    strcat(path, "-wal");
    cr_assert_str_eq(content_of(path), "its log");
    cr_assert_eq(files_below("out"), 2);

    close_state(open_state(NULL));
    write_file(DB_PATH, noise);
    cr_assert_eq(refusal(NULL, &failure), STATE_CORRUPT);
    cr_assert_str_eq(failure.text, "damaged: file is not a database");
    cr_assert_eq(state_set_aside(in_scratch("out"), other), STATE_OK);
    cr_assert_str_neq(name, other, "nothing that was set aside is replaced");
    cr_assert_eq(files_below("out"), 3);
    cr_assert_eq(state_set_aside(in_scratch("out"), other), STATE_SYSTEM);
    cr_assert_eq(errno, ENOENT);
}

Test(state_failures, after_a_run_that_was_killed_all_of_it_is_checked)
{
    struct state_failure failure;
    make_database(false);
    overwrite(DB_PATH, size_of(DB_PATH) / 2, 4096);
    cr_assert_eq(refusal(NULL, &failure), STATE_CORRUPT);
    cr_assert_eq(strncmp(failure.text, "damaged: ", 9), 0, "%s", failure.text);
}

Test(state_failures, a_damaged_part_is_told_when_it_is_read)
{
    make_database(true);
    overwrite(DB_PATH, size_of(DB_PATH) / 2 / 4096 * 4096, 10 * 4096);
    struct state *state = open_state(NULL);
    struct state_failure failure = {STATE_OK, 0, ""};
    char url[64];
    int known = 0;
    for (unsigned i = 0; i < 2000; i++) {
        snprintf(url, sizeof url, "http://www.example.com/%u", i);
        known += find(state, url) != NULL;
    }
    cr_assert_lt(known, 2000);
    cr_assert_gt(known, 0, "the rest can be read");
    cr_assert(state_failed(state, &failure));
    cr_assert_eq(failure.status, STATE_CORRUPT);
    cr_assert_eq(state_close(state, &failure), STATE_CORRUPT);
}

Test(state_failures, a_log_that_is_nonsense_is_ignored)
{
    make_database(true);
    write_file(DB_PATH "-wal", "");
    cr_assert_eq(truncate(in_scratch(DB_PATH "-wal"), 100000), 0);
    overwrite(DB_PATH "-wal", 0, 64 * 1024);
    close_state(open_state(NULL));
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 2000);
}

/* ---- Locked by another process ---- */

Test(state_failures, a_database_that_stays_locked_ends_writing)
{
    struct state *state = open_state(&(struct state_options){.locked_ms = 20});
    put_url(state, URL, 1);
    cr_assert_eq(state_flush(state), STATE_OK);
    sqlite3 *other = open_raw();
    raw(other, "BEGIN IMMEDIATE");
    put_url(state, "http://lost.example/", 2);
    struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
    cr_assert_eq(poll(&p, 1, WAIT_MS), 1);
    cr_assert_eq(state_collect(state), STATE_LOCKED);
    raw(other, "COMMIT");
    sqlite3_close(other);
    struct state_page page = page_of("http://late.example/", 3);
    cr_assert_eq(state_put_page(state, &page), STATE_LOCKED, "the first failure is the last word");
    cr_assert_eq(find(state, URL)->bytes, 1001, "it can still be read");
    struct state_failure failure;
    cr_assert_eq(state_close(state, &failure), STATE_LOCKED);
    cr_assert_str_eq(failure.text, "locked by another process");
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 1);
}

Test(state_failures, a_locked_database_is_not_opened)
{
    struct state_failure failure;
    sqlite3 *other = open_raw();
    raw(other, "BEGIN EXCLUSIVE");
    int64_t start = clock_ms();
    cr_assert_eq(refusal(&(struct state_options){.locked_ms = 20}, &failure), STATE_LOCKED);
    cr_assert_geq(clock_ms() - start, 20);
    raw(other, "COMMIT");
    sqlite3_close(other);
    close_state(open_state(NULL));
}

/* ---- The disk ---- */

/* A file system of its own at "out", seen by this test alone. */
static void mount_small(const char *options)
{
    mkdir(in_scratch("out"), 0755);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", in_scratch("out"), "tmpfs", 0, options) != 0)
        cr_skip_test("no privilege to mount a small file system");
}

static void remount(const char *options, unsigned long flags)
{
    cr_assert_eq(mount("tmpfs", in_scratch("out"), "tmpfs", MS_REMOUNT | flags, options), 0, "%s", strerror(errno));
}

/* Put pages until writing fails, in batches that end with a flush; how many of them were committed. */
static unsigned put_until_failure(struct state *state, enum state_status *status)
{
    char url[64];
    unsigned n = 0, committed = 0;
    for (*status = STATE_OK; *status == STATE_OK && n < 1000000; n++) {
        snprintf(url, sizeof url, "http://h%u.example/%u", n % 100, n);
        struct state_page page = page_of(url, n);
        *status = state_put_page(state, &page);
        if (*status == STATE_OK && n % 100 == 99) {
            *status = state_flush(state);
            committed = *status == STATE_OK ? n + 1 : committed;
        }
    }
    return committed;
}

Test(state_failures, a_full_disk_keeps_what_was_committed)
{
    mount_small("size=1m");
    struct state *state = open_state(NULL);
    enum state_status status;
    unsigned committed = put_until_failure(state, &status);
    struct state_failure failure;
    cr_assert_eq(status, STATE_SYSTEM);
    cr_assert_gt(committed, 0);
    cr_assert(state_failed(state, &failure));
    cr_assert_eq(failure.error, ENOSPC, "%s", failure.text);
    cr_assert_str_eq(failure.text, "No space left on device");
    cr_assert_eq(state_close(state, &failure), STATE_SYSTEM);
    remount("size=8m", 0);
    cr_assert_str_eq(raw_text("PRAGMA integrity_check"), "ok");
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), (int)committed);
    state = open_state(NULL);
    put_url(state, URL, 1);
    close_state(state);
    umount(in_scratch("out"));
}

Test(state_failures, a_disk_without_room_for_a_database_is_told)
{
    struct state_failure failure;
    mount_small("size=8k");
    cr_assert_eq(refusal(NULL, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENOSPC, "%s", failure.text);
    umount(in_scratch("out"));
}

Test(state_failures, a_limit_of_file_size_keeps_what_was_committed)
{
    struct rlimit before, small;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    struct state *state = open_state(NULL);
    small = (struct rlimit){512 * 1024, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    enum state_status status;
    unsigned committed = put_until_failure(state, &status);
    struct state_failure failure;
    cr_assert_eq(state_close(state, &failure), STATE_SYSTEM);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_assert_eq(failure.error, EFBIG, "%s", failure.text);
    cr_assert_gt(committed, 0);
    cr_assert_str_eq(raw_text("PRAGMA integrity_check"), "ok");
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), (int)committed);
}

Test(state_failures, a_read_only_disk_is_told)
{
    struct state_failure failure;
    mount_small("size=1m");
    close_state(open_state(NULL));
    remount("size=1m", MS_RDONLY);
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_expect_eq(refusal(&(struct state_options){.read_only = read_only}, &failure), STATE_SYSTEM);
        cr_expect_eq(failure.error, EROFS, "%s", failure.text);
    }
    umount(in_scratch("out"));
}

Test(state_failures, a_folder_or_file_without_permission_is_told)
{
    struct state_failure failure;
    close_state(open_state(NULL));
    chmod(scratch, 0755);
    if (geteuid() == 0)
        cr_assert_eq(seteuid(65534), 0);
    else
        chmod(in_scratch("out/.forage"), 0);
    for (int read_only = 0; read_only < 2; read_only++) {
        cr_expect_eq(refusal(&(struct state_options){.read_only = read_only}, &failure), STATE_SYSTEM);
        cr_expect_eq(failure.error, EACCES, "%s", failure.text);
    }
    if (getuid() == 0) {
        cr_assert_eq(seteuid(0), 0);
        chmod(in_scratch("out/.forage"), 0755);
        cr_assert_eq(seteuid(65534), 0);
        cr_expect_eq(refusal(NULL, &failure), STATE_SYSTEM, "the file");
        cr_expect_eq(failure.error, EACCES, "%s", failure.text);
        cr_assert_eq(seteuid(0), 0);
    }
    chmod(in_scratch("out/.forage"), 0700);
}

Test(state_failures, a_process_without_descriptors_is_told)
{
    struct state_failure failure;
    struct rlimit before, few;
    close_state(open_state(NULL));
    getrlimit(RLIMIT_NOFILE, &before);
    int first = dup(0);
    for (int room = 0; room < 12; room++) {
        few = (struct rlimit){(rlim_t)(first + room), before.rlim_max};
        setrlimit(RLIMIT_NOFILE, &few);
        struct state *state = NULL;
        enum state_status status = state_open(in_scratch("out"), NULL, &state, &failure);
        setrlimit(RLIMIT_NOFILE, &before);
        if (status != STATE_OK)
            cr_expect(status == STATE_SYSTEM && failure.error == EMFILE, "%d: %s", room, failure.text);
        else
            cr_expect_gt(room, 4);
        cr_assert_eq(state_close(state, NULL), STATE_OK);
    }
    close(first);
}

/* Refuse SYSCALL with ERROR, from now on and in all threads. */
static void refuse_call(int syscall, int error)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    cr_assert(filter);
    cr_assert_eq(seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1), 0);
    cr_assert_eq(seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(error), syscall, 0, NULL), 0);
    cr_assert_eq(seccomp_load(filter), 0);
    seccomp_release(filter);
}

Test(state_failures, no_row_of_a_file_is_committed_without_a_sync)
{
    close_state(open_state(NULL));
    refuse_call(SCMP_SYS(syncfs), EIO);
    struct state *state = open_state(NULL);
    struct state_page no_file = page_of("http://none.example/", 1), old_file = page_of("http://old.example/", 2);
    no_file.file = "";
    old_file.file_is_old = true;
    put(state, &no_file);
    put(state, &old_file);
    cr_assert_eq(state_put_host(state, &(struct state_host){.origin = "http://a:80"}), STATE_OK);
    cr_assert_eq(state_flush(state), STATE_OK, "nothing to be synced");
    put_url(state, URL, 3);
    cr_assert_eq(state_flush(state), STATE_SYSTEM);
    struct state_failure failure;
    cr_assert_eq(state_close(state, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, EIO);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 2);
    cr_assert_eq(raw_number("SELECT count(*) FROM page WHERE url = '" URL "'"), 0);
}

/* Waiting for the disk at the start would cost more than a small run does. Its first row must wait instead. */
Test(state_failures, a_new_database_is_made_without_a_sync_and_synced_before_its_first_row)
{
    struct state_failure failure;
    refuse_call(SCMP_SYS(fdatasync), EIO);
    refuse_call(SCMP_SYS(fsync), EIO);
    refuse_call(SCMP_SYS(syncfs), ENOSPC);
    struct state *state = open_state(NULL);
    put(state, &(struct state_page){.url = URL, .url_len = strlen(URL)});
    cr_assert_eq(state_flush(state), STATE_SYSTEM);
    cr_assert_eq(state_close(state, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENOSPC, "%s", failure.text);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), 0);
}

/* Otherwise a power cut could hide that a run had begun, and the next one would not check the database. */
Test(state_failures, the_start_of_a_run_is_synced_at_once)
{
    struct state_failure failure;
    struct state *state = open_state(NULL);
    put(state, &(struct state_page){.url = "http://first.example/", .url_len = 21});
    cr_assert_eq(state_flush(state), STATE_OK, "a new log's first part is synced whatever it holds");
    refuse_call(SCMP_SYS(fdatasync), EIO);
    put(state, &(struct state_page){.url = URL, .url_len = strlen(URL)});
    cr_assert_eq(state_flush(state), STATE_OK, "other rows are not");
    cr_assert_eq(state_put_run(state, &(struct state_run){.started_ms = 1, .ended_ms = 2}), STATE_OK);
    cr_assert_eq(state_flush(state), STATE_OK, "nor is an end");
    cr_assert_eq(state_put_run(state, &(struct state_run){.started_ms = 1}), STATE_OK);
    cr_assert_eq(state_flush(state), STATE_SYSTEM);
    cr_assert_eq(state_close(state, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, EIO, "%s", failure.text);
}

/* ---- Something else in its place ---- */

Test(state_failures, links_are_not_followed)
{
    static const char *const links[] = {DB_PATH, DB_PATH "-wal", DB_PATH "-shm"};
    struct state_failure failure;
    mkdir(in_scratch("elsewhere"), 0755);
    mkdir(in_scratch("out"), 0755);
    cr_assert_eq(symlink("../elsewhere", in_scratch("out/.forage")), 0);
    cr_assert_eq(refusal(NULL, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENOTDIR);
    unlink(in_scratch("out/.forage"));
    for (int i = 0; i < 3; i++) {
        make_folder();
        cr_assert_eq(symlink("../../elsewhere/x", in_scratch(links[i])), 0);
        cr_assert_eq(refusal(NULL, &failure), STATE_SYSTEM, "%s", links[i]);
        cr_expect_eq(failure.error, ELOOP, "%s: %s", links[i], failure.text);
        unlink(in_scratch(links[i]));
        unlink(in_scratch(DB_PATH));
    }
    cr_assert_eq(files_below("elsewhere"), 0);
}

Test(state_failures, what_is_no_file_is_not_opened)
{
    struct state_failure failure;
    make_folder();
    cr_assert_eq(mkfifo(in_scratch(DB_PATH), 0600), 0);
    cr_assert_eq(refusal(NULL, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, EINVAL);
    unlink(in_scratch(DB_PATH));
    mkdir(in_scratch(DB_PATH), 0700);
    cr_assert_eq(refusal(NULL, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, EINVAL);
    write_file("plain", "");
    struct state *state;
    cr_assert_eq(state_open(in_scratch("plain"), NULL, &state, &failure), STATE_SYSTEM);
    cr_assert_eq(failure.error, ENOTDIR, "%s", failure.text);
}
