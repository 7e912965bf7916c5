/* The body of an answer on its way to the parent: undone of its coding, counted against its limits, and put to its
 * use (fetch/use.h): sent along, as it is or converted, and read for its links.
 *
 * A short body waits here and crosses together with the answer; a longer one goes out as it comes. body_begin before
 * each answer, body_open when its head is complete, body_take for each run of bytes from libcurl, body_end when
 * there are no more, also when it was cut; body_release at the end. The last run of a short body is not copied: after
 * body_take it is the tail, until body_keep. A function that returns false has left its verdict in the transfer
 * (transfer_abort), or has all that it wanted (transfer->stopped). Context: a worker's only thread. */
#ifndef FETCH_BODY_H
#define FETCH_BODY_H

#include "base/buffer.h"
#include "fetch/use.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct transfer;
struct decoder;
struct harvest;

struct body {
    struct buffer
        waiting;      /* decoded bytes that have not been sent to the parent, or by which the use is to be decided */
    struct text tail; /* what follows those, in memory of libcurl's */
    const char *run;  /* the bytes that are being taken, when they need no decoding */
    struct decoder *decoder;
    struct harvest *harvest; /* NULL: nothing but bytes is wanted of it */
    struct use use;
    unsigned status; /* of the answer */
    bool began;      /* its first byte is here */
    bool streams;    /* it is a long one: its bytes go to the parent as they come */
    bool cut;        /* there was more than the limit */
    bool barren;     /* there was no memory to read it for its links */
    uint64_t limit;
    uint64_t wire_limit; /* for a body with a coding, which can decode to nothing for ever */
    uint64_t exact;      /* a resumed one must have so many bytes; 0: not resumed */
    uint64_t taken;      /* decoded bytes */
    uint64_t bytes;      /* that were sent, or wait */
    uint64_t wire_bytes;
};

/* Of T, which has its setup. */
void body_begin(struct transfer *t);

/* The body of an answer with STATUS, to be put to USE; decoded no longer than LIMIT, and on the wire longer only by
 * what a coding adds to bytes that cannot be packed. EXACT: see struct body. */
bool body_open(struct transfer *t, unsigned status, const struct use *use, uint64_t limit, uint64_t exact);
bool body_take(struct transfer *t, const char *data, size_t len);

/* Copy the tail: libcurl is about to get its memory back, and the answer is not complete. */
bool body_keep(struct transfer *t);

/* Whether all bytes are here, by Content-Length; nothing that comes behind them can change that. */
bool body_is_complete(const struct transfer *t);
bool body_end(struct transfer *t);

/* Send what waits, so that the answer can go out without it. */
bool body_send(struct transfer *t);

void body_release(struct transfer *t);

#endif
