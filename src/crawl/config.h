/* The options of a crawl, checked, with the defaults filled in and every text copied.
 *
 * config_init, fork the workers, config_read_files, config_release.
 *
 * Context: forage_new; constant afterwards, also in the workers, which inherit what is there when they are forked. */
#ifndef CRAWL_CONFIG_H
#define CRAWL_CONFIG_H

#include "base/buffer.h"
#include "crawl/frontier/retry.h"
#include "fetch/fetcher.h"

#include <forage/forage.h>

struct config {
    struct forage_options options; /* as given, with defaults; its texts and arrays of texts are our copies */
    struct fetch_options fetch;    /* the workers' part */
    char **connect_to;
    bool fixed_window; /* the user said how many connections */
    struct retry_policy retry;
    char agent[64]; /* the user agent's product token; "" when it has none that is shorter */

    /* What is in the files of these names; nothing without a name, or when a file of cookies or of HSTS is yet to be
     * made. */
    struct buffer netrc, auth, cookies, hsts;
};

/* FORAGE_OK; or FORAGE_USAGE or FORAGE_NO_MEMORY with a line in ERROR, and nothing to release. */
enum forage_status config_init(struct config *config, const struct forage_options *options, char *error,
                               size_t error_size);

/* Read the files of accounts, after the workers were forked, so that no secret of another host is in a worker's memory.
 * FORAGE_OK; or FORAGE_USAGE (others have access to a file of secrets), FORAGE_FILE or FORAGE_NO_MEMORY with a line in
 * ERROR. */
enum forage_status config_read_files(struct config *config, char *error, size_t error_size);

void config_release(struct config *config);

/* NULL, or what is wrong with OPTIONS: config_check.c. A constant text, or TEXT, which has room for SIZE bytes. */
const char *config_check(const struct forage_options *options, char *text, size_t size);

#endif
