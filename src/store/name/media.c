#include "store/name/media.h"

#include "base/status.h"

#include <string.h>
#include <strings.h>

/* Extensions that leave this table, or join it, change the names of files: sites whose name ends in one are told apart
 * by a tag (store/name/site.h). */
static const struct {
    const char *type;
    const char *extension;
} table[] = {
    {"text/html", "html"},
    {"application/xhtml+xml", "xhtml"},
    {"text/plain", "txt"},
    {"text/css", "css"},
    {"text/csv", "csv"},
    {"text/markdown", "md"},
    {"text/calendar", "ics"},
    {"text/javascript", "js"},
    {"application/javascript", "js"},
    {"application/x-javascript", "js"},
    {"application/ecmascript", "js"},
    {"text/xml", "xml"},
    {"application/xml", "xml"},
    {"application/rss+xml", "rss"},
    {"application/atom+xml", "atom"},
    {"application/json", "json"},
    {"text/json", "json"},
    {"application/pdf", "pdf"},
    {"application/postscript", "ps"},
    {"application/rtf", "rtf"},
    {"application/epub+zip", "epub"},
    {"application/msword", "doc"},
    {"application/vnd.ms-excel", "xls"},
    {"application/vnd.ms-powerpoint", "ppt"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
    {"application/vnd.oasis.opendocument.text", "odt"},
    {"image/png", "png"},
    {"image/jpeg", "jpg"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
    {"image/avif", "avif"},
    {"image/svg+xml", "svg"},
    {"image/bmp", "bmp"},
    {"image/tiff", "tiff"},
    {"image/x-icon", "ico"},
    {"image/vnd.microsoft.icon", "ico"},
    {"audio/mpeg", "mp3"},
    {"audio/ogg", "ogg"},
    {"audio/wav", "wav"},
    {"audio/flac", "flac"},
    {"video/mp4", "mp4"},
    {"video/webm", "webm"},
    {"video/mpeg", "mpeg"},
    {"video/quicktime", "mov"},
    {"font/woff", "woff"},
    {"font/woff2", "woff2"},
    {"font/ttf", "ttf"},
    {"font/otf", "otf"},
    {"application/wasm", "wasm"},
    {"application/zip", "zip"},
    {"application/gzip", "gz"},
    {"application/x-gzip", "gz"},
    {"application/x-bzip2", "bz2"},
    {"application/x-xz", "xz"},
    {"application/zstd", "zst"},
    {"application/x-tar", "tar"},
    {"application/x-7z-compressed", "7z"},
    {"application/vnd.rar", "rar"},
    {"application/octet-stream", "bin"},
};

static const char fallback[] = "bin";

/* The type itself: what stands before the parameters and the white space. */
static size_t essence_len(const char **type)
{
    if (!*type)
        return 0;
    *type += strspn(*type, " \t");
    return strcspn(*type, "; \t,");
}

/* WORD is in lower case. Most words of the table differ in the first letter. */
static bool same(const char *text, size_t len, const char *word)
{
    return len && (text[0] | 0x20) == word[0] && strlen(word) == len && strncasecmp(text, word, len) == 0;
}

bool media_is_given(const char *type)
{
    return essence_len(&type) > 0;
}

bool media_is_html(const char *type)
{
    size_t len = essence_len(&type);
    return same(type, len, "text/html") || same(type, len, "application/xhtml+xml");
}

static bool ends_in(const char *text, size_t len, const char *suffix)
{
    size_t n = strlen(suffix);
    return len > n && strncasecmp(text + len - n, suffix, n) == 0;
}

const char *media_extension(const char *type)
{
    size_t len = essence_len(&type);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (same(type, len, table[i].type))
            return table[i].extension;
    }
    /* Structured syntaxes: RFC 6839. */
    if (ends_in(type, len, "+json"))
        return "json";
    if (ends_in(type, len, "+xml"))
        return "xml";
    return fallback;
}

bool media_makes_extension(const char *extension, size_t len)
{
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (same(extension, len, table[i].extension))
            return true;
    }
    return same(extension, len, fallback);
}

bool media_html_extension(const char *extension, size_t len)
{
    return same(extension, len, "html") || same(extension, len, "htm") || same(extension, len, "xhtml");
}
