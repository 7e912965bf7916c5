/* The key of a page's or a host's row: a fingerprint of its text, the same in every run and on every machine.
 *
 * A page's key has its origin's hash in the upper 24 bits and the URL's in the lower 40. So the pages of one origin lie
 * side by side in the table: what a run fetches in one quarter of a second touches few of the table's pages, and an
 * origin's rows are one range. Anybody can find texts with the same key. That does no harm, because a row is a text's
 * own only if the text is the same; and it costs little, because only STATE_PROBES keys are tried.
 *
 * All functions are pure. Context: any thread. */
#ifndef STORE_STATE_KEY_H
#define STORE_STATE_KEY_H

#include <stddef.h>
#include <stdint.h>

enum { STATE_PROBES = 64 };

typedef int64_t state_key_fn(const char *text, size_t len);

int64_t state_page_key(const char *url, size_t len);
int64_t state_host_key(const char *origin, size_t len);

/* The key to try after KEY; it stays among those of the same origin. */
int64_t state_key_next(int64_t key);

/* The first and the last key that a page of KEY's origin can have. */
int64_t state_key_first(int64_t key);
int64_t state_key_last(int64_t key);

/* The length of the origin at the start of a canonical URL; all of LEN when there is no path. */
size_t state_origin_len(const char *url, size_t len);

#endif
