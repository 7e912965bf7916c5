/* What goes wrong with the output folder and with what is remembered there: one line that names the cause, exit status
 * 3, and what was complete stays. The file systems of these tests are made to fail: a small tmpfs, one that is
 * read-only, limits. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <forage/forage.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(disk, .timeout = 120);

enum { LARGE = 100000, SMALL = 3000, LIST_BYTES = 64 * 1024 };

#define DATABASE ".forage/state.db"

/* Large pages come in pieces, small ones in one. */
static const struct fixture_route routes[] = {
    {.path = "/small", .prefix = true, .reply = {.generated = SMALL}},
    {.path = "/stays", .reply = {.fault = FIXTURE_SILENT, .end = FIXTURE_HANG}},
    {.path = "/", .prefix = true, .reply = {.generated = LARGE}},
    {0}};

static struct fixture *serve(void)
{
    return fixture_start(&(struct fixture_options){.routes = routes});
}

/* COUNT URLs at several hosts, whose targets begin with PREFIX. */
static char *list_of(const char *prefix, unsigned count)
{
    char *list = support_alloc(LIST_BYTES);
    for (unsigned i = 0, len = 0; i < count; i++)
        len += (unsigned)snprintf(list + len, LIST_BYTES - len, "www.h%u.com/%s%u\n", i % 7, prefix, i);
    return list;
}

static bool is_whole(const struct crawl *c, const char *name)
{
    size_t len, i = 0;
    char *path = crawl_path(c, name), *body = files_read(path, &len);
    while (i < len && body[i] == fixture_pattern(i))
        i++;
    bool whole = i == len && (len == SMALL || len == LARGE);
    free(body);
    free(path);
    return whole;
}

/* How many files there are, each of which is whole. */
static size_t count_whole_files(const struct crawl *c)
{
    char *tree = crawl_tree(c), *rest = tree;
    size_t count = 0;
    for (char *name; (name = strsep(&rest, "\n")) && *name; count++)
        cr_expect(is_whole(c, name), "%s is not whole", name);
    free(tree);
    return count;
}

static size_t count_requests(const struct fixture *f)
{
    size_t count;
    fixture_requests(f, &count);
    return count;
}

/* A failure that is not one page's is told once, whatever the run was about to do. */
static void expect_one_line(const struct run *run, const char *where, const char *why)
{
    cr_expect_eq(run->status, FORAGE_EXIT_FILE, "status %d: %s", run->status, run->err);
    cr_expect_eq(text_lines(run->err), 1, "%s", run->err);
    cr_expect(strncmp(run->err, "forage: ", 8) == 0 && text_has(run->err, where) && text_has(run->err, why), "%s",
              run->err);
    cr_expect_eq(run->left_behind, 0);
}

/* ---- A small file system ---- */

/* A folder whose "output" is a file system of SIZE, seen by this test and its children alone. */
static char *make_small_disk(const char *size)
{
    char *folder = files_temp_folder(), *output = files_path(folder, "output");
    char *options = support_format("size=%s", size);
    mkdir(output, 0755);
    bool made = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                mount("tmpfs", output, "tmpfs", 0, options) == 0;
    free(options);
    free(output);
    if (!made) {
        files_remove(folder);
        free(folder);
        cr_skip_test("no privilege to mount a small file system");
    }
    return folder;
}

static void change_disk(const char *folder, const char *size, unsigned long flags)
{
    char *output = files_path(folder, "output"), *options = support_format("size=%s", size);
    cr_assert_eq(mount("tmpfs", output, "tmpfs", MS_REMOUNT | flags, options), 0, "%s", strerror(errno));
    free(options);
    free(output);
}

static void remove_disk(char *folder)
{
    char *output = files_path(folder, "output");
    umount(output);
    files_remove(folder);
    free(output);
    free(folder);
}

static struct crawl crawl_in(const char *folder, const char *list)
{
    return (struct crawl){.run = {.working_folder = folder, .input = list}};
}

/* One line names the cause, one each page that met it, and the summary says why it was the end. Returns how many pages
 * met it. */
