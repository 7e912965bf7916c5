/* Content-Range, read strictly: whether an answer goes on exactly where an earlier one broke off. Bytes that do not
 * would make a file that no server ever had.
 *
 * Pure. RFC 9110 sections 14.4 and 15.3.7. */
#ifndef FETCH_RANGE_H
#define FETCH_RANGE_H

#include "fetch/framing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct range {
    uint64_t first, last;
    uint64_t total; /* 0: "*" */
};

/* Read "bytes FIRST-LAST/TOTAL". False for anything else, for a range of no byte, and for one that ends behind
 * TOTAL. */
bool range_parse(struct range *range, const char *value, size_t len);

/* Whether RANGE is all that is missing from offset AT on, of a whole that is TOTAL bytes long (0: not known).
 * Framing and range must agree; a range that does not say the whole length is taken only when Content-Length
 * confirms its end. */
bool range_continues(const struct range *range, const struct framing *framing, uint64_t at, uint64_t total);

#endif
