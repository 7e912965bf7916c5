/* The encodings of East Asia, by iconv. Private to charset_*.c. */
#ifndef WEB_CHARSET_EAST_H
#define WEB_CHARSET_EAST_H

#include "web/charset/charset_decoder.h"

/* Decode the bytes from *AT to END with d->iconv, and what it refuses as the standard says. Stops before a sequence
 * that END cuts. */
char *charset_convert(struct charset_decoder *d, const uint8_t **at, const uint8_t *end, char *to);

/* Where the C library's Big5 is not the standard's: the character of two bytes (the first one in the upper half), and
 * the bytes of a character. 0: it is, or there is none. */
uint32_t charset_big5_decode(unsigned bytes);
unsigned charset_big5_encode(uint32_t code);

/* The sets of JIS X 0208, of 94 rows and 94 cells, in the two forms that text has them. EUC: both bytes from 0xa1.
 * Shift: what Shift_JIS has. Shift to EUC is 0 for a set that EUC has not. */
unsigned charset_jis_shift(unsigned euc);
unsigned charset_jis_euc(unsigned shift);

#endif
