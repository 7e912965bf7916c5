#include "web/url/url.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An input and what becomes of it: an href, or a status. */
struct row {
    const char *input;
    enum url_status status;
    const char *href;
};

typedef enum url_status parser(struct url *out, const char *input, size_t len);

static enum url_status parse_alone(struct url *out, const char *input, size_t len)
{
    return url_parse(out, input, len, NULL);
}

static enum url_status parse_on_page(struct url *out, const char *input, size_t len)
{
    static const char page[] = "http://me:pw@site.example:8080/a/b/c?q";
    struct url base = {0};
    enum url_status status = url_parse(&base, page, strlen(page), NULL);
    if (status == URL_OK)
        status = url_parse(out, input, len, &base);
    url_release(&base);
    return status;
}

static void check_rows(parser *parse, const struct row *rows, size_t count)
{
    int wrong = 0;
    for (size_t i = 0; i < count; i++) {
        struct url url = {0};
        enum url_status status = parse(&url, rows[i].input, strlen(rows[i].input));
        const char *href = url.href ? url.href : "", *want = rows[i].href ? rows[i].href : "";
        if (status != rows[i].status || strcmp(href, want) != 0) {
            cr_log_error("'%s': %s '%s', wanted %s '%s'", rows[i].input, url_status_text(status), href,
                         url_status_text(rows[i].status), want);
            wrong++;
        }
        url_release(&url);
    }
    cr_assert_eq(wrong, 0);
}

Test(url, each_way_to_be_wrong_has_its_status)
{
    static const struct row rows[] = {
        {"", URL_EMPTY, NULL},
        {" \t\n ", URL_EMPTY, NULL},
        {"page.html", URL_RELATIVE, NULL},
        {"//host/x", URL_RELATIVE, NULL},
        {"http://", URL_HOST_EMPTY, NULL},
        {"http:///", URL_HOST_EMPTY, NULL},
        {"http://?q", URL_HOST_EMPTY, NULL},
        {"http://user@/", URL_HOST_EMPTY, NULL},
        {"http://:80/", URL_HOST_EMPTY, NULL},
        {"http://a b/", URL_HOST_CHARACTER, NULL},
        {"http://a%2Fb/", URL_HOST_CHARACTER, NULL},
        {"http://a%00b/", URL_HOST_CHARACTER, NULL},
        {"http://a%40b/", URL_HOST_CHARACTER, NULL},
        {"http://a<b/", URL_HOST_CHARACTER, NULL},
        {"http://a%b/", URL_HOST_CHARACTER, NULL},
        {"http://\xff/", URL_HOST_NAME, NULL},
        {"http://a%80/", URL_HOST_NAME, NULL},
        {"http://\xed\xa0\x80/", URL_HOST_NAME, NULL},
        {"http://\xc0\xaf/", URL_HOST_NAME, NULL},
        {"http://xn--a.\xc3\x9f/", URL_HOST_NAME, NULL},
        {"http://1.2.3.4.5/", URL_HOST_IPV4, NULL},
        {"http://256.1.1.1/", URL_HOST_IPV4, NULL},
        {"http://a.0x1/", URL_HOST_IPV4, NULL},
        {"http://[::1/", URL_HOST_IPV6, NULL},
        {"http://[::1]x/", URL_HOST_IPV6, NULL},
        {"http://[fe80::1%25eth0]/", URL_HOST_IPV6, NULL},
        {"http://[1:2:3:4:5:6:7:8:9]/", URL_HOST_IPV6, NULL},
        {"http://h:65536/", URL_PORT, NULL},
        {"http://h:8o/", URL_PORT, NULL},
        {"http://h:-1/", URL_PORT, NULL},
        {"http://h:+1/", URL_PORT, NULL},
    };
    check_rows(parse_alone, rows, COUNT_OF(rows));
}

