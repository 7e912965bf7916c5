/* The part of files.h that looks at texts. */
#include "support/files.h"
#include "support/support.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

bool text_has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

size_t text_times(const char *text, const char *part)
{
    size_t times = 0, len = strlen(part);
    for (const char *at = text; len && (at = strstr(at, part)); at += len)
        times++;
    return times;
}

size_t text_lines(const char *text)
{
    size_t len = strlen(text), lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines + (len && text[len - 1] != '\n');
}

char *text_gzip(const char *text, size_t *len)
{
    enum { GZIP = 15 + 16 };
    size_t room = compressBound(strlen(text)) + 64;
    unsigned char *out = support_alloc(room);
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)text, .avail_in = (uInt)strlen(text), .next_out = out, .avail_out = (uInt)room};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK ||
        deflate(&z, Z_FINISH) != Z_STREAM_END)
        support_fail("zlib cannot compress a text");
    *len = z.total_out;
    deflateEnd(&z);
    return (char *)out;
}

json_t *text_json_lines(const char *text)
{
    /* By its end, for a sanitizer that checks whole strings reads the rest of the text at each other search. */
    const char *end = text + strlen(text);
    json_t *lines = json_array();
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t len = (size_t)((newline ? newline : end) - text);
        json_error_t error;
        json_t *object = json_loadb(text, len, 0, &error);
        if (!json_is_object(object))
            support_fail("no JSON object: %.*s: %s", (int)len, text, error.text);
        json_array_append_new(lines, object);
        text += len + (newline != NULL);
    }
    return lines;
}

const char *text_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}
