/* 64-bit hashes of byte strings: XXH3 with a seed. With a seed that the other side does not know, collisions cannot be
 * prepared; tables that hold what the network sends are seeded at random. Context: anywhere; never blocks. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

/* A seed of the kernel's. */
uint64_t hash_random_seed(void);

#endif
