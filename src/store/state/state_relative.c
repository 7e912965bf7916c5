#include "store/state/state_relative.h"

#include <stdio.h>

struct state_relative state_relative_of(const char *base, size_t base_len, const char *url, size_t url_len)
{
    size_t common = 0;
    while (common < base_len && common < url_len && base[common] == url[common])
        common++;
    return (struct state_relative){common, url + common, url_len - common};
}

size_t state_relative_prefix(const struct state_relative *relative, char prefix[STATE_RELATIVE_PREFIX_MAX])
{
    if (!relative->common && !relative->rest_len)
        return 0;
    return (size_t)snprintf(prefix, STATE_RELATIVE_PREFIX_MAX, "%u ", (unsigned)relative->common);
}

bool state_relative_parse(const char *stored, size_t len, size_t base_len, struct state_relative *relative)
{
    size_t common = 0, i = 0;
    if (len == 0) {
        *relative = (struct state_relative){0};
        return true;
    }
    for (; i < len && i < STATE_RELATIVE_PREFIX_MAX && stored[i] >= '0' && stored[i] <= '9'; i++)
        common = 10 * common + (size_t)(stored[i] - '0');
    if (i == 0 || i == len || stored[i] != ' ' || common > base_len)
        return false;
    *relative = (struct state_relative){common, stored + i + 1, len - i - 1};
    return true;
}
