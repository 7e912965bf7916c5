#include "crawl/scope/scope.h"

#include "base/clock.h"
#include "base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct url parsed(const char *text)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK, "%s", text);
    return url;
}

static void add_seed(struct scope *scope, const char *text)
{
    struct url url = parsed(text);
    cr_assert(scope_add_seed(scope, &url));
    url_release(&url);
}

/* WHY is NULL for a link that is in scope. */
struct row {
    const char *link, *why;
};

static void check_rows(struct scope *scope, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *why = NULL;
        struct url url = parsed(rows[i].link);
        bool has = scope_has(scope, &url, &why);
        cr_expect_eq(has, !rows[i].why, "%s", rows[i].link);
        cr_expect(has ? !why : why && strcmp(why, rows[i].why) == 0, "%s: %s", rows[i].link, why ? why : "-");
        cr_expect_eq(scope_has(scope, &url, NULL), has);
        url_release(&url);
    }
}

static void check(enum forage_scope kind, const char *const *seeds, size_t seed_count, const struct row *rows,
                  size_t row_count)
{
    struct scope *scope = scope_new(kind);
    for (size_t i = 0; i < seed_count; i++)
        add_seed(scope, seeds[i]);
    check_rows(scope, rows, row_count);
    scope_free(scope);
}

#define CHECK(kind, seeds, rows) check(kind, seeds, COUNT_OF(seeds), rows, COUNT_OF(rows))

Test(scope, a_host_is_its_name_and_port_by_either_scheme)
{
    static const char *const seeds[] = {"http://www.example.org/a/b", "https://example.net:8443/", "http://[::1]/"};
    static const struct row rows[] = {
        {"http://www.example.org/", NULL},
        {"https://www.example.org/c", NULL},
        {"https://WWW.Example.org:443/c", NULL},
        {"http://user:pw@www.example.org/", NULL},
        {"http://www.example.org:8080/", "another host"},
        {"http://www.example.org:443/", "another host"},
        {"http://example.org/", "another host"},
        {"http://www.example.org./", "another host"},
        {"http://evil.org/www.example.org/", "another host"},
        {"http://www.example.org.evil.org/", "another host"},
        {"http://www.example.org@evil.org/", "another host"},
        {"https://example.net:8443/x", NULL},
        {"http://example.net:8443/x", NULL},
        {"https://example.net/", "another host"},
        {"http://[::1]/x", NULL},
        {"http://[0:0::1]:80/x", NULL},
        {"http://[::2]/x", "another host"},
        {"http://127.0.0.1/", "another host"},
    };
    CHECK(FORAGE_SCOPE_HOST, seeds, rows);
}

Test(scope, a_domain_is_what_somebody_registered)
{
    static const char *const seeds[] = {"http://www.example.co.uk/a/", "http://10.1.2.3:81/", "http://localhost/",
                                        "http://someone.github.io/",
                                        "http://b\xc3\xbc"
                                        "cher.example.org/"};
    static const struct row rows[] = {
        {"https://example.co.uk/", NULL},
        {"http://a.b.example.co.uk:8080/", NULL},
        {"http://other.co.uk/", "another domain"},
        {"http://co.uk/", "another domain"},
        {"http://notexample.co.uk/", "another domain"},
        {"http://www.example.co.uk./", "another domain"},
        {"http://10.1.2.3/", NULL},
        {"http://10.1.2.4/", "another domain"},
        {"http://9.10.1.2/", "another domain"},
        {"http://localhost:8080/", NULL},
        {"http://a.localhost/", "another domain"},
        {"http://someone.github.io/x", NULL},
        {"http://else.github.io/x", "another domain"},
        {"http://github.io/", "another domain"},
        {"http://example.org/", NULL},
        {"http://xn--bcher-kva.example.org/", NULL},
    };
    CHECK(FORAGE_SCOPE_DOMAIN, seeds, rows);
}

Test(scope, a_folder_is_the_path_up_to_its_last_slash)
{
    static const char *const seeds[] = {"http://h.org/docs/en/index.html?x=/y/z", "http://h.org/~me/pages/",
                                        "http://one.org/page", "http://h.org/docs/en/deep/er/"};
    static const struct row rows[] = {
        {"https://h.org/docs/en/", NULL},
        {"http://h.org/docs/en/a/b/c/d/e/f/g.html", NULL},
        {"http://h.org/docs/en?x", "another folder"},
        {"http://h.org/docs/", "another folder"},
        {"http://h.org/docs/english/", "another folder"},
        {"http://h.org/docs/EN/", "another folder"},
        {"http://h.org/", "another folder"},
        {"http://h.org/x/docs/en/", "another folder"},
        {"http://h.org/docs/en/../de/", "another folder"},
        {"http://h.org/docs//en/", "another folder"},
        {"http://h.org/%7Eme/pages/x", NULL},
        {"http://h.org/%7eme/p%61ges/x", NULL},
        {"http://h.org/~me%2Fpages/x", "another folder"},
        {"http://one.org/", NULL},
        {"http://one.org/anything/at/all", NULL},
        {"http://two.org/docs/en/", "another host"},
        {"http://h.org:81/docs/en/", "another host"},
    };
    CHECK(FORAGE_SCOPE_FOLDER, seeds, rows);
}

