/* Traps: sites, or parts of them, that never end. What is refused here is a URL that its site seems to make up.
 *
 * traps_new, then for each link in scope traps_check if it is new in this run and traps_known if it is not; traps_ask
 * when a URL's turn comes, since more may be known of it by then; traps_page when it was fetched; traps_free. URLs that
 * the user added are not asked about.
 *
 * What is looked at, each with its limit (TRAPS_TABLE names the options):
 *
 *   path-depth         folders in the URL.
 *   repeated-segments  how often one segment occurs in the path; a group of segments that is repeated repeats its
 *                      segments.
 *   query-growth       parameters of the query; how often one of them is repeated there, name and value; and how many
 *                      times in a row a query grew around that of the page it was found on
 *                      (?return=/login%3Freturn=...).
 *   chain              pages of one pattern, each found on the one before: endless calendars. A URL's pattern is its
 *                      site and path with runs of digits as one, the names of its parameters without their values, and
 *                      tokens (see below) as one. And four times as many pages of any patterns that were met before:
 *                      months that have names. Chains that lead to pages of patterns never met before may go on: half a
 *                      page for each such pattern, so that a blog's index pages come to their end. Numbered pages are
 *                      of one pattern and are no such gain.
 *   host-budget        pages of one host in this run.
 *   same-content       pages of one pattern with the same content, when three quarters of that pattern's pages also had
 *                      content that another of them had before: the pattern is closed. And pages of one site with the
 *                      same content, of whatever pattern, when the links that are found only on them lead nowhere new:
 *                      three quarters of the pages behind them, and at least as many as the limit, had content that was
 *                      known already. Such copies' links are not followed any more: soft 404s with relative links.
 *   session-id         URLs with a token: a parameter whose name is that of a session, or a parameter or segment that
 *                      looks random. When 40 times the limit for the same content (200 times, where only the looks
 *                      tell) were found on pages with the same token, by name or place, and not even one link in 500
 *                      led to such a URL once more, each link is made up anew. From then on two URLs that differ in
 *                      their tokens only are one.
 *   facets             queries of three and more parameters on one path. A URL that has two parameters of which these
 *                      values were not met together is let through; one that only combines known pairs anew is, until
 *                      there are 1,000 more such combinations than new pairs brought URLs. So a catalogue of two
 *                      dimensions, threads and their pages for example, is whole, and one of eight is seen in samples,
 *                      each filter with each other. Also 500 different sets of parameter names on one path.
 *
 * The last three are evidence, not rules: they cost a site that is no trap only what is told above.
 *
 * Memory is bounded, about 40 MiB when all tables are full, and a crawl of one site takes a fraction. The tables are
 * caches: of eight entries that fall together the one that was not touched for longest is forgotten. What is forgotten
 * is learnt anew, so a trap is left a little later; no URL is refused for it. When memory is out tables do not grow.
 *
 * Context: the parent; one thread; no function blocks. Each function takes time in proportion to the URLs' length. */
#ifndef CRAWL_SCOPE_TRAPS_H
#define CRAWL_SCOPE_TRAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "web/url/url.h"

/* The reasons, the words for them in the log, and the options that set their limits. */
#define TRAPS_TABLE(X)                                                                                                 \
    X(TRAPS_PATH_DEPTH, "path-depth", "--max-path-depth")                                                              \
    X(TRAPS_REPEATS, "repeated-segments", "--max-repeats")                                                             \
    X(TRAPS_QUERY, "query-growth", "--max-query")                                                                      \
    X(TRAPS_CHAIN, "chain", "--max-chain")                                                                             \
    X(TRAPS_BUDGET, "host-budget", "--max-pages-per-host")                                                             \
    X(TRAPS_SAME, "same-content", "--max-same")                                                                        \
    X(TRAPS_SESSION, "session-id", "--max-same")                                                                       \
    X(TRAPS_FACETS, "facets", "--max-query")

#define TRAPS_ENUM(name, word, option) name,
enum traps_reason { TRAPS_TABLE(TRAPS_ENUM) TRAPS_REASONS };

/* As in struct forage_options: 0 is the default, FORAGE_NO_LIMIT switches what depends on it off. A chain is
 * never counted beyond 16,383 pages, nor a growth beyond 15. */
struct traps_options {
    uint64_t max_path_depth;
    uint64_t max_repeats;
    uint64_t max_query; /* also switches facets */
    uint64_t max_chain;
    uint64_t max_same; /* also switches session-id */
    uint64_t max_pages_per_host;
};

struct traps_verdict {
    uint32_t number; /* of a URL that is let through: to be kept with it, and given for its links */
    enum traps_reason reason;
    const char *word; /* constant; of a URL that is refused */
    char detail[120]; /* for the log: "33 folders, more than --max-path-depth 32" */
};

struct traps;

/* NULL when memory is out. */
struct traps *traps_new(const struct traps_options *options);

/* Whether URL, which is new in this run and passed everything else, may be queued. It counts when it may.
 *
 * PARENT is the page it was found on, and PARENT_NUMBER what this function gave for that (0 for one that the user
 * added); NULL for a URL that was found on none, in a sitemap for example. VERDICT is filled in. */
bool traps_check(struct traps *traps, const struct url *url, const struct url *parent, uint32_t parent_number,
                 struct traps_verdict *verdict);

/* A link that leads to a URL of this run again. Costs next to nothing unless the URL has a token; sites whose URLs look
 * random are told from session ids by it. Texts are canonical, here and below without user name and password. */
void traps_known(struct traps *traps, const char *url, size_t len, const char *parent, size_t parent_len);

/* URL, which was let through and queued, shall be fetched now: may it still? PARENT is empty or as in traps_check.
 * One that may not counts no longer for its host. VERDICT's number is not set. */
bool traps_ask(struct traps *traps, const struct url *url, const char *parent, size_t parent_len,
               struct traps_verdict *verdict);

/* A page was fetched with a status of 2xx, or is unchanged: DIGEST is that of its content. */
void traps_page(struct traps *traps, const struct url *url, const char *parent, size_t parent_len, const void *digest,
                size_t digest_len);

/* URL was let through before this run was broken off: it counts as it did then. */
void traps_recall(struct traps *traps, const struct url *url, const struct url *parent);

/* The number to give for the links of a page that is known from an earlier run, so that a chain does not begin anew in
 * each run. DEPTH and PARENT, which may be NULL, are what was kept of it. */
uint32_t traps_number(struct traps *traps, const struct url *url, const struct url *parent, unsigned depth);

/* How many URLs were refused for REASON. */
uint64_t traps_refused(const struct traps *traps, enum traps_reason reason);

/* Constant texts. */
const char *traps_word(enum traps_reason reason);
const char *traps_option(enum traps_reason reason);

/* The memory of the tables. */
size_t traps_bytes(const struct traps *traps);

/* Accepts NULL. */
void traps_free(struct traps *traps);

#endif
