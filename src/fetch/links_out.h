/* Links on their way to the parent: collected as records, and sent in parts where there are many.
 *
 * Records wait in memory that all transfers of a worker share, so it is empty whenever another one may come to use it:
 * links_out_flush, or links_out_take with the answer. Context: a worker's only thread. */
#ifndef FETCH_LINKS_OUT_H
#define FETCH_LINKS_OUT_H

#include "fetch/message.h"

struct transfer;

/* Of one transfer; zeroes at the begin. */
struct links_out {
    uint64_t bytes; /* of all its records */
    bool cut;       /* some were left out */
};

/* A link of the transfer CONTEXT. False when it was left out, which goes for all that come after it; or the parent is
 * gone. */
bool links_out_add(void *context, const struct fetch_link *link);

/* Send what waits. False: the parent is gone. */
bool links_out_flush(struct transfer *t);

/* The records that wait, for an answer with room for ROOM bytes: sent before it if they are longer. The caller clears
 * setup->records. */
struct text links_out_take(struct transfer *t, size_t room);

/* The canonical and the neighbouring pages that the answer's Link headers name. */
void links_out_add_headers(struct transfer *t);

#endif
