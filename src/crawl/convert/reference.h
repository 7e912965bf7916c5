/* References between the files of an output folder: relative, as a page in one file names another file. Files are named
 * below the output folder, with '/' between components. Pure; linear. Context: any thread. */
#ifndef CRAWL_CONVERT_REFERENCE_H
#define CRAWL_CONVERT_REFERENCE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/* Append the reference by which the file FROM names the file TO. It is printable ASCII, does not begin in a way that
 * anything would take for more than a path, and a browser that follows it from FROM's place on a disk gets to TO. False
 * when memory is out. */
bool reference_to_file(const char *from, const char *to, struct buffer *out);

/* Append the name of the file that the reference TEXT (LEN bytes, without a fragment) in the file FROM names. False
 * when it names none: it has a scheme, a host or a query, begins at the root or leads out of the output folder; or
 * memory is out. OUT is then as it was. */
bool reference_file(const char *from, const char *text, size_t len, struct buffer *out);

/* Append TEXT, a URL's fragment in UTF-8 with its '#', as printable ASCII without blanks. False when memory is out. */
bool reference_add_fragment(const char *text, size_t len, struct buffer *out);

/* Append TEXT without the blanks and controls around it and the tabs and line ends inside it, which count for nothing
 * in a reference (URL Standard). False when memory is out. */
bool reference_clean(const char *text, size_t len, struct buffer *out);

#endif
