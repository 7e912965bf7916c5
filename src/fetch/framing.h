/* What the headers of an answer say about where its body ends, read more strictly than libcurl does: it takes the
 * last of several lengths, stops reading a length at what is no digit, ignores one that overflows, and undoes
 * transfer codings that were not asked for without noticing that they end early. A page would count as complete
 * although nothing says so.
 *
 * framing_forget before each answer's first header, then framing_length and framing_coding for the values of
 * Content-Length and Transfer-Encoding. Pure. RFC 9110 section 8.6, RFC 9112 sections 6.3 and 7.4. */
#ifndef FETCH_FRAMING_H
#define FETCH_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct framing {
    bool has_length;
    uint64_t length;
};

void framing_forget(struct framing *f);

/* False when VALUE is no length or list of equal lengths, or another one than before. */
bool framing_length(struct framing *f, const char *value, size_t len);

/* False unless VALUE is "chunked" or "identity": nothing else was asked for. */
bool framing_coding(const char *value, size_t len);

/* Step over a number in decimal; NULL when there is none at AT, or one that is larger than libcurl's signed lengths. */
const char *framing_number(const char *at, const char *end, uint64_t *number);

#endif
