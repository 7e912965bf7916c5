/* Rules about one URL and the page it was found on: its path, its query, and the chain that led to it. */
#include "crawl/scope/traps_state.h"

#include "base/hash.h"
#include "crawl/scope/percent.h"

#include <stdlib.h>
#include <string.h>

/* ---- The path ---- */

enum { SEGMENTS_AT_HAND = 64 };

static size_t count_slashes(struct url_part path)
{
    size_t count = 0;
    for (const char *at = path.at, *end = path.at + path.len; (at = memchr(at, '/', (size_t)(end - at))); at++)
        count++;
    return count;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* How often the most frequent of the COUNT hashes is there; they are sorted for that. */
static size_t most_frequent(uint64_t *hashes, size_t count)
{
    size_t most = 0, run = 0;
    qsort(hashes, count, sizeof *hashes, by_value);
    for (size_t i = 0; i < count; i++) {
        run = i && hashes[i] == hashes[i - 1] ? run + 1 : 1;
        most = run > most ? run : most;
    }
    return most;
}

/* Behind the last slash there may be nothing, which is no segment. */
static size_t read_segments(const struct traps *t, struct url_part path, uint64_t *hashes)
{
    const char *at = path.at + 1, *end = path.at + path.len;
    size_t count = 0;
    while (at < end) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash ? slash : end;
        hashes[count++] = hash_bytes(at, (size_t)(stop - at), t->seed);
        at = stop + 1;
    }
    return count;
}

static size_t repeated_segments(const struct traps *t, struct url_part path, size_t slashes)
{
    uint64_t at_hand[SEGMENTS_AT_HAND];
    uint64_t *hashes = slashes <= SEGMENTS_AT_HAND ? at_hand : malloc(slashes * sizeof *hashes);
    if (!hashes)
        return 0;
    size_t most = most_frequent(hashes, read_segments(t, path, hashes));
    if (hashes != at_hand)
        free(hashes);
    return most;
}

bool traps_path_is_fine(struct traps *t, const struct url *url, struct traps_verdict *verdict)
{
    size_t slashes = count_slashes(url->path);
    if (slashes - 1 > t->limits.path_depth)
        return traps_refuse(t, verdict, TRAPS_PATH_DEPTH, "%zu folders, more than --max-path-depth %lu", slashes - 1,
                            (unsigned long)t->limits.path_depth);
    if (slashes <= t->limits.repeats)
        return true;
    size_t repeats = repeated_segments(t, url->path, slashes);
    if (repeats <= t->limits.repeats)
        return true;
    return traps_refuse(t, verdict, TRAPS_REPEATS, "a segment is there %zu times, more than --max-repeats %lu", repeats,
                        (unsigned long)t->limits.repeats);
}

/* ---- Numbers ---- */

/* A number's bits: 14 of the chain, 14 of the longer chain, 4 of the growth. */
enum { CHAIN_MAX = 0x3fff, LONGER_AT = 14, GROWTH_AT = 28, GROWTH_MAX = 0xf };

static uint32_t at_most(unsigned number, unsigned max)
{
    return number < max ? number : max;
}

uint32_t traps_number_make(unsigned chain, unsigned longer, unsigned growth)
{
    return at_most(chain, CHAIN_MAX) | at_most(longer, CHAIN_MAX) << LONGER_AT |
           at_most(growth, GROWTH_MAX) << GROWTH_AT;
}

/* ---- Chains ---- */

enum { LONGER_TIMES = 4 };

static bool is_same_pattern(const struct traps_link *link)
{
    return link->parent && link->shape->pattern == link->parent_shape->pattern;
}

/* The pages before this one that are of its pattern, each found on the one before. */
static unsigned chain_of(const struct traps_link *link)
{
    return is_same_pattern(link) ? (link->parent_number & CHAIN_MAX) + 1 : 0;
}

