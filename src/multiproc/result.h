/* What a task came to, kept for who asks.
 *
 * result_new with two references, one of the caller's and one of the pool's; result_put for each item; result_settle
 * when all items are there; result_finish wakes whoever waits and lets go of the pool's reference. The public half is
 * in multiproc/pool.h.
 *
 * Context: result_put, _settle and _finish by the thread that drives the pool; the rest by any thread. */
#ifndef MULTIPROC_RESULT_H
#define MULTIPROC_RESULT_H

#include "multiproc/pool.h"

/* MP_NO_MEMORY makes NULL. COUNT items, each of which must be put. */
struct mp_result *result_new(size_t count);

/* Keep a copy of OUTCOME as item INDEX. Every item is put once. */
void result_put(struct mp_result *result, size_t index, const struct mp_outcome *outcome);

/* Put the results that BYTES begins with, as many as are successes of a few bytes, at most COUNT, and tell how many
 * bytes they take. The bytes may be changed by others at any time: nothing in them is trusted or looked at twice.
 * Returns how many were put; the rest is for result_put. */
size_t result_put_records(struct mp_result *result, size_t index, size_t count, const char *bytes, size_t len,
                          size_t *taken);

/* The same for an outcome whose data came from malloc and is handed over. */
void result_put_taken(struct mp_result *result, size_t index, const struct mp_outcome *outcome);

/* From now on items can be read. *OUTCOME, for the callback, is the outcome of the whole. */
void result_settle(struct mp_result *result, struct mp_outcome *outcome);
void result_finish(struct mp_result *result);

#endif
