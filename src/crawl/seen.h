/* The seen set: which byte strings have been offered before, as 64-bit fingerprints under a seed of this run.
 *
 * seen_init, seen_add, seen_has, seen_release. About 12 bytes a member. Two different strings share a fingerprint with a
 * probability of n^2 / 2^65: one in thirty million for a million members. Context: one thread. */
#ifndef CRAWL_SEEN_H
#define CRAWL_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct seen {
    uint64_t *slots; /* 0: free */
    size_t capacity; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

enum seen_result { SEEN_NEW, SEEN_KNOWN, SEEN_NO_MEMORY };

void seen_init(struct seen *s);
enum seen_result seen_add(struct seen *s, const void *data, size_t len);
bool seen_has(const struct seen *s, const void *data, size_t len);
void seen_release(struct seen *s);

#endif
