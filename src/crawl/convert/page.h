/* One file of the copy as bytes: what it becomes. Context: one thread; may block, because the linker does. */
#ifndef CRAWL_CONVERT_PAGE_H
#define CRAWL_CONVERT_PAGE_H

#include "base/buffer.h"
#include "crawl/convert/linker.h"
#include "crawl/convert/places.h"

#include <stdbool.h>
#include <stddef.h>

enum page_result {
    PAGE_SAME,    /* nothing is to be changed */
    PAGE_CHANGED, /* OUT has what it becomes */
    PAGE_LEFT,    /* it cannot be converted; *REASON says why, a constant text */
    PAGE_FAILED   /* errno */
};

/* Convert the file of PLACE, which is in HTML or CSS and holds BYTES. OUT is appended to. */
enum page_result page_convert(struct linker *linker, const struct place *place, const struct buffer *bytes,
                              struct buffer *out, const char **reason);

#endif
