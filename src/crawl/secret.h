/* Small files that are read whole at the start: credentials, cookies, what is known of hosts.
 *
 * A file of secrets that others have access to is refused: it may already have been read, or be somebody else's. The
 * mode is that of the file that was opened and is read, so that nobody can put another one in its place in between.
 *
 * Context: forage_new. */
#ifndef CRAWL_SECRET_H
#define CRAWL_SECRET_H

#include "base/buffer.h"

#include <forage/forage.h>

enum secret_kind {
    SECRET_GIVEN,  /* the user wrote it: it must be there, and be private */
    SECRET_KEPT,   /* we write it: it may be missing, and must be private */
    SECRET_PUBLIC, /* we write it: it may be missing, and anybody may read it */
};

enum { SECRET_MAX_BYTES = 16 << 20 };

/* Read the file PATH behind what is in TEXT.
 *
 * Returns FORAGE_OK; FORAGE_USAGE (others have access, or it is too large), FORAGE_FILE (errno says why) or
 * FORAGE_NO_MEMORY with a line in ERROR. May block when PATH is a FIFO. */
enum forage_status secret_read(const char *path, enum secret_kind kind, struct buffer *text, char *error,
                               size_t error_size);

#endif
