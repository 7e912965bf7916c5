#include "store/state/state_key.h"

#include "base/hash.h"

#include <string.h>

/* Changing one of these orphans every row of every database. */
#define SEED     UINT64_C(0x666f726167650001)
#define URL_BITS 40
#define URL_MASK ((UINT64_C(1) << URL_BITS) - 1)

size_t state_origin_len(const char *url, size_t len)
{
    const char *mark = memmem(url, len, "://", 3);
    if (!mark)
        return len;
    const char *host = mark + 3;
    const char *path = memchr(host, '/', (size_t)(url + len - host));
    return path ? (size_t)(path - url) : len;
}

int64_t state_page_key(const char *url, size_t len)
{
    uint64_t origin = hash_bytes(url, state_origin_len(url, len), SEED);
    return (int64_t)((origin & ~URL_MASK) | (hash_bytes(url, len, SEED) & URL_MASK));
}

int64_t state_host_key(const char *origin, size_t len)
{
    return (int64_t)hash_bytes(origin, len, SEED);
}

int64_t state_key_next(int64_t key)
{
    uint64_t k = (uint64_t)key;
    return (int64_t)((k & ~URL_MASK) | ((k + 1) & URL_MASK));
}

int64_t state_key_first(int64_t key)
{
    return (int64_t)((uint64_t)key & ~URL_MASK);
}

int64_t state_key_last(int64_t key)
{
    return (int64_t)((uint64_t)key | URL_MASK);
}
