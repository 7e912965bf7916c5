/* The output folder: links, pipes and other traps in the place of files, and folders that go wrong on the way. */
#include "hostile/attack.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(output, .timeout = 60);

/* A folder to run in, with what lies outside of the output folder beside it. */
struct trap {
    struct fixture *f;
    char *folder;
    struct run run;
};

static int echo(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    fixture_printf(reply, "new %s", request->target);
    return 0;
}

static char *in(const struct trap *t, const char *name)
{
    return files_path(t->folder, name);
}

static void put(const struct trap *t, const char *name, const char *text)
{
    char *path = in(t, name);
    files_write(path, text, -1);
    free(path);
}

static void link_to(const struct trap *t, const char *target, const char *name)
{
    char *path = in(t, name);
    cr_assert_eq(symlink(target, path), 0, "%s: %s", name, strerror(errno));
    free(path);
}

static void set_up(struct trap *t)
{
    *t = (struct trap){.f = fixture_start(&(struct fixture_options){.fallback = echo}), .folder = files_temp_folder()};
    put(t, "outside/canary", "alive");
    put(t, "out/127.0.0.1/kept~.html", "kept");
    t->run = (struct run){.working_folder = t->folder};
}

/* Nothing outside was changed, made or removed. */
static void expect_outside_untouched(const struct trap *t)
{
    char *outside = in(t, "outside"), *tree = files_tree(outside), *canary = files_path(outside, "canary");
    char *kept = in(t, "out/127.0.0.1/kept~.html");
    cr_assert_str_eq(tree, "canary\n", "%s", tree);
    cr_assert(files_equals(canary, "alive"));
    cr_assert(files_equals(kept, "kept"));
    free(kept);
    free(canary);
    free(tree);
    free(outside);
}

static void tear_down(struct trap *t)
{
    files_remove(t->folder);
    run_release(&t->run);
    fixture_stop(t->f);
    free(t->folder);
}

/* NAME below the folder is a plain file of its own, with the page. */
static void expect_page(const struct trap *t, const char *name, const char *text)
{
    struct stat st;
    char *path = in(t, name);
    cr_assert_eq(lstat(path, &st), 0, "%s", name);
    cr_assert(S_ISREG(st.st_mode) && st.st_nlink == 1, "%s is no plain file of its own", name);
    cr_assert(files_equals(path, text), "%s", name);
    free(path);
}

/* No draft was left, anywhere in the folder. */
static void expect_no_leftovers(const struct trap *t)
{
    char *tree = files_tree(t->folder);
    cr_assert_not(text_has(tree, ".forage-"), "%s", tree);
    free(tree);
}

/* ---- In the place of a page ---- */

/* wget's CVE-2014-4877; and hard links. */
Test(output, links_in_the_place_of_pages_are_replaced_and_not_followed)
{
    struct trap t;
    set_up(&t);
    link_to(&t, "../../outside/canary", "out/127.0.0.1/relative~.html");
    link_to(&t, "../../outside/new", "out/127.0.0.1/dangling~.html");
    link_to(&t, "loop~.html", "out/127.0.0.1/loop~.html");
    link_to(&t, "../../outside", "out/127.0.0.1/folder~.html");
    link_to(&t, "/dev/full", "out/127.0.0.1/device~.html");
    char *from = in(&t, "outside/canary"), *to = in(&t, "out/127.0.0.1/hard~.html");
    cr_assert_eq(link(from, to), 0);
    attack(&t.run, fixture_url(t.f, "/relative"), fixture_url(t.f, "/dangling"), fixture_url(t.f, "/loop"),
           fixture_url(t.f, "/folder"), fixture_url(t.f, "/device"), fixture_url(t.f, "/hard"));
    cr_assert_eq(t.run.status, 0, "%s", t.run.err);
    expect_page(&t, "out/127.0.0.1/relative~.html", "new /relative");
    expect_page(&t, "out/127.0.0.1/dangling~.html", "new /dangling");
    expect_page(&t, "out/127.0.0.1/loop~.html", "new /loop");
    expect_page(&t, "out/127.0.0.1/folder~.html", "new /folder");
    expect_page(&t, "out/127.0.0.1/device~.html", "new /device");
    expect_page(&t, "out/127.0.0.1/hard~.html", "new /hard");
    expect_outside_untouched(&t);
    expect_no_leftovers(&t);
    free(from);
    free(to);
    tear_down(&t);
}

