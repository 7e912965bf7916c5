#include "web/sitemap/sitemap_parts.h"

#include <string.h>

/* So many lines that are no URL, and none that is: then it is something else, and not worth reading on. */
enum { HOPELESS_LINES = 1000 };

/* A line of a text sitemap is a whole URL (sitemaps.org), so that prose that begins with one is none. */
static bool is_url(const char *text, size_t len)
{
    struct url url = {0};
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return false;
    }
    bool valid = sitemap_is_absolute(text, len) && url_parse(&url, text, len, NULL) == URL_OK;
    url_release(&url);
    return valid;
}

static enum sitemap_status put_line(struct sitemap_lines *l, struct sitemap_sink *sink)
{
    const char *text = buffer_text(&l->line);
    size_t len = l->line.len;
    sitemap_trim(&text, &len);
    if (!len && !l->too_long)
        return SITEMAP_OK;
    if (l->too_long || !is_url(text, len)) {
        sink->dropped++;
        return sink->count == 0 && sink->dropped > HOPELESS_LINES ? SITEMAP_UNKNOWN : SITEMAP_OK;
    }
    l->line.data[text - l->line.data + (ptrdiff_t)len] = '\0';
    struct sitemap_entry entry = {
        .kind = SITEMAP_PAGE, .location = text, .location_len = len, .priority = SITEMAP_DEFAULT_PRIORITY};
    return sitemap_sink_put(sink, &entry);
}

static enum sitemap_status end_line(struct sitemap_lines *l, struct sitemap_sink *sink)
{
    enum sitemap_status status = put_line(l, sink);
    buffer_clear(&l->line);
    l->too_long = false;
    return status;
}

enum sitemap_status sitemap_lines_feed(struct sitemap_lines *l, struct sitemap_sink *sink, const char *text, size_t len)
{
    const char *end = text + len;
    while (text < end) {
        const char *stop = text;
        while (stop < end && *stop != '\n' && *stop != '\r')
            stop++;
        size_t n = (size_t)(stop - text);
        if (l->line.len + n > URL_MAX_BYTES)
            l->too_long = true;
        else if (!l->too_long && !buffer_append(&l->line, text, n))
            return SITEMAP_NO_MEMORY;
        if (stop == end)
            return SITEMAP_OK;
        enum sitemap_status status = end_line(l, sink);
        if (status)
            return status;
        text = stop + 1;
    }
    return SITEMAP_OK;
}

enum sitemap_status sitemap_lines_end(struct sitemap_lines *l, struct sitemap_sink *sink)
{
    enum sitemap_status status = end_line(l, sink);
    return status ? status : sink->count ? SITEMAP_OK : SITEMAP_UNKNOWN;
}

void sitemap_lines_release(struct sitemap_lines *l)
{
    buffer_release(&l->line);
}
