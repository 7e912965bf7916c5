/* Parameters that are taken out of the queries of URLs, because they do not change the page (--strip-query).
 *
 * strip_new with names, strip_query for each URL of a link, strip_free. A name is exact ("ref"), the beginning of one
 * with a star behind it ("utm_*"), or the word "tracking" for those that are known to follow people about:
 * strip_tracking lists them. Names are compared with percent-encoding taken off, and letters of either case differ.
 *
 * Context: one thread at a time; no function blocks. */
#ifndef CRAWL_SCOPE_STRIP_H
#define CRAWL_SCOPE_STRIP_H

#include <stddef.h>

#include "web/url/url.h"

struct strip;

/* NAMES are copied. NULL when memory is out. */
struct strip *strip_new(const char *const *names, size_t count);

enum strip_result { STRIP_UNCHANGED, STRIP_CHANGED, STRIP_NO_MEMORY };

/* Take the parameters out of URL. What is left keeps its order and its bytes; a query of which nothing is left goes
 * with its '?'. The result is canonical. Takes time in proportion to the URL. URL is as it was unless the result is
 * STRIP_CHANGED. STRIP may be NULL: nothing is taken out. */
enum strip_result strip_query(struct strip *strip, struct url *url);

/* The names that "tracking" stands for, in no order, with stars; the list ends with NULL. */
extern const char *const strip_tracking[];

/* Accepts NULL. */
void strip_free(struct strip *strip);

#endif
