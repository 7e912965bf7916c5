/* What fetched pages were like: patterns whose pages are all the same, and copies whose links lead nowhere new. */
#include "crawl/scope/traps_state.h"

#include "base/hash.h"

/* Three quarters of what a pattern, or the copies of a page, brought must be known content before it counts as a
 * trap. */
static bool is_mostly(uint64_t known, uint64_t all)
{
    return known * 4 > all * 3;
}

/* ---- Copies of a page ----
 *
 * Of a digest on a site: A counts its pages; B, in halves, the pages that were found on the second and later of these,
 * and how many of those had content that was new on the site. Links that lead to the same place from all copies were
 * found on the first, so only relative ones are found on the others: they lead to new pages, or to more copies. */

enum { HALF = 16, HALF_MAX = 0xffff };

static void count_behind(struct tally_entry *copies, bool is_new)
{
    uint32_t behind = copies->b >> HALF, gained = copies->b & HALF_MAX;
    if (behind == HALF_MAX) {
        behind /= 2;
        gained /= 2;
    }
    copies->b = (behind + 1) << HALF | (gained + is_new);
}

static struct tally_entry *copies_of(struct traps *t, uint64_t url)
{
    const struct tally_entry *copy = url ? tally_find(&t->copies, url) : NULL;
    return copy ? tally_find(&t->digests, (uint64_t)copy->a << 32 | copy->b) : NULL;
}

static bool lead_nowhere(const struct traps *t, const struct tally_entry *copies)
{
    uint32_t behind = copies->b >> HALF, gained = copies->b & HALF_MAX;
    return copies->a > t->limits.same && behind >= t->limits.same && is_mostly(behind - gained, behind);
}

/* ---- A page ---- */

/* Count the page's content for its site. Returns whether it is new there. */
static bool add_to_site(struct traps *t, const struct shape *shape, uint64_t digest)
{
    uint64_t key = traps_mix(shape->site, digest);
    struct tally_entry *copies = tally_at(&t->digests, key);
    if (!copies)
        return true;
    tally_count(&copies->a);
    if (copies->a == 1)
        return true;
    struct tally_entry *copy = tally_at(&t->copies, shape->url);
    if (copy) {
        copy->a = (uint32_t)(key >> 32);
        copy->b = (uint32_t)key;
    }
    return false;
}

static void add_to_pattern(struct traps *t, const struct shape *shape, uint64_t digest)
{
    struct tally_entry *content = tally_at(&t->contents, shape->pattern);
    struct tally_entry *same = tally_at(&t->digests, traps_mix(shape->pattern, digest));
    if (!content || !same)
        return;
    tally_count(&same->a);
    tally_count(&content->a);
    if (same->a > 1)
        tally_count(&content->b);
    if (same->a <= t->limits.same || content->b < t->limits.same || !is_mostly(content->b, content->a))
        return;
    struct tally_entry *closed = tally_at(&t->closed, shape->pattern);
    if (closed)
        closed->a = same->a;
}

void traps_page(struct traps *t, const struct url *url, const char *parent, size_t parent_len, const void *digest,
                size_t digest_len)
{
    struct shape shape;
    shape_of(&shape, url, t->seed);
    uint64_t content = hash_bytes(digest, digest_len, t->seed);
    bool is_new = add_to_site(t, &shape, content);
    struct tally_entry *behind = copies_of(t, parent_len ? shape_url_key(parent, parent_len, t->seed) : 0);
    if (behind)
        count_behind(behind, is_new);
    add_to_pattern(t, &shape, content);
}

bool traps_content_is_fine(struct traps *t, const struct shape *shape, uint64_t parent_url,
                           struct traps_verdict *verdict)
{
    unsigned long limit = (unsigned long)t->limits.same;
    const struct tally_entry *closed = tally_find(&t->closed, shape->pattern);
    if (closed)
        return traps_refuse(t, verdict, TRAPS_SAME, "%u URLs like this have the same content, more than --max-same %lu",
                            (unsigned)closed->a, limit);
    const struct tally_entry *copies = copies_of(t, parent_url);
    if (copies && lead_nowhere(t, copies))
        return traps_refuse(t, verdict, TRAPS_SAME, "found on one of %u copies of a page, more than --max-same %lu",
                            (unsigned)copies->a, limit);
    return true;
}