/* The same of pages of any pattern that was met before: months that have names are of twelve. */
static unsigned longer_chain_of(struct traps *t, const struct traps_link *link)
{
    bool known = link->parent && (is_same_pattern(link) || tally_find(&t->patterns, link->shape->pattern));
    return known ? (link->parent_number >> LONGER_AT & CHAIN_MAX) + 1 : 0;
}

/* Half a page for each pattern that was first met on pages of this one or its parent's. */
static uint64_t gain_of(struct traps *t, const struct traps_link *link)
{
    const struct tally_entry *own = tally_find(&t->patterns, link->shape->pattern);
    uint64_t gain = own ? own->a : 0;
    const struct tally_entry *parent =
        is_same_pattern(link) ? NULL : tally_find(&t->patterns, link->parent_shape->pattern);
    return (gain + (parent ? parent->a : 0)) / 2;
}

bool traps_chain_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict)
{
    uint64_t chain = chain_of(link), longer = longer_chain_of(t, link), limit = t->limits.chain;
    uint64_t longer_limit = limit < CHAIN_MAX ? limit * LONGER_TIMES : UINT64_MAX;
    if (chain <= limit && longer <= longer_limit)
        return true;
    uint64_t gain = gain_of(t, link);
    if (chain > limit && chain - limit > gain)
        return traps_refuse(t, verdict, TRAPS_CHAIN, "%lu pages of one pattern in a row, more than --max-chain %lu",
                            (unsigned long)chain, (unsigned long)limit);
    if (longer > longer_limit && longer - longer_limit > gain)
        return traps_refuse(t, verdict, TRAPS_CHAIN,
                            "%lu pages of known patterns in a row, more than %d times --max-chain %lu",
                            (unsigned long)longer, LONGER_TIMES, (unsigned long)limit);
    return true;
}

/* ---- The query ---- */

static bool contains(const char *text, size_t len, struct url_part part)
{
    return memmem(text, len, part.at, part.len) != NULL;
}

/* Whether the query of the page is within that of the link, as it is or encoded once more. */
static bool has_grown(struct traps *t, const struct traps_link *link)
{
    struct url_part query = link->url->query, old = link->parent ? link->parent->query : (struct url_part){NULL, 0};
    if (!old.len || old.len >= query.len)
        return false;
    if (contains(query.at, query.len, old))
        return true;
    if (!memchr(query.at, '%', query.len) || !(buffer_clear(&t->decoded), buffer_reserve(&t->decoded, query.len)))
        return false;
    char *out = t->decoded.data;
    for (size_t i = 0; i < query.len; i++) {
        int byte = percent_byte(query.at + i, query.len - i);
        *out++ = byte >= 0 ? (char)byte : query.at[i];
        i += byte >= 0 ? 2 : 0;
    }
    return contains(t->decoded.data, (size_t)(out - t->decoded.data), old);
}

static unsigned growth_of(struct traps *t, const struct traps_link *link)
{
    return has_grown(t, link) ? (link->parent_number >> GROWTH_AT) + 1 : 0;
}

bool traps_query_is_fine(struct traps *t, const struct traps_link *link, struct traps_verdict *verdict)
{
    const struct shape *s = link->shape;
    unsigned long limit = (unsigned long)t->limits.query, repeats = (unsigned long)t->limits.repeats;
    if (s->parameters > limit)
        return traps_refuse(t, verdict, TRAPS_QUERY, "%u parameters, more than --max-query %lu", s->parameters, limit);
    if (s->repeated > repeats)
        return traps_refuse(t, verdict, TRAPS_QUERY, "a parameter is there %u times, more than --max-repeats %lu",
                            s->repeated, repeats);
    unsigned growth = growth_of(t, link);
    if (growth > limit)
        return traps_refuse(t, verdict, TRAPS_QUERY, "the query grew %u times in a row, more than --max-query %lu",
                            growth, limit);
    return true;
}

uint32_t traps_number_of(struct traps *t, const struct traps_link *link)
{
    return traps_number_make(chain_of(link), longer_chain_of(t, link), growth_of(t, link));
}
