#include "crawl/scope/shape.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct shape shape(const char *text)
{
    struct url url = {0};
    struct shape s;
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK, "%s", text);
    shape_of(&s, &url, 42);
    cr_expect_eq(shape_has_token(url.href_public, strlen(url.href_public)), s.token != 0, "%s", text);
    url_release(&url);
    return s;
}

#define UUID  "550e8400-e29b-41d4-a716-446655440000"
#define UUID2 "123e4567-e89b-12d3-a456-426614174000"

Test(shape, urls_of_one_pattern_differ_in_numbers_values_and_tokens)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"http://h/cal?month=1", "http://h/cal?month=may", true},
        {"http://h/cal?month=1", "https://h/cal?month=1", true},
        {"http://h/cal?month=1", "http://h:81/cal?month=1", false},
        {"http://h/cal?month=1", "http://g/cal?month=1", false},
        {"http://h/cal?month=1", "http://h/cal?year=1", false},
        {"http://h/cal?month=1", "http://h/cal?month=1&year=2", false},
        {"http://h/cal?month=1&year=2", "http://h/cal?year=3&month=4", true},
        {"http://h/cal?a[0]=1&a[1]=2", "http://h/cal?a[7]=x", true},
        {"http://h/2031/05/", "http://h/9/12/", true},
        {"http://h/2031/05/", "http://h/2031/05", false},
        {"http://h/2031/05/", "http://h/2031/", false},
        {"http://h/v1.2/x", "http://h/v10.33/x", true},
        {"http://h/a1", "http://h/b1", false},
        {"http://h/a1b", "http://h/a1c", false},
        {"http://h/%C3%A4", "http://h/%C3%B6", false},
        {"http://h/%C3%A4", "http://h/%C3%A4%20", false},
        {"http://h/wiki?Cats", "http://h/wiki?Dogs", true},
        {"http://h/a/" UUID, "http://h/a/" UUID2, true},
        {"http://h/a/" UUID, "http://h/b/" UUID2, false},
        {"http://h/a/" UUID, "http://h/a/x", false},
        {"http://h/a;jsessionid=0A1B", "http://h/a;jsessionid=FFFF", true},
        {"http://h/a;version=x", "http://h/a;version=y", false},
        {"http://u:p@h/a", "http://h/a", true},
        {"http://h/a?", "http://h/a", true},
        {"http://h/a?&", "http://h/a?&&", true},
        {"http://h/?p=x;a=commit;h=1", "http://h/?a=log;p=y;h=2", true},
        {"http://h/?p=x;a=commit;h=1", "http://h/?p=x", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(shape(rows[i].a).pattern == shape(rows[i].b).pattern, rows[i].same, "%s and %s", rows[i].a,
                     rows[i].b);
}

Test(shape, a_token_looks_random_or_has_the_name_of_a_session)
{
    static const struct {
        const char *url;
        bool is;
    } rows[] = {
        {"http://h/?x=0123abcd4567ef89", true},
        {"http://h/?x=" UUID, true},
        {"http://h/?" UUID, true},
        {"http://h/item/" UUID "/", true},
        {"http://h/(S(lit3py55t21z5v55vlm25s55))/page.aspx", true},
        {"http://h/x.jsp;jsessionid=abcd?y", true},
        {"http://h/?sid=1234567", true},
        {"http://h/?PHPSESSID=whatever", true},
        {"http://h/?ASPSESSIONIDQQABC=ZZZZ", true},
        {"http://h/?sid=12", false},
        {"http://h/?sid=", false},
        {"http://h/?sid", false},
        {"http://h/sid/12345678", false},
        {"http://h/?x=0123456789012345678", false},
        {"http://h/?title=A_long_title_of_an_article_2020", false},
        {"http://h/2020-05-17-what-we-did-in-2020-and-2021/", false},
        {"http://h/python3.11-doc-3.11.2-6_all.deb", false},
        {"http://h/?x=a1b2c3d4", false},
        {"http://h/?x=a1b2c3d4/a1b2c3d4a1b2c3d4", false},
        {"http://a1b2c3d4a1b2c3d4a1b2c3d4/", false},
        {"http://h/", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_expect_eq(shape(rows[i].url).token != 0, rows[i].is, "%s", rows[i].url);
}

Test(shape, what_is_reduced_is_the_same_for_all_tokens_and_nothing_else)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"http://h/a?sid=11111&p=1", "http://h/a?sid=22222&p=1", true},
        {"http://h/a?sid=11111&p=1", "http://h/a?sid=22222&p=2", false},
        {"http://h/a?sid=11111&p=1", "http://h/b?sid=22222&p=1", false},
        {"http://h/" UUID "/1", "http://h/" UUID2 "/1", true},
        {"http://h/" UUID "/1", "http://h/" UUID2 "/2", false},
        {"http://h/1;sid=11111", "http://h/1;sid=22222", true},
        {"http://h/1;sid=11111", "http://h/2;sid=22222", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct shape a = shape(rows[i].a), b = shape(rows[i].b);
        cr_expect(a.token && b.token);
        cr_expect_eq(a.reduced == b.reduced, rows[i].same, "%s and %s", rows[i].a, rows[i].b);
        cr_expect_neq(a.url, b.url);
    }
    cr_expect_eq(shape("http://h/a?sid=11111").token, shape("http://h/b?x=1&sid=99999").token, "by name");
    cr_expect_neq(shape("http://h/a?sid=11111").token, shape("http://h/a?session=11111").token);
    cr_expect_neq(shape("http://h/a/" UUID).token, shape("http://h/b/" UUID).token, "by place");
}

Test(shape, parameters_are_counted_and_told_apart)
{
    static const struct {
        const char *url;
        unsigned parameters, repeated, pairs;
    } rows[] = {
        {"http://h/", 0, 0, 0},
        {"http://h/?", 0, 0, 0},
        {"http://h/?&&", 0, 0, 0},
        {"http://h/?a", 1, 1, 1},
        {"http://h/?a=1&b=2&&c", 3, 1, 3},
        {"http://h/?a=1&a=2&a=1", 3, 2, 2},
        {"http://h/?a=1;b=2", 2, 1, 2},
        {"http://h/?a=1;b", 1, 1, 1},
        {"http://h/?a=1;b=2&c=3", 2, 1, 2},
        {"http://h/?a=;a=;a=;a=", 4, 4, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct shape s = shape(rows[i].url);
        cr_expect_eq(s.parameters, rows[i].parameters, "%s: %u", rows[i].url, s.parameters);
        cr_expect_eq(s.repeated, rows[i].repeated, "%s: %u", rows[i].url, s.repeated);
        cr_expect_eq(s.pair_count, rows[i].pairs, "%s: %u", rows[i].url, s.pair_count);
    }
}

Test(shape, a_query_of_thousands_of_parameters_takes_linear_time, .timeout = 10)
{
    static char text[60001] = "http://h/?a=1";
    size_t len = strlen(text);
    for (int i = 0; len + 10 < sizeof text; i++)
        len += (size_t)sprintf(text + len, "&p%d=%d", i, i);
    for (int i = 0; i < 200; i++)
        cr_assert_gt(shape(text).parameters, 4000);
}
