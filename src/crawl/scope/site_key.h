/* What makes two URLs of one site, as text to hash: the host and, unless it is the default of the scheme, the port.
 * Context: anywhere; pure. */
#ifndef CRAWL_SCOPE_SITE_KEY_H
#define CRAWL_SCOPE_SITE_KEY_H

#include <stdint.h>

#include "base/hash.h"
#include "web/url/url.h"

/* A hash of the site that URL is of: http and https are one, and so are their default ports. */
static inline uint64_t site_key(const struct url *url, uint64_t seed)
{
    return hash_bytes(url->host.at, url->host.len, seed + (url->has_port ? url->port : 0));
}

#endif
