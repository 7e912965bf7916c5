#include "web/account/hsts.h"

#include "base/status.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOW 1700000000

static struct url parsed(const char *text)
{
    struct url url = {0};
    enum url_status status = url_parse(&url, text, strlen(text), NULL);
    cr_assert_eq(status, URL_OK, "%s: %s", text, url_status_text(status));
    return url;
}

static bool set(struct hsts *hsts, const char *from, const char *value)
{
    struct url url = parsed(from);
    bool obeyed = hsts_set(hsts, &url, value, strlen(value), NOW);
    url_release(&url);
    return obeyed;
}

static bool applies_at(const struct hsts *hsts, const char *to, int64_t now)
{
    struct url url = parsed(to);
    bool applies = hsts_applies(hsts, &url, now);
    url_release(&url);
    return applies;
}

static bool applies(const struct hsts *hsts, const char *to)
{
    return applies_at(hsts, to, NOW);
}

Test(hsts, a_header_is_obeyed_whole_or_not_at_all)
{
    static const struct {
        const char *value;
        bool host, below;
    } rows[] = {
        {"max-age=31536000", true, false},
        {"max-age=\"31536000\"", true, false},
        {"MAX-AGE = 100 ; INCLUDESUBDOMAINS", true, true},
        {"includeSubDomains;max-age=100", true, true},
        {" ; ;max-age=100;;includeSubDomains;", true, true},
        {"max-age=100; preload; other=\"a;\\\"b\"; third = x", true, false},
        {"max-age=99999999999999999999999; includeSubDomains", true, true},
        {"max-age=100; preload; preload", true, false},
        {"", false, false},
        {";", false, false},
        {"includeSubDomains", false, false},
        {"max-age", false, false},
        {"max-age=", false, false},
        {"max-age=\"\"", false, false},
        {"max-age=-1", false, false},
        {"max-age=1x", false, false},
        {"max-age=1.5", false, false},
        {"max-age=\"100", false, false},
        {"max-age=\"1\\00\"", false, false},
        {"max-age=100; max-age=100", false, false},
        {"max-age=100; Max-Age=200", false, false},
        {"max-age=100; includeSubDomains; includesubdomains", false, false},
        {"max-age=100; includeSubDomains=1", false, false},
        {"max-age=100, includeSubDomains", false, false},
        {"max-age=100 includeSubDomains", false, false},
        {"max-age=100; =", false, false},
        {"max-age=100; x=", false, false},
        {"max-age=100; x=\"a\x01\"", false, false},
        {"max-age=100; x=\"a\\", false, false},
        {"max-age=100; (x)", false, false},
    };
    int wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct hsts *hsts = hsts_new();
        bool obeyed = set(hsts, "https://a.example/", rows[i].value);
        if (obeyed != rows[i].host || applies(hsts, "http://a.example/") != rows[i].host ||
            applies(hsts, "http://x.y.a.example/") != rows[i].below) {
            cr_log_error("'%s': %d", rows[i].value, obeyed);
            wrong++;
        }
        hsts_free(hsts);
    }
    cr_assert_eq(wrong, 0);
}

