#include "web/account/host_parent.h"

#include <string.h>

bool host_parent(const char **name, size_t *len)
{
    const char *dot = memchr(*name, '.', *len);
    if (!dot)
        return false;
    *len -= (size_t)(dot + 1 - *name);
    *name = dot + 1;
    return true;
}
