/* The inside of a rule set. Private to the reader of robots.txt. */
#ifndef WEB_ROBOTS_RULES_H
#define WEB_ROBOTS_RULES_H

#include "web/robots/robots.h"

#include "base/buffer.h"

/* A rule's pattern in canonical form lies in the rule set's text. */
struct robots_rule {
    uint32_t at, len;
    uint32_t line;
    bool allow;
};

/* What the groups of one kind say: those that name the crawler, or those of "*". */
struct robots_group {
    struct robots_rule *rules;
    size_t count, capacity;
    int32_t delay_ms;
    bool present;
};

struct robots {
    struct robots_group group; /* the one that applies; while parsing, the one that names the crawler */
    struct buffer text;        /* the patterns */
    struct buffer sitemaps;    /* one after another, each terminated */
    uint32_t *sitemap_at;
    size_t sitemap_count, sitemap_capacity;
};

/* In a canonical pattern these stand for '*' and for '$' at the end. No other control byte occurs in canonical form. */
enum { ROBOTS_ANY = 1, ROBOTS_END = 2 };

/* How many bytes the canonical form of LEN bytes can take. */
#define ROBOTS_CANONICAL_ROOM(len) (3 * (len))

/* Write PATH in the form in which equivalent paths are equal bytes; returns its length.
 *
 * A percent-encoded byte becomes the byte itself, unless that byte is reserved in a URL and thereby means something
 * else than its encoding (RFC 9309 section 2.2.2). '*' and '$' are not among those: encoded they are plain
 * characters. */
size_t robots_canonical(const char *path, size_t len, bool is_pattern, char *out);

/* Whether a canonical pattern matches a canonical path from its start. Linear in the lengths of both. */
bool robots_match(const char *pattern, size_t pattern_len, const char *path, size_t path_len);

#endif
