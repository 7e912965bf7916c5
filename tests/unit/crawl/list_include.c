#include "list_transcript.h"

#include <fcntl.h>

TestSuite(list_include, .timeout = 60);

static char *folder;

static void make_folder(void)
{
    folder = files_temp_folder();
}

static void drop_folder(void)
{
    files_remove(folder);
    free(folder);
}

static void put(const char *name, const char *text)
{
    char *path = files_path(folder, name);
    files_write(path, text, -1);
    free(path);
}

static void expect_of(const char *name, const char *expected)
{
    struct buffer b = {0};
    char *path = files_path(folder, name);
    struct list *list = list_open(path);
    cr_assert_not_null(list);
    cr_assert_eq(read_list(list, &b, true), LIST_END);
    cr_assert_str_eq(buffer_text(&b), expected);
    list_close(list);
    buffer_release(&b);
    free(path);
}

Test(list_include, an_included_list_stands_in_the_place_of_its_line, .init = make_folder, .fini = drop_folder)
{
    char *absolute = support_format("x0\n@%s/b.txt\n", folder);
    put("a.txt", "a1\n out=x\n@ sub/s.txt \r\n tries=2\na5\n@b.txt\n");
    put("b.txt", "b1\n tries=1\n");
    put("sub/s.txt", "s1\n@t.txt\n@../b.txt\ns4");
    put("sub/t.txt", "@empty\nt2\n");
    put("sub/empty", "");
    put("absolute", absolute);
    expect_of("a.txt", "a.txt:1 a1 out=x\ns.txt:1 s1\nt.txt:2 t2\nb.txt:1 b1 tries=1\ns.txt:4 s4\n"
                       "a.txt:4! " LIST_ORPHAN "a.txt:5 a5\nb.txt:1 b1 tries=1\n");
    expect_of("absolute", "absolute:1 x0\nb.txt:1 b1 tries=1\n");
    free(absolute);
}

Test(list_include, an_included_list_may_be_gzip_and_break_off, .init = make_folder, .fini = drop_folder)
{
    struct bytes packed = pack(SAMPLE, strlen(SAMPLE), 1 << 20);
    char *path = files_path(folder, "b");
    put("a", "a1\n@b\na3");
    files_write(path, packed.at, (ssize_t)packed.len - 1);
    expect_of("a", "a:1 a1\nb:1 http://h/1 out=one\nb:3 http://h/2\nb:5 http://h/3 out=three tries=3\nb:8 http://h/4\n"
                   "b:9!! the gzip data are cut off\na:3 a3\n");
    free(path);
    free(packed.at);
}

Test(list_include, what_cannot_be_included_is_told_and_the_rest_goes_on, .init = make_folder, .fini = drop_folder)
{
    put("a", "@gone\na2\n@sub\n@sub/\n@b\na6\n");
    put("b", "b1\n@a\n@b\nb4\n");
    put("sub/x", "");
    expect_of("a", "a:1!! " LIST_ABSENT "a:2 a2\na:3!! the list cannot be included: Is a directory\n"
                   "a:4!! the list cannot be included: Is a directory\nb:1 b1\n"
                   "b:2!! the list cannot be included: it includes itself\n"
                   "b:3!! the list cannot be included: it includes itself\nb:4 b4\na:6 a6\n");
}

Test(list_include, a_cycle_is_found_through_links_and_from_standard_input, .init = make_folder, .fini = drop_folder)
{
    put("a", "@b\na2");
    char *link_path = files_path(folder, "b"), *path = files_path(folder, "a");
    cr_assert_eq(symlink("a", link_path), 0);
    expect_of("a", "a:1!! the list cannot be included: it includes itself\na:2 a2\n");

    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    cr_assert_eq(chdir(folder), 0);
    struct buffer b = {0};
    struct list *list = list_open("-");
    cr_assert_eq(read_list(list, &b, true), LIST_END);
    cr_assert_str_eq(buffer_text(&b), "-:1!! the list cannot be included: it includes itself\n-:2 a2\n");
    list_close(list);
    buffer_release(&b);
    close(fd);
    free(link_path);
    free(path);
}

Test(list_include, lists_include_each_other_sixteen_deep_and_no_deeper, .init = make_folder, .fini = drop_folder)
{
    struct buffer expected = {0};
    char name[16], text[16];
    for (int i = 0; i <= LIST_INCLUDES_MAX + 1; i++) {
        snprintf(name, sizeof name, "%d", i);
        snprintf(text, sizeof text, "u\n@%d\n", i + 1);
        put(name, text);
        if (i <= LIST_INCLUDES_MAX)
            buffer_printf(&expected, "%d:1 u\n", i);
    }
    buffer_printf(&expected, "%d:2!! the list cannot be included: lists include each other more than 16 deep\n",
                  LIST_INCLUDES_MAX);
    expect_of("0", buffer_text(&expected));
    buffer_release(&expected);
}

/* Seventeen short files could stand for 16^16 lines. */
Test(list_include, lists_that_multiply_end, .init = make_folder, .fini = drop_folder)
{
    struct buffer text = {0};
    char name[16];
    for (int i = 0; i <= LIST_INCLUDES_MAX; i++) {
        buffer_clear(&text);
        for (int k = 0; i < LIST_INCLUDES_MAX && k < 16; k++)
            buffer_printf(&text, "@%d\n", i + 1);
        snprintf(name, sizeof name, "%d", i);
        put(name, buffer_text(&text));
    }
    char *path = files_path(folder, "0");
    struct list *list = list_open(path);
    struct list_entry e;
    size_t refused = 0;
    enum list_status s;
    while ((s = list_next(list, &e)) != LIST_END) {
        cr_assert(s == LIST_BAD_FILE || s == LIST_BUSY);
        refused += s == LIST_BAD_FILE;
        cr_assert(s != LIST_BAD_FILE || text_has(e.reason, "more than 65536 lists in one"), "%s", e.reason);
    }
    cr_assert(refused > 0 && refused < 16 * (LIST_INCLUDES_MAX + 1), "%zu", refused);
    list_close(list);
    buffer_release(&text);
    free(path);
}

Test(list_include, a_list_that_is_left_in_the_middle_leaves_nothing, .init = make_folder, .fini = drop_folder)
{
    put("a", "@b\n");
    put("b", "b1\n out=x\n out=y\nb4\n out=z\n\n");
    char *path = files_path(folder, "a");
    for (int calls = 0; calls < 4; calls++) {
        struct list *list = list_open(path);
        struct list_entry e = {0};
        for (int i = 0; i < calls; i++) {
            list_next(list, &e);
            line_options_free(e.options);
            e.options = NULL;
        }
        list_close(list);
    }
    int free_descriptor = dup(STDIN_FILENO);
    cr_assert_lt(free_descriptor, 10);
    close(free_descriptor);
    free(path);
}
