/* A table of counters that never grows beyond its bound: a cache from 64-bit keys, which are hashes under a seed of
 * this run, to two counters each.
 *
 * tally_init, tally_at and tally_find, tally_release. Eight entries share a bucket and are kept in the order in which
 * they were last touched. The table doubles while a bucket overflows, up to its bound; from then on, or when memory is
 * out, the entry of the bucket that was not touched for longest makes room. So what is asked for often stays, however
 * much else passes by.
 *
 * Context: one thread. */
#ifndef CRAWL_SCOPE_TALLY_H
#define CRAWL_SCOPE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tally_entry {
    uint64_t key; /* 0: free; free entries are the last of their bucket */
    uint32_t a, b;
};

struct tally {
    struct tally_entry *entries;
    size_t buckets; /* 0 or a power of two */
    size_t buckets_max;
};

/* ENTRIES_MAX is a power of two, and at least 8. */
void tally_init(struct tally *t, size_t entries_max);

/* The entry of KEY, which is valid until the next call of tally_at or tally_find; NULL when there is none. */
struct tally_entry *tally_find(struct tally *t, uint64_t key);

/* The same; made, with both counters 0, when there was none. NULL only when memory was out from the beginning. */
struct tally_entry *tally_at(struct tally *t, uint64_t key);

size_t tally_bytes(const struct tally *t);
void tally_release(struct tally *t);

/* Add one, and stay at the largest number. */
static inline void tally_count(uint32_t *counter)
{
    if (*counter < UINT32_MAX)
        ++*counter;
}

#endif
