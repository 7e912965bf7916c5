/* Character references of HTML: &amp; &#38; &#x26; (HTML standard section 13.2.5.72 and on).
 *
 * Pure; linear. */
#ifndef WEB_ENTITIES_H
#define WEB_ENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Append an attribute value's TEXT to OUT with its references decoded and its NULs replaced by U+FFFD.
 *
 * Inside an attribute a name without its semicolon stays as it is before '=' or a letter or digit, so that
 * "?a&copy=1" is what it seems. False when memory is out; OUT may then hold a part. */
bool entities_decode_attribute(struct buffer *out, const char *text, size_t len);

/* Write POINT, which is a Unicode scalar value, as UTF-8 and return how many bytes that took. */
size_t entities_utf8(char bytes[4], uint32_t point);

#endif
