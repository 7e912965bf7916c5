#include "web/account/auth.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <string.h>

static void note(void *context, size_t line, const char *problem)
{
    buffer_printf(context, "%zu: %s\n", line, problem);
}

static struct url parsed(const char *text)
{
    struct url url = {0};
    enum url_status status = url_parse(&url, text, strlen(text), NULL);
    cr_assert_eq(status, URL_OK, "%s: %s", text, url_status_text(status));
    return url;
}

static bool sends(const struct auth *auth, const char *to, const char *header)
{
    struct url url = parsed(to);
    struct buffer out = {0};
    const struct credentials *credentials = auth_find(auth, &url);
    if (credentials)
        cr_assert(auth_header(credentials, &out));
    bool same = strcmp(buffer_text(&out), header) == 0;
    if (!same)
        cr_log_error("to %s: '%s' instead of '%s'", to, buffer_text(&out), header);
    buffer_release(&out);
    url_release(&url);
    return same;
}

Test(auth, credentials_go_to_exactly_the_origin_of_their_line)
{
    static const char text[] = "# who may see what\n"
                               "\n"
                               "https://a.example basic Aladdin:open sesame  \r\n"
                               "  HTTP://A.Example:80/\tBearer\tabc.DEF-123_~+/==\n"
                               "https://a.example:8443 basic u:\n"
                               "https://[::1] basic :p:q\n"
                               "http://b\xc3\xbc"
                               "cher.example basic \xc3\xbc:\xc3\xa4\n"
                               "   # https://c.example basic a:b";
    struct buffer problems = {0};
    struct auth *auth = auth_parse(text, sizeof text - 1, note, &problems);
    cr_assert_str_eq(buffer_text(&problems), "");
    cr_assert_eq(auth_count(auth), 5);
    static const struct {
        const char *to, *header;
    } rows[] = {
        {"https://a.example/x?y", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"https://a.example:443/", "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
        {"http://a.example/", "Authorization: Bearer abc.DEF-123_~+/=="},
        {"https://a.example:8443/", "Authorization: Basic dTo="},
        {"https://[::1]/", "Authorization: Basic OnA6cQ=="},
        {"http://xn--bcher-kva.example/", "Authorization: Basic w7w6w6Q="},
        {"http://a.example:8443/", ""},
        {"http://a.example:443/", ""},
        {"https://a.example:80/", ""},
        {"https://a.example:8444/", ""},
        {"https://a.example./", ""},
        {"https://www.a.example/", ""},
        {"https://example/", ""},
        {"https://a.example.evil/", ""},
        {"https://c.example/", ""},
        {"https://evil.example/?https://a.example/", ""},
        {"https://a.example@evil.example/", ""},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        wrong += !sends(auth, rows[i].to, rows[i].header);
    cr_assert_eq(wrong, 0);
    buffer_release(&problems);
    auth_free(auth);
}

Test(auth, a_wrong_line_is_reported_by_its_number_without_its_secret)
{
    static const struct {
        const char *line, *problem;
    } rows[] = {
        {"https://h.example", "neither basic nor bearer"},
        {"https://h.example digest hunter2:hunter2", "neither basic nor bearer"},
        {"https://h.example hunter2:hunter2", "neither basic nor bearer"},
        {"https://h.example basic", "basic needs USER:PASSWORD"},
        {"https://h.example basic hunter2", "basic needs USER:PASSWORD"},
        {"https://h.example basic hunter2:\x1bx", "a control character"},
        {"https://h.example basic hunter2:a\tb", "a control character"},
        {"https://h.example basic hunter2:a\rb", "a control character"},
        {"https://h.example bearer", "bearer needs a token"},
        {"https://h.example bearer hunter2 x", "a token has no blank and only printable ASCII characters"},
        {"https://h.example bearer hunter\xc3\xbc", "a token has no blank and only printable ASCII characters"},
        {"https://h.example bearer hunter2\x7f", "a token has no blank and only printable ASCII characters"},
        {"h.example basic hunter2:x", "an origin is scheme://host[:port]"},
        {"https:h.example basic hunter2:x", "an origin is scheme://host[:port]"},
        {"https:\\\\h.example basic hunter2:x", "an origin is scheme://host[:port]"},
        {"//h.example basic hunter2:x", "an origin is scheme://host[:port]"},
        {"https://hunter2:x@h.example basic hunter2:x", "an origin has no user name"},
        {"https://h.example/x basic hunter2:x", "an origin has no path"},
        {"https://h.example// basic hunter2:x", "an origin has no path"},
        {"https://h.example\\x basic hunter2:x", "an origin has no path"},
        {"https://h.example?x basic hunter2:x", "an origin has no path"},
        {"https://h.example# basic hunter2:x", "an origin has no path"},
        {"ftp://h.example basic hunter2:x", "the scheme is not http or https"},
        {"https:// basic hunter2:x", "the URL has no host"},
        {"https://h.example:99999 basic hunter2:x", "the port is not a number from 0 to 65535"},
        {"https://a.example bearer hunter2", "the origin has credentials already"},
        {"HTTPS://A.EXAMPLE:443/ bearer hunter2", "the origin has credentials already"},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer text = {0}, problems = {0}, want = {0};
        buffer_printf(&text, "https://a.example basic a:b\n%s\nhttps://b.example basic a:b\n", rows[i].line);
        buffer_printf(&want, "2: %s\n", rows[i].problem);
        struct auth *auth = auth_parse(text.data, text.len, note, &problems);
        if (strcmp(buffer_text(&problems), buffer_text(&want)) != 0 || auth_count(auth) != 2 ||
            !sends(auth, "https://a.example/", "Authorization: Basic YTpi") || strstr(problems.data, "hunter2")) {
            cr_log_error("%s: %s", rows[i].line, buffer_text(&problems));
            wrong++;
        }
        auth_free(auth);
        buffer_release(&text);
        buffer_release(&problems);
        buffer_release(&want);
    }
    cr_assert_eq(wrong, 0);
}

Test(auth, a_secret_has_a_greatest_length)
{
    struct buffer text = {0}, problems = {0};
    buffer_append_text(&text, "https://a.example bearer ");
    for (int i = 0; i < AUTH_SECRET_MAX; i++)
        buffer_append_char(&text, 't');
    auth_free(auth_parse(text.data, text.len, note, &problems));
    cr_assert_str_eq(buffer_text(&problems), "");
    buffer_append_char(&text, 't');
    auth_free(auth_parse(text.data, text.len, note, &problems));
    cr_assert_str_eq(buffer_text(&problems), "1: the token is too long\n");
    auth_free(NULL);
    buffer_release(&text);
    buffer_release(&problems);
}

/* One, two and three bytes at the end, and the digits that are no letters. */
Test(auth, a_password_of_any_length_and_bytes_is_encoded)
{
    static const struct {
        const char *pair, *encoded;
    } rows[] = {{":", "Og=="},         {"f:", "Zjo="},         {"fo:", "Zm86"},
                {"foo:b", "Zm9vOmI="}, {"foo:ba", "Zm9vOmJh"}, {"\xff\xfe:\xfb\xff", "//46+/8="}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buffer text = {0}, want = {0};
        buffer_printf(&text, "http://h.example basic %s", rows[i].pair);
        buffer_printf(&want, "Authorization: Basic %s", rows[i].encoded);
        struct auth *auth = auth_parse(text.data, text.len, NULL, NULL);
        cr_assert(sends(auth, "http://h.example/", buffer_text(&want)));
        auth_free(auth);
        buffer_release(&text);
        buffer_release(&want);
    }
}

Test(auth, a_netrc_sends_a_login_to_the_host_it_names_and_to_no_other)
{
    static const char text[] = "machine a.example login alice password secret\n"
                               "machine a.example login bob@home password b\n"
                               "machine colon.example login a:b password c\n"
                               "machine [::1] login six password 6\n"
                               "default login anonymous password leak\n";
    static const struct {
        const char *to, *header;
    } rows[] = {
        {"https://a.example/", "Authorization: Basic YWxpY2U6c2VjcmV0"},
        {"http://A.example:8080/x", "Authorization: Basic YWxpY2U6c2VjcmV0"},
        {"http://bob%40home@a.example/x", "Authorization: Basic Ym9iQGhvbWU6Yg=="},
        {"http://alice@a.example/x", "Authorization: Basic YWxpY2U6c2VjcmV0"},
        {"https://[::1]/", "Authorization: Basic c2l4OjY="},
        {"http://mallory@a.example/x", ""},
        {"http://al%0aice@a.example/x", ""},
        {"http://alice:other@a.example/x", ""},
        {"http://:other@a.example/x", ""},
        {"http://colon.example/", ""},
        {"https://sub.a.example/", ""},
        {"https://a.example./", ""},
        {"https://evil.example/", ""},
        {"https://anonymous@evil.example/", ""},
    };
    struct netrc *netrc = netrc_parse(text, sizeof text - 1, NULL, NULL);
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url url = parsed(rows[i].to);
        struct buffer out = {0};
        bool sent = auth_from_netrc(netrc, &url, &out);
        if (sent != (*rows[i].header != '\0') || strcmp(buffer_text(&out), rows[i].header) != 0) {
            cr_log_error("%s: '%s'", rows[i].to, buffer_text(&out));
            wrong++;
        }
        buffer_release(&out);
        url_release(&url);
    }
    cr_assert_eq(wrong, 0);
    netrc_free(netrc);
}