static size_t expect_full_disk(const struct run *run)
{
    static const char start[] = "forage: http://";
    size_t pages = 0, causes = 0;
    char *text = support_copy(run->err, run->err_len), *rest = text;
    cr_expect_eq(run->status, FORAGE_EXIT_FILE, "status %d: %s", run->status, run->err);
    cr_expect(text_has(run->err, "\nended early: No space left on device: "), "%s", run->err);
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        bool is_page = strncmp(line, start, sizeof start - 1) == 0;
        pages += is_page;
        causes += strncmp(line, "forage: output", 14) == 0;
        cr_expect(text_has(line, is_page ? ": io: " : "") && text_has(line, "No space left on device"), "%s", line);
    }
    cr_expect_eq(causes, 1, "%s", run->err);
    cr_expect(pages || text_has(run->err, "/state.db: "), "%s", run->err); /* whichever meets it first */
    cr_expect_eq(run->left_behind, 0);
    free(text);
    return pages;
}

/* The page that met it is counted, logged and listed as others that fail. */
static void expect_told_everywhere(const struct crawl *c, size_t failed, size_t complete, size_t pages)
{
    char *list = crawl_read(c, "failed"), *summary = crawl_read(c, "summary");
    char *due = support_format("\"io\":%zu", failed), *said = support_format(" %zu failed, ", failed);
    const json_t *line;
    size_t i, logged = 0;
    json_array_foreach(c->log, i, line) logged += strcmp(text_member(line, "error"), "io") == 0;
    cr_expect_eq(logged, failed);
    cr_expect_eq(text_times(list, "# io: "), failed, "%s", list);
    cr_expect_eq(text_times(list, "http://"), pages - complete);
    cr_expect(text_has(summary, due), "%s is not in %s", due, summary);
    cr_expect(text_has(c->run.err, said), "%s", c->run.err);
    free(said);
    free(due);
    free(summary);
    free(list);
}

/* Row 30 of what a crawler must be immune to, and what the next run makes of it when there is room again. */
static void fill_disk(const char *prefix, unsigned pages, const char *size)
{
    struct fixture *f = serve();
    char *folder = make_small_disk(size), *list = list_of(prefix, pages);
    struct crawl c = crawl_in(folder, list);
    crawl_run(&c, f, "--failed", "failed", "--summary", "summary", "-", NULL);
    size_t complete = count_whole_files(&c), failed = expect_full_disk(&c.run);
    expect_told_everywhere(&c, failed, complete, pages);
    cr_expect_gt(complete, 0);
    cr_expect_lt(complete, pages);
    cr_expect_lt(count_requests(f), pages, "the run went on to its end");
    crawl_release(&c);

    change_disk(folder, "64m", 0);
    c = crawl_in(folder, list);
    crawl_run(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    cr_expect_str_eq(c.run.err, "");
    cr_expect_eq(count_whole_files(&c), pages);
    crawl_release(&c);
    remove_disk(folder);
    free(list);
    fixture_stop(f);
}

Test(disk, a_full_disk_is_told_with_the_pages_that_met_it_and_ends_the_run)
{
    fill_disk("large", 300, "5m");
}

Test(disk, a_disk_that_is_full_of_small_pages_is_told_with_them_and_ends_the_run)
{
    fill_disk("small", 1200, "2m");
}

Test(disk, a_disk_that_is_full_from_the_start_is_told_and_nothing_is_asked_for)
{
    struct fixture *f = serve();
    char *folder = make_small_disk("256k"), *filler = files_path(folder, "output/filler");
    static char block[4096];
    int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, block, sizeof block) > 0)
        continue;
    close(fd);
    struct crawl c = crawl_in(folder, "www.shop.com/small\n");
    crawl_run(&c, f, "-q", "-", NULL);
    expect_one_line(&c.run, "output", "No space left on device");
    cr_expect_eq(count_requests(f), 0);
    crawl_release(&c);
    free(filler);
    remove_disk(folder);
    fixture_stop(f);
}

Test(disk, a_read_only_disk_is_told_and_nothing_is_asked_for)
{
    static const char *const options[] = {"-q", "--no-state"};
    struct fixture *f = serve();
    char *folder = make_small_disk("4m"), *list = list_of("small", 20);
    struct crawl c = crawl_in(folder, list);
    crawl_run(&c, f, "-q", "-", NULL);
    cr_assert_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    crawl_release(&c);
    change_disk(folder, "4m", MS_RDONLY);
    for (size_t i = 0; i < SUPPORT_COUNT(options); i++) {
        c = crawl_in(folder, list);
        crawl_run(&c, f, "-q", options[i], "-", NULL);
        expect_one_line(&c.run, "output", "Read-only file system");
        cr_expect_eq(count_whole_files(&c), 20);
        crawl_release(&c);
    }
    cr_expect_eq(count_requests(f), 20);
    free(list);
    remove_disk(folder);
    fixture_stop(f);
}