Test(url, a_scheme_that_is_not_ours_is_told_from_a_malformed_url)
{
    static const struct row rows[] = {
        {"file:///etc/passwd", URL_SCHEME, NULL},  {"FILE:/etc/passwd", URL_SCHEME, NULL},
        {"ftp://host/", URL_SCHEME, NULL},         {"data:text/html,<p>", URL_SCHEME, NULL},
        {"javascript:alert(1)", URL_SCHEME, NULL}, {"java\nscript:alert(1)", URL_SCHEME, NULL},
        {"gopher://host:70/1", URL_SCHEME, NULL},  {"mailto:a@b", URL_SCHEME, NULL},
        {"dict://h:11211/", URL_SCHEME, NULL},     {"ws://h/", URL_SCHEME, NULL},
        {"file://[bad", URL_SCHEME, NULL},         {"x:", URL_SCHEME, NULL},
        {"httpx://h/", URL_SCHEME, NULL},          {"htt://h/", URL_SCHEME, NULL},
        {"  \tfile:\t", URL_SCHEME, NULL},
    };
    check_rows(parse_alone, rows, COUNT_OF(rows));
    check_rows(parse_on_page, rows, COUNT_OF(rows));
}

Test(url, a_long_data_url_is_another_scheme_and_not_too_long)
{
    enum { LEN = 1 << 20 };
    struct url url = {0};
    char *text = malloc(LEN);
    memset(text, 'A', LEN);
    memcpy(text, "data:", 5);
    cr_assert_eq(url_parse(&url, text, LEN, NULL), URL_SCHEME);
    free(text);
}

Test(url, hostile_spellings_name_the_host_that_a_browser_would_ask)
{
    static const struct row rows[] = {
        {"http://good.example\\@evil.example/", URL_OK, "http://good.example/@evil.example/"},
        {"http://good.example@evil.example/", URL_OK, "http://good.example@evil.example/"},
        {"http://good.example;@evil.example/", URL_OK, "http://good.example%3B@evil.example/"},
        {"http://a@b@c/", URL_OK, "http://a%40b@c/"},
        {"http://good.example#@evil.example/", URL_OK, "http://good.example/"},
        {"http://good.example?@evil.example/", URL_OK, "http://good.example/?@evil.example/"},
        {"http:/\\evil.example", URL_OK, "http://evil.example/"},
        {"http:////evil.example", URL_OK, "http://evil.example/"},
        {"ht\ntp://ev\til.example/a\rb", URL_OK, "http://evil.example/ab"},
        {"http://0x7f.1/", URL_OK, "http://127.0.0.1/"},
        {"http://017700000001/", URL_OK, "http://127.0.0.1/"},
        {"http://2130706433/", URL_OK, "http://127.0.0.1/"},
        {"http://127.1/", URL_OK, "http://127.0.0.1/"},
        {"http://%31%32%37.0.0.1/", URL_OK, "http://127.0.0.1/"},
        {"http://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1/", URL_OK, "http://127.0.0.1/"},
        {"http://127\xe3\x80\x82"
         "0\xe3\x80\x82"
         "0\xe3\x80\x82"
         "1/",
         URL_OK, "http://127.0.0.1/"},
        {"http://[::FFFF:127.0.0.1]/", URL_OK, "http://[::ffff:7f00:1]/"},
        {"http://[0:0:0:0:0:0:0:0]/", URL_OK, "http://[::]/"},
        {"http://[1:0:0:2:0:0:0:3]/", URL_OK, "http://[1:0:0:2::3]/"},
        {"http://h/a/%2E%2e/..%2f/../b", URL_OK, "http://h/b"},
        {"http://h/a%2F..%2Fb", URL_OK, "http://h/a%2F..%2Fb"},
        {"http://h/...", URL_OK, "http://h/..."},
        {"http://h/%2e%2e%2e", URL_OK, "http://h/%2e%2e%2e"},
        {"http://h/a\xff\xfe", URL_OK, "http://h/a%FF%FE"},
        {"http://h/^|'", URL_OK, "http://h/%5E|'"},
        {"http://h/?^|'\"", URL_OK, "http://h/?^|%27%22"},
        {"HTTPS://H:443/", URL_OK, "https://h/"},
        {"https://h:80/", URL_OK, "https://h:80/"},
        {"http://h:/", URL_OK, "http://h/"},
    };
    check_rows(parse_alone, rows, COUNT_OF(rows));
}

