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

/* Goes through a text that holds references beside what it stands for: where in the written text the decoded one is.
 * Set TEXT and END, the others 0. */
struct entities_walk {
    const char *text, *end;
    size_t written, decoded; /* how far it has come, in bytes of each */
};

/* Go on to DECODED, which is not before where the walk is. True: it stands at the byte WALK->written; false: it lies
 * inside of what one reference stands for, or behind the end. Linear over all calls together. */
bool entities_walk_to(struct entities_walk *walk, size_t decoded);

/* Write POINT, which is a Unicode scalar value, as UTF-8 and return how many bytes that took. */
size_t entities_utf8(char bytes[4], uint32_t point);

#endif
