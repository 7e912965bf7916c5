/* The extent of a crawl: the options that say which links are followed and which pages are kept. A crawl of another
 * extent than the last complete one of its folder asks for all pages anew, whatever is due and whatever has not
 * changed: they may lead to what was out of scope then.
 *
 * In DIR/.forage/extent, a fingerprint in hexadecimal. Context: the crawl's thread; may block on the disk. */
#ifndef CRAWL_DISCOVERY_EXTENT_H
#define CRAWL_DISCOVERY_EXTENT_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stdint.h>

#define EXTENT_FILE ".forage/extent"

/* The same for equal options, in each run and on each machine. */
uint64_t extent_of(const struct forage_options *options);

/* Whether the output folder DIR was last crawled whole with SHAPE. False also when nobody knows. */
bool extent_is(const char *dir, uint64_t extent);

/* Note that it was. False, and errno, when that fails. */
bool extent_note(const char *dir, uint64_t extent);

#endif