Test(url, references_keep_the_authority_of_their_page_unless_they_bring_one)
{
    static const struct row rows[] = {
        {"d", URL_OK, "http://me:pw@site.example:8080/a/b/d"},
        {"", URL_OK, "http://me:pw@site.example:8080/a/b/c?q"},
        {"?", URL_OK, "http://me:pw@site.example:8080/a/b/c?"},
        {"#f", URL_OK, "http://me:pw@site.example:8080/a/b/c?q"},
        {"/d?e", URL_OK, "http://me:pw@site.example:8080/d?e"},
        {"\\d", URL_OK, "http://me:pw@site.example:8080/d"},
        {"//other", URL_OK, "http://other/"},
        {"/\\other", URL_OK, "http://other/"},
        {"http:d", URL_OK, "http://me:pw@site.example:8080/a/b/d"},
        {"https:d", URL_OK, "https://d/"},
        {"../../../../x", URL_OK, "http://me:pw@site.example:8080/x"},
    };
    check_rows(parse_on_page, rows, COUNT_OF(rows));
}

Test(url, a_nul_byte_is_a_byte_like_others)
{
    static const char in_path[] = "http://h/a\0b", in_host[] = "http://a\0b/", around[] = "\0http://h/\0";
    struct url url = {0};
    cr_assert_eq(url_parse(&url, in_host, sizeof in_host - 1, NULL), URL_HOST_CHARACTER);
    cr_assert_eq(url_parse(&url, in_path, sizeof in_path - 1, NULL), URL_OK);
    cr_assert_str_eq(url.href, "http://h/a%00b");
    url_release(&url);
    cr_assert_eq(url_parse(&url, around, sizeof around - 1, NULL), URL_OK);
    cr_assert_str_eq(url.href, "http://h/");
    url_release(&url);
}

Test(url, credentials_are_kept_and_left_out_of_the_public_form)
{
    struct url url = {0};
    static const char text[] = "http://us%65r:p@ss@h:81/x?y";
    cr_assert_eq(url_parse(&url, text, strlen(text), NULL), URL_OK);
    cr_assert_str_eq(url.href, "http://us%65r:p%40ss@h:81/x?y");
    cr_assert_str_eq(url.href_public, "http://h:81/x?y");
    cr_assert_eq(strncmp(url.origin.at, "http://h:81", url.origin.len), 0);
    cr_assert_eq(url.origin.len, strlen("http://h:81"));
    cr_assert_eq(strncmp(url.username.at, "us%65r", url.username.len), 0);
    cr_assert_eq(strncmp(url.password.at, "p%40ss", url.password.len), 0);
    cr_assert_eq(strncmp(url.target.at, "/x?y", url.target.len), 0);
    cr_assert_eq(url.target.len, 4);
    url_release(&url);
}

Test(url, an_ip_literal_gives_its_bytes)
{
    static const uint8_t v4[4] = {192, 168, 0, 1}, v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
    struct url url = {0};
    cr_assert_eq(url_parse(&url, "http://192.168.1", 16, NULL), URL_OK);
    cr_assert_eq(url.host_kind, URL_HOST_IS_IPV4);
    cr_assert_eq(memcmp(url.address, v4, sizeof v4), 0);
    url_release(&url);
    cr_assert_eq(url_parse(&url, "http://[2001:db8::1]:8080/", 26, NULL), URL_OK);
    cr_assert_eq(url.host_kind, URL_HOST_IS_IPV6);
    cr_assert_eq(memcmp(url.address, v6, sizeof v6), 0);
    cr_assert_eq(url.port, 8080);
    struct url relative = {0};
    cr_assert_eq(url_parse(&relative, "x", 1, &url), URL_OK);
    cr_assert_eq(relative.host_kind, URL_HOST_IS_IPV6);
    cr_assert_eq(memcmp(relative.address, v6, sizeof v6), 0);
    url_release(&relative);
    url_release(&url);
}

