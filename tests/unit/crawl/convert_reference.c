#include "crawl/convert/reference.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct reference_row {
    const char *from, *to, *text;
} rows[] = {
    {"site.html", "site.html", "site.html"},
    {"site.html", "site/a.html", "site/a.html"},
    {"site/a.html", "site.html", "../site.html"},
    {"site/a.html", "site/b.html", "b.html"},
    {"site/a/b/c.html", "site/a/d/e.html", "../d/e.html"},
    {"site/a/b.html", "other/a/b.html", "../../other/a/b.html"},
    {"site/ab.html", "site/a/b.html", "a/b.html"},
    {"site/today~.html", "site/list~page=2.html", "./list~page=2.html"},
    {"a.html", "s/x~a=1,2@b+c.html", "s/x~a=1,2@b+c.html"},
    {"a.html", "%20b.html", "./%2520b.html"},
    {"a.html", "s/100%.html", "s/100%25.html"},
    {"a.html", "url=b.html", "./url=b.html"},
    {"a.html", ",b.html", "./,b.html"},
    {"a.html", "b c?d#e:f\"g'.html", "./b%20c%3Fd%23e%3Af%22g%27.html"},
    {"a.html", "caf\xC3\xA9/b.html", "./caf%C3%A9/b.html"},
};

Test(convert_reference, a_file_is_named_relative_to_another_and_found_again)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct reference_row *row = &rows[i];
        struct buffer text = {0}, back = {0};
        cr_assert(reference_to_file(row->from, row->to, &text));
        cr_expect_str_eq(buffer_text(&text), row->text, "from %s to %s: %s", row->from, row->to, buffer_text(&text));
        cr_expect(reference_file(row->from, text.data, text.len, &back), "%s", row->text);
        cr_expect_str_eq(buffer_text(&back), row->to, "%s", row->text);
        buffer_release(&text);
        buffer_release(&back);
    }
}

Test(convert_reference, what_names_no_file_of_the_folder_is_told)
{
    static const char *const texts[] = {
        "",    "/etc/passwd", "../../x",      "../..", "..",    "../",   "x/",   "http://h/x", "//h/x",
        "x?y", "mailto:x",    "a/../../../x", "\\x",   "a%00b", "a%2Fb", "x//y", ".",          "a:b",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buffer file = {0};
        cr_expect_not(reference_file("site/a.html", texts[i], strlen(texts[i]), &file), "%s: %s", texts[i],
                      buffer_text(&file));
        cr_expect_eq(file.len, 0, "%s", texts[i]);
        buffer_release(&file);
    }
}

Test(convert_reference, a_reference_of_any_length_is_read_or_refused)
{
    struct buffer text = {0}, file = {0};
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&text, "a");
    cr_expect_not(reference_file("a.html", text.data, text.len, &file));
    buffer_clear(&text);
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&text, "a/../");
    buffer_append_text(&text, "b");
    cr_expect(reference_file("a.html", text.data, text.len, &file));
    cr_expect_str_eq(buffer_text(&file), "b");
    buffer_release(&text);
    buffer_release(&file);
}

Test(convert_reference, texts_are_cleaned_as_url_parsers_do)
{
    struct buffer text = {0}, fragment = {0};
    cr_assert(reference_clean(" \x01 a\tb\r\nc d \x1F", 13, &text));
    cr_expect_str_eq(buffer_text(&text), "abc d");
    cr_assert(reference_add_fragment("#a b\"<>`'\xC3\xA9%20", 14, &fragment));
    cr_expect_str_eq(buffer_text(&fragment), "#a%20b%22%3C%3E%60%27%C3%A9%20");
    buffer_release(&text);
    buffer_release(&fragment);
}
