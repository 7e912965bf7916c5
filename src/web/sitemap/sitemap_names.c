#include "web/sitemap/sitemap_parts.h"

#include "base/hash.h"

#include <string.h>

/* The table is a quarter full at most, so a long run of taken slots is the sign of names that were made to meet. */
enum { LONGEST_RUN = 32 };

bool sitemap_names_add(struct sitemap_names *names, const char *name)
{
    size_t len = strlen(name);
    if (len > SITEMAP_MAX_NAME_BYTES)
        return false;
    uint64_t hash = hash_bytes(name, len, names->seed) | 1;
    for (size_t i = 0; i < LONGEST_RUN; i++) {
        uint64_t *slot = &names->slots[(hash / 2 + i) % SITEMAP_NAME_SLOTS];
        if (*slot == hash)
            return true;
        if (*slot)
            continue;
        if (names->count == SITEMAP_MAX_NAMES)
            return false;
        *slot = hash;
        names->count++;
        return true;
    }
    return false;
}
