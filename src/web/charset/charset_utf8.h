/* UTF-8 as the Encoding Standard reads and writes it. Private to charset_*.c. */
#ifndef WEB_CHARSET_UTF8_H
#define WEB_CHARSET_UTF8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { CHARSET_REPLACED = 0xfffd };

/* How the LEN >= 1 bytes at S begin: with a character of so many bytes; 0: with one that is cut; negative: with so many
 * bytes that are together one error (section 8.1.1, which counts as Unicode's "maximal subpart" does). */
int charset_utf8_next(const uint8_t *s, size_t len);

/* The code of the whole, valid character at S. */
uint32_t charset_utf8_code(const uint8_t *s);

/* Write CODE, which is no surrogate, at TO, which has room for 4 bytes. Returns where it ends. */
char *charset_utf8_put(char *to, uint32_t code);

/* The first byte from S on that is not ASCII, or END. */
static inline const uint8_t *charset_skip_ascii(const uint8_t *s, const uint8_t *end)
{
    uint64_t word;
    for (; end - s >= 8; s += 8) {
        memcpy(&word, s, sizeof word);
        if (word & 0x8080808080808080u)
            break;
    }
    while (s < end && *s < 0x80)
        s++;
    return s;
}

#endif
