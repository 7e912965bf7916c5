/* The accounts of a crawl: which user and password the user gave with a URL, by origin, so that the backlog on disk
 * holds neither. Of two at one origin the first counts for what is found there.
 *
 * accounts_init (or zeroes), accounts_add, accounts_put_in, accounts_release. Context: the crawl's thread. */
#ifndef CRAWL_ACCOUNTS_H
#define CRAWL_ACCOUNTS_H

#include "web/url/url.h"

#include <stdbool.h>

struct account;

enum { ACCOUNTS_BUCKETS = 1024 }; /* a list may have an account in each line */

struct accounts {
    struct account *buckets[ACCOUNTS_BUCKETS];
};

/* Remember URL's account, if it has one. False when memory is out. */
bool accounts_add(struct accounts *accounts, const struct url *url);

/* Make URL, which has none, one with the account of its origin. False when there is none, or memory is out: URL is as
 * it was. */
bool accounts_put_in(const struct accounts *accounts, struct url *url);

void accounts_release(struct accounts *accounts);

#endif
