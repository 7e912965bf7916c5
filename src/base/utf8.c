#include "base/utf8.h"

#include <stddef.h>

unsigned utf8_character(const char *text, uint32_t *code)
{
    static const uint32_t least[] = {0, 1, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*text;
    unsigned len = first < 0x80   ? first != 0
                   : first < 0xc0 ? 0
                   : first < 0xe0 ? 2
                   : first < 0xf0 ? 3
                   : first < 0xf8 ? 4
                                  : 0;
    if (!len)
        return 0;
    uint32_t c = len == 1 ? first : first & (0x7fu >> len);
    for (unsigned i = 1; i < len; i++) {
        unsigned char more = (unsigned char)text[i]; /* the NUL at the end is no such byte */
        if ((more & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (more & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    if (code)
        *code = c;
    return len;
}
