/* Making a crawl and taking it apart. Context: forage_new and forage_free. */
#ifndef CRAWL_SETUP_H
#define CRAWL_SETUP_H

#include <forage/forage.h>
#include <stddef.h>

struct crawl;

/* Make what C's configuration asks for. On failure ERROR has a line, and what was made is undone by setup_undo. */
enum forage_status setup_crawl(struct crawl *c, char *error, size_t size);
void setup_undo(struct crawl *c);

/* Fill ERROR with "WHAT: WHY", where of a long WHAT only the beginning is shown, so that there is room for the reason.
 * Returns STATUS and keeps errno. */
enum forage_status setup_failed(enum forage_status status, const char *what, const char *why, char *error, size_t size);

#endif
