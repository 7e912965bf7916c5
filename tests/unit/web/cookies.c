#include "web/account/cookies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOW  1700000000
#define DAYS 86400

static struct url parsed(const char *text)
{
    struct url url = {0};
    enum url_status status = url_parse(&url, text, strlen(text), NULL);
    cr_assert_eq(status, URL_OK, "%s: %s", text, url_status_text(status));
    return url;
}

static enum cookie_status set_at(struct cookie_jar *jar, const char *from, const char *cookie, int64_t now)
{
    struct url url = parsed(from);
    enum cookie_status status = cookies_set(jar, COOKIE_NO_ACCOUNT, &url, cookie, strlen(cookie), now);
    url_release(&url);
    return status;
}

static enum cookie_status set(struct cookie_jar *jar, const char *from, const char *cookie)
{
    return set_at(jar, from, cookie, NOW);
}

static bool sends_at(struct cookie_jar *jar, const char *to, const char *header, int64_t now)
{
    struct url url = parsed(to);
    struct buffer out = {0};
    bool ok = cookies_header(jar, COOKIE_NO_ACCOUNT, &url, now, &out) && strcmp(buffer_text(&out), header) == 0;
    if (!ok)
        cr_log_error("to %s: '%s' instead of '%s'", to, buffer_text(&out), header);
    buffer_release(&out);
    url_release(&url);
    return ok;
}

static bool sends(struct cookie_jar *jar, const char *to, const char *header)
{
    return sends_at(jar, to, header, NOW);
}

struct trip {
    const char *from, *cookie, *to, *header;
};

/* Each row with a jar of its own: what is sent to TO after COOKIE came from FROM. */
static int wrong_trips(const struct trip *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct cookie_jar *jar = cookie_jar_new();
        enum cookie_status status = set(jar, rows[i].from, rows[i].cookie);
        if (!sends(jar, rows[i].to, rows[i].header)) {
            cr_log_error("row %zu, %s from %s: %s", i, rows[i].cookie, rows[i].from, cookie_status_text(status));
            wrong++;
        }
        cookie_jar_free(jar);
    }
    return wrong;
}

