/* What may stand in a file name, whoever chose it.
 *
 * Safe characters are letters, digits and %-_.+,=@ : none of them means anything to a shell within a word, to a
 * terminal or to a path. '~' is not one of them, so it is free to mark what the store itself puts into a name.
 *
 * All functions are pure. Context: any thread; never blocks. */
#ifndef STORE_SAFE_H
#define STORE_SAFE_H

#include <stdbool.h>
#include <stddef.h>

enum {
    SAFE_COMPONENT_MAX = 200, /* bytes of one component: below the 255 of every file system, with room for a suffix */
    SAFE_EXTENSION_MAX = 8,
    SAFE_PREFIX_MAX = 40,
    SAFE_TAG_LEN = 16,
};

/* Whether all LEN bytes are safe characters; true for none. */
bool safe_text(const char *text, size_t len);

/* Whether TEXT can be a component as it is: not empty, not too long, safe characters only, and neither a dot nor a dash
 * first (hidden files, options) nor a dot last. */
bool safe_component(const char *text, size_t len);

/* Whether TEXT is the only one of those like it that a file system without case can be asked for: its letters are lower
 * case, but for the digits of escapes (%C3), which are upper case. */
bool safe_without_case(const char *text, size_t len);

/* The length of the extension, without its dot: 1 to SAFE_EXTENSION_MAX letters and digits behind the last dot, or
 * 0. */
size_t safe_extension(const char *text, size_t len);

/* Write something readable made of TEXT: each run of other bytes than letters, digits, '.' and '_' becomes one dash,
 * and the whole a safe component of at most SAFE_PREFIX_MAX bytes, or FALLBACK when nothing is left. OUT has room for
 * that many bytes and a NUL. */
void safe_prefix(const char *text, size_t len, const char *fallback, char out[SAFE_PREFIX_MAX + 1]);

/* Write the tag of LEN bytes: the first 80 bits of their SHA-256 in base32 (the alphabet of RFC 4648 section 6, in
 * lower case), and a NUL. False when the digest cannot be made, for want of memory. */
bool safe_tag(const void *data, size_t len, char tag[SAFE_TAG_LEN + 1]);

#endif
