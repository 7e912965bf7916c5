#include "web/url/url_chars.h"

/* Each class as a constant expression, so that the table is made by the compiler and reads like the standard. */
#define SKIPPED(c)   ((c) == '\t' || (c) == '\n' || (c) == '\r')
#define ENDS_PART(c) ((c) == '/' || (c) == '\\' || (c) == '?' || (c) == '#')
#define CONTROL(c)   ((c) < 0x20 || (c) > 0x7e)
#define UNSAFE(c)    (CONTROL(c) || (c) == ' ' || (c) == '"' || (c) == '#' || (c) == '<' || (c) == '>')
#define IN_QUERY(c)  (UNSAFE(c) || (c) == '\'')
#define IN_PATH(c)   (UNSAFE(c) || (c) == '?' || (c) == '^' || (c) == '`' || (c) == '{' || (c) == '}')
#define IN_USER(c)                                                                                                     \
    (IN_PATH(c) || (c) == '/' || (c) == ':' || (c) == ';' || (c) == '=' || (c) == '@' || ((c) >= '[' && (c) <= ']') || \
     (c) == '|')
#define FORBIDDEN(c)                                                                                                   \
    ((c) <= 0x20 || (c) == 0x7f || (c) == '#' || (c) == '/' || (c) == ':' || (c) == '<' || (c) == '>' || (c) == '?' || \
     (c) == '@' || ((c) >= '[' && (c) <= '^') || (c) == '|' || (c) == '%')
#define HOST_SLOW(c) ((c) == '%' || (c) >= 0x80)
#define LETTER(c)    (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))
#define SCHEME(c)    (LETTER(c) || ((c) >= '0' && (c) <= '9') || (c) == '+' || (c) == '-' || (c) == '.')

#define ENTRY(c)                                                                                                       \
    ((SKIPPED(c) ? CHAR_SKIPPED : 0) | (ENDS_PART(c) ? CHAR_ENDS_PART : 0) | (IN_QUERY(c) ? CHAR_ENCODE_QUERY : 0) |   \
     (IN_PATH(c) ? CHAR_ENCODE_PATH : 0) | (IN_USER(c) ? CHAR_ENCODE_USER : 0) |                                       \
     (FORBIDDEN(c) ? CHAR_HOST_FORBIDDEN : 0) | (HOST_SLOW(c) ? CHAR_HOST_SLOW : 0) | (SCHEME(c) ? CHAR_SCHEME : 0))
#define ENTRIES_4(c)  ENTRY(c), ENTRY((c) + 1), ENTRY((c) + 2), ENTRY((c) + 3)
#define ENTRIES_16(c) ENTRIES_4(c), ENTRIES_4((c) + 4), ENTRIES_4((c) + 8), ENTRIES_4((c) + 12)
#define ENTRIES_64(c) ENTRIES_16(c), ENTRIES_16((c) + 16), ENTRIES_16((c) + 32), ENTRIES_16((c) + 48)

const uint8_t url_chars[256] = {ENTRIES_64(0), ENTRIES_64(64), ENTRIES_64(128), ENTRIES_64(192)};
