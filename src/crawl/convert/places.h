/* Which page lies in which file, and the other way round: the table that links are converted by.
 *
 * places_new; places_add for each row of the state; places_build; then places_find_url, places_find_file and
 * places_next as often as wanted; places_free.
 *
 * The texts are in DIR/.forage/converted, a binary file for this program alone, whatever the number of pages; in memory
 * are two tables of 8 bytes an entry. A new one is written beside the old one, takes over what that knows of files that
 * are kept no longer, and then takes its place: so at any time it names every file that a converted page may refer to.
 * What it says of such files goes with places_forget_old, when no page refers to them any more.
 *
 * Functions that return a bool are false, with errno, when the disk or the memory failed. Context: one thread; may
 * block. */
#ifndef CRAWL_CONVERT_PLACES_H
#define CRAWL_CONVERT_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct places;

enum place_type { PLACE_OTHER, PLACE_HTML, PLACE_CSS };

/* A page. Texts are terminated, "" for none; those that are given back are borrowed until the next call of places_next,
 * if they are from there, or of any other function. */
struct place {
    const char *url;  /* the row's: canonical, with "#user-TAG" behind it for the page of an account */
    const char *file; /* below the output folder; "": it is not kept, and stands for another page */
    const char *final_url;
    const char *canonical;
    enum place_type type;
    bool converted;
    bool is_certain;     /* the file is as the row has it: of two pages with the same file, this one has it */
    uint64_t file_bytes; /* the file as the row has it */
    int64_t file_mtime_ns;
};

/* FOLDER is a descriptor of DIR/.forage, borrowed. NULL and errno. */
struct places *places_new(int folder);

bool places_add(struct places *places, const struct place *place);

/* No more is added: make the tables, and put the file in place. An old one that is damaged is read up to there. */
bool places_build(struct places *places);

/* The page that URL stands for, if it is kept: the page itself, or what it redirects to or names as canonical. *FOUND
 * is false when there is none. */
bool places_find_url(struct places *places, const char *url, size_t len, struct place *place, bool *found);

/* The page in FILE, or that was in it once: place->url only. */
bool places_find_file(struct places *places, const char *file, size_t len, struct place *place, bool *found);

/* Go through all that are kept, in the order in which they were added; *CURSOR begins as 0. *FOUND is false at the
 * end. */
bool places_next(struct places *places, uint64_t *cursor, struct place *place, bool *found);

/* The memory that the tables take. */
size_t places_bytes(const struct places *places);

/* Forget on disk what is kept no longer. */
bool places_forget_old(struct places *places);

/* NULL is fine. */
void places_free(struct places *places);

#endif
