/* The conformance data's sitemaps. A record with locations is met exactly, in order; a file that is an error may give
 * the locations that stand in it, but no other. */
#include "web/sitemap/sitemap.h"

#include "unit/web/conformance.h"

#include "web/sitemap/sitemap_date.h"
#include "web/url/url.h"

struct found {
    json_t *locations, *dates;
    size_t count, indexes; /* indexes: how many of them are sitemaps */
};

static bool take(void *context, const struct sitemap_entry *entry)
{
    struct found *found = context;
    cr_expect_eq(strlen(entry->location), entry->location_len);
    json_array_append_new(found->locations, json_stringn(entry->location, entry->location_len));
    json_array_append_new(found->dates, entry->has_lastmod ? json_integer(entry->lastmod) : json_null());
    found->count++;
    found->indexes += entry->kind == SITEMAP_SITEMAP;
    return true;
}

static char *read_file(const char *name, size_t *len)
{
    char path[512];
    snprintf(path, sizeof path, "sitemaps/%s", name);
    FILE *file = conformance_open(path);
    size_t room = 4 << 20;
    char *bytes = malloc(room);
    *len = fread(bytes, 1, room, file);
    cr_assert(*len < room && !ferror(file));
    fclose(file);
    return bytes;
}

static enum sitemap_status read_sitemap(const char *bytes, size_t len, size_t step, struct found *found)
{
    struct sitemap *sitemap = sitemap_new(NULL, take, found);
    for (size_t at = 0; at < len; at += step)
        sitemap_feed(sitemap, bytes + at, len - at < step ? len - at : step);
    enum sitemap_status status = sitemap_end(sitemap);
    cr_expect_eq(sitemap_count(sitemap), found->count);
    sitemap_free(sitemap);
    return status;
}

/* The canonical form of what a sitemap says; of the conformance data's own pages, which expect that. */
static json_t *canonical(const json_t *locations)
{
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(locations); i++) {
        const json_t *one = json_array_get(locations, i);
        struct url url = {0};
        if (url_parse(&url, json_string_value(one), json_string_length(one), NULL) == URL_OK)
            json_array_append_new(all, json_string(url.href));
        url_release(&url);
    }
    return all;
}

static bool same_locations(const json_t *found, const json_t *expected, bool as_canonical)
{
    if (!as_canonical)
        return json_equal(found, expected);
    json_t *a = canonical(found), *b = canonical(expected);
    bool same = json_equal(a, b);
    json_decref(a);
    json_decref(b);
    return same;
}

static char *show(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* Dates are told for the locations that stand by the location rule; where that is all of them, they are compared. A
 * date that the suite's own parser does not read may be read here. */
static void check_dates(const json_t *record, const struct found *found)
{
    const json_t *expected = json_object_get(record, "lastmod");
    for (size_t i = 0; json_array_size(expected) == found->count && i < found->count; i++) {
        const char *text = json_string_value(json_array_get(expected, i));
        const json_t *date = json_array_get(found->dates, i);
        struct sitemap_date known;
        cr_expect(!text || (sitemap_date_parse(text, strlen(text), &known) && json_is_integer(date) &&
                            json_integer_value(date) == known.first),
                  "%s: the date of location %zu is not %s", conformance_text(record, "name"), i, text ? text : "");
    }
}

/* Expectations are those of a parser without options: strict is about the location rule, which is not asked for
 * here. */
static void check(const json_t *record, const char *bytes, size_t len, size_t step)
{
    const char *class = conformance_text(record, "class"), *name = conformance_text(record, "name");
    const json_t *expected = json_object_get(record, "locations_no_location_rule");
    struct found found = {json_array(), json_array(), 0, 0};
    enum sitemap_status status = read_sitemap(bytes, len, step, &found);
    char *text = show(found.locations);
    if (strcmp(class, "error") == 0) {
        for (size_t i = 0; i < found.count; i++) {
            const char *location = json_string_value(json_array_get(found.locations, i));
            bool in_file = memmem(bytes, len, location, strlen(location)) || strstr(location, "www.example.com/t");
            cr_expect(in_file, "%s invents %s", name, location);
        }
        cr_expect(status != SITEMAP_OK || json_is_array(expected), "%s is an error, and read without one", name);
    } else if (json_is_array(expected)) {
        bool as_canonical = strcmp(class, "lenient") == 0;
        cr_expect(same_locations(found.locations, expected, as_canonical), "%s (%s) in chunks of %zu: %s: %s", name,
                  conformance_text(record, "file"), step, sitemap_status_text(status), text);
        cr_expect(status == SITEMAP_OK, "%s: %s", name, sitemap_status_text(status));
        bool index = strcmp(conformance_text(record, "kind"), "index") == 0;
        cr_expect_eq(found.indexes, index ? found.count : 0, "%s: %zu of %zu are sitemaps", name, found.indexes,
                     found.count);
        check_dates(record, &found);
    }
    free(text);
    json_decref(found.locations);
    json_decref(found.dates);
}

Test(sitemap_conformance, locations_are_those_that_are_expected, .timeout = 120)
{
    FILE *file = conformance_open("sitemaps/expected.jsonl");
    size_t gates = 0;
    for (json_t *record; (record = conformance_next(file)); json_decref(record)) {
        const char *class = conformance_text(record, "class");
        bool strict_namespace =
            json_is_true(json_object_get(json_object_get(record, "parser_options"), "strict_namespace"));
        if (strcmp(class, "option-dependent") == 0 || (strcmp(class, "error") == 0 && strict_namespace))
            continue;
        size_t len;
        char *bytes = read_file(conformance_text(record, "file"), &len);
        check(record, bytes, len, len + 1);
        if (len < 100000) {
            check(record, bytes, len, 1);
            check(record, bytes, len, 7);
        }
        free(bytes);
        gates += strcmp(class, "core") == 0;
    }
    cr_expect_eq(gates, 47, "%zu records are gates", gates);
    fclose(file);
}

Test(sitemap_conformance, a_sitemap_that_is_too_long_ends_at_the_protocols_limit)
{
    size_t len;
    char *bytes = read_file("files/own-50001.xml", &len);
    struct found found = {json_array(), json_array(), 0, 0};
    cr_expect_eq(read_sitemap(bytes, len, 4096, &found), SITEMAP_FULL);
    cr_expect_eq(found.count, SITEMAP_MAX_URLS);
    cr_expect_str_eq(json_string_value(json_array_get(found.locations, 49999)), "http://www.example.com/p49999");
    json_decref(found.locations);
    json_decref(found.dates);
    free(bytes);
}

Test(sitemap_conformance, a_gzip_that_is_cut_gives_the_beginning_of_its_locations)
{
    size_t len;
    char *bytes = read_file("files/own-truncated.xml.gz", &len), expected[64];
    struct found found = {json_array(), json_array(), 0, 0};
    cr_expect_eq(read_sitemap(bytes, len, 100, &found), SITEMAP_COMPRESSION);
    cr_expect(found.count > 0);
    for (size_t i = 0; i < found.count; i++) {
        snprintf(expected, sizeof expected, "http://www.example.com/t%zu", i);
        cr_expect_str_eq(json_string_value(json_array_get(found.locations, i)), expected);
    }
    json_decref(found.locations);
    json_decref(found.dates);
    free(bytes);
}
