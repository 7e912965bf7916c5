/* How the default executor puts results into messages: records, one behind the other, each at a multiple of 16 bytes.
 *
 * One record is one item's result or a piece of it: this head, LEN bytes, padding to 16. */
#ifndef MULTIPROC_RECORD_H
#define MULTIPROC_RECORD_H

#include <stddef.h>
#include <stdint.h>

struct record {
    uint32_t len;
    uint32_t more; /* the item goes on in the next message's first record */
    int32_t code;  /* what the function returned, when MORE is 0 */
    uint32_t unused;
};

/* How much a record of LEN bytes takes. */
static inline size_t record_step(size_t len)
{
    return sizeof(struct record) + ((len + 15) & ~(size_t)15);
}

#endif
