/* Links of a page as they are told to others: canonical, and without an account. Context: the crawl's thread. */
#ifndef CRAWL_DISCOVERY_TOLD_H
#define CRAWL_DISCOVERY_TOLD_H

#include "fetch/message.h"

#include <stddef.h>

struct job;

struct told_links {
    char **urls; /* terminated texts */
    size_t count;
};

/* Fill LINKS with where JOB's page leads, at most FORAGE_LINKS_MAX places; with none when memory is out. */
void told_links_make(const struct job *job, struct told_links *links);
void told_links_release(struct told_links *links);

/* LINK as it may be told and kept, to be freed. NULL: it is no URL, or memory is out. */
char *told_url(struct text link);

#endif
