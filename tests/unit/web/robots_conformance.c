#include "unit/web/conformance.h"
#include "web/robots/robots.h"
#include "web/url/url.h"

static int base64_value(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The record's file in a buffer that the caller frees. */
static char *robots_bytes(const json_t *record, size_t *len)
{
    const char *plain = conformance_text(record, "robots_txt");
    if (plain) {
        *len = conformance_len(record, "robots_txt");
        char *copy = malloc(*len + 1);
        return memcpy(copy, plain, *len + 1);
    }
    const char *encoded = conformance_text(record, "robots_txt_b64");
    cr_assert(encoded, "no robots.txt in %s", conformance_text(record, "name"));
    unsigned char *bytes = malloc(strlen(encoded) + 1);
    unsigned bits = 0, have = 0;
    *len = 0;
    for (const char *p = encoded; base64_value(*p) >= 0; p++) {
        bits = bits << 6 | (unsigned)base64_value(*p);
        have += 6;
        if (have >= 8)
            bytes[(*len)++] = (unsigned char)(bits >> (have -= 8));
    }
    return (char *)bytes;
}

static struct robots *parse_record(const json_t *record, const char *agent)
{
    size_t len;
    char *bytes = robots_bytes(record, &len);
    struct robots *robots = robots_parse(bytes, len, agent);
    cr_assert(robots);
    free(bytes);
    return robots;
}

static bool is_allowed(const json_t *record)
{
    struct url url = {0};
    enum url_status status = url_parse(&url, conformance_text(record, "url"), conformance_len(record, "url"), NULL);
    cr_assert_eq(status, URL_OK, "%s: %s", conformance_text(record, "url"), url_status_text(status));
    struct robots *robots = parse_record(record, conformance_text(record, "user_agent"));
    bool allowed = robots_check(robots, url.target.at, url.target.len).allowed;
    robots_free(robots);
    url_release(&url);
    return allowed;
}

Test(robots_conformance, every_rfc_9309_record_has_its_verdict)
{
    FILE *file = conformance_open("robots/crawler_commons.jsonl");
    int gated = 0, wrong = 0, others = 0, others_agree = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        bool want = json_is_true(json_object_get(record, "allowed"));
        bool allowed = is_allowed(record);
        if (strcmp(conformance_text(record, "class"), "rfc9309") != 0) {
            others++;
            others_agree += allowed == want;
            continue;
        }
        gated++;
        if (allowed != want) {
            cr_log_error("%s: %s may%s fetch %s", conformance_text(record, "name"),
                         conformance_text(record, "user_agent"), allowed ? "" : " not",
                         conformance_text(record, "url"));
            wrong++;
        }
    }
    fclose(file);
    printf("robots: of the classes that are not the RFC's, %d of %d agree\n", others_agree, others);
    cr_assert_gt(gated, 300);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}

/* Two kinds of records differ by design: several agents at once, and a file inside HTML. */
Test(robots_conformance, crawl_delays_are_those_of_the_group)
{
    FILE *file = conformance_open("robots/crawl_delay.jsonl");
    int gated = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        if (json_array_size(json_object_get(record, "agents")) > 1 ||
            strcmp(conformance_text(record, "class"), "extension") != 0)
            continue;
        const json_t *want = json_object_get(record, "crawl_delay_ms");
        struct robots *robots = parse_record(record, conformance_text(record, "user_agent"));
        int32_t delay = robots_crawl_delay_ms(robots);
        gated++;
        if (delay != (json_is_null(want) ? -1 : json_integer_value(want))) {
            cr_log_error("%s: %s has %d ms", conformance_text(record, "name"), conformance_text(record, "user_agent"),
                         (int)delay);
            wrong++;
        }
        robots_free(robots);
    }
    fclose(file);
    cr_assert_gt(gated, 15);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}

static bool sitemap_equals(const char *written, const char *robots_url, const char *want)
{
    struct url base = {0}, url = {0};
    bool has_base = robots_url && url_parse_line(&base, robots_url, strlen(robots_url)) == URL_OK;
    bool same =
        url_parse(&url, written, strlen(written), has_base ? &base : NULL) == URL_OK && strcmp(url.href, want) == 0;
    url_release(&url);
    url_release(&base);
    return same;
}

static int sitemaps_wrong(const json_t *record, const struct robots *robots)
{
    const json_t *want = json_object_get(record, "sitemaps");
    size_t count = robots_sitemap_count(robots);
    int wrong = count != json_array_size(want);
    for (size_t i = 0; i < count && i < json_array_size(want); i++)
        wrong += !sitemap_equals(robots_sitemap(robots, i), conformance_text(record, "robots_url"),
                                 json_string_value(json_array_get(want, i)));
    if (wrong)
        cr_log_error("%s: %zu sitemaps, wanted %zu", conformance_text(record, "name"), count, json_array_size(want));
    return wrong;
}

/* Left out: a URL on a line without its key, which is no record, and removal of duplicates, which is the frontier's. */
Test(robots_conformance, sitemaps_are_found_in_every_group_and_in_order)
{
    FILE *file = conformance_open("robots/sitemaps_in_robots.jsonl");
    int gated = 0, wrong = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        const char *name = conformance_text(record, "name");
        if (strstr(name, "testSitemap/") || strstr(name, "testSitemapDedup/"))
            continue;
        struct robots *robots = parse_record(record, "anybot");
        wrong += sitemaps_wrong(record, robots);
        gated++;
        robots_free(robots);
    }
    fclose(file);
    cr_assert_geq(gated, 9);
    cr_assert_eq(wrong, 0, "%d of %d records are wrong", wrong, gated);
}
