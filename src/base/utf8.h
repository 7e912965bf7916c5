/* UTF-8 (RFC 3629) in texts that may be anything. Context: anywhere; never blocks. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdint.h>

/* The length of the character that the terminated TEXT begins with, and itself in *CODE unless that is NULL. 0: there
 * is none, because TEXT is empty or its first byte begins no character: a surrogate, a number beyond U+10FFFF and a
 * form longer than need be are none. */
unsigned utf8_character(const char *text, uint32_t *code);

#endif
