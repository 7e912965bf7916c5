#include "crawl/outputs/failed_list.h"

#include "base/status.h"
#include "crawl/list/list.h"
#include "folder_support.h"

TestSuite(failed_list, .init = folder_make, .fini = folder_remove, .timeout = 60);

static void open_list(struct failed_list *list)
{
    struct atomic_failure failure;
    cr_assert(failed_list_open(list, in_folder("failed"), &failure), "%s", failure.step);
}

static void close_list(struct failed_list *list)
{
    struct atomic_failure failure;
    cr_assert(failed_list_close(list, &failure), "%s", failure.step);
}

Test(failed_list, each_url_stands_below_its_reason_and_above_its_options)
{
    struct failed_list list;
    open_list(&list);
    failed_list_add(&list, &(struct failed_url){"http://a.example/", 503, "", "", "out=a.html\nheader=X: y\n"});
    failed_list_add(&list,
                    &(struct failed_url){"http://u:p@b.example/?q=%23", 0, "timeout", "no answer in 30 s", NULL});
    failed_list_add(&list, &(struct failed_url){"http://c.example/", 200, "too-large", "", "\nout=c.html\n\n"});
    failed_list_add(&list, &(struct failed_url){"http://d.example/", 404, "", "", "tries=1"});
    failed_list_add(&list, &(struct failed_url){"http://e.example/", 500, "", "", ""});
    close_list(&list);
    cr_assert_str_eq(content_of("failed"), "# 503\n"
                                           "http://a.example/\n"
                                           "    out=a.html\n"
                                           "    header=X: y\n"
                                           "# timeout: no answer in 30 s\n"
                                           "http://u:p@b.example/?q=%23\n"
                                           "# too-large\n"
                                           "http://c.example/\n"
                                           "    out=c.html\n"
                                           "# 404\n"
                                           "http://d.example/\n"
                                           "    tries=1\n"
                                           "# 500\n"
                                           "http://e.example/\n");
}

Test(failed_list, only_its_owner_can_read_it_for_passwords_are_in_it)
{
    struct failed_list list;
    umask(0);
    put_file("failed", "");
    chmod(in_folder("failed"), 0666);
    open_list(&list);
    close_list(&list);
    cr_assert_eq(mode_of("failed"), 0600);
}

Test(failed_list, it_is_empty_when_nothing_failed)
{
    struct failed_list list;
    put_file("failed", "http://old.example/\n");
    open_list(&list);
    close_list(&list);
    cr_assert_str_eq(content_of("failed"), "");
}

Test(failed_list, the_old_one_is_there_until_the_end_and_after_a_run_that_gives_up)
{
    struct failed_list list;
    put_file("failed", "http://old.example/\n");
    open_list(&list);
    failed_list_add(&list, &(struct failed_url){"http://a.example/", 503, "", "", NULL});
    cr_assert_str_eq(content_of("failed"), "http://old.example/\n");
    failed_list_abandon(&list);
    cr_assert_str_eq(content_of("failed"), "http://old.example/\n");
    cr_assert_eq(entries(), 1);
}

Test(failed_list, one_that_was_not_asked_for_takes_everything_and_does_nothing)
{
    struct failed_list none = {0};
    struct atomic_failure failure;
    failed_list_add(&none, &(struct failed_url){"http://a.example/", 503, "", "", NULL});
    cr_assert(failed_list_close(&none, &failure));
    failed_list_abandon(&none);
    cr_assert_eq(entries(), 0);
}

/* What the list's own reader finds in the file: one URL, without options. */
static void expect_one_url(const char *url, const char *detail)
{
    struct list_entry e;
    struct list *list = list_open(in_folder("failed"));
    cr_assert_not_null(list);
    cr_assert_eq(list_next(list, &e), LIST_ENTRY);
    cr_expect(e.url_len == strlen(url) && memcmp(e.url, url, e.url_len) == 0, "\"%s\" makes a line \"%.*s\"", detail,
              (int)e.url_len, e.url);
    cr_expect_null(e.options, "\"%s\" makes options", detail);
    cr_expect_eq(list_next(list, &e), LIST_END, "\"%s\" makes one more line", detail);
    list_close(list);
}

Test(failed_list, nothing_that_a_server_says_makes_a_line_of_its_own)
{
    static const char *const details[] = {
        "x\nhttp://evil.example/",
        "x\r\nhttp://evil.example/",
        "\n\n  out=../../etc/passwd",
        "x\vhttp://evil.example/\f",
        "\x1b[2J\x1b[31m",
        "\xe2\x80\xa8http://evil.example/",
        "\xc2\x85http://evil/",
        "\xff\xfe\x80",
    };
    for (size_t i = 0; i < COUNT_OF(details); i++) {
        struct failed_list list;
        open_list(&list);
        failed_list_add(&list, &(struct failed_url){"http://a.example/", 503, details[i], details[i], NULL});
        failed_list_add(&list, &(struct failed_url){.url = "#", .error = "", .detail = details[i]});
        close_list(&list);
        expect_one_url("http://a.example/", details[i]);
        for (const char *c = content_of("failed"); *c; c++)
            cr_assert((*c >= ' ' && *c <= '~') || *c == '\n', "\"%s\" leaves byte %02x", details[i], (unsigned char)*c);
    }
}

Test(failed_list, long_words_are_written_whole)
{
    char detail[1000];
    struct failed_list list;
    memset(detail, 'd', sizeof detail - 1);
    detail[sizeof detail - 1] = '\0';
    open_list(&list);
    failed_list_add(&list, &(struct failed_url){"http://a.example/", 0, "tls", detail, NULL});
    close_list(&list);
    cr_assert_eq(strlen(content_of("failed")), strlen("# tls: \nhttp://a.example/\n") + sizeof detail - 1);
    expect_one_url("http://a.example/", "d...");
}
