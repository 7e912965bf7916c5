/* Sitemaps: XML sitemaps and their indexes, RSS (0.9x, 1.0, 2.0), Atom, and plain text with a URL a line; any of these
 * as they are or in gzip, which is known by its first bytes. What a file is, its content says; names and media types do
 * not.
 *
 * sitemap_new, sitemap_feed as bytes arrive, sitemap_end when the file is whole, sitemap_free. Locations are handed to
 * a callback while the file is read, so memory does not grow with it. One sitemap is used by one thread at a time.
 *
 * XML is read by expat, behind a filter that takes comments, processing instructions and whatever follows "<!" out of
 * its way: a document type is refused, so there are no entities to expand and nothing to fetch. The filter also
 * forgives what is common: a bare '&', control characters, blanks before the declaration, a declaration of an encoding
 * that it is not. */
#ifndef WEB_SITEMAP_H
#define WEB_SITEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The protocol's own limits (sitemaps.org), and one on how deep elements stand in each other. */
enum { SITEMAP_MAX_URLS = 50000, SITEMAP_MAX_BYTES = 50 * 1024 * 1024, SITEMAP_MAX_DEPTH = 128 };

#define SITEMAP_STATUS_TABLE(X)                                                                                        \
    X(SITEMAP_OK, "success")                                                                                           \
    X(SITEMAP_FULL, "the sitemap has more URLs than are read of one")                                                  \
    X(SITEMAP_STOPPED, "the caller asked to stop")                                                                     \
    X(SITEMAP_TOO_BIG, "the sitemap is too big")                                                                       \
    X(SITEMAP_TOO_DEEP, "the sitemap's elements are nested too deeply")                                                \
    X(SITEMAP_TOO_COMPLEX, "the sitemap has an element that is too long, or too many names of elements")               \
    X(SITEMAP_DOCTYPE, "the sitemap has a document type declaration")                                                  \
    X(SITEMAP_MALFORMED, "the sitemap is not well-formed XML")                                                         \
    X(SITEMAP_COMPRESSION, "the sitemap's compressed data is broken or ends early")                                    \
    X(SITEMAP_UNKNOWN, "this is no sitemap and no feed")                                                               \
    X(SITEMAP_NO_MEMORY, "out of memory")

enum sitemap_status { STATUS_ENUM(SITEMAP_STATUS_TABLE) SITEMAP_STATUS_COUNT };

enum sitemap_format {
    SITEMAP_IS_UNKNOWN, /* not yet, or for ever */
    SITEMAP_IS_URLSET,
    SITEMAP_IS_INDEX,
    SITEMAP_IS_RSS,
    SITEMAP_IS_ATOM,
    SITEMAP_IS_TEXT
};

enum sitemap_kind { SITEMAP_PAGE, SITEMAP_SITEMAP };

enum { SITEMAP_DEFAULT_PRIORITY = 500 };

/* One location. The text is borrowed for the call. */
struct sitemap_entry {
    enum sitemap_kind kind;
    const char *location; /* UTF-8, without blanks around it, never empty, terminated; to be resolved against the
                             sitemap's own URL. It may be no URL at all. */
    size_t location_len;
    unsigned priority;     /* in thousandths, 0 to 1000 */
    bool has_lastmod;      /* lastmod, pubDate or updated is there and is a date */
    int64_t lastmod;       /* seconds since 1970: the first that the date may mean */
    int64_t lastmod_until; /* and the last: a date without a time is a whole day, in a time zone that is not known.
                              Only a copy that is younger than this is sure to have the change in it. */
};

struct sitemap_options {
    size_t max_urls;    /* 0: SITEMAP_MAX_URLS */
    uint64_t max_bytes; /* of the file, unpacked; 0: SITEMAP_MAX_BYTES */
    unsigned max_depth; /* 0: SITEMAP_MAX_DEPTH */
    uint64_t seed;      /* of hash tables; 0: a random one, from the kernel */
};

/* Called for each location in the file's order. False ends the reading with SITEMAP_STOPPED. */
typedef bool sitemap_found(void *context, const struct sitemap_entry *entry);

struct sitemap;

/* OPTIONS may be NULL. Returns NULL when memory is out. */
struct sitemap *sitemap_new(const struct sitemap_options *options, sitemap_found *found, void *context);

/* Read on. Any status but SITEMAP_OK is final and is said again by every later call; what was found before it stands.
 * Context: any process; does not block. */
enum sitemap_status sitemap_feed(struct sitemap *sitemap, const void *bytes, size_t len);

/* The file is whole: says SITEMAP_OK, or what is wrong with it. Not to be called for a file that was cut: its last line
 * would be taken for a URL. */
enum sitemap_status sitemap_end(struct sitemap *sitemap);

enum sitemap_format sitemap_format(const struct sitemap *sitemap);

/* How many locations the callback got, and how many were passed over: too long, or not of the characters that the
 * file's encoding has, or, in plain text, lines that are no URL. */
size_t sitemap_count(const struct sitemap *sitemap);
size_t sitemap_dropped(const struct sitemap *sitemap);

/* A constant text for STATUS, never NULL. */
const char *sitemap_status_text(enum sitemap_status status);

/* Accepts NULL. */
void sitemap_free(struct sitemap *sitemap);

#endif
