/* The records of the backlog's file: its head, the texts of parents, and entries. Bytes in, values out.
 *
 * A record is RECORD_HEAD bytes, then its text (for an entry with a lastmod, that comes first), then zeroes up to a
 * multiple of 8. The checksum is seeded with the file's salt and the record's offset, so that no record passes for
 * whole at another place or in another file, and no URL can be made to look like one. It covers everything but NEXT,
 * which changes.
 *
 * Pure. Numbers are in the machine's order, which the file's head tells. */
#ifndef STORE_BACKLOG_RECORD_H
#define STORE_BACKLOG_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_kind { RECORD_PARENT = 1, RECORD_ENTRY = 2, RECORD_ENTRY_NUMBER = 3 };

struct record {
    uint64_t next;     /* in an entry: the offset of the next one of its chain; without a meaning in the last */
    uint32_t check;    /* of all that follows */
    uint32_t text_len; /* without the lastmod */
    uint32_t
        parent; /* in an entry: how far in front of it the record of its parent is, in RECORD_UNITs; 0: it has none */
    uint32_t depth;
    uint32_t flags;
    uint8_t kind;
    uint8_t priority;
    uint16_t zero;
};

enum {
    RECORD_UNIT = 8, /* every record begins at a multiple of it */
    RECORD_HEAD = sizeof(struct record),
    RECORD_TEXT_MAX = 64 * 1024,
    RECORD_MAX = RECORD_HEAD + 8 + RECORD_TEXT_MAX + RECORD_UNIT, /* with room to terminate its text */
};

/* The size of a record with this head; 0: no record has such a head. */
size_t record_size(const struct record *head);

/* Where its text begins; a lastmod (int64_t) stands right in front of it. */
size_t record_text_at(const struct record *head);

/* Put HEAD and its text into RECORD, which will stand at OFFSET. */
void record_write(char *record, const struct record *head, int64_t number, const char *text, uint64_t offset,
                  uint64_t salt);

/* Whether RECORD, all of its record_size bytes, is as it was written to OFFSET. */
bool record_is_whole(const char *record, uint64_t offset, uint64_t salt);

/* ---- Texts ---- */

/* Whether nothing stands in TEXT but ASCII without blanks and controls, and not too much of it. */
bool record_is_text(const char *text, size_t len);

/* The origin of a URL, in two pieces, since a user name may stand between them. */
struct record_origin {
    const char *scheme; /* with "://" */
    size_t scheme_len;
    const char *host; /* with its port */
    size_t host_len;
};

/* False: it has none, or is no text. */
bool record_origin(const char *url, size_t len, struct record_origin *origin);

/* ---- The file's head ---- */

struct record_file_head {
    char magic[16];
    uint32_t order; /* of bytes */
    uint32_t check;
    uint64_t salt;
};

void record_file_head_make(struct record_file_head *head, uint64_t salt);
bool record_file_head_is_whole(const struct record_file_head *head);

#endif
