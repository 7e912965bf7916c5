/* What each byte means inside a URL: one table for the parser's loops. Private to the URL parser.
 *
 * The percent-encode sets are those of the URL standard, section 1.3; each one contains the one before it. */
#ifndef WEB_URL_CHARS_H
#define WEB_URL_CHARS_H

#include <stdint.h>

enum {
    CHAR_SKIPPED = 1,         /* tab and line ends, which the standard removes wherever they are */
    CHAR_ENDS_PART = 2,       /* / \ ? # end an authority or a path segment */
    CHAR_ENCODE_QUERY = 4,    /* the special-query percent-encode set */
    CHAR_ENCODE_PATH = 8,     /* the path percent-encode set */
    CHAR_ENCODE_USER = 16,    /* the userinfo percent-encode set */
    CHAR_HOST_FORBIDDEN = 32, /* forbidden domain code points */
    CHAR_HOST_SLOW = 64,      /* a host with it is not plain ASCII: percent signs and bytes from 0x80 */
    CHAR_SCHEME = 128         /* may stand in a scheme behind its first letter */
};

extern const uint8_t url_chars[256];

static inline uint8_t url_char(char c)
{
    return url_chars[(unsigned char)c];
}

/* The value of a hexadecimal digit, or -1. */
static inline int url_hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static inline char url_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

#endif
