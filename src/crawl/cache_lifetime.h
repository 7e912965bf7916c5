/* How long an answer may be kept (RFC 9111 section 5.2.2, as far as robots.txt needs it: RFC 9309 section 2.4). */
#ifndef CRAWL_CACHE_LIFETIME_H
#define CRAWL_CACHE_LIFETIME_H

#include "fetch/message.h"

/* Milliseconds: MOST, or less when Cache-Control says max-age with less, or no-store or no-cache, which mean 0.
 * Directives that make no sense are passed over. */
int64_t cache_lifetime_ms(const struct fetch_answer *answer, int64_t most_ms);

#endif
