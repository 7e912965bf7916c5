/* libFuzzer target: what holds for every sitemap. The first byte of the input is the length of the chunks, the rest the
 * file. */
#include "web/sitemap/sitemap.h"

#include "base/buffer.h"
#include "target.h"
#include "web/charset/charset_utf8.h"
#include "web/url/url.h"

#include <stdio.h>
#include <string.h>

enum { MOST_URLS = 50, MOST_BYTES = 1 << 20, MOST_DEPTH = 20 };

struct reading {
    struct buffer log; /* all that was told */
    struct sitemap *sitemap;
    size_t count;
};

static void is_text(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text, *end = at + len;
    while (at < end) {
        int n = charset_utf8_next(at, (size_t)(end - at));
        HOLDS(n > 0 && charset_utf8_code(at) != CHARSET_REPLACED);
        at += n;
    }
}

static bool take(void *context, const struct sitemap_entry *entry)
{
    struct reading *r = context;
    HOLDS(entry->location_len > 0 && entry->location_len <= URL_MAX_BYTES);
    HOLDS(entry->location[entry->location_len] == '\0');
    HOLDS((unsigned char)entry->location[0] > ' ');
    HOLDS((unsigned char)entry->location[entry->location_len - 1] > ' ');
    is_text(entry->location, entry->location_len);
    HOLDS(entry->priority <= 1000);
    HOLDS(!entry->has_lastmod || entry->lastmod <= entry->lastmod_until);
    HOLDS(++r->count <= MOST_URLS);
    if (sitemap_format(r->sitemap) == SITEMAP_IS_TEXT) {
        struct url url = {0};
        HOLDS(url_parse(&url, entry->location, entry->location_len, NULL) == URL_OK);
        url_release(&url);
    }
    HOLDS(buffer_printf(&r->log, "%d %lld %u ", entry->kind, (long long)entry->lastmod, entry->priority));
    HOLDS(buffer_append(&r->log, entry->location, entry->location_len));
    return true;
}

static void read_sitemap(struct reading *r, const uint8_t *data, size_t size, size_t step)
{
    struct sitemap_options options = {
        .max_urls = MOST_URLS, .max_bytes = MOST_BYTES, .max_depth = MOST_DEPTH, .seed = 7};
    r->sitemap = sitemap_new(&options, take, r);
    HOLDS(r->sitemap);
    enum sitemap_status status = SITEMAP_OK;
    for (size_t at = 0; at < size; at += step) {
        enum sitemap_status now = sitemap_feed(r->sitemap, data + at, size - at < step ? size - at : step);
        HOLDS(!status || now == status);
        status = now;
    }
    enum sitemap_status end = sitemap_end(r->sitemap);
    HOLDS(!status || end == status);
    HOLDS(end != SITEMAP_OK || sitemap_format(r->sitemap) != SITEMAP_IS_UNKNOWN);
    HOLDS(sitemap_count(r->sitemap) == r->count);
    HOLDS(buffer_printf(&r->log, "= %d %zu", end, sitemap_dropped(r->sitemap)));
    sitemap_free(r->sitemap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct reading whole = {.count = 0}, parts = {.count = 0};
    read_sitemap(&whole, data + 1, size - 1, size);
    read_sitemap(&parts, data + 1, size - 1, data[0] + 1u);
    HOLDS(whole.log.len == parts.log.len && memcmp(whole.log.data, parts.log.data, parts.log.len) == 0);
    buffer_release(&whole.log);
    buffer_release(&parts.log);
    return 0;
}
