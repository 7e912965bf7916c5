/* What traps remember. Private to traps*.c. */
#ifndef CRAWL_SCOPE_TRAPS_STATE_H
#define CRAWL_SCOPE_TRAPS_STATE_H

#include "base/buffer.h"
#include "crawl/scope/shape.h"
#include "crawl/scope/tally.h"
#include "crawl/scope/traps.h"

/* The tables, by what their keys are, with their bounds in thousands (of 1,024) entries of 16 bytes. */
#define TRAPS_TABLES(X)                                                                                                \
    X(hosts, 256)    /* site: URLs let through; */                                                                     \
    X(patterns, 256) /* pattern: patterns first met on its pages; */                                                   \
    X(contents, 256) /* pattern: its pages; those whose content another of them had before */                          \
    X(digests, 512)  /* pattern with digest: pages. Site with digest: pages; see traps_content.c */                    \
    X(copies, 64)    /* URL of a page whose content its site had before: the key of site with digest, in halves */     \
    X(closed, 16)    /* pattern that was closed: how often the content was there */                                    \
    X(sessions, 16)  /* token: URLs found on pages with the same token; links to such URLs once more */                \
    X(fresh, 16)     /* URL with a token, and the page it was found on */                                              \
    X(reduced, 256)  /* URL without its tokens, once its token is known for a session's */                             \
    X(pairs, 512)    /* two parameters on a path. Set of names on a path */                                            \
    X(paths, 128)    /* path: URLs with new pairs; others. Path, salted: sets of names */

#define TRAPS_TABLE_MEMBER(name, size) struct tally name;

struct traps_limits {
    uint64_t path_depth, repeats, query, chain, same, pages;
};

struct traps {
    struct traps_limits limits;
    uint64_t seed;
    TRAPS_TABLES(TRAPS_TABLE_MEMBER)
    struct shape parent;   /* of the page whose links are being asked about; parent.url 0: none */
    struct buffer decoded; /* a query; its memory is kept */
    uint64_t refused[TRAPS_REASONS];
};

/* A link, while it is looked at. */
struct traps_link {
    const struct url *url, *parent; /* PARENT may be NULL */
    const struct shape *shape, *parent_shape;
    uint32_t parent_number;
};

/* Two hashes as one; and in either order. */
uint64_t traps_mix(uint64_t a, uint64_t b);
uint64_t traps_mix_pair(uint64_t a, uint64_t b);

/* Fill in VERDICT and count. Returns false, as all that refuse do. */
bool traps_refuse(struct traps *t, struct traps_verdict *verdict, enum traps_reason reason, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* traps_rules.c: what is in the URL itself, and in its parent. Each is true or refuses. */
bool traps_path_is_fine(struct traps *t, const struct url *url, struct traps_verdict *verdict);
bool traps_query_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict);
bool traps_chain_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict);

/* The number of a link, before it is counted: what it is made of is in traps_rules.c. */
uint32_t traps_number_of(struct traps *t, const struct traps_link *link);
uint32_t traps_number_make(unsigned chain, unsigned longer, unsigned growth);

/* traps_content.c: what pages were like. */
bool traps_content_is_fine(struct traps *t, const struct shape *shape, uint64_t parent_url,
                           struct traps_verdict *verdict);

/* traps_session.c and traps_facets.c: what many URLs have in common. The _add functions count one that is let
 * through. */
bool traps_session_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict);
void traps_session_add(struct traps *t, const struct traps_link *link);
bool traps_facets_are_fine(struct traps *t, const struct shape *shape, struct traps_verdict *verdict);
void traps_facets_add(struct traps *t, const struct shape *shape);

#endif