/* A pipe must not hold up the run; read-only says nothing about being replaced; a folder cannot be. */
Test(output, pipes_and_read_only_files_are_replaced_and_folders_are_not)
{
    struct trap t;
    set_up(&t);
    char *pipe = in(&t, "out/127.0.0.1/pipe~.html"), *fixed = in(&t, "out/127.0.0.1/fixed~.html");
    put(&t, "out/127.0.0.1/fixed~.html", "old");
    put(&t, "out/127.0.0.1/folder~.html/kept", "kept");
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    cr_assert_eq(chmod(fixed, 0400), 0);
    attack(&t.run, fixture_url(t.f, "/pipe"), fixture_url(t.f, "/fixed"), fixture_url(t.f, "/folder"));
    cr_assert_eq(t.run.status, 3, "%s", t.run.err);
    expect_page(&t, "out/127.0.0.1/pipe~.html", "new /pipe");
    expect_page(&t, "out/127.0.0.1/fixed~.html", "new /fixed");
    cr_assert(text_has(t.run.err, "/folder: io: "), "%s", t.run.err);
    cr_assert(attack_file_is(&t.run, "out/127.0.0.1/folder~.html/kept", "kept"));
    expect_outside_untouched(&t);
    expect_no_leftovers(&t);
    free(pipe);
    free(fixed);
    tear_down(&t);
}

/* ---- In the place of a folder ---- */

Test(output, links_and_files_in_the_place_of_folders_are_neither_followed_nor_removed)
{
    struct trap t;
    set_up(&t);
    link_to(&t, "../../outside", "out/127.0.0.1/a");
    link_to(&t, "/nowhere", "out/127.0.0.1/b");
    put(&t, "out/127.0.0.1/c", "a file");
    attack(&t.run, fixture_url(t.f, "/a/x"), fixture_url(t.f, "/a/y/z"), fixture_url(t.f, "/b/x"),
           fixture_url(t.f, "/c/x"), fixture_url(t.f, "/fine"));
    cr_assert_eq(t.run.status, 3, "%s", t.run.err);
    cr_assert_eq(text_times(t.run.err, ": io: "), 4, "%s", t.run.err);
    cr_assert(attack_file_is(&t.run, "out/127.0.0.1/c", "a file"));
    expect_page(&t, "out/127.0.0.1/fine~.html", "new /fine");
    expect_outside_untouched(&t);
    expect_no_leftovers(&t);
    tear_down(&t);
}

/* Forage's own folder and file. Nothing is asked for when they cannot be trusted. */
Test(output, traps_in_the_place_of_forages_own_files_stop_the_run)
{
    enum { LINK_FOLDER, LINK_FILE, DANGLING_FILE, HARD_FILE, PIPE_FILE, FOLDER_FILE, FILE_FOLDER, COUNT };
    for (int kind = 0; kind < COUNT; kind++) {
        struct trap t;
        set_up(&t);
        char *sites = in(&t, "out/.forage/sites"), *canary = in(&t, "outside/canary");
        if (kind == LINK_FOLDER)
            link_to(&t, "../outside", "out/.forage");
        else if (kind == FILE_FOLDER)
            put(&t, "out/.forage", "a file");
        else if (kind == FOLDER_FILE)
            put(&t, "out/.forage/sites/x", "");
        else
            put(&t, "out/.forage/x", "");
        if (kind == LINK_FILE || kind == DANGLING_FILE)
            link_to(&t, kind == LINK_FILE ? "../../outside/canary" : "../../outside/new", "out/.forage/sites");
        if (kind == HARD_FILE)
            cr_assert_eq(link(canary, sites), 0);
        if (kind == PIPE_FILE)
            cr_assert_eq(mkfifo(sites, 0600), 0);
        attack(&t.run, fixture_url(t.f, "/x"));
        cr_assert_eq(t.run.status, 3, "%d: status %d, %s", kind, t.run.status, t.run.err);
        expect_outside_untouched(&t);
        free(canary);
        free(sites);
        tear_down(&t);
    }
}

