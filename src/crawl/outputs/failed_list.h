/* What failed, as a list that forage reads again: above each URL a comment with the reason, below it its own options.
 *
 *     # 503
 *     http://www.example.com/a
 *         out=a.html
 *     # timeout: no answer in 30 s
 *     http://user:secret@www.example.com/b
 *
 * failed_list_open before the run, failed_list_add for each URL, then failed_list_close or failed_list_abandon. The old
 * file is there until failed_list_close, so a run may read the list that it will replace. When nothing failed the new
 * one is empty.
 *
 * A URL is written whole, with its password, or it could not be asked for again; so the file is its owner's alone. What
 * came from a server stands in the comments only, and cannot end one: every byte there is a printable one.
 *
 * Context: the crawl's thread; may block on the disk. */
#ifndef CRAWL_FAILED_LIST_H
#define CRAWL_FAILED_LIST_H

#include "crawl/outputs/atomic_file.h"

#include <stdbool.h>
#include <stddef.h>

struct failed_list {
    struct atomic_file file; /* zeroes: there is none, and adding does nothing */
};

struct failed_url {
    const char *url;     /* canonical and whole: struct url's href */
    unsigned status;     /* of HTTP; 0: no answer */
    const char *error;   /* one word, "" when the status says it all */
    const char *detail;  /* more words; any byte may be in it */
    const char *options; /* the URL's own, "out=a.html\nheader=X: y\n", a line each, without indentation; NULL: none */
};

bool failed_list_open(struct failed_list *list, const char *path, struct atomic_failure *failure);

/* Failures to write are told by failed_list_close. */
void failed_list_add(struct failed_list *list, const struct failed_url *failed);

/* Put the list in place of what was at its path. Does nothing when it is not open. */
bool failed_list_close(struct failed_list *list, struct atomic_failure *failure);

/* Leave what was there. */
void failed_list_abandon(struct failed_list *list);

#endif
