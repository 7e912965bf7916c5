#include "crawl/list/line_options.h"

#include "store/pages/folders.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *add(struct line_options **o, const char *line)
{
    return line_options_add(o, line, strlen(line));
}

static char *repeat(const char *head, const char *unit, size_t times)
{
    size_t len = strlen(unit), at = strlen(head);
    char *text = support_alloc(at + len * times + 1);
    memcpy(text, head, at);
    for (size_t i = 0; i < times; i++)
        memcpy(text + at + i * len, unit, len);
    return text;
}

Test(line_options, a_url_without_options_has_none)
{
    line_options_free(NULL);
    struct line_options *o = NULL;
    cr_assert_not_null(add(&o, "colour=red"));
    cr_assert_null(o, "a failure must leave the output alone");
}

Test(line_options, each_key_sets_its_field_and_no_other)
{
    struct line_options *o = NULL;
    cr_assert_null(add(&o, "tries=7"));
    cr_assert(!o->out && !o->headers && !o->header_count && !o->max_bytes);
    cr_assert(o->delay_ms == -1 && o->max_age_ms == -1 && o->tries == 7);
    cr_assert_null(add(&o, "out=a/b.html"));
    cr_assert_null(add(&o, "delay=1.5"));
    cr_assert_null(add(&o, "max-size=10k"));
    cr_assert_null(add(&o, "max-age=30d"));
    cr_assert_null(add(&o, "header=A: b = c"));
    cr_assert_null(add(&o, "header=A: b = c"));
    cr_assert_str_eq(o->out, "a/b.html");
    cr_assert(o->delay_ms == 1500 && o->max_bytes == 10240 && o->tries == 7);
    cr_assert_eq(o->max_age_ms, 30ll * 86400 * 1000);
    cr_assert_eq(o->header_count, 2);
    cr_assert_str_eq(o->headers[1], "A: b = c");
    line_options_free(o);
}

Test(line_options, zero_is_a_delay_and_an_age)
{
    struct line_options *o = NULL;
    cr_assert_null(add(&o, "delay=0"));
    cr_assert_null(add(&o, "max-age=0"));
    cr_assert(o->delay_ms == 0 && o->max_age_ms == 0);
    cr_assert_not_null(add(&o, "delay=1"));
    cr_assert_not_null(add(&o, "max-age=1"));
    cr_assert(o->delay_ms == 0 && o->max_age_ms == 0);
    line_options_free(o);
}

Test(line_options, blanks_around_key_and_value_are_no_part_of_them)
{
    struct line_options *o = NULL;
    cr_assert_null(add(&o, "\t out \t=  a b.txt \r"));
    cr_assert_null(add(&o, "header= A:b "));
    cr_assert_str_eq(o->out, "a b.txt");
    cr_assert_str_eq(o->headers[0], "A:b");
    line_options_free(o);
}

static const struct {
    const char *name;
    const char *wrong; /* NULL: none */
} names[] = {
    {"a", NULL},
    {"a.html", NULL},
    {"a/b/c", NULL},
    {"a.b/c..d/e.", NULL},
    {"~a/~b", NULL},
    {"caf\xc3\xa9/\xe2\x80\xa6", NULL},
    {"a=b", NULL},
    {"", "out= names no file"},
    {"/", "begins with a slash"},
    {"/etc/passwd", "begins with a slash"},
    {"//a", "begins with a slash"},
    {"a/", "nothing before, behind or between"},
    {"a//b", "nothing before, behind or between"},
    {".", "begins with a dot"},
    {"..", "begins with a dot"},
    {"../a", "begins with a dot"},
    {"a/..", "begins with a dot"},
    {"a/../b", "begins with a dot"},
    {"./a", "begins with a dot"},
    {"a/./b", "begins with a dot"},
    {".forage/state.db", "begins with a dot"},
    {"a/.b", "begins with a dot"},
    {"-rf", "begins with a dash"},
    {"a/-b", "begins with a dash"},
    {"a-/b-c", NULL},
    {"a\nb", "control character"},
    {"a\x1b[31m", "control character"},
    {"a\x7f", "control character"},
    {"a\tb", "control character"},
    {"a\xc2\x9b", "control character"},
    {"a\xc2\x80/b", "control character"},
};

Test(line_options, a_name_stays_below_the_output_folder)
{
    for (size_t i = 0; i < SUPPORT_COUNT(names); i++) {
        struct line_options *o = NULL;
        char *line = support_format("out=%s", names[i].name);
        const char *wrong = add(&o, line);
        cr_expect(names[i].wrong ? wrong && strstr(wrong, names[i].wrong) : !wrong, "\"%s\": %s", names[i].name, wrong);
        cr_expect_eq(o != NULL, !wrong);
        cr_expect(wrong || folders_name_ok(o->out), "\"%s\": the store takes no such name", names[i].name);
        line_options_free(o);
        free(line);
    }
}