/* ---- Permissions and names ---- */

/* Root may write anywhere, so the program runs as nobody. False when that one cannot reach it. */
static bool run_as_nobody(struct run *run, const char *const *arguments)
{
    enum { ARGUMENTS_MOST = 16 };
    static const char *const environment[] = {"XDG_CONFIG_HOME", "HOME=/", NULL};
    const char *all[ARGUMENTS_MOST] = {"--reuid=65534", "--regid=65534", "--clear-groups", getenv("FORAGE_BINARY")};
    size_t count = geteuid() == 0 ? 4 : 0;
    run->program = count ? "setpriv" : NULL;
    run->environment = environment;
    while (*arguments)
        all[count++] = *arguments++;
    run_argv(run, all);
    return !text_has(run->err, "setpriv: ");
}

static bool nobody_reaches_the_program(void)
{
    struct run run = {0};
    bool reached = run_as_nobody(&run, (const char *const[]){"--version", NULL}) && run.status == 0;
    run_release(&run);
    return reached;
}

Test(disk, a_folder_without_permission_is_told_and_nothing_is_asked_for)
{
    enum { MISSING, NEVER_USED, USED, ROWS };
    if (!nobody_reaches_the_program())
        cr_skip_test("nobody cannot run the program where it is");
    struct fixture *f = serve();
    for (int row = 0; row < ROWS; row++) {
        char *folder = files_temp_folder(), *output = files_path(folder, "output");
        char *own = files_path(output, ".forage");
        struct run run = {.working_folder = folder};
        if (row != MISSING)
            mkdir(output, 0755);
        if (row == USED)
            mkdir(own, 0700);
        if (row == USED && geteuid() == 0)
            cr_assert_eq(chown(own, 65534, 65534), 0);
        chmod(folder, row == MISSING ? 0555 : 0755);
        if (row != MISSING)
            chmod(output, 0555);
        run_as_nobody(&run, (const char *const[]){"-q", "--robots", "off", fixture_url(f, "/small"), NULL});
        expect_one_line(&run, "output", "Permission denied");
        run_release(&run);
        files_remove(folder);
        free(own);
        free(output);
        free(folder);
    }
    cr_expect_eq(count_requests(f), 0);
    fixture_stop(f);
}

Test(disk, a_name_that_is_too_long_is_told_and_nothing_is_asked_for)
{
    static const size_t lengths[][2] = {{300, 300}, {900, 100}, {8000, 100}}; /* in all, and of each component */
    struct fixture *f = serve();
    for (size_t i = 0; i < SUPPORT_COUNT(lengths); i++) {
        char *name = support_alloc(lengths[i][0] + 1);
        for (size_t k = 0; k < lengths[i][0]; k++)
            name[k] = k % (lengths[i][1] + 1) == lengths[i][1] ? '/' : 'n';
        struct crawl c = {.run.input = "www.shop.com/small\n"};
        crawl_run(&c, f, "-q", "-o", name, "-", NULL);
        expect_one_line(&c.run, "nnn", "File name too long");
        crawl_release(&c);
        free(name);
    }
    cr_expect_eq(count_requests(f), 0);
    fixture_stop(f);
}

/* ---- Descriptors ---- */

/* More hosts than there are descriptors, for connections and folders are kept open for a while. */
static char *list_of_hosts(unsigned count)
{
    char *list = support_alloc(LIST_BYTES);
    for (unsigned i = 0, len = 0; i < count; i++)
        len += (unsigned)snprintf(list + len, LIST_BYTES - len, "www.host%u.com/%s\n", i, i % 4 ? "small" : "large");
    return list;
}

