/* What is to be replaced in a run of bytes. Private to the rewriter.
 *
 * Zeroes, rewrite_edits_add in ascending order without overlap, rewrite_edits_apply, rewrite_edits_release. */
#ifndef WEB_REWRITE_EDITS_H
#define WEB_REWRITE_EDITS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"

struct rewrite_edit {
    size_t begin, end;   /* the bytes that go */
    size_t text, length; /* those that come, into the texts */
};

struct rewrite_edits {
    struct rewrite_edit *items;
    size_t count, capacity;
    struct buffer texts;
};

/* Let the bytes from BEGIN to END become TEXT (copied). False when memory is out. */
bool rewrite_edits_add(struct rewrite_edits *edits, size_t begin, size_t end, const char *text, size_t len);

/* Append BYTES with all that is replaced to OUT. False when memory is out; OUT is then as it was. */
bool rewrite_edits_apply(const struct rewrite_edits *edits, const char *bytes, size_t len, struct buffer *out);

/* Forget all, and keep the memory. */
void rewrite_edits_clear(struct rewrite_edits *edits);
void rewrite_edits_release(struct rewrite_edits *edits);

#endif
