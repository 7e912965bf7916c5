/* What must not go wrong while a copy is converted: kills, links in the folder, damaged files of forage's own. */
#include "convert_support.h"

#include "base/status.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void copy_begin_in_memory(void)
{
    folder_make_in_memory();
    copy_open();
}

TestSuite(convert_safety, .init = copy_begin_in_memory, .fini = copy_end, .timeout = 120);

/* Some more than wait for one sync. */
enum { BATCH = 512, MANY = BATCH + 50, FEW = 20 };

static int ring; /* so many pages, each of which leads to the next */

static void page_texts(int i, char *file, char *before, char *after)
{
    sprintf(file, "h/%d~.html", i);
    sprintf(before, "<a href='%d'><a href=\"/none\">", (i + 1) % ring);
    sprintf(after, "<a href='%d~.html'><a href=\"http://h/none\">", (i + 1) % ring);
}

static void keep_ring(int pages)
{
    ring = pages;
    for (int i = 0; i < ring; i++) {
        char url[32], file[32], before[64], after[64];
        sprintf(url, "http://h/%d", i);
        page_texts(i, file, before, after);
        COPY_KEEP(url, file, before);
    }
}

/* How many files are converted; each must be whole, before or after. */
static int ring_converted(void)
{
    int converted = 0;
    for (int i = 0; i < ring; i++) {
        char file[32], before[64], after[64];
        page_texts(i, file, before, after);
        const char *content = content_of(file);
        cr_assert(content, "%s is gone", file);
        bool is_after = strcmp(content, after) == 0;
        cr_expect(is_after || strcmp(content, before) == 0, "%s: %s", file, content);
        converted += is_after;
    }
    return converted;
}

static bool die_at(void *context)
{
    int *left = context;
    if (--*left == 0)
        raise(SIGKILL);
    return false;
}

/* Convert in a process of its own, which is killed before its file number NTH. */
static void convert_killed(int nth)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct convert_options options = {.stop = die_at, .context = &nth};
        struct convert_summary summary;
        struct state_failure failure;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (state_open(folder, NULL, &copy_state, &failure) == STATE_OK)
            convert_run(folder, copy_state, &options, &summary);
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status), "it was not killed");
}

Test(convert_safety, a_conversion_that_is_killed_is_finished_by_the_next)
{
    static const int points[] = {1, 2, BATCH, BATCH + 1, MANY};
    for (size_t i = 0; i < COUNT_OF(points); i++) {
        keep_ring(MANY);
        copy_close();
        convert_killed(points[i]);
        int done = ring_converted();
        cr_expect_eq(done, (points[i] - 1) / BATCH * BATCH, "killed at %d: %d", points[i], done);
        copy_open();
        struct convert_summary s = copy_convert();
        cr_expect_eq(s.left + s.failed, 0, "killed at %d: %s", points[i], copy_left);
        cr_expect_eq(s.changed, (uint64_t)(MANY - done), "killed at %d", points[i]);
        cr_expect_eq(ring_converted(), MANY, "killed at %d", points[i]);
        cr_expect_eq(copy_convert().changed, 0, "killed at %d", points[i]);
        copy_close();
        folder_remove();
        folder_make();
        copy_open();
    }
}

Test(convert_safety, a_conversion_that_is_killed_again_and_again_comes_to_its_end)
{
    keep_ring(MANY);
    copy_close();
    for (int i = 0; i < 3; i++)
        convert_killed(BATCH + 1 - i);
    copy_open();
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.left + s.failed, 0, "%s", copy_left);
    cr_expect_eq(ring_converted(), MANY);
}

/* The journal outlives runs without conversions; a page that was fetched anew since is none of its business. */
Test(convert_safety, a_page_that_was_fetched_anew_after_a_kill_is_converted_anew)
{
    keep_ring(MANY);
    copy_close();
    convert_killed(BATCH + 1);
    copy_open();
    COPY_KEEP("http://h/0", "h/0~.html", "<a href='1'><a href=\"/none\">new");
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.left + s.failed, 0, "%s", copy_left);
    EXPECT_CONTENT("h/0~.html", "<a href='1~.html'><a href=\"http://h/none\">new");
}

Test(convert_safety, nothing_is_left_beside_the_files)
{
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b>");
    copy_convert();
    cr_expect_eq(count_entries(in_folder("h")), 3);
}

Test(convert_safety, descriptors_are_closed)
{
    keep_ring(FEW);
    copy_convert();
    int before = descriptors();
    COPY_KEEP("http://h/x", "h/x~.html", "<a href=y>");
    copy_convert();
    cr_expect_eq(descriptors(), before);
}

