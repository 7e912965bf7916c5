#include "fetch/range.h"

#include <string.h>
#include <strings.h>

static const char *skip(const char *at, const char *end, char c)
{
    return at && at < end && *at == c ? at + 1 : NULL;
}

static const char *number(const char *at, const char *end, uint64_t *n)
{
    return at ? framing_number(at, end, n) : NULL;
}

bool range_parse(struct range *range, const char *value, size_t len)
{
    static const char unit[] = "bytes ";
    struct range r = {0};
    const char *end = value + len, *at = value + sizeof unit - 1;
    if (len < sizeof unit || strncasecmp(value, unit, sizeof unit - 1) != 0)
        return false;
    at = number(at, end, &r.first);
    at = skip(at, end, '-');
    at = number(at, end, &r.last);
    at = skip(at, end, '/');
    bool unknown = at && end - at == 1 && *at == '*';
    if (!unknown && number(at, end, &r.total) != end)
        return false;
    if (r.last < r.first || (!unknown && r.last >= r.total))
        return false;
    *range = r;
    return true;
}

bool range_continues(const struct range *range, const struct framing *framing, uint64_t at, uint64_t total)
{
    uint64_t missing = range->last - range->first + 1;
    if (range->first != at)
        return false;
    if (framing->has_length ? framing->length != missing : !range->total)
        return false;
    if (range->total && range->last != range->total - 1)
        return false;
    return !total || range->last == total - 1;
}
