#include "web/sitemap/sitemap.h"

#include "base/hash.h"
#include "web/charset/page_charset.h"
#include "web/sitemap/sitemap_parts.h"

#include <stdlib.h>
#include <string.h>

/* What the stages in the middle are given at a time; and the longest declaration of an encoding. */
enum { SLICE_BYTES = 65536, HEAD_BYTES = 1024 };

enum packing { PACKING_UNKNOWN, PACKING_NONE, PACKING_GZIP };

struct sitemap {
    struct sitemap_options options;
    struct sitemap_sink sink;
    enum sitemap_status status;
    bool ended;
    enum packing packing;
    uint64_t packed_bytes, bytes;
    struct sitemap_gunzip gunzip;
    struct buffer head;              /* until the packing and then the encoding are known */
    struct charset_decoder *decoder; /* NULL until the encoding is known */
    struct buffer text;              /* one slice, decoded */
    bool begun;                      /* a character that is not blank was there, so the format is known: */
    struct sitemap_xml *xml;         /* NULL: plain text */
    struct sitemap_lines lines;
};

struct sitemap *sitemap_new(const struct sitemap_options *options, sitemap_found *found, void *context)
{
    struct sitemap *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (options)
        s->options = *options;
    if (!s->options.max_urls)
        s->options.max_urls = SITEMAP_MAX_URLS;
    if (!s->options.max_bytes)
        s->options.max_bytes = SITEMAP_MAX_BYTES;
    if (!s->options.max_depth)
        s->options.max_depth = SITEMAP_MAX_DEPTH;
    if (!s->options.seed)
        s->options.seed = hash_random_seed();
    s->sink = (struct sitemap_sink){.found = found, .context = context, .max_urls = s->options.max_urls};
    return s;
}

/* ---- text to locations ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* What a file is, its first character says; blanks and a second byte order mark do not count. */
static enum sitemap_status begin_text(struct sitemap *s, const char **text, const char *end)
{
    while (*text < end) {
        if (is_blank(**text))
            ++*text;
        else if (end - *text >= 3 && memcmp(*text, "\xef\xbb\xbf", 3) == 0)
            *text += 3;
        else
            break;
    }
    if (*text == end)
        return SITEMAP_OK;
    s->begun = true;
    if (**text != '<') {
        s->sink.format = SITEMAP_IS_TEXT;
        return SITEMAP_OK;
    }
    s->xml = sitemap_xml_new(&s->sink, s->options.max_depth, s->options.seed);
    return s->xml ? SITEMAP_OK : SITEMAP_NO_MEMORY;
}

/* Give s->text to the stage that reads it. */
static enum sitemap_status read_text(struct sitemap *s)
{
    const char *text = buffer_text(&s->text), *end = text + s->text.len;
    if (!s->begun) {
        enum sitemap_status status = begin_text(s, &text, end);
        if (status || !s->begun)
            return status;
    }
    size_t len = (size_t)(end - text);
    return s->xml ? sitemap_xml_feed(s->xml, text, len) : sitemap_lines_feed(&s->lines, &s->sink, text, len);
}

/* ---- bytes to text ---- */

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at;
}

static bool begins(const char *head, size_t len, const char *bytes, size_t n)
{
    return len >= n && memcmp(head, bytes, n) == 0;
}

/* The encoding that the file's beginning tells, UTF-8 if it does not. NULL: not known yet. A mark outdoes a
 * declaration, and one that says UTF-16 where there is none, or what is no encoding, says nothing. */
static const struct charset *encoding_of(const char *head, size_t len, bool whole)
{
    bool enough = whole || len >= HEAD_BYTES;
    if (len < 3 && !enough)
        return NULL;
    if (begins(head, len, "\xff\xfe", 2) || begins(head, len, "<\0", 2))
        return charset_find("utf-16le", 8);
    if (begins(head, len, "\xfe\xff", 2) || begins(head, len, "\0<", 2))
        return charset_find("utf-16be", 8);
    if (begins(head, len, "\xef\xbb\xbf", 3))
        return charset_utf8();
    const char *end = head + len, *at = skip_blanks(head, end);
    size_t left = (size_t)(end - at);
    bool declared = memcmp(at, "<?xml", left < 5 ? left : 5) == 0;
    if (declared && !enough && !memchr(at, '>', left))
        return NULL;
    const struct charset *charset = declared ? page_charset_declared(at, left) : NULL;
    return charset ? charset : charset_utf8();
}

static enum sitemap_status decode(struct sitemap *s, const char *bytes, size_t len)
{
    enum sitemap_status status = SITEMAP_OK;
    while (len && !status) {
        size_t n = len < SLICE_BYTES ? len : SLICE_BYTES;
        buffer_clear(&s->text);
        if (!charset_decoder_feed(s->decoder, bytes, n, &s->text))
            return SITEMAP_NO_MEMORY;
        status = read_text(s);
        bytes += n;
        len -= n;
    }
    return status;
}

static enum sitemap_status begin_decoding(struct sitemap *s, bool whole)
{
    const struct charset *charset = encoding_of(s->head.data, s->head.len, whole);
    if (!charset)
        return SITEMAP_OK;
    s->decoder = charset_decoder_new(charset);
    if (!s->decoder)
        return SITEMAP_NO_MEMORY;
    return decode(s, s->head.data, s->head.len);
}

