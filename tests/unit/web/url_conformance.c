#include "unit/web/conformance.h"
#include "web/url/url.h"

/* Parse the record's field, relative to its base. */
static enum url_status parse_field(struct url *url, const json_t *record, const char *field)
{
    struct url base = {0};
    const char *base_text = conformance_text(record, "base");
    if (base_text) {
        enum url_status status = url_parse(&base, base_text, conformance_len(record, "base"), NULL);
        if (status != URL_OK)
            return status;
    }
    enum url_status status =
        url_parse(url, conformance_text(record, field), conformance_len(record, field), base_text ? &base : NULL);
    url_release(&base);
    return status;
}

static int differs(const json_t *record, const char *what, const char *want, const char *at, size_t len)
{
    if (want && strlen(want) == len && memcmp(want, at, len) == 0)
        return 0;
    char *shown = json_dumps(json_object_get(record, "input"), JSON_ENCODE_ANY);
    cr_log_error("%s: %s is '%.*s', wanted '%s'", shown, what, (int)len, at, want ? want : "a failure");
    free(shown);
    return 1;
}

static int part_differs(const json_t *record, const char *field, struct url_part part)
{
    return differs(record, field, conformance_text(record, field), part.at, part.len);
}

static int wpt_parts_differ(const json_t *record, const struct url *url)
{
    char port[8] = "", search[URL_MAX_BYTES] = "";
    if (url->has_port)
        snprintf(port, sizeof port, "%u", url->port);
    if (url->query.len)
        snprintf(search, sizeof search, "?%.*s", (int)url->query.len, url->query.at);
    return differs(record, "href", conformance_text(record, "href_nofrag"), url->href, url->href_len) +
           part_differs(record, "username", url->username) + part_differs(record, "password", url->password) +
           part_differs(record, "hostname", url->host) + part_differs(record, "pathname", url->path) +
           differs(record, "port", conformance_text(record, "port"), port, strlen(port)) +
           differs(record, "search", conformance_text(record, "search"), search, strlen(search)) +
           differs(record, "protocol", conformance_text(record, "protocol"),
                   url->scheme == URL_HTTP ? "http:" : "https:", url->scheme == URL_HTTP ? 5 : 6);
}

Test(url_conformance, every_record_of_the_web_platform_tests_gives_its_href_and_parts)
{
    FILE *file = conformance_open("url/wpt_http.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct url url = {0};
        enum url_status status = parse_field(&url, record, "input");
        bool failure = json_is_true(json_object_get(record, "failure"));
        if (failure != (status != URL_OK))
            wrong += differs(record, url_status_text(status), failure ? NULL : conformance_text(record, "href_nofrag"),
                             url.href ? url.href : "", url.href_len);
        else if (!failure)
            wrong += wpt_parts_differ(record, &url) != 0;
        url_release(&url);
    }
    fclose(file);
    cr_assert_gt(records, 400);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

Test(url_conformance, references_resolve_as_rfc_3986_section_5_4_says)
{
    FILE *file = conformance_open("url/rfc3986_5_4.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct url url = {0};
        enum url_status status = parse_field(&url, record, "ref");
        const char *field = conformance_text(record, "target_whatwg") ? "target_whatwg" : "target";
        char target[256];
        snprintf(target, sizeof target, "%s", conformance_text(record, field));
        target[strcspn(target, "#")] = '\0';
        json_object_set(record, "input", json_object_get(record, "ref"));
        if (strncmp(target, "http", 4) == 0)
            wrong += differs(record, url_status_text(status), target, url.href ? url.href : "", url.href_len);
        else if (status != URL_SCHEME)
            wrong += differs(record, "a reference with another scheme", "refused", "accepted", 8);
        url_release(&url);
    }
    fclose(file);
    cr_assert_gt(records, 40);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

Test(url_conformance, hosts_convert_to_ascii_as_the_web_platform_tests_say)
{
    FILE *file = conformance_open("url/wpt_toascii.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct url url = {0};
        char text[4096];
        const char *want = conformance_text(record, "output");
        int len = snprintf(text, sizeof text, "https://%s/x", conformance_text(record, "input"));
        enum url_status status = url_parse(&url, text, (size_t)len, NULL);
        if (want || status == URL_OK)
            wrong += differs(record, url_status_text(status), want, url.host.at, url.host.len);
        url_release(&url);
    }
    fclose(file);
    cr_assert_gt(records, 80);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

Test(url_conformance, references_resolve_as_crawler_commons_expects)
{
    FILE *file = conformance_open("url/crawler_commons_resolve.jsonl");
    int records = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct url url = {0};
        char want[4096];
        enum url_status status = parse_field(&url, record, "input");
        snprintf(want, sizeof want, "%s", conformance_text(record, "expected"));
        want[strcspn(want, "#")] = '\0';
        wrong += differs(record, url_status_text(status), want, url.href ? url.href : "", url.href_len);
        url_release(&url);
    }
    fclose(file);
    cr_assert_gt(records, 20);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}

/* One possible canonical form, stronger than the standard's: how far ours agrees is only printed. */
Test(url_conformance, canonical_forms_of_the_crawler_commons_normalizer_inputs_are_fixed_points)
{
    FILE *file = conformance_open("url/crawler_commons_normalizer.jsonl");
    int records = 0, agree = 0, refused = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record), records++) {
        struct url url = {0}, again = {0};
        const char *want = conformance_text(record, "expected");
        if (url_parse_line(&url, conformance_text(record, "input"), conformance_len(record, "input")) != URL_OK) {
            refused++;
            continue;
        }
        agree += want && strcmp(want, url.href) == 0;
        enum url_status status = url_parse(&again, url.href, url.href_len, NULL);
        wrong += differs(record, url_status_text(status), url.href, again.href ? again.href : "", again.href_len);
        url_release(&again);
        url_release(&url);
    }
    fclose(file);
    printf("crawler_commons_normalizer: %d of %d agree, %d refused\n", agree, records, refused);
    cr_assert_gt(records, 100);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, records);
}