Test(convert_safety, links_in_the_folder_are_not_followed)
{
    char outside[PATH_MAX / 2], path[PATH_MAX];
    snprintf(outside, sizeof outside, "%s-outside", folder);
    cr_assert_eq(mkdir(outside, 0700), 0);
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b>");
    COPY_KEEP("http://g/a", "g/a~.html", "<a href=b>");
    COPY_KEEP("http://i/", "i.html", "<a href=http://h/a><a href=http://g/a>");
    /* The file is a link now, and the folder of the other is. Both lead to what looks right. */
    snprintf(path, sizeof path, "%s/a~.html", outside);
    cr_assert_eq(rename(in_folder("h/a~.html"), path), 0);
    cr_assert_eq(symlink(path, in_folder("h/a~.html")), 0);
    snprintf(path, sizeof path, "%s/g", outside);
    cr_assert_eq(rename(in_folder("g"), path), 0);
    cr_assert_eq(symlink(path, in_folder("g")), 0);
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.kept, 1);
    EXPECT_CONTENT("i.html", "<a href=http://h/a><a href=http://g/a>");
    snprintf(path, sizeof path, "%s/g/a~.html", outside);
    struct stat st;
    cr_expect_eq(stat(path, &st), 0);
    cr_expect_eq(st.st_size, strlen("<a href=b>"));
    strcpy(path, folder);
    strcpy(folder, outside);
    folder_remove();
    strcpy(folder, path);
}

Test(convert_safety, a_row_that_leads_out_of_the_folder_is_passed_over)
{
    static const char *const files[] = {"../x.html", "/etc/passwd", "a/../../x.html", ".forage/state.db", "h//x.html"};
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        char url[32];
        int len = sprintf(url, "http://h/%zu", i);
        struct state_page row = {.url = url, .url_len = (size_t)len, .file = files[i], .type = "text/html"};
        state_put_page(copy_state, &row); /* it does not take all of them */
    }
    struct convert_summary s = copy_convert();
    cr_expect_eq(s.kept, 0);
    cr_expect_eq(s.left + s.failed, 0, "%s", copy_left);
}

Test(convert_safety, damaged_files_of_its_own_are_read_up_to_the_damage)
{
    static const char *const names[] = {".forage/converted", ".forage/converting"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (size_t cut = 0; cut < 90; cut += 40) {
            keep_ring(FEW);
            copy_convert();
            struct stat st;
            cr_assert_eq(stat(in_folder(names[0]), &st), 0);
            char *bytes = malloc((size_t)st.st_size);
            FILE *f = fopen(in_folder(names[0]), "r");
            cr_assert_eq(fread(bytes, 1, (size_t)st.st_size, f), (size_t)st.st_size);
            fclose(f);
            for (size_t at = cut; at < (size_t)st.st_size; at += 97)
                bytes[at] = (char)0xFF;
            copy_write(names[i], bytes, (size_t)st.st_size - cut);
            free(bytes);
            cr_expect_eq(copy_convert().failed, 0);
            cr_expect_eq(ring_converted(), FEW);
        }
    }
}

Test(convert_safety, what_stands_in_the_place_of_its_own_files_is_told)
{
    struct convert_summary summary;
    COPY_KEEP("http://h/a", "h/a~.html", "<a href=b>");
    put_file("mine", "mine");
    cr_assert_eq(symlink("../mine", in_folder(".forage/converting")), 0);
    cr_expect_eq(convert_run(folder, copy_state, NULL, &summary), CONVERT_SYSTEM);
    cr_expect_eq(errno, ELOOP);
    unlink(in_folder(".forage/converting"));
    cr_assert_eq(symlink("../mine", in_folder(".forage/converted")), 0);
    cr_expect_eq(convert_run(folder, copy_state, NULL, &summary), CONVERT_OK);
    EXPECT_CONTENT("mine", "mine");
    EXPECT_CONTENT("h/a~.html", "<a href=\"http://h/b\">");
}

Test(convert_safety, a_file_that_cannot_be_written_does_not_stop_the_others)
{
    enum { LARGE = 2 << 20 };
    char *large = malloc(LARGE + 1);
    memset(large, ' ', LARGE);
    memcpy(large, "<a href=b>", 10);
    large[LARGE] = '\0';
    COPY_KEEP("http://h/a", "h/a~.html", large);
    COPY_KEEP("http://g/a", "g/a~.html", "<a href=b>");
    free(large);
    struct rlimit limit, before;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = LARGE / 2;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    struct convert_summary s = copy_convert();
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect_eq(s.failed, 1);
    cr_expect_eq(s.changed, 1);
    cr_expect_str_eq(copy_left, "h/a~.html: File too large (failed)");
    EXPECT_CONTENT("g/a~.html", "<a href=\"http://g/b\">");
    cr_expect_eq(count_entries(in_folder("h")), 3);
    s = copy_convert();
    cr_expect_eq(s.changed, 1);
}
