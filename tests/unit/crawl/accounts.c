/* Which account a URL gets that was found where the user has one. */
#include "crawl/discovery/accounts.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct url url_of(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK, "%s", text);
    return url;
}

static void add(struct accounts *accounts, const char *text)
{
    struct url url = url_of(text);
    cr_assert(accounts_add(accounts, &url));
    url_release(&url);
}

Test(accounts, a_url_gets_the_account_of_its_origin_and_of_no_other)
{
    static const struct {
        const char *url, *with;
    } rows[] = {
        {"http://a.test/page?q=1", "http://me:s%20cret@a.test/page?q=1"},
        {"https://a.test/page", NULL},
        {"http://a.test:8080/page", "http://other:x@a.test:8080/page"},
        {"http://b.a.test/page", NULL},
        {"http://c.test/", NULL},
    };
    struct accounts accounts = {0};
    add(&accounts, "http://me:s%20cret@a.test/x");
    add(&accounts, "http://second:y@a.test/x");
    add(&accounts, "http://other:x@a.test:8080/");
    add(&accounts, "http://c.test/");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url = url_of(rows[i].url);
        bool has = accounts_put_in(&accounts, &url);
        cr_expect_eq(has, rows[i].with != NULL, "%s", rows[i].url);
        cr_expect_str_eq(url.href, rows[i].with ? rows[i].with : rows[i].url);
        url_release(&url);
    }
    accounts_release(&accounts);
}

Test(accounts, a_password_without_a_user_is_an_account)
{
    struct accounts accounts = {0};
    add(&accounts, "http://:only@a.test/");
    struct url url = url_of("http://a.test/page");
    cr_assert(accounts_put_in(&accounts, &url));
    cr_expect_str_eq(url.href, "http://:only@a.test/page");
    url_release(&url);
    accounts_release(&accounts);
}

/* A list may have an account in each line. */
Test(accounts, of_many_each_is_found)
{
    enum { MANY = 20000 };
    struct accounts accounts = {0};
    char text[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, "http://u%d:p@h%d.test/", i, i);
        add(&accounts, text);
    }
    for (int i = 0; i < MANY; i += 97) {
        char expected[64];
        snprintf(text, sizeof text, "http://h%d.test/", i);
        snprintf(expected, sizeof expected, "http://u%d:p@h%d.test/", i, i);
        struct url url = url_of(text);
        cr_expect(accounts_put_in(&accounts, &url));
        cr_expect_str_eq(url.href, expected);
        url_release(&url);
    }
    accounts_release(&accounts);
}
