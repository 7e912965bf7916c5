/* Punycode, RFC 3492. libidn2 has it too, but only for labels that fit into DNS and hold no punctuation, and the URL
 * standard has neither limit. Both functions take quadratic time: callers limit the length. */
#ifndef WEB_PUNYCODE_H
#define WEB_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encode a label's code points into OUT, without the "xn--". False when more than ROOM bytes are needed, or when a
 * number overflows. */
bool punycode_encode(const uint32_t *label, size_t len, char *out, size_t room, size_t *out_len);

/* Decode what stands behind the "xn--" into at most ROOM code points. False when it is not punycode of Unicode text. */
bool punycode_decode(const char *text, size_t len, uint32_t *label, size_t room, size_t *label_len);

#endif
