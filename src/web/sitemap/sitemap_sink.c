#include "web/sitemap/sitemap_parts.h"

#include <string.h>
#include <strings.h>

/* The length of the blank that TEXT begins with; 0: none. Beyond ASCII: the spaces of Unicode and the byte order
 * mark. */
static size_t blank_at(const char *text, size_t len)
{
    static const char wide[][4] = {"\xe1\x9a\x80", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                   "\xe2\x81\x9f", "\xe3\x80\x80", "\xef\xbb\xbf"};
    if (len && (unsigned char)text[0] <= ' ')
        return 1;
    if (len >= 2 && memcmp(text, "\xc2\xa0", 2) == 0)
        return 2;
    if (len < 3)
        return 0;
    if (memcmp(text, "\xe2\x80", 2) == 0 && (unsigned char)text[2] <= 0x8b) /* U+2000 to U+200B */
        return 3;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++) {
        if (memcmp(text, wide[i], 3) == 0)
            return 3;
    }
    return 0;
}

static size_t blank_before(const char *text, size_t len)
{
    for (size_t n = 1; n <= 3 && n <= len; n++) {
        if (blank_at(text + len - n, n) == n)
            return n;
    }
    return 0;
}

void sitemap_trim(const char **text, size_t *len)
{
    size_t n;
    while ((n = blank_at(*text, *len))) {
        *text += n;
        *len -= n;
    }
    while ((n = blank_before(*text, *len)))
        *len -= n;
}

bool sitemap_is_absolute(const char *text, size_t len)
{
    return (len > 7 && strncasecmp(text, "http://", 7) == 0) || (len > 8 && strncasecmp(text, "https://", 8) == 0);
}

enum sitemap_status sitemap_sink_put(struct sitemap_sink *sink, const struct sitemap_entry *entry)
{
    if (memmem(entry->location, entry->location_len, "\xef\xbf\xbd", 3)) { /* a byte that was no character stood here */
        sink->dropped++;
        return SITEMAP_OK;
    }
    if (sink->count == sink->max_urls)
        return SITEMAP_FULL;
    sink->count++;
    return sink->found(sink->context, entry) ? SITEMAP_OK : SITEMAP_STOPPED;
}