Test(scope, what_a_page_needs_may_be_in_another_folder_of_the_host)
{
    struct scope *scope = scope_new(FORAGE_SCOPE_FOLDER);
    struct url image = parsed("http://h.org/img/a.png"), other = parsed("http://cdn.org/docs/a.png");
    const char *why = NULL;
    add_seed(scope, "http://h.org/docs/");
    cr_assert(scope_has_requisite(scope, &image, &why) && !why);
    cr_assert_not(scope_has(scope, &image, &why));
    cr_assert_str_eq(why, "another folder");
    cr_assert_not(scope_has_requisite(scope, &other, &why));
    cr_assert_str_eq(why, "another host");
    url_release(&image);
    url_release(&other);
    scope_free(scope);
}

Test(scope, a_list_names_hosts_of_any_port)
{
    static const char *const seeds[] = {"http://a.org/x/", "http://b.org:81/"};
    static const struct row rows[] = {
        {"https://a.org:8080/", NULL}, {"http://b.org/", NULL}, {"http://www.a.org/", "another host"}};
    CHECK(FORAGE_SCOPE_LIST, seeds, rows);
}

Test(scope, any_host_is_any)
{
    struct scope *scope = scope_new(FORAGE_SCOPE_ANY);
    static const struct row rows[] = {{"http://a.org/", NULL}, {"http://127.0.0.1:1/", NULL}};
    check_rows(scope, rows, COUNT_OF(rows));
    scope_free(scope);
}

Test(scope, nothing_is_in_scope_before_a_seed_and_seeds_may_come_later)
{
    static const struct row before[] = {{"http://a.org/x/", "another folder"}, {"http://b.org/", "another host"}};
    static const struct row after[] = {{"http://a.org/x/", NULL}, {"http://b.org/", NULL}};
    struct scope *scope = scope_new(FORAGE_SCOPE_FOLDER);
    add_seed(scope, "http://a.org/y/");
    check_rows(scope, before, COUNT_OF(before));
    add_seed(scope, "http://a.org/x/");
    add_seed(scope, "http://b.org/");
    check_rows(scope, after, COUNT_OF(after));
    scope_free(scope);
}

Test(scope, a_host_of_the_longest_length_has_a_domain_or_is_its_own)
{
    char text[700] = "http://";
    for (int i = 0; i < 300; i++)
        strcat(text, "a.");
    strcat(text, "org/");
    struct scope *scope = scope_new(FORAGE_SCOPE_DOMAIN);
    const struct row rows[] = {{text, NULL}, {"http://a.org/", "another domain"}};
    add_seed(scope, text);
    check_rows(scope, rows, COUNT_OF(rows));
    scope_free(scope);
}

/* Linear: a path of 32,000 folders is walked once for each link, and only as deep as a seed's folder is. */
Test(scope, a_path_of_many_folders_takes_linear_time, .timeout = 20)
{
    enum { FOLDERS = 30000 };
    static char text[16 + 2 * FOLDERS];
    strcpy(text, "http://h.org/");
    size_t len = strlen(text);
    for (int i = 0; i < FOLDERS; i++, len += 2)
        memcpy(text + len, "a/", 3);
    struct scope *scope = scope_new(FORAGE_SCOPE_FOLDER);
    add_seed(scope, text);
    struct url below = parsed(text), beside = parsed("http://h.org/a/a/");
    for (int i = 0; i < 100; i++)
        cr_assert(scope_has(scope, &below, NULL));
    cr_assert_not(scope_has(scope, &beside, NULL));
    url_release(&below);
    url_release(&beside);
    scope_free(scope);
}

Test(scope, a_million_seeds_are_added_and_asked_for_in_seconds, .timeout = 60)
{
    enum { SEEDS = 1000000 };
    struct scope *scope = scope_new(FORAGE_SCOPE_DOMAIN);
    struct url url = parsed("http://www.host0000000.org/");
    char *digits = (char *)(uintptr_t)strstr(url.host.at, "0000000");
    int64_t begin = clock_ms();
    for (int i = 0; i < SEEDS; i++) {
        for (int n = i, k = 6; k >= 0; k--, n /= 10)
            digits[k] = (char)('0' + n % 10);
        cr_assert(scope_add_seed(scope, &url));
    }
    cr_assert(scope_has(scope, &url, NULL));
    memcpy(digits, "1000000", 7);
    cr_assert_not(scope_has(scope, &url, NULL));
    cr_log_info("%d seeds in %d ms", SEEDS, (int)(clock_ms() - begin));
    url_release(&url);
    scope_free(scope);
}
