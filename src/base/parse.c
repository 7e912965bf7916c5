#include "base/parse.h"

#include "base/status.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool starts_with_digit(const char *text)
{
    return *text >= '0' && *text <= '9';
}

bool parse_count(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (!starts_with_digit(text) || *end || errno || n < min || n > max)
        return false;
    *out = n;
    return true;
}

bool parse_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "kMGT";
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (!starts_with_digit(text) || errno)
        return false;
    const char *unit = *end ? strchr(units, *end == 'K' ? 'k' : *end) : NULL;
    if (*end && (!unit || end[1]))
        return false;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (shift && n > UINT64_MAX >> shift)
        return false;
    *bytes = (uint64_t)n << shift;
    return true;
}

bool parse_time_span(const char *text, int64_t *ms)
{
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};
    char *end;
    if (!starts_with_digit(text) || text[1] == 'x' || text[1] == 'X')
        return false;
    double n = strtod(text, &end);
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        double total = n * units[i].ms;
        if (!(total < 0x1p63))
            return false;
        *ms = (int64_t)(total > 0 && total < 1 ? 1 : total);
        return true;
    }
    return false;
}

bool parse_duration(const char *text, int *ms)
{
    int64_t span = 0;
    if (!parse_time_span(text, &span) || span > INT_MAX)
        return false;
    *ms = (int)span;
    return true;
}
