/* Accounts in one jar. */
#include "web/account/cookies.h"

#include <criterion/criterion.h>
#include <string.h>

enum { NOW = 1700000000 };

static struct url parsed(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK);
    return url;
}

Test(cookies_account, an_account_has_cookies_of_its_own)
{
    static const struct url_part accounts[] = {{"", 0}, {"ann", 3}, {"an", 2}};
    static const char *const values[] = {"s=nobody", "s=ann", "s=an"};
    struct cookie_jar *jar = cookie_jar_new();
    struct url url = parsed("http://www.example.com/");
    struct buffer out = {0};
    cr_assert_eq(cookies_set(jar, accounts[1], &url, "t=1", 3, NOW), COOKIE_OK);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(cookies_set(jar, accounts[i], &url, values[i], strlen(values[i]), NOW), COOKIE_OK);
    cr_assert_eq(cookies_set(jar, accounts[1], &url, "t=; Max-Age=0", 13, NOW), COOKIE_OK);
    for (size_t i = 0; i < 3; i++) {
        buffer_clear(&out);
        cr_assert(cookies_header(jar, accounts[i], &url, NOW, &out));
        cr_expect_str_eq(out.data, values[i]);
    }
    buffer_clear(&out);
    cr_assert(cookie_jar_save(jar, NOW, &out));
    cr_expect(strstr(out.data, "nobody") && !strstr(out.data, "ann"), "%s", out.data);
    buffer_release(&out);
    url_release(&url);
    cookie_jar_free(jar);
}

Test(cookies_account, the_name_of_an_account_takes_no_more_room_than_a_cookie)
{
    static char name[COOKIE_BYTES_MAX];
    struct cookie_jar *jar = cookie_jar_new();
    struct url url = parsed("http://www.example.com/");
    memset(name, 'x', sizeof name);
    struct url_part most = {name, sizeof name - 2}, more = {name, sizeof name - 1};
    cr_expect_eq(cookies_set(jar, most, &url, "a=1", 3, NOW), COOKIE_OK);
    cr_expect_eq(cookies_set(jar, more, &url, "a=1", 3, NOW), COOKIE_TOO_LONG);
    url_release(&url);
    cookie_jar_free(jar);
}
