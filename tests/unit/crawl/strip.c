#include "crawl/scope/strip.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *url, *left; /* LEFT is NULL where nothing changes */
};

static void check(const char *const *names, size_t name_count, const struct row *rows, size_t row_count)
{
    struct strip *strip = strip_new(names, name_count);
    for (size_t i = 0; i < row_count; i++) {
        struct url url = {0};
        cr_assert_eq(url_parse(&url, rows[i].url, strlen(rows[i].url), NULL), URL_OK, "%s", rows[i].url);
        const char *href = url.href;
        enum strip_result result = strip_query(strip, &url);
        cr_expect_eq(result, rows[i].left ? STRIP_CHANGED : STRIP_UNCHANGED, "%s", rows[i].url);
        cr_expect_str_eq(url.href, rows[i].left ? rows[i].left : rows[i].url, "%s became %s", rows[i].url, url.href);
        cr_expect(rows[i].left || url.href == href, "what does not change is not touched");
        cr_expect_eq(strip_query(strip, &url), STRIP_UNCHANGED, "%s", rows[i].url);
        url_release(&url);
    }
    strip_free(strip);
}

#define CHECK(names, rows) check(names, COUNT_OF(names), rows, COUNT_OF(rows))

Test(strip, named_parameters_are_taken_out_and_all_else_stays_as_it_is)
{
    static const char *const names[] = {"ref", "a b", "x[]", "\xc3\xa4"};
    static const struct row rows[] = {
        {"http://h/?a=1&ref=2&b=3", "http://h/?a=1&b=3"},
        {"http://h/?ref=2&b=3", "http://h/?b=3"},
        {"http://h/?b=3&ref", "http://h/?b=3"},
        {"http://h/?ref=1&b&ref=2&&ref&c=%2f%2F", "http://h/?b&&c=%2f%2F"},
        {"http://h/p?ref=/a?b", "http://h/p"},
        {"http://h/p?ref", "http://h/p"},
        {"http://h/p?&ref", "http://h/p"},
        {"http://h/p?&&ref", "http://h/p?&"},
        {"http://h/?%72ef=1&b", "http://h/?b"},
        {"http://h/?a+b=1&a%20b=2&c", "http://h/?c"},
        {"http://h/?x[]=1&x%5B%5d=2&x=3", "http://h/?x=3"},
        {"http://h/?%C3%A4=1&b", "http://h/?b"},
        {"http://u:p@h:81/;ref=1?ref=1&b", "http://u:p@h:81/;ref=1?b"},
        {"http://[::1]/?ref=1", "http://[::1]/"},
        {"http://h/", NULL},
        {"http://h/?", NULL},
        {"http://h/?&&", NULL},
        {"http://h/?REF=1&refs=2&re=3&xref=4", NULL},
        {"http://h/?a=ref&b=ref=1&c=?ref=1", NULL},
        {"http://h/?ref%00=1&ref%=2&%=3&%7=4", NULL},
        {"http://h/?=ref&=", NULL},
        {"http://h/ref=1?a=%zz", NULL},
    };
    CHECK(names, rows);
}

Test(strip, a_star_stands_for_the_rest_of_a_name)
{
    static const char *const names[] = {"utm_*", "sess*"};
    static const struct row rows[] = {
        {"http://h/?utm_source=1&a=2&utm_=3&utm=4&session=5&sess=6", "http://h/?a=2&utm=4"},
        {"http://h/?UTM_source=1&xutm_a=2&a=utm_b", NULL},
    };
    CHECK(names, rows);
}

Test(strip, a_lone_star_takes_out_the_query)
{
    static const char *const names[] = {"*"};
    static const struct row rows[] = {{"http://h/a?b=1&&c", "http://h/a"}, {"http://h/a?", "http://h/a"}};
    CHECK(names, rows);
}

Test(strip, tracking_stands_for_the_known_ones_and_may_stand_beside_others)
{
    static const char *const names[] = {"tracking", "x"};
    static const struct row rows[] = {
        {"http://h/?utm_campaign=a&gclid=b&fbclid=c&msclkid=d&dclid=e&yclid=f&mc_eid=g&mc_cid=h&_ga=i&igshid=j&id=7",
         "http://h/?id=7"},
        {"http://h/?x=1&_hsenc=2&mtm_kwd=3&_gl=4", "http://h/"},
        {"http://h/?source=1&ref=2&campaign=3&s=4&tracking=5&_g=6&gclids=7", NULL},
    };
    CHECK(names, rows);
}

Test(strip, each_known_name_is_taken_out_and_only_with_tracking)
{
    static const char *const tracking[] = {"tracking"}, *const other[] = {"other"};
    for (size_t i = 0; strip_tracking[i]; i++) {
        char text[100];
        const struct row with[] = {{text, "http://h/?a=1"}}, without[] = {{text, NULL}};
        snprintf(text, sizeof text, "http://h/?%.*s=x&a=1", (int)strcspn(strip_tracking[i], "*"), strip_tracking[i]);
        CHECK(tracking, with);
        CHECK(other, without);
    }
}

Test(strip, nothing_is_taken_out_without_names)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, "http://h/?utm_a=1", 17, NULL), URL_OK);
    cr_assert_eq(strip_query(NULL, &url), STRIP_UNCHANGED);
    struct strip *none = strip_new(NULL, 0);
    cr_assert_eq(strip_query(none, &url), STRIP_UNCHANGED);
    cr_assert_str_eq(url.href, "http://h/?utm_a=1");
    strip_free(none);
    strip_free(NULL);
    url_release(&url);
}

Test(strip, a_query_of_sixty_thousand_bytes_takes_linear_time, .timeout = 10)
{
    static char text[60001] = "http://h/?keep";
    static const char *const names[] = {"a*", "tracking"};
    size_t len = strlen(text);
    while (len + 2 < sizeof text)
        len += (size_t)sprintf(text + len, "&a");
    const struct row rows[] = {{text, "http://h/?keep"}};
    for (int i = 0; i < 20; i++)
        CHECK(names, rows);
}
