/* Media types and the extensions of their files.
 *
 * A type is what Content-Type says: its parameters and the case of its letters are ignored, NULL and "" mean that none
 * was given. All functions are pure. Context: any thread; never blocks. */
#ifndef STORE_MEDIA_H
#define STORE_MEDIA_H

#include <stdbool.h>
#include <stddef.h>

bool media_is_given(const char *type);
bool media_is_html(const char *type);

/* The extension for TYPE, without a dot; "bin" for one that is not known. Constant text. */
const char *media_extension(const char *type);

/* Whether media_extension can return EXTENSION, in whatever case. */
bool media_makes_extension(const char *extension, size_t len);

/* Whether EXTENSION is one of a page of HTML, in whatever case. */
bool media_html_extension(const char *extension, size_t len);

#endif