Test(cookies, a_cookie_goes_to_the_hosts_that_its_domain_names)
{
    static const struct trip rows[] = {
        {"http://a.example.com/", "k=v", "http://a.example.com/", "k=v"},
        {"http://a.example.com/", "k=v", "http://A.EXAMPLE.com:8080/", "k=v"},
        {"http://a.example.com/", "k=v", "http://b.a.example.com/", ""},
        {"http://a.example.com/", "k=v", "http://example.com/", ""},
        {"http://a.example.com/", "k=v", "http://xa.example.com/", ""},
        {"http://a.example.com/", "k=v; domain=example.com", "http://b.example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=.Example.COM", "http://example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=example.com", "http://x.y.z.example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=example.com", "http://badexample.com/", ""},
        {"http://a.example.com/", "k=v; Domain=example.com", "http://example.com.evil.com/", ""},
        {"http://a.example.com/", "k=v; Domain=a.example.com", "http://example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=a.example.com", "http://b.a.example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=b.example.com", "http://b.example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=b.a.example.com", "http://b.a.example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=ample.com", "http://ample.com/", ""},
        {"http://a.example.com/", "k=v; Domain=", "http://a.example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=.", "http://b.a.example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=..example.com", "http://a.example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=evil.com; Domain=example.com", "http://example.com/", "k=v"},
        {"http://a.example.com/", "k=v; Domain=example.com; Domain=evil.com", "http://example.com/", ""},
        {"http://a.example.com/", "k=v; Domain=example.com; Domain", "http://example.com/", ""},
        {"http://b\xc3\xbc"
         "cher.example/",
         "k=v", "http://xn--bcher-kva.example/", "k=v"},
        {"http://a.b\xc3\xbc"
         "cher.example/",
         "k=v; Domain=xn--bcher-kva.example", "http://xn--bcher-kva.example/", "k=v"},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

/* Row 13 of what hurt other clients: a cookie for all of co.uk (curl CVE-2023-46218), a dot that hides it
 * (CVE-2022-27779). */
Test(cookies, no_cookie_is_for_a_public_suffix_however_it_is_written)
{
    static const struct trip rows[] = {
        {"http://a.co.uk/", "k=v; Domain=co.uk", "http://a.co.uk/", ""},
        {"http://a.co.uk/", "k=v; Domain=Co.UK", "http://b.co.uk/", ""},
        {"http://a.co.uk/", "k=v; Domain=.co.uk", "http://b.co.uk/", ""},
        {"http://a.co.uk/", "k=v; Domain=uk", "http://a.co.uk/", ""},
        {"http://a.co.uk/", "k=v; Domain=co.uk.", "http://a.co.uk/", ""},
        {"http://a.co.uk./", "k=v; Domain=co.uk.", "http://b.co.uk./", ""},
        {"http://a.co.uk./", "k=v; Domain=uk.", "http://b.co.uk./", ""},
        {"http://a.co.uk./", "k=v; Domain=co.uk", "http://b.co.uk/", ""},
        {"http://a.com./", "k=v; Domain=.", "http://b.com./", ""},
        {"http://a.com/", "k=v; Domain=com", "http://b.com/", ""},
        {"http://me.github.io/", "k=v; Domain=github.io", "http://you.github.io/", ""},
        {"http://a.nosuchtld/", "k=v; Domain=nosuchtld", "http://b.nosuchtld/", ""},
        {"http://x.xn--55qx5d.cn/", "k=v; Domain=xn--55qx5d.cn", "http://y.xn--55qx5d.cn/", ""},
        {"http://x.y.kawasaki.jp/", "k=v; Domain=y.kawasaki.jp", "http://z.y.kawasaki.jp/", ""},
        /* A host that is a public suffix itself has its cookies for itself only. */
        {"http://github.io/", "k=v; Domain=github.io", "http://github.io/", "k=v"},
        {"http://github.io/", "k=v; Domain=github.io", "http://you.github.io/", ""},
        {"http://localhost/", "k=v; Domain=localhost", "http://localhost:81/", "k=v"},
        {"http://localhost/", "k=v; Domain=localhost", "http://a.localhost/", ""},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, a_dot_at_the_end_of_a_host_makes_it_another_host)
{
    static const struct trip rows[] = {
        {"http://a.example.com./", "k=v", "http://a.example.com./", "k=v"},
        {"http://a.example.com./", "k=v", "http://a.example.com/", ""},
        {"http://a.example.com/", "k=v", "http://a.example.com./", ""},
        {"http://a.example.com/", "k=v; Domain=example.com", "http://a.example.com./", ""},
        {"http://a.example.com/", "k=v; Domain=example.com.", "http://a.example.com/", ""},
        {"http://a.example.com./", "k=v; Domain=example.com", "http://a.example.com/", ""},
        {"http://a.example.com./", "k=v; Domain=a.example.com.", "http://a.example.com./", ""},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, an_address_has_cookies_for_itself_only)
{
    static const struct trip rows[] = {
        {"http://127.0.0.1/", "k=v", "http://127.0.0.1:8080/", "k=v"},
        {"http://127.0.0.1/", "k=v; Domain=127.0.0.1", "http://127.0.0.1/", "k=v"},
        {"http://127.0.0.1/", "k=v; Domain=0.0.1", "http://127.0.0.1/", ""},
        {"http://127.0.0.1/", "k=v; Domain=1", "http://127.0.0.1/", ""},
        {"http://127.0.0.1/", "k=v", "http://0x7f.1/", "k=v"},
        {"http://127.0.0.1/", "k=v", "http://1.127.0.0.1.example/", ""},
        {"http://[::1]/", "k=v", "http://[0:0::1]/", "k=v"},
        {"http://[::1]/", "k=v; Domain=[::1]", "http://[::1]/", "k=v"},
        {"http://[::1]/", "k=v; Domain=1]", "http://[::1]/", ""},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, a_refusal_says_why)
{
    static const struct {
        const char *from, *cookie;
        enum cookie_status status;
    } rows[] = {
        {"http://127.0.0.1/", "k=v; Domain=0.0.1", COOKIE_DOMAIN},
        {"http://[::1]/", "k=v; Domain=1]", COOKIE_DOMAIN},
        {"http://a.example.com/", "k=v; Domain=b.example.com", COOKIE_DOMAIN},
        {"http://a.example.com/", "k=v; Domain=example.com.", COOKIE_DOMAIN},
        {"http://a.co.uk/", "k=v; Domain=co.uk", COOKIE_PUBLIC_SUFFIX},
        {"http://a.co.uk/", "k=v; Domain=a.co.uk", COOKIE_OK},
        {"http://a.example/", "k", COOKIE_SYNTAX},
        {"http://a.example/", "=v", COOKIE_SYNTAX},
        {"http://a.example/", "k=v; Secure", COOKIE_INSECURE},
        {"https://a.example/", "__Secure-k=v", COOKIE_PREFIX},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cookie_jar *jar = cookie_jar_new();
        enum cookie_status status = set(jar, rows[i].from, rows[i].cookie);
        if (status != rows[i].status || cookie_jar_count(jar) != (status == COOKIE_OK)) {
            cr_log_error("%s from %s: %s", rows[i].cookie, rows[i].from, cookie_status_text(status));
            wrong++;
        }
        cookie_jar_free(jar);
    }
    cr_assert_eq(wrong, 0);
}

Test(cookies, a_cookie_goes_below_its_path_and_by_default_below_the_folder_it_came_from)
{
    static const struct trip rows[] = {
        {"http://x.example/a/b", "k=v", "http://x.example/a", "k=v"},
        {"http://x.example/a/b", "k=v", "http://x.example/a/", "k=v"},
        {"http://x.example/a/b", "k=v", "http://x.example/a/c/d?q", "k=v"},
        {"http://x.example/a/b", "k=v", "http://x.example/ab", ""},
        {"http://x.example/a/b", "k=v", "http://x.example/", ""},
        {"http://x.example/a/b/?c/d", "k=v", "http://x.example/a/b/c", "k=v"},
        {"http://x.example/a/b/?c/d", "k=v", "http://x.example/a/", ""},
        {"http://x.example/a", "k=v", "http://x.example/", "k=v"},
        {"http://x.example", "k=v", "http://x.example/z", "k=v"},
        {"http://x.example/a/b", "k=v; Path=/", "http://x.example/z", "k=v"},
        {"http://x.example/a/b", "k=v; path=/q/", "http://x.example/q/z", "k=v"},
        {"http://x.example/a/b", "k=v; path=/q/", "http://x.example/q", ""},
        {"http://x.example/a/b", "k=v; Path=/q", "http://x.example/q", "k=v"},
        {"http://x.example/a/b", "k=v; Path=/q", "http://x.example/q?x", "k=v"},
        {"http://x.example/a/b", "k=v; Path=/q", "http://x.example/Q", ""},
        {"http://x.example/a/b", "k=v; Path=q", "http://x.example/a/", "k=v"},
        {"http://x.example/a/b", "k=v; Path=/; Path", "http://x.example/", ""},
        {"http://x.example/a/b", "k=v; Path=/q; Path=/r", "http://x.example/r", "k=v"},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, names_and_values_are_taken_as_they_are_without_the_blanks_around)
{
    static const struct trip rows[] = {
        {"http://x.example/", " \tk \t= v w\t; Path=/", "http://x.example/", "k=v w"},
        {"http://x.example/", "k=", "http://x.example/", "k="},
        {"http://x.example/", "k==v=", "http://x.example/", "k==v="},
        {"http://x.example/", "k=\"a b\"", "http://x.example/", "k=\"a b\""},
        {"http://x.example/", "k=v,w", "http://x.example/", "k=v,w"},
        {"http://x.example/", "K=\xc3\xbc", "http://x.example/", "K=\xc3\xbc"},
        {"http://x.example/", "k=v;;;=;==; =x;HTTPONLY;unknown=1;SameSite=Strict;", "http://x.example/", "k=v"},
        {"http://x.example/", "k", "http://x.example/", ""},
        {"http://x.example/", "=v", "http://x.example/", ""},
        {"http://x.example/", " = ", "http://x.example/", ""},
        {"http://x.example/", "", "http://x.example/", ""},
        {"http://x.example/", "k; Path=/", "http://x.example/", ""},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, a_control_character_anywhere_spoils_a_cookie)
{
    struct url url = parsed("http://x.example/");
    struct cookie_jar *jar = cookie_jar_new();
    for (int c = 0; c < 0x80; c++) {
        bool is_control = (c < ' ' && c != '\t') || c == 0x7f;
        char name[] = "ka=v", value[] = "k=vav", attribute[] = "k=v; Path=/a; a";
        name[1] = value[3] = attribute[11] = attribute[14] = (char)c;
        if (c != ';' && c != '=' && c != '\t') {
            cr_assert_eq(cookies_set(jar, COOKIE_NO_ACCOUNT, &url, name, sizeof name - 1, NOW) == COOKIE_CONTROL,
                         is_control, "%d", c);
            cr_assert_eq(cookies_set(jar, COOKIE_NO_ACCOUNT, &url, value, sizeof value - 1, NOW) == COOKIE_CONTROL,
                         is_control, "%d", c);
            cr_assert_eq(cookies_set(jar, COOKIE_NO_ACCOUNT, &url, attribute, sizeof attribute - 1, NOW) ==
                             COOKIE_CONTROL,
                         is_control);
        }
    }
    cookie_jar_free(jar);
    jar = cookie_jar_new();
    cr_assert_eq(set(jar, "http://x.example/", "k=v\tw"), COOKIE_CONTROL);
    cr_assert_eq(set(jar, "http://x.example/", "k\tl=v"), COOKIE_CONTROL);
    cr_assert_eq(set(jar, "http://x.example/", "k=v; Path=/a\tb"), COOKIE_CONTROL);
    cr_assert_eq(set(jar, "http://x.example/", "k=v\r\nX-Injected: 1"), COOKIE_CONTROL);
    cr_assert_eq(cookie_jar_count(jar), 0);
    cookie_jar_free(jar);
    url_release(&url);
}

Test(cookies, secure_is_for_https_and_prefixes_keep_their_promise)
{
    static const struct trip rows[] = {
        {"https://x.example/", "k=v; Secure", "https://x.example/", "k=v"},
        {"https://x.example/", "k=v; Secure", "http://x.example/", ""},
        {"https://x.example/", "k=v; secure=no", "http://x.example/", ""},
        {"http://x.example/", "k=v; Secure", "https://x.example/", ""},
        {"http://x.example/", "k=v", "https://x.example/", "k=v"},
        {"https://x.example/", "k=v", "http://x.example/", "k=v"},
        {"https://x.example/", "__Secure-k=v; Secure", "https://x.example/", "__Secure-k=v"},
        {"https://x.example/", "__Secure-k=v", "https://x.example/", ""},
        {"https://x.example/", "__SECURE-k=v", "https://x.example/", ""},
        {"http://x.example/", "__Secure-k=v; Secure", "https://x.example/", ""},
        {"https://x.example/", "__Host-k=v; Secure; Path=/", "https://x.example/", "__Host-k=v"},
        {"https://x.example/", "__host-k=v; Secure; Path=/", "https://x.example/", "__host-k=v"},
        {"https://x.example/", "__Host-k=v; Secure", "https://x.example/", ""},
        {"https://x.example/", "__Host-k=v; Secure; Path=/a", "https://x.example/a", ""},
        {"https://x.example/", "__Host-k=v; Path=/", "https://x.example/", ""},
        {"https://a.example.com/", "__Host-k=v; Secure; Path=/; Domain=example.com", "https://a.example.com/", ""},
        {"https://a.example.com/", "__Host-k=v; Secure; Path=/; Domain=a.example.com", "https://a.example.com/", ""},
        {"https://x.example/", "_Host-k=v", "https://x.example/", "_Host-k=v"},
    };
    cr_assert_eq(wrong_trips(rows, COUNT_OF(rows)), 0);
}

Test(cookies, plain_http_does_not_lay_a_cookie_over_a_secure_one)
{
    struct cookie_jar *jar = cookie_jar_new();
    cr_assert_eq(set(jar, "https://a.example.com/", "k=good; Secure; Path=/"), COOKIE_OK);
    cr_assert_eq(set(jar, "https://a.example.com/", "deep=good; Secure; Path=/login"), COOKIE_OK);
    cr_assert_eq(set(jar, "http://a.example.com/", "k=bad; Path=/"), COOKIE_INSECURE);
    cr_assert_eq(set(jar, "http://a.example.com/", "k=bad; Path=/deeper"), COOKIE_INSECURE);
    cr_assert_eq(set(jar, "http://a.example.com/", "k=bad; Domain=example.com; Path=/"), COOKIE_INSECURE);
    cr_assert_eq(set(jar, "http://b.a.example.com/", "k=bad; Path=/"), COOKIE_INSECURE);
    cr_assert_eq(set(jar, "http://a.example.com/", "k=; Max-Age=0; Path=/"), COOKIE_INSECURE);
    cr_assert_eq(set(jar, "http://b.example.com/", "k=other; Path=/"), COOKIE_OK);
    cr_assert_eq(set(jar, "http://a.example.com/", "K=other; Path=/"), COOKIE_OK);
    cr_assert_eq(set(jar, "http://a.example.com/", "deep=shallow; Path=/"), COOKIE_OK);
    cr_assert(sends(jar, "https://a.example.com/", "k=good; K=other; deep=shallow"));
    cr_assert(sends(jar, "https://a.example.com/login", "deep=good; k=good; K=other; deep=shallow"));
    cr_assert_eq(set(jar, "https://a.example.com/", "k=plain; Path=/"), COOKIE_OK);
    cr_assert(sends(jar, "http://a.example.com/", "k=plain; K=other; deep=shallow"));
    cookie_jar_free(jar);
}

Test(cookies, max_age_wins_over_expires_and_the_last_of_each_counts)
{
    static const struct {
        const char *cookie;
        int64_t lasts; /* seconds; 0: is not kept; -1: at least for ever and a day */
    } rows[] = {
        {"k=v", -1},
        {"k=v; Max-Age=100", 100},
        {"k=v; max-age=0", 0},
        {"k=v; Max-Age=-1", 0},
        {"k=v; Max-Age=-99999999999999999999", 0},
        {"k=v; Max-Age=99999999999999999999", 400 * DAYS},
        {"k=v; Max-Age=1; Max-Age=50", 50},
        {"k=v; Max-Age=", -1},
        {"k=v; Max-Age=-", -1},
        {"k=v; Max-Age=+5", -1},
        {"k=v; Max-Age=5s", -1},
        {"k=v; Max-Age=0x5", -1},
        {"k=v; Max-Age=50; Max-Age=junk", 50},
        {"k=v; Expires=Tue, 14 Nov 2023 22:15:00 GMT", 100},
        {"k=v; Expires=Tue, 14-Nov-2023 22:15:00 GMT", 100},
        {"k=v; Expires=Tuesday, 14-Nov-23 22:15:00 GMT", 100},
        {"k=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"k=v; Expires=Fri, 31 Dec 9999 23:59:59 GMT", 400 * DAYS},
        {"k=v; Expires=0", -1},
        {"k=v; Expires=soon", -1},
        {"k=v; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=100", 100},
        {"k=v; Max-Age=100; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 100},
        {"k=v; Max-Age=0; Expires=Fri, 31 Dec 9999 23:59:59 GMT", 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct cookie_jar *jar = cookie_jar_new();
        cr_assert_eq(set(jar, "http://x.example/", rows[i].cookie), COOKIE_OK, "%s", rows[i].cookie);
        int64_t lasts = rows[i].lasts < 0 ? 400000LL * DAYS : rows[i].lasts;
        cr_assert(sends_at(jar, "http://x.example/", lasts ? "k=v" : "", NOW), "%s", rows[i].cookie);
        cr_assert(lasts == 0 || sends_at(jar, "http://x.example/", "k=v", NOW + lasts - 1), "%s", rows[i].cookie);
        cr_assert(rows[i].lasts < 0 || sends_at(jar, "http://x.example/", "", NOW + lasts), "%s", rows[i].cookie);
        cookie_jar_free(jar);
    }
}

Test(cookies, a_cookie_replaces_and_deletes_only_the_one_of_the_same_name_domain_and_path)
{
    struct cookie_jar *jar = cookie_jar_new();
    set(jar, "http://a.example.com/", "k=host");
    set(jar, "http://a.example.com/", "k=domain; Domain=a.example.com");
    set(jar, "http://a.example.com/", "k=path; Path=/p");
    set(jar, "http://a.example.com/", "l=other");
    cr_assert(sends(jar, "http://a.example.com/p", "k=path; k=host; k=domain; l=other"));
    set(jar, "http://a.example.com/", "k=new; Max-Age=100");
    cr_assert(sends(jar, "http://a.example.com/p", "k=path; k=new; k=domain; l=other"), "a new value keeps its place");
    set(jar, "http://a.example.com/", "k=; Max-Age=0");
    cr_assert(sends(jar, "http://a.example.com/p", "k=path; k=domain; l=other"));
    set(jar, "http://a.example.com/", "k=; Max-Age=0; Domain=a.example.com");
    set(jar, "http://a.example.com/", "k=; Max-Age=0; Path=/p");
    set(jar, "http://b.example.com/", "l=; Max-Age=0");
    cr_assert(sends(jar, "http://a.example.com/p", "l=other"));
    cr_assert_eq(cookie_jar_count(jar), 1);
    cookie_jar_free(jar);
}

Test(cookies, longer_paths_come_first_and_then_older_cookies)
{
    struct cookie_jar *jar = cookie_jar_new();
    set(jar, "http://a.example.com/", "one=1; Path=/");
    set(jar, "http://a.example.com/", "two=2; Path=/d/e");
    set(jar, "http://a.example.com/", "three=3; Path=/; Domain=example.com");
    set(jar, "http://a.example.com/", "four=4; Path=/d");
    set(jar, "http://a.example.com/", "five=5; Path=/d/e; Domain=example.com");
    cr_assert(sends(jar, "http://a.example.com/d/e/f", "two=2; five=5; four=4; one=1; three=3"));
    cr_assert(sends(jar, "http://b.example.com/d/e/f", "five=5; three=3"));
    cr_assert(sends(jar, "http://other.example.net/d/e/f", ""));
    cookie_jar_free(jar);
}

Test(cookies, two_jars_know_nothing_of_each_other)
{
    struct cookie_jar *one = cookie_jar_new(), *other = cookie_jar_new();
    set(one, "https://x.example/", "session=alice; Secure");
    set(other, "https://x.example/", "session=bob; Secure");
    cr_assert(sends(one, "https://x.example/", "session=alice"));
    cr_assert(sends(other, "https://x.example/", "session=bob"));
    set(one, "https://x.example/", "session=; Max-Age=0; Secure");
    cr_assert(sends(one, "https://x.example/", ""));
    cr_assert(sends(other, "https://x.example/", "session=bob"));
    cookie_jar_free(one);
    cookie_jar_free(other);
}

/* BEFORE, LEN letters, AFTER. */
static void lengthy(struct buffer *out, const char *before, size_t len, const char *after)
{
    buffer_clear(out);
    buffer_append_text(out, before);
    for (size_t i = 0; i < len; i++)
        buffer_append_char(out, 'x');
    buffer_append_text(out, after);
}

Test(cookies, what_is_too_long_is_refused)
{
    struct cookie_jar *jar = cookie_jar_new();
    struct buffer text = {0};
    lengthy(&text, "k=", COOKIE_BYTES_MAX - 1, "");
    cr_assert_eq(set(jar, "http://a.example/", buffer_text(&text)), COOKIE_OK);
    lengthy(&text, "k=", COOKIE_BYTES_MAX, "");
    cr_assert_eq(set(jar, "http://b.example/", buffer_text(&text)), COOKIE_TOO_LONG);
    lengthy(&text, "", COOKIE_BYTES_MAX + 1, "=v");
    cr_assert_eq(set(jar, "http://b.example/", buffer_text(&text)), COOKIE_TOO_LONG);
    lengthy(&text, "k=v; Path=/", COOKIE_PATH_MAX, "");
    cr_assert_eq(set(jar, "http://c.example/", buffer_text(&text)), COOKIE_OK);
    cr_assert(sends(jar, "http://c.example/", "k=v"), "an attribute that is too long counts as not written");
    lengthy(&text, "http://d.example/", COOKIE_PATH_MAX, "/page");
    cr_assert_eq(set(jar, buffer_text(&text), "k=v"), COOKIE_TOO_LONG);
    lengthy(&text, "http://", 60000, ".example/");
    cr_assert_eq(set(jar, buffer_text(&text), "k=v"), COOKIE_DOMAIN);
    cr_assert(sends(jar, buffer_text(&text), ""));
    lengthy(&text, "k=v; Domain=", 1000, "");
    cr_assert_eq(set(jar, "http://e.example/", buffer_text(&text)), COOKIE_DOMAIN);
    cr_assert_eq(cookie_jar_count(jar), 2);
    buffer_release(&text);
    cookie_jar_free(jar);
}

Test(cookies, a_request_carries_no_more_than_a_server_takes)
{
    struct cookie_jar *jar = cookie_jar_new();
    struct buffer text = {0}, out = {0};
    for (int i = 0; i < COOKIES_PER_DOMAIN; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d=", i);
        lengthy(&text, name, 1000, "");
        cr_assert_eq(set(jar, "http://a.example/", buffer_text(&text)), COOKIE_OK);
    }
    struct url url = parsed("http://a.example/");
    buffer_append_text(&out, "before ");
    cr_assert(cookies_header(jar, COOKIE_NO_ACCOUNT, &url, NOW, &out));
    cr_assert_leq(out.len, 7 + COOKIE_HEADER_MAX);
    cr_assert_geq(out.len, 7 + COOKIE_HEADER_MAX - 1010);
    cr_assert_eq(strncmp(buffer_text(&out), "before k0=", 10), 0);
    url_release(&url);
    buffer_release(&text);
    buffer_release(&out);
    cookie_jar_free(jar);
}

/* The formats are the tests' own; each has one %d. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t fill(struct cookie_jar *jar, const char *url_format, const char *cookie_format, int from, int to)
{
    size_t kept = 0;
    for (int i = from; i < to; i++) {
        char url[64], cookie[64];
        snprintf(url, sizeof url, url_format, i);
        snprintf(cookie, sizeof cookie, cookie_format, i);
        kept += set(jar, url, cookie) == COOKIE_OK;
    }
    return kept;
}
#pragma GCC diagnostic pop

Test(cookies, a_full_domain_drops_what_expired_and_then_what_was_not_used_longest)
{
    struct cookie_jar *jar = cookie_jar_new();
    set(jar, "http://a.example/", "first=1; Path=/first");
    set(jar, "http://a.example/", "second=2; Path=/second");
    set(jar, "http://a.example/", "short=3; Path=/short; Max-Age=10");
    fill(jar, "http://a.example/?%d", "k%d=v; Path=/rest", 3, COOKIES_PER_DOMAIN);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_PER_DOMAIN);
    cr_assert_eq(set_at(jar, "http://a.example/", "more=1; Path=/more", NOW + 11), COOKIE_OK);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_PER_DOMAIN);
    cr_assert(sends(jar, "http://a.example/first", "first=1"), "the expired one went");
    cr_assert_eq(set(jar, "http://a.example/", "again=1; Path=/more"), COOKIE_OK);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_PER_DOMAIN);
    cr_assert(sends(jar, "http://a.example/first", "first=1"), "it was used since");
    cr_assert(sends(jar, "http://a.example/second", ""));
    cookie_jar_free(jar);
}

Test(cookies, plain_http_pushes_no_secure_cookie_out)
{
    struct cookie_jar *jar = cookie_jar_new();
    cr_assert_eq(fill(jar, "https://a.example/?%d", "s%d=v; Secure; Path=/s", 0, COOKIES_PER_DOMAIN - 1),
                 COOKIES_PER_DOMAIN - 1);
    cr_assert_eq(fill(jar, "http://a.example/?%d", "k%d=v; Path=/k", 0, 500), 500);
    cr_assert(sends(jar, "https://a.example/k", "k499=v"));
    cr_assert_eq(set(jar, "https://a.example/", "last=v; Secure; Path=/s"), COOKIE_OK);
    cr_assert_eq(set(jar, "http://a.example/", "k=v"), COOKIE_FULL);
    cr_assert_eq(set(jar, "https://a.example/", "next=v; Secure; Path=/t"), COOKIE_OK);
    cr_assert(sends(jar, "https://a.example/t", "next=v"));
    cr_assert_eq(cookie_jar_count(jar), COOKIES_PER_DOMAIN);
    cookie_jar_free(jar);
}

/* One hostile site with a name server of its own has hosts without end. */
Test(cookies, a_flood_from_one_site_leaves_the_others_alone)
{
    struct cookie_jar *jar = cookie_jar_new();
    set(jar, "https://bank.example/", "login=1");
    cr_assert_eq(fill(jar, "http://h%d.evil.com/", "k%d=v", 0, 2 * COOKIES_MAX), 2 * COOKIES_MAX);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_PER_SITE + 1);
    cr_assert(sends(jar, "https://bank.example/", "login=1"));
    cr_assert(sends(jar, "http://h5999.evil.com/", "k5999=v"));
    cr_assert(sends(jar, "http://h0.evil.com/", ""));
    cookie_jar_free(jar);
}

Test(cookies, a_full_jar_drops_what_was_not_used_longest)
{
    struct cookie_jar *jar = cookie_jar_new();
    set(jar, "https://bank.example/", "login=1");
    cr_assert_eq(fill(jar, "http://h%d.com/", "k%d=v", 0, COOKIES_MAX - 1), COOKIES_MAX - 1);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_MAX);
    cr_assert(sends(jar, "https://bank.example/", "login=1"));
    fill(jar, "http://h%d.com/", "k%d=v", COOKIES_MAX - 1, 2 * COOKIES_MAX - 2);
    cr_assert_eq(cookie_jar_count(jar), COOKIES_MAX);
    cr_assert(sends(jar, "https://bank.example/", "login=1"));
    cr_assert(sends(jar, "http://h0.com/", ""));
    cr_assert(sends(jar, "http://h2998.com/", ""));
    cr_assert(sends(jar, "http://h2999.com/", "k2999=v"));
    cookie_jar_free(jar);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A full jar is asked 100,000 times. Looking at each cookie each time would be 300 million looks. */
Test(cookies, a_request_does_not_pay_for_the_cookies_of_others)
{
    struct cookie_jar *jar = cookie_jar_new();
    fill(jar, "http://h%d.com/", "k%d=v", 0, COOKIES_MAX);
    struct url known = parsed("http://h77.com/page"), unknown = parsed("http://a.b.c.d.e.f.nobody.org/page");
    struct buffer out = {0};
    double start = cpu_seconds();
    for (int i = 0; i < 100000; i++) {
        buffer_clear(&out);
        cr_assert(cookies_header(jar, COOKIE_NO_ACCOUNT, i % 2 ? &known : &unknown, NOW, &out));
    }
    double took = cpu_seconds() - start;
    cr_assert_str_eq(buffer_text(&out), "k77=v");
    cr_assert_lt(took, 1.0, "%f s", took);
    url_release(&known);
    url_release(&unknown);
    buffer_release(&out);
    cookie_jar_free(jar);
}

Test(cookies, a_million_attributes_take_linear_time)
{
    struct cookie_jar *jar = cookie_jar_new();
    struct buffer text = {0};
    buffer_append_text(&text, "k=v");
    for (int i = 0; i < 1000000; i++)
        buffer_append_text(&text, i % 2 ? ";" : ";a=b");
    double start = cpu_seconds();
    cr_assert_eq(set(jar, "http://a.example/", buffer_text(&text)), COOKIE_OK);
    double took = cpu_seconds() - start;
    cr_assert_lt(took, 1.0, "%f s", took);
    buffer_release(&text);
    cookie_jar_free(jar);
}

Test(cookies, every_status_has_a_text_of_its_own)
{
    for (int i = 0; i < COOKIE_STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(cookie_status_text((enum cookie_status)i), cookie_status_text((enum cookie_status)j));
    }
    cookie_jar_free(NULL);
}
