#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "web/links/meta.h"
#include "web/links/srcset.h"

Test(meta, refresh_has_a_delay_and_a_url)
{
    static const struct {
        const char *content, *found;
    } rows[] = {
        {"0; url=/x", "0 /x"},  {"5;/x", "5 /x"},   {" 5 , URL = '/x' y", "5 /x"},
        {"5;url=\"/x", "5 /x"}, {"5", "5 -"},       {"5;", "5 -"},
        {"5.9;/x", "5 /x"},     {".5;/x", "0 /x"},  {"99999999999;/x", "4294967295 /x"},
        {"", "none"},           {"x", "none"},      {"-1;/x", "none"},
        {"5x", "none"},         {"5;url", "5 url"}, {"5;urlx", "5 urlx"},
        {"5;url=", "5 "},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct meta_refresh refresh;
        char found[128] = "none";
        if (meta_refresh(rows[i].content, strlen(rows[i].content), &refresh))
            snprintf(found, sizeof found, "%u %.*s", (unsigned)refresh.seconds, refresh.url ? (int)refresh.url_len : 1,
                     refresh.url ? refresh.url : "-");
        cr_expect_str_eq(found, rows[i].found, "'%s': %s", rows[i].content, found);
    }
}

Test(meta, robots_directives_are_a_list)
{
    static const struct {
        const char *content;
        unsigned bits;
    } rows[] = {
        {"noindex", META_NOINDEX},
        {"NoIndex , nofollow", META_NOINDEX | META_NOFOLLOW},
        {"none", META_NOINDEX | META_NOFOLLOW},
        {"index,follow,all,", 0},
        {"max-snippet:5,noarchive", META_NOARCHIVE},
        {"noindexed nofollow", 0},
        {"", 0},
        {",,none", META_NOINDEX | META_NOFOLLOW},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(meta_robots(rows[i].content, strlen(rows[i].content)), rows[i].bits, "%s", rows[i].content);
}

Test(meta, the_robots_header_may_name_an_agent)
{
    static const struct {
        const char *value;
        unsigned bits;
    } rows[] = {
        {"noindex", META_NOINDEX},
        {"forage: noindex, nofollow", META_NOINDEX | META_NOFOLLOW},
        {"FORAGE : none", META_NOINDEX | META_NOFOLLOW},
        {"other: none", 0},
        {"noindex, unavailable_after: 25 Jun 2030 15:00:00 PST", META_NOINDEX},
        {"unavailable_after: 25 Jun 2030 15:00:00 PST", 0},
        {"max-snippet: 5, noindex", META_NOINDEX},
        {"", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(meta_robots_header(rows[i].value, strlen(rows[i].value), "forage"), rows[i].bits, "%s",
                     rows[i].value);
    cr_expect_eq(meta_robots_header("forage: none", 12, NULL), 0);
}

Test(meta, the_charset_stands_behind_its_name)
{
    static const char *const rows[][2] = {
        {"text/html; charset=utf-8", "utf-8"},
        {"text/html;CHARSET = \"x y\" z", "x y"},
        {"charset=a;b", "a"},
        {"charset charset=b", "b"},
        {"charset='b", "none"},
        {"charset", "none"},
        {"charset=", "none"},
        {"text/html", "none"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = 4;
        const char *label = meta_charset(rows[i][0], strlen(rows[i][0]), &len);
        char text[64];
        snprintf(text, sizeof text, "%.*s", (int)len, label ? label : "none");
        cr_expect_str_eq(text, rows[i][1], "%s: %s", rows[i][0], text);
    }
}

Test(srcset, candidates_with_valid_descriptors_are_found)
{
    static const char *const rows[][2] = {
        {"a", "a;"},
        {"a, b", "a;b;"},
        {"a 1x, b 2x", "a;b;"},
        {"a,b 1x", "a,b;"},
        {"a,, b", "a;b;"},
        {"a 1x 2x, b", "b;"},
        {"a 100w, b 1w 1h", "a;b;"},
        {"a 1h, b 0w, c", "c;"},
        {"a (x, y), b", "b;"},
        {"a (x, y", ""},
        {" , , ", ""},
        {"data:,x 1x,b", "data:,x;b;"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct srcset srcset;
        struct srcset_candidate candidate;
        char found[128] = "";
        srcset_init(&srcset, rows[i][0], strlen(rows[i][0]));
        while (srcset_next(&srcset, &candidate))
            snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s;", (int)candidate.url_len,
                     candidate.url);
        cr_expect_str_eq(found, rows[i][1], "'%s': %s", rows[i][0], found);
    }
}
