#include "crawl/list.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A list whose bytes come through a pipe that holds them all. */
static struct list *list_of(const char *bytes, size_t len)
{
    int ends[2];
    char path[32];
    struct list *list = NULL;
    cr_assert_eq(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    cr_assert_eq(write(ends[1], bytes, len), (ssize_t)len);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    list = list_open(path);
    cr_assert_not_null(list);
    close(ends[0]);
    return list;
}

static void expect_line(struct list *list, const char *text, unsigned long number)
{
    struct list_entry e;
    cr_assert_eq(list_next(list, &e), LIST_ENTRY);
    cr_assert(e.url_len == strlen(text) && memcmp(e.url, text, e.url_len) == 0, "expected \"%s\", got \"%.*s\"", text,
              (int)e.url_len, e.url);
    cr_assert_eq(e.line, number);
}

static void expect(struct list *list, enum list_status status)
{
    struct list_entry e;
    cr_assert_eq(list_next(list, &e), status);
}

Test(list, lines_lose_their_ends_their_blanks_and_a_byte_order_mark)
{
    static const char text[] = "\xef\xbb\xbf"
                               "one\r\n\n  # no\n# no\n\t two \r\n\r\nthree";
    struct list *list = list_of(text, sizeof text - 1);
    expect_line(list, "one", 1);
    expect_line(list, "two", 5);
    expect_line(list, "three", 7);
    expect(list, LIST_END);
    expect(list, LIST_END);
    list_close(list);
}

Test(list, an_empty_list_ends_at_once)
{
    struct list *list = list_of("", 0);
    expect(list, LIST_END);
    list_close(list);
}

Test(list, a_line_that_is_too_long_is_skipped_once_and_the_next_one_is_read)
{
    size_t len = 3 * LIST_LINE_MAX;
    char *text = malloc(len + 8);
    memset(text, 'a', len);
    memcpy(text + len, "\nnext", 6);
    struct list *list = list_of(text, len + 5);
    expect(list, LIST_BAD_LINE);
    expect_line(list, "next", 2);
    expect(list, LIST_END);
    list_close(list);
    free(text);
}

Test(list, a_line_without_an_end_that_is_too_long_is_reported)
{
    size_t len = 2 * LIST_LINE_MAX;
    char *text = malloc(len);
    memset(text, 'a', len);
    struct list *list = list_of(text, len);
    expect(list, LIST_BAD_LINE);
    expect(list, LIST_END);
    list_close(list);
    free(text);
}

Test(list, the_longest_line_is_read)
{
    char *text = malloc(LIST_LINE_MAX + 2);
    memset(text, 'a', LIST_LINE_MAX);
    memcpy(text + LIST_LINE_MAX, "\n", 2);
    struct list *list = list_of(text, LIST_LINE_MAX + 1);
    text[LIST_LINE_MAX] = '\0';
    expect_line(list, text, 1);
    expect(list, LIST_END);
    list_close(list);
    free(text);
}

Test(list, a_pipe_that_has_nothing_yet_says_wait)
{
    int ends[2];
    char path[32];
    struct list *list = NULL;
    cr_assert_eq(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    list = list_open(path);
    cr_assert_not_null(list);
    expect(list, LIST_WAIT);
    cr_assert_eq(write(ends[1], "ha", 2), 2);
    expect(list, LIST_WAIT);
    cr_assert_eq(write(ends[1], "lf\n", 3), 3);
    expect_line(list, "half", 1);
    close(ends[1]);
    expect(list, LIST_END);
    list_close(list);
    close(ends[0]);
}

Test(list, a_folder_and_a_missing_file_are_refused)
{
    cr_assert_null(list_open("/"));
    cr_assert_null(list_open("/does/not/exist"));
}
