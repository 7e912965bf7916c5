/* The extent of a crawl: the options that say which links are followed and which pages are kept. A crawl of another
 * extent than the last complete one of its folder asks for all pages anew, whatever is due and whatever has not
 * changed: they may lead to what was out of scope then.
 *
 * One that goes on with a crawl of another extent begins anew, too: what that has read led nowhere else then.
 *
 * In two files, a fingerprint in hexadecimal each. Context: the crawl's thread; may block on the disk. */
#ifndef CRAWL_DISCOVERY_EXTENT_H
#define CRAWL_DISCOVERY_EXTENT_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stdint.h>

#define EXTENT_FILE       ".forage/extent"       /* of the last complete crawl */
#define EXTENT_BEGUN_FILE ".forage/extent.begun" /* of the last one that began */

/* The same for equal options, in each run and on each machine. */
uint64_t extent_of(const struct forage_options *options);

/* Whether FILE of the output folder DIR says EXTENT. False also when nobody knows. */
bool extent_is(const char *dir, const char *file, uint64_t extent);

/* Let it say so. False, and errno, when that fails. */
bool extent_note(const char *dir, const char *file, uint64_t extent);

#endif
