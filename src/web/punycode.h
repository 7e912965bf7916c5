/* Punycode, RFC 3492. libidn2 has it too, but only for labels that fit into DNS, and the URL standard has no such limit. */
#ifndef WEB_PUNYCODE_H
#define WEB_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encode a label's code points into OUT, without the "xn--". False when more than ROOM bytes are needed, or when a
 * number overflows. Takes time proportional to the label's length times the number of its characters beyond ASCII. */
bool punycode_encode(const uint32_t *label, size_t len, char *out, size_t room, size_t *out_len);

#endif