Test(line_options, a_name_is_at_most_4000_bytes_in_parts_of_255)
{
    static const struct {
        size_t component, count; /* the last one is a single byte */
        const char *wrong;
    } rows[] = {{255, 1, NULL},
                {256, 1, "a part of out= is longer than 255 bytes"},
                {249, 16, "out= is longer than 4000 bytes"},
                {248, 16, NULL},
                {1, 1999, NULL},
                {1, 2000, "out= is longer than 4000 bytes"}};
    for (size_t i = 0; i < SUPPORT_COUNT(rows); i++) {
        struct line_options *o = NULL;
        char *component = repeat("", "x", rows[i].component + 1);
        component[rows[i].component] = '/';
        char *folders = repeat("out=", component, rows[i].count), *line = support_format("%sy", folders);
        const char *wrong = add(&o, line);
        cr_expect(rows[i].wrong ? wrong && strcmp(wrong, rows[i].wrong) == 0 : !wrong, "row %zu: %s", i, wrong);
        line_options_free(o);
        free(component);
        free(folders);
        free(line);
    }
}

static const struct {
    const char *line, *wrong;
} bad[] = {
    {"", "KEY=VALUE"},
    {"out", "KEY=VALUE"},
    {"www.shop.com/x", "KEY=VALUE"},
    {"@more.txt", "KEY=VALUE"},
    {"-o/etc", "KEY=VALUE"},
    {"=", "there is no such option; there are out, header, tries, delay, max-size and max-age"},
    {"www.shop.com/?a=b", "there is no such option"},
    {"Out=a", "there is no such option"},
    {"ou t=a", "there is no such option"},
    {"tries2=1", "there is no such option"},
    {"max_size=1", "there is no such option"},
    {"tries=", "tries= is not"},
    {"tries=0", "tries= is not"},
    {"tries=-1", "tries= is not"},
    {"tries=3x", "tries= is not"},
    {"tries=1000001", "tries= is not"},
    {"delay=", "delay= is not"},
    {"delay=-1", "delay= is not"},
    {"delay=soon", "delay= is not"},
    {"delay=99d", "delay= is not"},
    {"max-size=", "max-size= is not"},
    {"max-size=0", "max-size= is not"},
    {"max-size=1X", "max-size= is not"},
    {"max-size=99999999999999999999", "max-size= is not"},
    {"max-age=", "max-age= is not"},
    {"max-age=old", "max-age= is not"},
    {"header=", "a header must look like"},
    {"header=: b", "a header must look like"},
    {"header=A b: c", "a header must look like"},
    {"header=A", "a header must look like"},
    {"header=A\x01: b", "a header must look like"},
    {"header=A: b\rB: c", "control character"},
    {"header=A: b\x7f", "control character"},
};

Test(line_options, what_is_wrong_is_said_and_changes_nothing)
{
    for (size_t i = 0; i < SUPPORT_COUNT(bad); i++) {
        struct line_options *o = NULL;
        const char *wrong = add(&o, bad[i].line);
        cr_expect(wrong && strstr(wrong, bad[i].wrong), "\"%s\": %s", bad[i].line, wrong);
        cr_expect_null(o, "\"%s\"", bad[i].line);
        line_options_free(o);
    }
    struct line_options *o = NULL;
    const char *wrong = line_options_add(&o, "out=a\0b", 7);
    cr_assert(wrong && strstr(wrong, "control character"));
    cr_assert_null(o);
}

Test(line_options, an_option_given_twice_keeps_its_first_value)
{
    static const char *const twice[][2] = {{"out=a", "out=b"},
                                           {"tries=1", "tries=2"},
                                           {"delay=1", "delay=2"},
                                           {"max-size=1", "max-size=2"},
                                           {"max-age=1", "max-age=2"}};
    for (size_t i = 0; i < SUPPORT_COUNT(twice); i++) {
        struct line_options *o = NULL;
        cr_assert_null(add(&o, twice[i][0]));
        struct line_options before = *o;
        const char *wrong = add(&o, twice[i][1]);
        cr_expect(wrong && strstr(wrong, "twice"), "%s: %s", twice[i][1], wrong);
        cr_expect(!o->out || strcmp(o->out, "a") == 0);
        cr_expect_eq(memcmp(o, &before, sizeof before), 0, "%s", twice[i][1]);
        line_options_free(o);
    }
}

Test(line_options, headers_of_one_url_are_bounded)
{
    struct line_options *o = NULL;
    for (size_t i = 0; i < LINE_OPTIONS_HEADERS_MAX; i++)
        cr_assert_null(add(&o, "header=A: b"));
    cr_assert_str_eq(add(&o, "header=A: b"), "more than 64 headers for one URL");
    cr_assert_eq(o->header_count, LINE_OPTIONS_HEADERS_MAX);
    line_options_free(o);

    o = NULL;
    char *line = repeat("header=A: ", "x", LINE_OPTIONS_HEADER_BYTES_MAX - 3);
    cr_assert_null(add(&o, line));
    cr_assert_str_eq(add(&o, "header=A:"), "more than 16 KiB of headers for one URL");
    cr_assert_eq(o->header_count, 1);
    line_options_free(o);
    free(line);
}
