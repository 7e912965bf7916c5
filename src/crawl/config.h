/* The options of a crawl, checked, with the defaults filled in and every text copied.
 *
 * Context: forage_new; constant afterwards, also in the workers, which inherit it. */
#ifndef CRAWL_CONFIG_H
#define CRAWL_CONFIG_H

#include "fetch/fetcher.h"

#include <forage/forage.h>

struct config {
    struct forage_options options; /* as given, with defaults; its pointers are our copies */
    struct fetch_options fetch;    /* the workers' part */
    char **headers;
    char **connect_to;
    bool fixed_window; /* the user said how many connections */
};

/* FORAGE_OK; or FORAGE_USAGE or FORAGE_NO_MEMORY with a line in ERROR, and nothing to release. */
enum forage_status config_init(struct config *config, const struct forage_options *options, char *error,
                               size_t error_size);
void config_release(struct config *config);

#endif
