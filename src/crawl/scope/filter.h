/* The user's filters: regular expressions that say which URLs are wanted (--accept, --reject).
 *
 * filter_new compiles once; filter_check asks, as often as wanted; filter_free ends it. The expressions are PCRE2's,
 * letters of either case differ ("(?i)" makes them the same), and match anywhere in the canonical URL without user name
 * and password, unless anchored. A URL is wanted when one of the patterns to accept matches, or there are none, and no
 * pattern to reject does.
 *
 * The work for a URL is bounded. A match that meets a limit decides against the URL, and the reason says so: a pattern
 * to accept has then not accepted, a pattern to reject has rejected. Context: one thread at a time; no function
 * blocks. */
#ifndef CRAWL_SCOPE_FILTER_H
#define CRAWL_SCOPE_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "web/url/url.h"

enum filter_status { FILTER_OK, FILTER_SYNTAX, FILTER_NO_MEMORY };

struct filter_options {
    const char *const *accept;
    size_t accept_count;
    const char *const *reject;
    size_t reject_count;
};

enum filter_verdict { FILTER_WANTED, FILTER_NOT_ACCEPTED, FILTER_REJECTED };

/* Why it is so. */
struct filter_reason {
    const char *pattern; /* the one that decided, as it was given, borrowed from the filter; NULL: none did */
    bool gave_up;        /* a match of PATTERN met a limit */
};

struct filter;

/* Compile OPTIONS' patterns, which are copied.
 *
 * Returns FILTER_OK; FILTER_SYNTAX with a line in ERROR that says which pattern is wrong, where and why; or
 * FILTER_NO_MEMORY. ERROR may be NULL. *OUT is untouched on failure.
 * Context: maps executable memory where the kernel allows it; without, matching is slower. */
enum filter_status filter_new(struct filter **out, const struct filter_options *options, char *error,
                              size_t error_size);

/* Whether URL is wanted. REASON, which may be NULL, is filled in either way: of a URL that is wanted it names the
 * pattern that accepted it, of one that was not accepted the pattern that gave up. */
enum filter_verdict filter_check(struct filter *filter, const struct url *url, struct filter_reason *reason);

/* Accepts NULL. */
void filter_free(struct filter *filter);

#endif
