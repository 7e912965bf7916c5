/* Claims: which file name belongs to which URL in this run, as 64-bit fingerprints, so that two URLs never share a
 * file, though a list may name files as it likes.
 *
 * claims_init, claims_make for each name, claims_release. About 24 bytes a name. Context: one thread. */
#ifndef CRAWL_CLAIMS_H
#define CRAWL_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct claim;

struct claims {
    struct claim *slots;
    size_t capacity; /* 0 or a power of two */
    size_t count;
    uint64_t seed;
};

enum claim_result { CLAIM_OWN, CLAIM_TAKEN, CLAIM_NO_MEMORY };

void claims_init(struct claims *c);

/* NAME shall be URL's file: CLAIM_OWN when it is nobody's yet, or URL's already. Both are terminated. */
enum claim_result claims_make(struct claims *c, const char *name, const char *url);
void claims_release(struct claims *c);

#endif
