/* Makes true what a text says about its charset, once it was converted to UTF-8: the labels of meta elements, of an
 * XML declaration, of a style sheet's @charset. All other bytes stay as they are.
 *
 * Pure; the text is UTF-8, and its beginning is enough: DECLARED_BYTES of it, in which a declaration that counts
 * must stand. */
#ifndef FETCH_DECLARED_H
#define FETCH_DECLARED_H

#include "base/buffer.h"
#include "fetch/use.h"

enum { DECLARED_BYTES = 8 * 1024 };

/* Append TEXT to OUT with each label replaced by utf-8 that names another encoding. *COUNT: how many declarations
 * there are, right ones included. False when memory is out. */
bool declared_as_utf8(enum use_kind kind, const char *text, size_t len, struct buffer *out, unsigned *count);

#endif
