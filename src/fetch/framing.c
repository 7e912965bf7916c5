#include "fetch/framing.h"

#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 19 }; /* so that a number cannot overflow */

void framing_forget(struct framing *f)
{
    *f = (struct framing){0};
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

const char *framing_number(const char *at, const char *end, uint64_t *number)
{
    const char *begin = at;
    *number = 0;
    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        if (at - begin == DIGITS_MAX)
            return NULL;
        *number = *number * 10 + (uint64_t)(*at - '0');
    }
    return at == begin || *number > INT64_MAX ? NULL : at;
}

bool framing_length(struct framing *f, const char *value, size_t len)
{
    const char *at = value, *end = value + len;
    for (;; at++) { /* over the comma */
        uint64_t number;
        at = framing_number(skip_blanks(at, end), end, &number);
        if (!at || (f->has_length && number != f->length))
            return false;
        f->has_length = true;
        f->length = number;
        at = skip_blanks(at, end);
        if (at == end)
            return true;
        if (*at != ',')
            return false;
    }
}

bool framing_coding(const char *value, size_t len)
{
    static const char *const known[] = {"chunked", "identity"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i]) == len && strncasecmp(value, known[i], len) == 0)
            return true;
    return false;
}
