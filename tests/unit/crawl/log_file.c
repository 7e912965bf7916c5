#include "crawl/outputs/log_file.h"

#include "folder_support.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>

TestSuite(log_file, .init = folder_make, .fini = folder_remove, .timeout = 60);

static struct forage_page page_of(const char *url)
{
    return (struct forage_page){
        .url = url,
        .final_url = "http://a.example/final",
        .status = 200,
        .error = "",
        .detail = "",
        .outcome = "new",
        .attempts = 2,
        .name = "a",
        .file = "out/a.html",
        .type = "text/html",
        .bytes = UINT64_C(5) << 32,
        .ms = 12,
        .parent = "",
        .via = "",
    };
}

static struct log_file *open_log(const char *name)
{
    struct log_file *log = log_file_open(in_folder(name));
    cr_assert(log, "%s", strerror(errno));
    return log;
}

static void write_url(struct log_file *log, const char *url)
{
    struct forage_page page = page_of(url);
    cr_assert(log_file_write(log, &page, 0), "%s", strerror(errno));
}

static int lines_of(const char *name)
{
    int lines = 0;
    const char *text = content_of(name);
    cr_assert(text, "%s is not there", name);
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

Test(log_file, a_line_has_every_key_and_no_other)
{
    struct log_file *log = open_log("log");
    struct forage_page page = page_of("http://a.example/");
    cr_assert(log_file_write(log, &page, 0));
    json_t *found = json_loads(content_of("log"), 0, NULL);
    json_t *wanted = json_pack("{ss ss si ss ss si ss sI ss si ss}", "url", "http://a.example/", "final_url",
                               "http://a.example/final", "status", 200, "outcome", "new", "error", "", "attempts", 2,
                               "file", "out/a.html", "bytes", (json_int_t)5 << 32, "name", "a", "ms", 12, "detail", "");
    cr_expect(json_equal(found, wanted), "%s", content_of("log"));
    json_decref(found);
    json_decref(wanted);
    log_file_close(log);
}

Test(log_file, a_page_that_robots_txt_forbids_has_the_rule)
{
    struct log_file *log = open_log("log");
    struct forage_page page = page_of("http://a.example/");
    page.error = "robots";
    page.outcome = "skipped";
    page.detail = "robots.txt disallows it in line 3";
    cr_assert(log_file_write(log, &page, 3));
    json_t *found = json_loads(content_of("log"), 0, NULL);
    cr_expect_eq(json_integer_value(json_object_get(found, "rule")), 3);
    cr_expect_str_eq(json_string_value(json_object_get(found, "detail")), page.detail);
    json_decref(found);
    log_file_close(log);
}

Test(log_file, a_line_is_one_line_of_ascii_whatever_is_in_it)
{
    struct log_file *log = open_log("log");
    struct forage_page page = page_of("http://a.example/");
    page.file = "\xff\n\xc3.a.html";
    page.detail = "\x1b[31m\n\xe2\x80\xae\xc2\x85";
    page.name = "a\nb";
    cr_assert(log_file_write(log, &page, 0));
    const char *text = content_of("log");
    cr_assert_eq(strchr(text, '\n'), text + strlen(text) - 1);
    for (const char *c = text; c[1]; c++)
        cr_assert(*c >= ' ' && *c <= '~', "%s", text);
    json_t *found = json_loads(text, 0, NULL);
    cr_expect_str_eq(json_string_value(json_object_get(found, "file")), "???.a.html");
    cr_expect_str_eq(json_string_value(json_object_get(found, "detail")), page.detail);
    json_decref(found);
    log_file_close(log);
}

Test(log_file, lines_are_appended_and_are_not_for_everybody)
{
    umask(0);
    struct log_file *log = open_log("log");
    write_url(log, "http://a.example/");
    log_file_close(log);
    struct log_file *one = open_log("log"), *two = open_log("log");
    write_url(one, "http://b.example/");
    write_url(two, "http://c.example/");
    write_url(one, "http://d.example/");
    log_file_close(one);
    log_file_close(two);
    cr_assert_eq(lines_of("log"), 4);
    cr_assert_eq(mode_of("log"), 0640);
    cr_assert(strstr(strstr(content_of("log"), "b.example"), "c.example"), "in the order in which they were written");
}

Test(log_file, after_a_rotation_the_next_line_goes_to_the_new_file)
{
    struct log_file *log = open_log("log");
    int before = descriptors();
    write_url(log, "http://a.example/");
    cr_assert_eq(rename(in_folder("log"), in_folder("log.1")), 0);
    write_url(log, "http://b.example/");
    cr_assert_null(content_of("log"), "nobody has asked for a new one");
    log_file_reopen(log);
    write_url(log, "http://c.example/");
    write_url(log, "http://d.example/");
    cr_assert_eq(lines_of("log.1"), 2);
    cr_assert_eq(lines_of("log"), 2);
    cr_assert_eq(descriptors(), before);
    log_file_close(log);
}

Test(log_file, when_a_new_file_cannot_be_made_the_old_one_is_written_on_and_that_is_told_once)
{
    cr_assert_eq(mkdir(in_folder("logs"), 0755), 0);
    struct log_file *log = open_log("logs/log");
    struct forage_page page = page_of("http://a.example/");
    cr_assert_eq(rename(in_folder("logs"), in_folder("moved")), 0);
    log_file_reopen(log);
    cr_assert_not(log_file_write(log, &page, 0));
    cr_assert_eq(errno, ENOENT);
    cr_assert(log_file_write(log, &page, 0));
    cr_assert_eq(lines_of("moved/log"), 2);
    cr_assert_eq(mkdir(in_folder("logs"), 0755), 0);
    cr_assert(log_file_write(log, &page, 0));
    cr_assert_eq(lines_of("logs/log"), 1, "it is tried again");
    log_file_close(log);
}

/* No file may grow beyond BYTES, as on a full disk. */
static void limit_files(rlim_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){bytes, RLIM_INFINITY}), 0);
}