Test(output, an_output_folder_that_is_none_stops_the_run)
{
    struct trap t;
    set_up(&t);
    put(&t, "file", "a file");
    link_to(&t, "nowhere", "dangling");
    static const char *const folders[] = {"file", "dangling", "file/too", "/dev/null", "/proc/self/x"};
    for (size_t i = 0; i < SUPPORT_COUNT(folders); i++) {
        attack(&t.run, "-o", folders[i], fixture_url(t.f, "/x"));
        cr_assert_eq(t.run.status, 3, "%s: %d", folders[i], t.run.status);
        run_release(&t.run);
        t.run.working_folder = t.folder;
    }
    cr_assert_eq(fixture_count(t.f, "/x"), 0);
    expect_outside_untouched(&t);
    tear_down(&t);
}

/* ---- While it runs ---- */

static void feed_second(struct trap *t, const char *list)
{
    t->run.input = list;
    t->run.input_open = true;
}

/* Whoever sees the process can tell which temporary names it will take. */
Test(output, links_at_the_temporary_names_are_not_followed)
{
    struct trap t;
    set_up(&t);
    char *list = support_format("%s\n", fixture_url(t.f, "/first"));
    feed_second(&t, list);
    put(&t, "out/127.0.0.1/page~.html", "old");
    put(&t, "late.txt", fixture_url(t.f, "/page"));
    attack_start(&t.run, (const char *const[]){"-", "late.txt", NULL});
    cr_assert(run_wait_output(&t.run, "finished", 10000));
    for (int thread = 0; thread < 4; thread++) {
        for (int n = 0; n < 50; n++) {
            char *name = support_format("out/127.0.0.1/.forage-%d-%d-%d", (int)t.run.pid, thread, n);
            link_to(&t, n % 2 ? "../../outside/canary" : "../../outside/new", name);
            free(name);
        }
    }
    run_close_input(&t.run);
    attack_wait(&t.run);
    cr_assert_eq(t.run.status, 0, "%s", t.run.err);
    expect_page(&t, "out/127.0.0.1/page~.html", "new /page");
    expect_outside_untouched(&t);
    free(list);
    tear_down(&t);
}

Test(output, a_folder_that_goes_away_fails_pages_and_not_the_run)
{
    struct trap t;
    set_up(&t);
    char *list = support_format("%s\n", fixture_url(t.f, "/first")), *out = in(&t, "out");
    feed_second(&t, list);
    put(&t, "late.txt", fixture_url(t.f, "/second"));
    attack_start(&t.run, (const char *const[]){"-", "late.txt", NULL});
    cr_assert(run_wait_output(&t.run, "finished", 10000));
    files_remove(out);
    run_close_input(&t.run);
    attack_wait(&t.run);
    cr_assert_eq(t.run.status, 3, "%s", t.run.err);
    cr_assert(text_has(t.run.err, "/second: io: "), "%s", t.run.err);
    free(out);
    free(list);
    tear_down(&t);
}

/* A full disk, seen as a limit on the size of files. It is above the size of the workers' rings. */
Test(output, a_page_that_does_not_fit_leaves_the_old_one)
{
    static const struct fixture_route routes[] = {{.path = "/large", .reply = {.generated = 9000000}}, {0}};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes, .fallback = echo});
    struct trap t;
    set_up(&t);
    put(&t, "out/127.0.0.1/large~.html", "old");
    t.run.file_size_limit = 5000000;
    attack(&t.run, fixture_url(f, "/large"), fixture_url(f, "/small"));
    cr_assert_eq(t.run.status, 3, "%s", t.run.err);
    cr_assert(attack_file_is(&t.run, "out/127.0.0.1/large~.html", "old"));
    expect_page(&t, "out/127.0.0.1/small~.html", "new /small");
    cr_assert_eq(text_times(t.run.err, "/large: io: "), 1, "%s", t.run.err);
    expect_no_leftovers(&t);
    tear_down(&t);
    fixture_stop(f);
}

