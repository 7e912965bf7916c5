/* What a page's row in the state is found by. Context: any thread. */
#ifndef CRAWL_PAGE_KEY_H
#define CRAWL_PAGE_KEY_H

#include "base/buffer.h"
#include "web/url/url.h"

/* Append URL's key to B: the URL without user name and password, and, where there is a user, a tag of the name
 * behind '#', so that two accounts at one site have rows of their own and no name is shown. A canonical URL has no
 * fragment, so no two URLs have the same key. False when memory is out. */
bool page_key(const struct url *url, struct buffer *b);

/* Whether TEXT is what page_key puts behind the URL of a user. */
bool page_key_is_tag(const char *text);

#endif
