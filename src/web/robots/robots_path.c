/* Paths and patterns of robots.txt, RFC 9309 sections 2.2.2 and 2.2.3. */
#include <string.h>

#include "web/robots/robots_rules.h"
#include "web/url/url_chars.h"

/* Whether %XX of this byte differs in meaning from the byte (RFC 3986 section 2.2). Not here: '*' and '$', see the
 * header, and '\'', which the URL standard encodes in a query. */
static bool is_reserved(unsigned char byte)
{
    return byte != '\0' && strchr(":/?#[]@!&()+,;=%", byte);
}

static char *put_encoded(char *out, unsigned char byte)
{
    static const char digits[] = "0123456789ABCDEF";
    *out++ = '%';
    *out++ = digits[byte >> 4];
    *out++ = digits[byte & 15];
    return out;
}

size_t robots_canonical(const char *path, size_t len, bool is_pattern, char *out)
{
    const char *end = path + len;
    char *start = out;
    for (const char *p = path; p < end; p++) {
        unsigned char byte = (unsigned char)*p;
        bool encoded = byte == '%' && end - p >= 3 && url_hex(p[1]) >= 0 && url_hex(p[2]) >= 0;
        if (encoded) {
            byte = (unsigned char)(url_hex(p[1]) << 4 | url_hex(p[2]));
            p += 2;
        }
        if (byte < ' ' || byte == 0x7f || (encoded && is_reserved(byte)))
            out = put_encoded(out, byte);
        else if (is_pattern && !encoded && byte == '*')
            *out++ = ROBOTS_ANY;
        else if (is_pattern && !encoded && byte == '$' && p + 1 == end)
            *out++ = ROBOTS_END;
        else
            *out++ = (char)byte;
    }
    return (size_t)(out - start);
}

/* The pieces between wildcards are found from left to right, each at the first place where it fits: if any choice of
 * places works, the earliest does. With an end mark, the last piece must be the path's end. */
bool robots_match(const char *pattern, size_t pattern_len, const char *path, size_t path_len)
{
    const char *pattern_end = pattern + pattern_len, *path_end = path + path_len;
    bool at_end = pattern_len && pattern_end[-1] == ROBOTS_END;
    if (at_end)
        pattern_end--;
    for (bool first = true;; first = false) {
        const char *wildcard = memchr(pattern, ROBOTS_ANY, (size_t)(pattern_end - pattern));
        size_t piece = (size_t)((wildcard ? wildcard : pattern_end) - pattern);
        size_t left = (size_t)(path_end - path);
        if (piece > left)
            return false;
        if (first || (at_end && !wildcard)) {
            const char *place = first ? path : path_end - piece;
            if (memcmp(place, pattern, piece) != 0)
                return false;
            path = place + piece;
        } else {
            const char *place = memmem(path, left, pattern, piece);
            if (!place)
                return false;
            path = place + piece;
        }
        if (!wildcard)
            return !at_end || path == path_end;
        pattern = wildcard + 1;
    }
}