Test(hsts, a_host_stands_for_itself_and_with_the_directive_for_all_below)
{
    struct hsts *hsts = hsts_new();
    cr_assert(set(hsts, "https://a.example/", "max-age=100"));
    cr_assert(set(hsts, "https://b.example/", "max-age=100; includeSubDomains"));
    cr_assert(set(hsts, "https://sub.b.example/", "max-age=100"));
    cr_assert(set(hsts, "https://off.b.example/", "max-age=0"));
    static const struct {
        const char *url;
        bool applies;
    } rows[] = {
        {"http://a.example/", true},
        {"http://A.Example:8080/x", true},
        {"https://a.example/", true},
        {"http://x.a.example/", false},
        {"http://example/", false},
        {"http://aa.example/", false},
        {"http://b.example/", true},
        {"http://x.b.example/", true},
        {"http://x.y.b.example/", true},
        {"http://xb.example/", false},
        {"http://sub.b.example/", true},
        {"http://x.sub.b.example/", true},
        {"http://off.b.example/", true},
        {"http://c.example/", false},
        {"http://b.example.org/", false},
        /* A dot at the end was a way around once (curl CVE-2022-30115). */
        {"http://a.example./", true},
        {"http://a.example../", true},
        {"http://x.b.example./", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        cr_assert_eq(applies(hsts, rows[i].url), rows[i].applies, "%s", rows[i].url);
    hsts_free(hsts);
}

/* Found by fuzzing: what was saved as "0" could not be read again. */
Test(hsts, a_host_that_is_an_address_without_its_dots_is_none)
{
    struct hsts *hsts = hsts_new();
    cr_expect_not(set(hsts, "https://0../", "max-age=100"));
    cr_expect_not(set(hsts, "https://a.0x../", "max-age=100"));
    cr_expect_eq(hsts_count(hsts), 0);
    cr_expect(set(hsts, "https://0x.a../", "max-age=100"));
    cr_expect(set(hsts, "https://0xg../", "max-age=100"));
    cr_expect_eq(hsts_count(hsts), 2);
    hsts_free(hsts);
}

Test(hsts, the_time_runs_from_the_last_header_and_zero_ends_it)
{
    struct hsts *hsts = hsts_new();
    cr_assert(set(hsts, "https://a.example/", "max-age=100; includeSubDomains"));
    cr_assert(applies_at(hsts, "http://a.example/", NOW + 99));
    cr_assert_not(applies_at(hsts, "http://a.example/", NOW + 100));
    cr_assert(set(hsts, "https://a.example./", "max-age=50"));
    cr_assert_eq(hsts_count(hsts), 1);
    cr_assert_not(applies_at(hsts, "http://a.example/", NOW + 50));
    cr_assert_not(applies(hsts, "http://x.a.example/"), "the last header had no includeSubDomains");
    cr_assert(set(hsts, "https://a.example/", "max-age=0"));
    cr_assert_not(applies(hsts, "http://a.example/"));
    cr_assert_eq(hsts_count(hsts), 0);
    cr_assert(set(hsts, "https://a.example/", "max-age=99999999999999999999"));
    cr_assert(applies_at(hsts, "http://a.example/", INT64_MAX - 1));
    hsts_free(hsts);
}

Test(hsts, plain_http_and_addresses_set_nothing)
{
    struct hsts *hsts = hsts_new();
    cr_assert_not(set(hsts, "http://a.example/", "max-age=100"));
    cr_assert_not(set(hsts, "https://127.0.0.1/", "max-age=100"));
    cr_assert_not(set(hsts, "https://[::1]/", "max-age=100; includeSubDomains"));
    cr_assert_eq(hsts_count(hsts), 0);
    cr_assert(set(hsts, "https://a.example/", "max-age=100"));
    cr_assert_not(set(hsts, "http://a.example/", "max-age=0"));
    cr_assert(applies(hsts, "http://a.example/"), "plain http ends nothing");
    cr_assert_not(applies(hsts, "http://127.0.0.1/"));
    hsts_free(hsts);
}

Test(hsts, an_upgrade_changes_the_scheme_and_port_80_only)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"http://a.example/", "https://a.example/"},
        {"http://a.example:80/p?q", "https://a.example/p?q"},
        {"http://a.example:443/", "https://a.example/"},
        {"http://a.example:8080/p", "https://a.example:8080/p"},
        {"http://user:pass@a.example/p", "https://user:pass@a.example/p"},
        {"https://a.example:80/p", "https://a.example:80/p"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct url from = parsed(rows[i].from), to = {0};
        cr_assert_eq(hsts_upgrade(&from, &to), URL_OK);
        cr_assert_str_eq(to.href, rows[i].to);
        url_release(&from);
        url_release(&to);
    }
}

static void note(void *context, size_t line, const char *problem)
{
    buffer_printf(context, "%zu: %s\n", line, problem);
}

Test(hsts, a_cache_of_curl_is_loaded_and_saved_as_curl_has_it)
{
    static const char text[] = "# Your HSTS cache. https://curl.se/docs/hsts.html\r\n"
                               "# This file was generated by libcurl! Edit at your own risk.\n"
                               "\n"
                               ".b.example \"20240101 00:00:00\"\n"
                               "a.example \"unlimited\"\n"
                               "old.example \"20231114 22:13:20\"\n"
                               "c.example \"20231114 22:13:21\"\r\n"
                               "a.example \"20240101 00:00:00\"\n"
                               "  D.Example.\t\"99991231 23:59:59\"  ";
    struct hsts *hsts = hsts_new(), *again = hsts_new();
    struct buffer problems = {0}, out = {0}, twice = {0};
    cr_assert(hsts_load(hsts, text, sizeof text - 1, NOW, note, &problems));
    cr_assert_str_eq(buffer_text(&problems), "");
    cr_assert_eq(hsts_count(hsts), 4);
    cr_assert(applies(hsts, "http://x.b.example/"));
    cr_assert_not(applies(hsts, "http://x.a.example/"));
    cr_assert(hsts_save(hsts, NOW, &out));
    cr_assert_str_eq(buffer_text(&out), "# HSTS hosts, written by forage in the format of curl's cache.\n"
                                        "a.example \"unlimited\"\n"
                                        ".b.example \"20240101 00:00:00\"\n"
                                        "c.example \"20231114 22:13:21\"\n"
                                        "d.example \"99991231 23:59:59\"\n");
    cr_assert(hsts_load(again, out.data, out.len, NOW, note, &problems));
    cr_assert(hsts_save(again, NOW, &twice));
    cr_assert_str_eq(buffer_text(&twice), buffer_text(&out));
    buffer_clear(&out);
    cr_assert(hsts_save(hsts, NOW + 1, &out));
    cr_assert_null(strstr(buffer_text(&out), "c.example"));
    hsts_free(hsts);
    hsts_free(again);
    buffer_release(&problems);
    buffer_release(&out);
    buffer_release(&twice);
}

