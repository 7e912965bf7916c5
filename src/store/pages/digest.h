/* SHA-256 of pages, whole and in pieces.
 *
 * digester_init, digest_whole as often as wanted, digester_release; for a page in pieces digest_begin, digest_add, and
 * digest_end or digest_drop.
 *
 * The algorithm is looked up once, which costs as much as the digest of a page of 2 KiB. Functions return false when
 * memory is out. Context: one thread each. */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32 };

struct digester {
    struct evp_md_st *method;
    struct evp_md_ctx_st *whole;
};

/* A page in pieces; NULL: none. */
struct digest {
    struct evp_md_ctx_st *context;
};

bool digester_init(struct digester *digester);

/* A zeroed one is fine. */
void digester_release(struct digester *digester);

bool digest_whole(struct digester *digester, const void *data, size_t len, uint8_t out[DIGEST_BYTES]);

bool digest_begin(struct digester *digester, struct digest *digest);
bool digest_add(struct digest *digest, const void *data, size_t len);

/* Write the digest of all that was added, and end. */
bool digest_end(struct digest *digest, uint8_t out[DIGEST_BYTES]);

/* End without a digest. One that never began or has ended is fine. */
void digest_drop(struct digest *digest);

#endif
