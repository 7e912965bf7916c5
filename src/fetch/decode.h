/* Content codings: gzip, deflate, br and zstd, one on top of another, decoded as the bytes arrive.
 *
 * decoder_new for the value of Content-Encoding, decoder_write for each run of bytes, decoder_finish at the end of the
 * body, decoder_free. libcurl decodes as well, but buffers all that one read expands to while a transfer is paused and
 * does not report a coding that ends early; here the output comes in pieces of at most DECODE_PIECE bytes, and the sink
 * can stop it at any piece, so that memory stays flat whatever a server sends.
 *
 * A few hundred bytes can fill a window, so windows are what a decoder costs: a worker has one for each transfer. br
 * takes up to 16 MiB, which its command-line encoder makes of large files, and 4 MiB of tables; zstd 8 MiB, the limit
 * for the web (RFC 9659) and the least that RFC 8878 section 3.1.1.1.2 wants supported; gzip and deflate 32 KiB. Two
 * layers are taken, as of a server behind a proxy that packs once more, but br and zstd once in all: nobody packs what
 * one of them has packed with the other.
 *
 * RFC 9110 section 8.4; RFC 1952, 1950, 1951, 7932, 8878. */
#ifndef FETCH_DECODE_H
#define FETCH_DECODE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DECODE_PIECE = 16 * 1024,
    DECODE_LAYERS = 2,
    DECODE_MEMORY_MAX = 21 << 20, /* of one decoder, and so of one transfer; a window of br that grows is there twice,
                                   * old and new, for the moment of a copy */
};

enum decode_status {
    DECODE_OK,
    DECODE_BAD,     /* the bytes are not in that coding, or the coding is unknown */
    DECODE_CUT,     /* the input ended before the coding did */
    DECODE_STOPPED, /* the sink refused */
    DECODE_NO_MEMORY,
};

struct decoder;

/* Takes decoded bytes; false stops the decoder. */
typedef bool decode_sink_fn(const void *data, size_t len, void *context);

/* A decoder for CODINGS ("gzip", "gzip, br", "identity"). Returns DECODE_OK and *DECODER, which is NULL when there is
 * nothing to decode; DECODE_BAD for an unknown coding, more than DECODE_LAYERS, or more than one of br and zstd. */
enum decode_status decoder_new(const char *codings, decode_sink_fn *sink, void *context, struct decoder **decoder);

enum decode_status decoder_write(struct decoder *decoder, const void *data, size_t len);

/* The body has ended. DECODE_CUT when a coding has not, unless no byte arrived at all. */
enum decode_status decoder_finish(struct decoder *decoder);

/* NULL is fine. */
void decoder_free(struct decoder *decoder);

/* What to ask for: the value of Accept-Encoding. */
#define DECODE_ACCEPTED "gzip, deflate, br, zstd"

#endif