Test(hsts, a_wrong_line_is_reported_by_its_number)
{
    static const struct {
        const char *line, *problem;
    } rows[] = {
        {"a.example", "2: not a host and a time in quotes\n"},
        {"a.example 20240101 00:00:00", "2: not a host and a time in quotes\n"},
        {"a.example \"20240101 00:00:00", "2: not a host and a time in quotes\n"},
        {"a.example \"20240101 00:00:00\" x", "2: not a host and a time in quotes\n"},
        {"a.example \"20240101\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {"a.example \"20241301 00:00:00\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {"a.example \"20240230 00:00:00\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {"a.example \"2024010a 00:00:00\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {"a.example \"20240101T00:00:00\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {"a.example \"\"", "2: not a time as \"YYYYMMDD HH:MM:SS\" or \"unlimited\"\n"},
        {". \"unlimited\"", "2: not a host name\n"},
        {".. \"unlimited\"", "2: not a host name\n"},
        {"0.. \"unlimited\"", "2: not a host name\n"},
        {".a.0x1f.. \"unlimited\"", "2: not a host name\n"},
        {"127.0.0.1 \"unlimited\"", "2: not a host name\n"},
        {"[::1] \"unlimited\"", "2: not a host name\n"},
        {"a.example:80 \"unlimited\"", "2: not a host name\n"},
        {"u@a.example \"unlimited\"", "2: not a host name\n"},
        {"a.example/x \"unlimited\"", "2: not a host name\n"},
        {"a\x1b.example \"unlimited\"", "2: not a host name\n"},
        {"# a.example", ""},
        {"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct hsts *hsts = hsts_new();
        struct buffer text = {0}, problems = {0};
        buffer_printf(&text, "x.example \"unlimited\"\n%s\ny.example \"unlimited\"", rows[i].line);
        cr_assert(hsts_load(hsts, text.data, text.len, NOW, note, &problems));
        cr_assert_str_eq(buffer_text(&problems), rows[i].problem, "%s: %s", rows[i].line, buffer_text(&problems));
        cr_assert_eq(hsts_count(hsts), 2, "%s", rows[i].line);
        cr_assert(hsts_load(hsts, text.data, text.len, NOW, NULL, NULL));
        buffer_release(&text);
        buffer_release(&problems);
        hsts_free(hsts);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The file is as large as a hostile site with hosts without end could make it. */
Test(hsts, a_full_table_keeps_whom_it_protects_and_is_asked_quickly)
{
    struct hsts *hsts = hsts_new();
    struct buffer text = {0}, problems = {0};
    for (int i = 0; i < HSTS_HOSTS_MAX; i++)
        buffer_printf(&text, "h%d.example \"%s\"\n", i, i == 7 ? "20231114 22:13:25" : "unlimited");
    cr_assert(hsts_load(hsts, text.data, text.len, NOW, note, &problems));
    cr_assert_str_eq(buffer_text(&problems), "");
    cr_assert_not(set(hsts, "https://one.more.example/", "max-age=100"));
    cr_assert(set(hsts, "https://h5.example/", "max-age=100"), "who is in the table may still change");
    cr_assert(applies(hsts, "http://h99999.example/"));
    struct url late = parsed("https://one.more.example/"), unknown = parsed("http://a.b.c.d.e.f.nobody.org/");
    cr_assert(hsts_set(hsts, &late, "max-age=100", 11, NOW + 5), "the place of one that expired is free");
    cr_assert_not(applies_at(hsts, "http://h7.example/", NOW + 5));
    double start = cpu_seconds();
    for (int i = 0; i < 100000; i++)
        cr_assert_not(hsts_applies(hsts, &unknown, NOW));
    double took = cpu_seconds() - start;
    cr_assert_lt(took, 1.0, "%f s", took);
    url_release(&late);
    url_release(&unknown);
    buffer_release(&text);
    buffer_release(&problems);
    hsts_free(hsts);
    hsts_free(NULL);
}