/* Unpacked bytes. */
static enum sitemap_status unpacked(void *context, const char *bytes, size_t len)
{
    struct sitemap *s = context;
    enum sitemap_status status = SITEMAP_OK;
    bool too_big = len > s->options.max_bytes - s->bytes;
    if (too_big) /* what is within the limit still counts */
        len = (size_t)(s->options.max_bytes - s->bytes);
    s->bytes += len;
    if (!s->decoder) {
        size_t n = HEAD_BYTES - s->head.len < len ? HEAD_BYTES - s->head.len : len;
        if (!buffer_append(&s->head, bytes, n))
            return SITEMAP_NO_MEMORY;
        status = begin_decoding(s, false);
        bytes += n;
        len -= n;
    }
    if (!status && len)
        status = decode(s, bytes, len);
    return status ? status : too_big ? SITEMAP_TOO_BIG : SITEMAP_OK;
}

/* ---- a file's bytes ---- */

static enum sitemap_status read_packed(struct sitemap *s, const uint8_t *bytes, size_t len)
{
    if (s->packing == PACKING_GZIP)
        return sitemap_gunzip_feed(&s->gunzip, bytes, len, unpacked, s);
    return unpacked(s, (const char *)bytes, len);
}

/* A file that begins with the two bytes of gzip is that; one byte is held back for it. */
static enum sitemap_status read_bytes(struct sitemap *s, const uint8_t *bytes, size_t len)
{
    static const uint8_t first[1] = {0x1f};
    if (s->packing != PACKING_UNKNOWN)
        return read_packed(s, bytes, len);
    if (!s->packed_bytes && bytes[0] == first[0] && len == 1)
        return SITEMAP_OK;
    uint8_t begin = s->packed_bytes ? first[0] : bytes[0], second = s->packed_bytes ? bytes[0] : len > 1 ? bytes[1] : 0;
    s->packing = begin == 0x1f && second == 0x8b ? PACKING_GZIP : PACKING_NONE;
    enum sitemap_status status = s->packed_bytes ? read_packed(s, first, 1) : SITEMAP_OK;
    return status ? status : read_packed(s, bytes, len);
}

/* The reading ends: what was found of the last entry still counts. */
static enum sitemap_status settle(struct sitemap *s, enum sitemap_status status)
{
    if (status && s->xml)
        sitemap_xml_end(s->xml, false);
    return s->status = status;
}

enum sitemap_status sitemap_feed(struct sitemap *s, const void *bytes, size_t len)
{
    const uint8_t *at = bytes;
    while (len && !s->status) {
        size_t n = len < SLICE_BYTES ? len : SLICE_BYTES;
        enum sitemap_status status = n > s->options.max_bytes - s->packed_bytes ? SITEMAP_TOO_BIG : SITEMAP_OK;
        if (status)
            n = (size_t)(s->options.max_bytes - s->packed_bytes);
        enum sitemap_status read = n ? read_bytes(s, at, n) : SITEMAP_OK;
        settle(s, read ? read : status);
        s->packed_bytes += n;
        at += n;
        len -= n;
    }
    return s->status;
}

static enum sitemap_status end(struct sitemap *s)
{
    enum sitemap_status status = SITEMAP_OK;
    if (s->packing == PACKING_GZIP)
        status = sitemap_gunzip_end(&s->gunzip);
    if (!status && !s->decoder && s->head.len)
        status = begin_decoding(s, true);
    if (!status && s->decoder) {
        buffer_clear(&s->text);
        status = charset_decoder_end(s->decoder, &s->text) ? read_text(s) : SITEMAP_NO_MEMORY;
    }
    if (status)
        return status;
    if (!s->begun)
        return SITEMAP_UNKNOWN;
    return s->xml ? sitemap_xml_end(s->xml, true) : sitemap_lines_end(&s->lines, &s->sink);
}

enum sitemap_status sitemap_end(struct sitemap *s)
{
    if (s->status || s->ended)
        return s->status;
    s->ended = true;
    return settle(s, end(s));
}

/* ---- what it was ---- */

enum sitemap_format sitemap_format(const struct sitemap *s)
{
    return s->sink.format;
}

size_t sitemap_count(const struct sitemap *s)
{
    return s->sink.count;
}

size_t sitemap_dropped(const struct sitemap *s)
{
    return s->sink.dropped;
}

const char *sitemap_status_text(enum sitemap_status status)
{
    static const char *const texts[] = STATUS_TEXTS(SITEMAP_STATUS_TABLE);
    return (unsigned)status < SITEMAP_STATUS_COUNT ? texts[status] : "unknown status";
}

void sitemap_free(struct sitemap *s)
{
    if (!s)
        return;
    sitemap_gunzip_release(&s->gunzip);
    charset_decoder_free(s->decoder);
    sitemap_xml_free(s->xml);
    sitemap_lines_release(&s->lines);
    buffer_release(&s->head);
    buffer_release(&s->text);
    free(s);
}
