/* The body of an answer on its way to the parent: undone of its coding, counted against its limits, and sent along.
 *
 * A short body waits here and crosses together with the answer; a longer one goes out as it comes. body_begin before
 * each answer, body_open when its head is complete, body_take for each run of bytes from libcurl, body_end when
 * there are no more; body_release at the end. A function that returns false has left its verdict in the transfer
 * (transfer_abort), or has all that it wanted (transfer->stopped). Context: a worker's only thread. */
#ifndef FETCH_BODY_H
#define FETCH_BODY_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transfer;
struct decoder;

struct body {
    struct buffer waiting; /* decoded bytes that have not been sent to the parent */
    struct decoder *decoder;
    bool kept;
    bool began;   /* its first byte is here */
    bool streams; /* it is a long one: its bytes go to the parent as they come */
    bool cut;     /* there was more than the limit */
    uint64_t limit;
    uint64_t exact; /* a resumed one must have so many bytes; 0: not resumed */
    uint64_t bytes;
    uint64_t wire_bytes;
};

void body_begin(struct body *b);

/* KEPT: it is sent along, no longer than LIMIT. EXACT: see struct body. */
bool body_open(struct transfer *t, bool kept, uint64_t limit, uint64_t exact);
bool body_take(struct transfer *t, const char *data, size_t len);
bool body_end(struct transfer *t);

/* Send what waits, so that the answer can go out without it. */
bool body_send(struct transfer *t);

void body_release(struct body *b);

#endif
