/* Link headers (RFC 8288): where the answer itself, not the page in it, says that it is one of several, or another
 * one's copy.
 *
 * Pure; linear in the value. */
#ifndef FETCH_LINK_HEADER_H
#define FETCH_LINK_HEADER_H

#include "fetch/message.h"

enum link_header_rel {
    LINK_HEADER_CANONICAL = 1,
    LINK_HEADER_NEXT = 2,
    LINK_HEADER_PREV = 4,
    LINK_HEADER_ALTERNATE = 8
};

/* One link: TARGET as it was written, to be resolved against the answer's own URL. */
struct link_header {
    struct text target;
    unsigned rels; /* those of the enum, from the first rel alone (section 3.3) */
};

/* The next link of the header's VALUE, from *POSITION (at first 0), which moves behind it; links that are about
 * another page than the answer (anchor) are passed over. False when there is none, or the value goes on with
 * something that is no link. */
bool link_header_next(struct text value, size_t *position, struct link_header *link);

#endif
