/* The seen set: which byte strings have been offered before, as 64-bit fingerprints under a seed of this run.
 *
 * seen_init, seen_add, seen_has, seen_release. From a thousand members on at most 16 bytes a member at every size,
 * mostly 10 to 13. It grows in shards of at most 1 MiB, one at a time, so that no call takes longer than moving one of
 * them (about a millisecond) or needs more memory meanwhile than two of them, whatever the size of the set.
 *
 * What is not a member is taken for one with a probability of count / 2^64: of a million strings none is lost but with
 * a probability of n^2 / 2^65, one in 37 million; of a thousand million none but with one of 2.7 %. The hash is keyed
 * (base/hash.h), so who does not know the seed cannot make strings that share a fingerprint or crowd a shard.
 *
 * A lookup in a large set waits for memory, so with many strings at hand ask for the fingerprints of several with
 * seen_prefetch, and then look each of them up with seen_add_print. Context: one thread. */
#ifndef CRAWL_SEEN_H
#define CRAWL_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen_shard;

struct seen {
    size_t count;
    size_t bytes; /* of memory */

    /* The rest is the set's own. */
    struct seen_shard **shards; /* 2^bits of them, by the first bits of the fingerprint; neighbours may share one */
    unsigned bits;
    uint64_t seed;
};

enum seen_result { SEEN_NEW, SEEN_KNOWN, SEEN_NO_MEMORY };

void seen_init(struct seen *s);
enum seen_result seen_add(struct seen *s, const void *data, size_t len);
bool seen_has(const struct seen *s, const void *data, size_t len);

/* The fingerprint of DATA, valid as long as S is, whose place is on its way into the cache when this returns. */
uint64_t seen_prefetch(const struct seen *s, const void *data, size_t len);
enum seen_result seen_add_print(struct seen *s, uint64_t print);

void seen_release(struct seen *s);

#endif
