#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "web/links/entities.h"
#include "web/links/entities_table.h"
#include "web/links/tokenizer_names.h"

static const char *decode(const char *text, size_t len)
{
    static struct buffer out;
    buffer_clear(&out);
    cr_assert(entities_decode_attribute(&out, text, len));
    return buffer_text(&out);
}

Test(entities, references_in_attributes_are_decoded_as_the_standard_says)
{
    static const char *const rows[][2] = {
        {"plain", "plain"},
        {"&amp;&lt;&gt;&quot;", "&<>\""},
        {"a&b", "a&b"},
        {"&", "&"},
        {"&;&#;&#x;&#xg;", "&;&#;&#x;&#xg;"},
        {"&copy", "\xC2\xA9"},
        {"&copy;", "\xC2\xA9"},
        {"&copy=1&copy1&copyx", "&copy=1&copy1&copyx"},
        {"&copy;=1", "\xC2\xA9=1"},
        {"&copy-&copy&copy", "\xC2\xA9-\xC2\xA9\xC2\xA9"},
        {"&notin;&notit;&not;", "\xE2\x88\x89&notit;\xC2\xAC"},
        {"&Amp;&AMP;&aMP;", "&Amp;&&aMP;"},
        {"&CounterClockwiseContourIntegral;", "\xE2\x88\xB3"},
        {"&CounterClockwiseContourIntegral", "&CounterClockwiseContourIntegral"},
        {"&Aopf;&nGt;&fflig;", "\xF0\x9D\x94\xB8\xE2\x89\xAB\xE2\x83\x92\xEF\xAC\x80"},
        {"&#65;&#x41;&#X41;&#65&#x41g", "AAAAAg"},
        {"&#0;&#xD800;&#x110000;&#99999999999999999999;", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"&#000000000000000000065;", "A"},
        {"&#128;&#x9F;&#x81;", "\xE2\x82\xAC\xC5\xB8\xC2\x81"},
        {"&amp;amp;", "&amp;"},
        {"\xC3\xA9&eacute;\xFF", "\xC3\xA9\xC3\xA9\xFF"},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *out = decode(rows[i][0], strlen(rows[i][0]));
        if (strcmp(out, rows[i][1]) != 0) {
            cr_log_error("%s: '%s', wanted '%s'", rows[i][0], out, rows[i][1]);
            wrong++;
        }
    }
    cr_assert_eq(wrong, 0);
}

Test(entities, a_nul_becomes_the_replacement_character)
{
    cr_assert_str_eq(decode("a\0b", 3), "a\xEF\xBF\xBD"
                                        "b");
}

Test(entities, every_name_of_the_table_is_found_and_is_sorted)
{
    char last[64] = "", text[80];
    for (size_t i = 0; i < ENTITY_COUNT; i++) {
        unsigned from = entity_at[i] & ~(unsigned)ENTITY_LEGACY, to = entity_at[i + 1] & ~(unsigned)ENTITY_LEGACY;
        snprintf(text, sizeof text, "%.*s", (int)(to - from), entity_names + from);
        cr_assert_lt(strcmp(last, text), 0, "%s stands before %s", last, text);
        snprintf(last, sizeof last, "%.63s", text);
        snprintf(text, sizeof text, "&%s;", last);
        cr_assert_str_neq(decode(text, strlen(text)), text);
        snprintf(text, sizeof text, "&%s", last);
        bool decoded = strcmp(decode(text, strlen(text)), text) != 0;
        cr_assert(decoded || !(entity_at[i] & ENTITY_LEGACY), "%s", text);
    }
}

/* The slots are written by tables.py: this fails when the names were changed and it was not run. */
Test(names, every_name_of_the_table_is_found)
{
    for (unsigned name = 1; name < HTML_NAME_COUNT; name++)
        cr_assert_eq(html_name_find(html_names[name].text, html_names[name].len), name, "%.16s", html_names[name].text);
}

Test(names, other_names_are_not_found)
{
    static const char *const others[] = {
        "", "aa", "h7", "blockquotf", "blockquo", "annotation-xmm", "scripts", "divdivdivdivdivd"};
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        char padded[16] = {0};
        memcpy(padded, others[i], strlen(others[i]));
        cr_assert_eq(html_name_find(padded, strlen(others[i])), HTML_OTHER, "%s", others[i]);
    }
    cr_assert_eq(html_name_find("annotation-xml\0", 30), HTML_OTHER);
}

Test(names, only_letters_become_lower_case)
{
    cr_assert_eq(html_lower64(html_load64("AZ[@\x11\xC1z0")), html_load64("az[@\x11\xC1z0"));
}