Test(output, forages_own_files_are_the_users_alone_whatever_the_umask)
{
    struct trap t;
    set_up(&t);
    t.run.open_umask = true;
    attack(&t.run, fixture_url(t.f, "/x"));
    char *own = in(&t, "out/.forage"), *sites = in(&t, "out/.forage/sites"), *page = in(&t, "out/127.0.0.1/x~.html");
    cr_assert_eq(files_mode(own), 0700);
    cr_assert_eq(files_mode(sites), 0600);
    cr_assert_eq(files_mode(page) & 022, 0, "others may write a page");
    free(page);
    free(sites);
    free(own);
    tear_down(&t);
}

/* Invariant 1: two runs at the same folder, of which one waits for the other. */
Test(output, two_runs_into_one_folder_leave_whole_files_under_the_same_names)
{
    enum { PAGES = 60 };
    struct trap t;
    set_up(&t);
    char *list = support_copy("", 1);
    for (int i = 0; i < PAGES; i++) {
        char *longer = support_format("%shttp://h%d.test/p%d\nhttp://h%d.com/p%d\n", list, i, i, i, i);
        free(list);
        list = longer;
    }
    char *everywhere = attack_everywhere(t.f);
    struct run other = {.working_folder = t.folder, .input = list};
    t.run.input = list;
    attack_start(&t.run, (const char *const[]){"--resolve", everywhere, "--wait-lock", "10s", "-", NULL});
    attack_start(&other,
                 (const char *const[]){"--resolve", everywhere, "--log", "log2", "--wait-lock", "10s", "-", NULL});
    attack_wait(&t.run);
    attack_wait(&other);
    cr_assert_eq(t.run.status + other.status, 0, "%s%s", t.run.err, other.err);
    json_t *log = attack_log(&t.run);
    cr_assert_eq(json_array_size(log), 2 * PAGES);
    char *second = in(&t, "log2"), *text = files_read(second, NULL);
    json_t *log2 = text_json_lines(text);
    for (size_t i = 0; i < json_array_size(log); i++) {
        const json_t *entry = json_array_get(log, i);
        const json_t *same = attack_entry(log2, text_member(entry, "url"));
        cr_assert_str_eq(text_member(entry, "file"), text_member(same, "file"));
        char *due = support_format("new %s", strrchr(text_member(entry, "url"), '/'));
        cr_assert(attack_file_is(&t.run, text_member(entry, "file"), due));
        free(due);
    }
    expect_no_leftovers(&t);
    json_decref(log2);
    json_decref(log);
    free(text);
    free(second);
    free(everywhere);
    free(list);
    run_release(&other);
    tear_down(&t);
}

/* ---- What a run lacks ---- */

Test(output, a_run_with_few_descriptors_ends_by_itself_and_names_what_failed)
{
    static const unsigned limits[] = {4, 8, 12, 16, 20, 24, 32, 48};
    char *list = support_copy("", 1);
    struct trap t;
    set_up(&t);
    for (int i = 0; i < 40; i++) {
        char *longer = support_format("%s127.0.0.1:%u/%d\n", list, fixture_port(t.f), i);
        free(list);
        list = longer;
    }
    for (size_t i = 0; i < SUPPORT_COUNT(limits); i++) {
        struct run run = {.input = list, .descriptor_limit = limits[i]};
        attack(&run, "--per-host", "40", "--timeout", "3", "-");
        json_t *log = attack_log(&run);
        size_t good = 0;
        for (size_t k = 0; k < json_array_size(log); k++)
            good += *text_member(json_array_get(log, k), "error") == '\0';
        cr_assert(good == 40 ? run.status == 0 : run.status != 0 && run.err_len > 0, "limit %u: %zu, status %d\n%s",
                  limits[i], good, run.status, run.err);
        cr_assert(run.status == 3 || json_array_size(log) == 40, "limit %u: %s", limits[i], run.err);
        json_decref(log);
        run_release(&run);
    }
    free(list);
    tear_down(&t);
}