Test(disk, a_run_with_few_descriptors_works_or_says_so_in_one_line)
{
    enum { PAGES = 300 };
    static const unsigned limits[] = {6, 12, 18, 20, 22, 24, 26, 28, 32, 40, 80, 143, 144, 160, 200, 300, 500};
    struct fixture *f = serve();
    char *list = list_of_hosts(PAGES);
    unsigned worked = 0;
    for (size_t i = 0; i < SUPPORT_COUNT(limits); i++) {
        struct crawl c = {.run = {.input = list, .descriptor_limit = limits[i]}};
        crawl_run(&c, f, "-q", "-j", "2", "--timeout", "10", "-", NULL);
        size_t whole = count_whole_files(&c);
        if (c.run.status == FORAGE_EXIT_OK)
            cr_expect(whole == PAGES && c.run.err_len == 0, "limit %u: %zu files, %s", limits[i], whole, c.run.err);
        else
            expect_one_line(&c.run, "open files are allowed", "");
        worked += c.run.status == FORAGE_EXIT_OK;
        crawl_release(&c);
    }
    cr_expect_geq(worked, 5);
    free(list);
    fixture_stop(f);
}

/* ---- The database ---- */

static sqlite3 *open_database(const struct crawl *c)
{
    sqlite3 *db = NULL;
    char *path = crawl_path(c, DATABASE);
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 10000);
    free(path);
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s: %s", sql, error);
}

Test(disk, a_locked_database_is_told_after_a_bounded_wait_and_nothing_is_asked_for)
{
    static const char *const locks[] = {"BEGIN IMMEDIATE",
                                        "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE run SET bytes = 0"};
    for (size_t i = 0; i < SUPPORT_COUNT(locks); i++) {
        struct fixture *f = serve();
        struct crawl c = {.run.input = "www.shop.com/small\n"};
        crawl_run(&c, f, "-q", "-", NULL);
        sqlite3 *db = open_database(&c);
        execute(db, locks[i]);
        crawl_again(&c, f, "-q", "-", NULL);
        expect_one_line(&c.run, "output/" DATABASE, "locked");
        cr_expect_lt(c.run.wall_ms, 12000);
        cr_expect_eq(count_requests(f), 1, "%s", locks[i]);
        sqlite3_close(db);
        crawl_again(&c, f, "-q", "-", NULL);
        cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
        crawl_release(&c);
        fixture_stop(f);
    }
}

/* The run would go on for as long as a server says nothing. */
Test(disk, a_database_that_gets_locked_is_told_after_a_bounded_wait_and_ends_the_run)
{
    struct fixture *f = serve();
    struct crawl c = {.run.input = "www.books.com/stays\nwww.shop.com/small\nwww.shop.com/late\n"};
    crawl_start(&c, f, "-v", "-", NULL);
    cr_assert(fixture_wait_requests(f, 3, 10000));
    sqlite3 *db = open_database(&c);
    execute(db, "BEGIN IMMEDIATE");
    crawl_wait(&c);
    cr_expect_eq(c.run.status, FORAGE_EXIT_FILE, "%s", c.run.err);
    cr_expect_eq(text_times(c.run.err, "forage: "), 1, "%s", c.run.err);
    cr_expect(text_has(c.run.err, "forage: output/" DATABASE ": locked by another process\n"), "%s", c.run.err);
    cr_expect_lt(c.run.wall_ms, 12000);
    cr_expect_eq(count_whole_files(&c), 2);
    sqlite3_close(db);
    c.run.input = "www.shop.com/small\nwww.shop.com/late\n";
    crawl_again(&c, f, "-q", "-", NULL);
    cr_expect_eq(c.run.status, FORAGE_EXIT_OK, "%s", c.run.err);
    crawl_release(&c);
    fixture_stop(f);
}

/* The path of what standard error says that a database was set aside as; NULL when it says nothing of it, or that is
 * not there. */
static char *set_aside_as(const struct crawl *c)
{
    static const char word[] = "; set aside as ";
    const char *name = strstr(c->run.err, word);
    if (!name || strncmp(name + strlen(word), "state.db.corrupt-", 17) != 0)
        return NULL;
    name += strlen(word);
    char *own = support_format(".forage/%.*s", (int)strcspn(name, ","), name), *path = crawl_path(c, own);
    free(own);
    if (files_exists(path))
        return path;
    free(path);
    return NULL;
}

/* Put the LEN bytes of DAMAGED in the place of the database, and run: one line says what became of it, all pages are
 * had, and the run after that has nothing to say. Whether the damage is found at once, so that what is set aside is
 * what there was, or later. */
