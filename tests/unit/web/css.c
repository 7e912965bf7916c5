#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "web/links/css.h"

static void append_finding(void *context, enum css_kind kind, const char *text, size_t len)
{
    struct buffer *found = context;
    cr_assert(buffer_printf(found, "%s%s ", found->len ? "; " : "", kind == CSS_IMPORT ? "import" : "url"));
    cr_assert(buffer_append(found, text, len));
}

/* What is found in the sheet, given in pieces of PIECE bytes, each in memory of its own. Freed by the caller. */
static char *findings(const char *sheet, size_t len, size_t piece)
{
    struct buffer found = {0};
    struct css css;
    css_init(&css, append_finding, &found);
    for (size_t at = 0, n; at < len; at += n) {
        n = piece < len - at ? piece : len - at;
        char *exact = malloc(n);
        css_feed(&css, memcpy(exact, sheet + at, n), n);
        free(exact);
    }
    cr_assert(css_end(&css));
    css_release(&css);
    return buffer_take(&found);
}

struct sheet_row {
    const char *sheet, *found;
};

static void check_rows(const struct sheet_row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count * 3; i++) {
        const struct sheet_row *row = &rows[i / 3];
        char *found = findings(row->sheet, strlen(row->sheet), i % 3 == 0 ? 1 : i % 3 == 1 ? 5 : SIZE_MAX);
        if (strcmp(found, row->found) != 0) {
            cr_log_error("%s: found '%s', wanted '%s'", row->sheet, found, row->found);
            wrong++;
        }
        free(found);
    }
    cr_assert_eq(wrong, 0, "%d rows are wrong", wrong);
}

Test(css, urls_are_found_in_every_form)
{
    static const struct sheet_row rows[] = {
        {"a { b: url(x) }", "url x"},
        {"a { b: url( x\n) }", "url x"},
        {"a { b: url('x y') }", "url x y"},
        {"a { b: URL(\"x)\") }", "url x)"},
        {"a { b: url('x' format('y')) }", "url x"},
        {"a { b: src('x') c: src(y) }", "url x"},
        {"a { b: u\\72 l(x) }", "url x"},
        {"a { b: \\75RL(x) }", "url x"},
        {"a { b: url(x), url(y)\n, url(z) }", "url x; url y; url z"},
        {"url(x) 10url(y) 1.5url(y) 10 url(z)", "url x; url z"},
        {"#url(x) @url(x) -url(x) curl(x) url (x) my-url(x)", ""},
        {"a{b:url()} c{d:url('')}", ""},
        {"@font-face { src: url(f.woff2) format('woff2') }", "url f.woff2"},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(css, imports_are_found_where_the_rule_names_a_sheet)
{
    static const struct sheet_row rows[] = {
        {"@import 'x';", "import x"},
        {"@import \"x\" screen;", "import x"},
        {"@IMPORT url(x) print;", "import x"},
        {"@import url('x');@import 'y'", "import x; import y"},
        {"@import/**/'x'", "import x"},
        {"@import 'x' supports(a: url(y)); b { c: url(z) }", "import x; url z"},
        {"@import x 'y'; @import; 'z'", ""},
        {"@import , 'y';", ""},
        {"@namespace url(x); @namespace n url('y'); a { b: url(z) }", "url z"},
        {"@charset 'x'; @media screen { a { b: url(y) } }", "url y"},
        {"@importer 'x'; 'y'", ""},
        {"@\\69mport 'x'", "import x"},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(css, escapes_and_line_ends_are_read_as_the_standard_says)
{
    static const struct sheet_row rows[] = {
        {"url(a\\)b)", "url a)b"},
        {"url('a\\'b')", "url a'b"},
        {"url('a\\\nb')", "url ab"},
        {"url('a\\\r\nb')", "url ab"},
        {"url(a\\62 c)", "url abc"},
        {"url(a\\000062c)", "url abc"},
        {"url(a\\62\r\nc)", "url abc"},
        {"url(\\20AC\\0 \\D800 \\110000 )", "url \xE2\x82\xAC\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"url(\\1F600 )", "url \xF0\x9F\x98\x80"},
        {"url('\xC3\xA9')", "url \xC3\xA9"},
        {"url('a\nurl(b)", "url b"},
        {"url(a\\\nb) url(c)", "url c"},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(css, bad_urls_comments_and_unfinished_ends)
{
    static const struct sheet_row rows[] = {
        {"url(a b) url(c)", "url c"},
        {"url(a'b) url(c)", "url c"},
        {"url(a(b) url(c)", "url c"},
        {"url(a \\) b) url(c)", "url c"},
        {"/* url(a) **/url(b)/* url(c) */", "url b"},
        {"/ * url(a) */", "url a"},
        {"url(/*a*/b)", "url /*a*/b"},
        {"'url(a)' \"/*\" url(b)", "url b"},
        {"<!-- url(a) --> <!--url(b)--> <!-url(c)", "url a; url b"},
        {"url(a", "url a"},
        {"url(a ", "url a"},
        {"url('a", "url a"},
        {"url('a\\", "url a"},
        {"url(a\\62", "url ab"},
        {"@import 'a", "import a"},
        {"/* url(a)", ""},
        {"url(", ""},
    };
    check_rows(rows, COUNT_OF(rows));
}

Test(css, a_nul_is_the_replacement_character)
{
    static const char sheet[] = "url(a\0b) url('c\0d') url(\\\0)";
    char *found = findings(sheet, sizeof sheet - 1, 1);
    cr_assert_str_eq(found, "url a\xEF\xBF\xBD"
                            "b; url c\xEF\xBF\xBD"
                            "d; url \xEF\xBF\xBD");
    free(found);
}

Test(css, a_url_beyond_the_limit_is_left_out_and_the_next_is_found)
{
    struct buffer sheet = {0};
    for (size_t len = CSS_URL_MAX; len <= CSS_URL_MAX + 1; len++) {
        buffer_clear(&sheet);
        cr_assert(buffer_append_text(&sheet, "url("));
        for (size_t i = 0; i < len; i++)
            cr_assert(buffer_append_char(&sheet, 'x'));
        cr_assert(buffer_append_text(&sheet, ") url(y)"));
        char *found = findings(sheet.data, sheet.len, 4096);
        cr_assert_eq(strlen(found), len == CSS_URL_MAX ? CSS_URL_MAX + strlen("url ; url y") : strlen("url y"));
        free(found);
    }
    buffer_release(&sheet);
}

Test(css, a_sheet_that_is_over_leaves_nothing_for_the_next)
{
    static const char *const ends[] = {"@import ", "url(x", "/*", "'", "url", "\\", "@imp", "<!-"};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct buffer found = {0};
        struct css css;
        css_init(&css, append_finding, &found);
        css_feed(&css, ends[i], strlen(ends[i]));
        cr_assert(css_end(&css));
        buffer_clear(&found);
        css_feed(&css, "'a' ort 'b'; url(c)", 19);
        cr_assert(css_end(&css));
        cr_assert_str_eq(buffer_text(&found), "url c", "%s: %s", ends[i], buffer_text(&found));
        css_release(&css);
        buffer_release(&found);
    }
}