Test(log_file, a_failure_to_write_is_told_once_and_does_not_glue_lines_together)
{
    struct log_file *log = open_log("log");
    struct forage_page page = page_of("http://a.example/");
    write_url(log, "http://a.example/");
    size_t line = strlen(content_of("log"));
    limit_files(line + 10);
    cr_assert_not(log_file_write(log, &page, 0));
    cr_assert_eq(errno, EFBIG);
    cr_assert(log_file_write(log, &page, 0));
    limit_files(RLIM_INFINITY);
    write_url(log, "http://b.example/");
    write_url(log, "http://c.example/");
    cr_assert_eq(lines_of("log"), 4);
    cr_assert_eq(strlen(content_of("log")), line * 3 + 10 + 1);
    cr_assert(strstr(content_of("log"), "\n{\"url\":\"http://b.example/\""), "%s", content_of("log"));
    log_file_close(log);
}

Test(log_file, a_link_that_the_administrator_made_is_followed)
{
    cr_assert_eq(mkdir(in_folder("elsewhere"), 0755), 0);
    cr_assert_eq(symlink("elsewhere/log", in_folder("log")), 0);
    struct log_file *log = open_log("log");
    write_url(log, "http://a.example/");
    log_file_close(log);
    cr_assert_eq(lines_of("elsewhere/log"), 1);
}

Test(log_file, a_pipe_is_written_to_if_somebody_reads_it_and_is_refused_otherwise)
{
    char line[4096];
    cr_assert_eq(mkfifo(in_folder("pipe"), 0600), 0);
    cr_assert_null(log_file_open(in_folder("pipe")));
    cr_assert_eq(errno, ENXIO);
    int reader = open(in_folder("pipe"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct log_file *log = open_log("pipe");
    write_url(log, "http://a.example/");
    ssize_t n = read(reader, line, sizeof line);
    cr_assert(n > 0 && line[n - 1] == '\n');
    close(reader);
    log_file_close(log);
}

Test(log_file, a_path_that_cannot_be_opened_is_refused)
{
    int before = descriptors();
    cr_assert_null(log_file_open(folder));
    cr_assert_eq(errno, EISDIR);
    cr_assert_null(log_file_open(in_folder("missing/log")));
    cr_assert_eq(errno, ENOENT);
    log_file_close(NULL);
    cr_assert_eq(descriptors(), before);
}
