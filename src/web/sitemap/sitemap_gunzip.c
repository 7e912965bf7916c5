#include "web/sitemap/sitemap_parts.h"

enum { PIECE_BYTES = 16384, GZIP_ONLY = 16 + MAX_WBITS };

/* Between members: whether another one begins, which is known by its first byte (RFC 1952 section 2.3.1). Many tools
 * pad the last one with zeros. */
static enum sitemap_status begin_member(struct sitemap_gunzip *g, uint8_t first)
{
    if (!g->open) {
        int rc = inflateInit2(&g->stream, GZIP_ONLY);
        g->open = rc == Z_OK;
        return g->open ? SITEMAP_OK : rc == Z_MEM_ERROR ? SITEMAP_NO_MEMORY : SITEMAP_COMPRESSION;
    }
    g->done = first != 0x1f;
    if (!g->done && inflateReset(&g->stream) != Z_OK)
        return SITEMAP_COMPRESSION;
    return SITEMAP_OK;
}

enum sitemap_status sitemap_gunzip_feed(struct sitemap_gunzip *g, const uint8_t *bytes, size_t len,
                                        sitemap_output *output, void *context)
{
    uint8_t piece[PIECE_BYTES];
    enum sitemap_status status = SITEMAP_OK;
    g->stream.next_in = (uint8_t *)bytes;
    g->stream.avail_in = (uInt)len;
    while (!g->done) {
        if (!g->open || g->between) {
            if (g->stream.avail_in == 0)
                break;
            uInt left = g->stream.avail_in; /* opening the stream keeps it, but only by custom */
            status = begin_member(g, bytes[len - left]);
            if (status || g->done)
                break;
            g->between = false;
            g->stream.next_in = (uint8_t *)bytes + len - left;
            g->stream.avail_in = left;
        }
        g->stream.next_out = piece;
        g->stream.avail_out = sizeof piece;
        int rc = inflate(&g->stream, Z_NO_FLUSH);
        size_t n = sizeof piece - g->stream.avail_out;
        if (n && (status = output(context, (const char *)piece, n)))
            break;
        g->between = rc == Z_STREAM_END;
        if (rc == Z_BUF_ERROR || (rc == Z_OK && g->stream.avail_in == 0 && g->stream.avail_out))
            break;
        if (rc != Z_OK && rc != Z_STREAM_END) {
            status = rc == Z_MEM_ERROR ? SITEMAP_NO_MEMORY : SITEMAP_COMPRESSION;
            break;
        }
    }
    return status;
}

enum sitemap_status sitemap_gunzip_end(const struct sitemap_gunzip *g)
{
    return g->between || g->done ? SITEMAP_OK : SITEMAP_COMPRESSION;
}

void sitemap_gunzip_release(struct sitemap_gunzip *g)
{
    if (g->open)
        inflateEnd(&g->stream);
    g->open = false;
}
