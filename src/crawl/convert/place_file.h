/* The file DIR/.forage/converted: records of pages, one behind the other. Private to the places.
 *
 * Whoever reads it takes nothing in it for granted: it lies on a disk. Context: one thread; may block. */
#ifndef CRAWL_CONVERT_PLACE_FILE_H
#define CRAWL_CONVERT_PLACE_FILE_H

#include "base/buffer.h"
#include "crawl/convert/places.h"

#include <stdbool.h>
#include <stdint.h>

enum { PLACE_FILE_HEAD = 16, PLACE_TEXT_MAX = 64 * 1024 };

/* A record in memory; its texts are in BYTES. */
struct place_record {
    struct place place;
    uint64_t at, end; /* in the file */
    struct buffer bytes;
};

/* Append the file's head, resp. a record. False: memory is out, or a text is too long, and then nothing was
 * appended. */
bool place_file_add_head(struct buffer *out);
bool place_file_add(const struct place *place, struct buffer *out);

/* Whether FD is such a file. */
bool place_file_is_one(int fd);

enum place_read { PLACE_READ, PLACE_END, PLACE_FAILED };

/* Read the record at AT. PLACE_END: the file ends there, or what is there is no record. PLACE_FAILED: errno says
 * why. */
enum place_read place_file_read(int fd, uint64_t at, struct place_record *record);

void place_record_release(struct place_record *record);

#endif