static void expect_set_aside(struct crawl *c, struct fixture *f, const char *damaged, size_t len, bool at_once)
{
    char *path = crawl_path(c, DATABASE), *all = crawl_tree(c);
    size_t pages = text_lines(all), aside_len = 0;
    files_write(path, damaged, (ssize_t)len);
    crawl_again(c, f, "-q", "-", NULL);
    expect_one_line(&c->run, "output/" DATABASE ": damaged: ", ", and begun anew");
    char *aside = set_aside_as(c), *kept = aside ? files_read(aside, &aside_len) : NULL;
    cr_expect(aside, "%s", c->run.err);
    cr_expect(!at_once || (kept && aside_len == len && memcmp(kept, damaged, len) == 0), "not what there was");
    cr_expect_eq(count_whole_files(c), pages);
    crawl_again(c, f, "-q", "-", NULL);
    cr_expect_eq(c->run.status, FORAGE_EXIT_OK, "%s", c->run.err);
    cr_expect_str_eq(c->run.err, "");
    cr_expect(!aside || files_exists(aside));
    free(kept);
    free(aside);
    free(all);
    free(path);
}

/* A run that is complete, and its database. */
static char *make_database(struct crawl *c, struct fixture *f, size_t *len)
{
    crawl_run(c, f, "-q", "-", NULL);
    cr_assert_eq(c->run.status, FORAGE_EXIT_OK, "%s", c->run.err);
    char *path = crawl_path(c, DATABASE), *text = files_read(path, len);
    free(path);
    return text;
}

Test(disk, a_database_that_is_none_or_was_cut_is_set_aside_and_the_run_goes_on)
{
    enum { PAGE = 4096, HEADER = 100 };
    struct fixture *f = serve();
    char *list = list_of("small", 40);
    struct crawl c = {.run.input = list};
    size_t len;
    char *good = make_database(&c, f, &len), *noise = support_alloc(len), *headless = support_copy(good, len);
    memset(noise, 'x', len);
    memset(headless, 0xa5, HEADER);
    expect_set_aside(&c, f, noise, len, true);
    expect_set_aside(&c, f, noise, 1, true);
    expect_set_aside(&c, f, headless, len, true);
    expect_set_aside(&c, f, good, HEADER, true);
    expect_set_aside(&c, f, good, PAGE, true);
    expect_set_aside(&c, f, good, len / 2 / PAGE * PAGE, true);
    expect_set_aside(&c, f, good, len - PAGE - 1, true);
    free(headless);
    free(noise);
    free(good);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

/* Whichever page of the database is lost, also one that nobody looks at before the run is well under way. */
Test(disk, a_hole_anywhere_in_the_database_is_found_and_the_run_goes_on)
{
    enum { URLS = 200, PAGE = 4096 };
    struct fixture *f = serve();
    char *list = list_of("small", URLS);
    struct crawl c = {.run.input = list};
    size_t len;
    char *good = make_database(&c, f, &len);
    cr_assert_gt(len, 8 * PAGE);
    for (size_t at = 0; at < len; at += PAGE) {
        char *bad = support_copy(good, len);
        memset(bad + at, 0, PAGE);
        expect_set_aside(&c, f, bad, len, at == 0);
        free(bad);
    }
    free(good);
    crawl_release(&c);
    free(list);
    fixture_stop(f);
}

Test(disk, a_database_of_somebody_else_or_of_a_newer_version_is_left_alone)
{
    static const char *const changes[] = {"PRAGMA user_version=99", "PRAGMA application_id=1"};
    for (size_t i = 0; i < SUPPORT_COUNT(changes); i++) {
        struct fixture *f = serve();
        struct crawl c = {.run.input = "www.shop.com/small\n"};
        crawl_run(&c, f, "-q", "-", NULL);
        sqlite3 *db = open_database(&c);
        execute(db, changes[i]);
        sqlite3_close(db);
        crawl_again(&c, f, "-q", "-", NULL);
        expect_one_line(&c.run, "output/" DATABASE, i ? "not a state database" : "newer version");
        cr_expect_eq(count_requests(f), 1);
        cr_expect_not(text_has(c.run.err, "aside"), "%s", c.run.err);
        crawl_release(&c);
        fixture_stop(f);
    }
}