Test(url, a_copy_stands_alone_and_is_equal)
{
    struct url url = {0}, copy = {0};
    cr_assert_eq(url_parse(&url, "http://u:p@h:8/p?q", 18, NULL), URL_OK);
    cr_assert_eq(url_copy(&copy, &url), URL_OK);
    url_release(&url);
    cr_assert_null(url.href);
    cr_assert_str_eq(copy.href, "http://u:p@h:8/p?q");
    cr_assert_str_eq(copy.href_public, "http://h:8/p?q");
    cr_assert_eq(strncmp(copy.host.at, "h:8", 3), 0);
    cr_assert_eq(strncmp(copy.query.at, "q", copy.query.len), 0);
    cr_assert_eq(strncmp(copy.password.at, "p@", 2), 0);
    url_release(&copy);
    url_release(NULL);
}

Test(url, origins_compare_scheme_host_and_port_but_no_credentials)
{
    static const struct {
        const char *a, *b;
        bool host, origin;
    } rows[] = {
        {"http://h/", "http://H:80/x", true, true}, {"http://h/", "https://h/", true, false},
        {"http://h/", "http://h:81/", true, false}, {"http://u:p@h/", "http://h/", true, true},
        {"http://h/", "http://h./", false, false},  {"http://127.0.0.1/", "http://0x7f.1/", true, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url a = {0}, b = {0};
        cr_assert_eq(url_parse(&a, rows[i].a, strlen(rows[i].a), NULL), URL_OK);
        cr_assert_eq(url_parse(&b, rows[i].b, strlen(rows[i].b), NULL), URL_OK);
        cr_assert_eq(url_same_host(&a, &b), rows[i].host, "%s %s", rows[i].a, rows[i].b);
        cr_assert_eq(url_same_origin(&a, &b), rows[i].origin, "%s %s", rows[i].a, rows[i].b);
        url_release(&a);
        url_release(&b);
    }
}

Test(url, failure_leaves_the_output_as_it_was)
{
    struct url url = {0};
    cr_assert_eq(url_parse(&url, "http://h/", 9, NULL), URL_OK);
    struct url before = url;
    cr_assert_eq(url_parse(&url, "http://h:x/", 11, NULL), URL_PORT);
    cr_assert_eq(memcmp(&before, &url, sizeof url), 0);
    cr_assert_str_eq(url.href, "http://h/");
    url_release(&url);
}

Test(url, sixty_four_kibibytes_are_accepted_and_a_byte_more_is_not)
{
    char *text = malloc(URL_MAX_BYTES + 1);
    struct url url = {0};
    memset(text, 'a', URL_MAX_BYTES + 1);
    memcpy(text, "http://h/", 9);
    cr_assert_eq(url_parse(&url, text, URL_MAX_BYTES, NULL), URL_OK);
    cr_assert_eq(url.href_len, URL_MAX_BYTES);
    struct url base = url, longer = {0};
    cr_assert_eq(url_parse(&longer, "?x", 2, &base), URL_TOO_LONG);
    url_release(&url);
    cr_assert_eq(url_parse(&url, text, URL_MAX_BYTES + 1, NULL), URL_TOO_LONG);
    memset(text + 9, ' ', URL_MAX_BYTES - 10);
    cr_assert_eq(url_parse(&url, text, URL_MAX_BYTES, NULL), URL_TOO_LONG, "the canonical form counts");
    free(text);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A quadratic scan of 64 KiB takes seconds; the bound is a hundred times what is measured. */
Test(url, hostile_input_of_full_length_takes_linear_time)
{
    static const struct {
        const char *head, *fill;
    } rows[] = {
        {"http://h/", "../"},   {"http://h/", "a/"},  {"http://h/", "a/../"},  {"http://h/", "%2e/"}, {"http://", "@"},
        {"http://", "a@"},      {"http://", "["},     {"http://[", ":"},       {"http://", ":"},      {"http://", "."},
        {"http://", "1."},      {"http://", "%41"},   {"http://", "\xc3\xbc"}, {"http://h:", "0"},    {"http://0", "1"},
        {"http://h/?", "\xff"}, {"http://[::", "1:"}, {"http://", "xn--"},     {"ht", "\t"},          {"", "a"},
    };
    char *text = malloc(URL_MAX_BYTES);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t head = strlen(rows[i].head), fill = strlen(rows[i].fill), len = head;
        memcpy(text, rows[i].head, head);
        for (; len + fill <= URL_MAX_BYTES; len += fill)
            memcpy(text + len, rows[i].fill, fill);
        double start = seconds();
        struct url url = {0};
        url_parse(&url, text, len, NULL);
        url_release(&url);
        cr_assert_lt(seconds() - start, 0.1, "%s%s...", rows[i].head, rows[i].fill);
    }
    free(text);
}

Test(url, lines_without_a_scheme_are_http)
{
    static const struct row rows[] = {
        {"example.com", URL_OK, "http://example.com/"},
        {"  example.com/a b \r\n", URL_OK, "http://example.com/a%20b"},
        {"example.com:8080/x", URL_OK, "http://example.com:8080/x"},
        {"localhost:8080", URL_OK, "http://localhost:8080/"},
        {"localhost:8080?x", URL_OK, "http://localhost:8080/?x"},
        {"10.0.0.1:99", URL_OK, "http://10.0.0.1:99/"},
        {"[::1]/x", URL_OK, "http://[::1]/x"},
        {"[::1]:8/x", URL_OK, "http://[::1]:8/x"},
        {"//host/x", URL_OK, "http://host/x"},
        {"b\xc3\xbc"
         "cher.example",
         URL_OK, "http://xn--bcher-kva.example/"},
        {"HTTP://www.baidu.com", URL_OK, "http://www.baidu.com/"},
        {"https://example.com#top", URL_OK, "https://example.com/"},
        {"http://u:p@h/", URL_OK, "http://u:p@h/"},
        {"example.com/a@b", URL_OK, "http://example.com/a@b"},
        {"example.com/x:y", URL_OK, "http://example.com/x:y"},
    };
    check_rows(url_parse_line, rows, COUNT_OF(rows));
}

Test(url, lines_that_only_look_like_a_url_are_refused_each_with_its_reason)
{
    static const struct row rows[] = {
        {"", URL_EMPTY, NULL},
        {" \t\r\n", URL_EMPTY, NULL},
        {"-o", URL_LINE_OPTION, NULL},
        {"--config=/etc/x", URL_LINE_OPTION, NULL},
        {"  -x.example", URL_LINE_OPTION, NULL},
        {"@file", URL_LINE_AT, NULL},
        {"\"http://h/\"", URL_LINE_QUOTE, NULL},
        {" 'h.example'", URL_LINE_QUOTE, NULL},
        {"exam\tple.com", URL_LINE_CONTROL, NULL},
        {"http://h/\x1b[2J", URL_LINE_CONTROL, NULL},
        {"http://h/\x7f", URL_LINE_CONTROL, NULL},
        {"user@example.com", URL_LINE_USER, NULL},
        {"//user@example.com", URL_LINE_USER, NULL},
        {"file:///etc/passwd", URL_SCHEME, NULL},
        {"file:80", URL_SCHEME, NULL},
        {"tel:112", URL_SCHEME, NULL},
        {"ftp:21/x", URL_SCHEME, NULL},
        {"javascript:1", URL_SCHEME, NULL},
        {"example.com:port", URL_SCHEME, NULL},
        {"user:secret@example.com", URL_SCHEME, NULL},
        {"C:\\x", URL_SCHEME, NULL},
        {"/etc/passwd", URL_HOST_EMPTY, NULL},
        {"#comment", URL_HOST_EMPTY, NULL},
        {"two words", URL_HOST_CHARACTER, NULL},
        {"localhost:99999", URL_PORT, NULL},
        {"1.2.3.4.5", URL_HOST_IPV4, NULL},
        {"[::1", URL_HOST_IPV6, NULL},
    };
    check_rows(url_parse_line, rows, COUNT_OF(rows));
}

Test(url, every_status_has_a_text_of_its_own)
{
    for (int i = 0; i < URL_STATUS_COUNT; i++) {
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(url_status_text((enum url_status)i), url_status_text((enum url_status)j));
    }
    cr_assert_str_eq(url_status_text(URL_STATUS_COUNT), "unknown status");
}
