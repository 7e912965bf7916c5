/* The registry of site names: which origin's pages lie in which folder.
 *
 * sites_open, sites_name for each page, sites_close.
 *
 * A site wants the name that the host pattern made of its host. The first origin that asks for a name gets it; any
 * other gets NAME~~TAG, with the tag (store/name/safe.h) of the origin. A wanted name that is no good gets that form at
 * once, with what can be read of it in front: one that is empty, longer than SITE_WANTED_MAX, no safe component, or
 * that ends in an extension which a root's file can have, as in SITE.html.
 *
 * What was given is kept in DIR/.forage/sites, a line each: name, TAB, origin. So a URL's file has the same name in
 * every run, whatever else is in the list. Several runs may share DIR at the same time: a name is given under a lock on
 * that file, after what others have added was read. The folder is 0700 and the file 0600. A line that is damaged is
 * skipped and counted, and a line that a killed run left half written spoils none that follows.
 *
 * Some folders (vfat, exFAT, ext4 with casefold, and those of other systems) take names that differ in case for one.
 * sites_open finds that out, by asking for its own file in capitals, and leaves DIR/.forage/without-case, so that names
 * stay as they are when DIR is copied to another place.
 *
 * Context: one thread; blocks on the disk when a name is given for the first time, or while another run gives one. */
#ifndef STORE_SITE_H
#define STORE_SITE_H

#include "store/status.h"

#include <stdbool.h>
#include <stddef.h>

struct sites;

enum {
    SITE_WANTED_MAX = 140,
    SITE_ORIGIN_MAX = 1024,
};

/* Open the registry of the output folder DIR, which is made if it is missing, together with those above it.
 * Returns STORE_OK, STORE_NO_MEMORY or STORE_SYSTEM (ELOOP, ENOTDIR or EINVAL: something else stands in the place of
 * .forage or sites); on failure *SITES is untouched. */
enum store_status sites_open(const char *dir, struct sites **sites);

/* The folder name of ORIGIN (scheme://host:port, printable ASCII), which wants WANTED. *NAME is borrowed until
 * sites_close. Returns STORE_OK, STORE_INVALID (ORIGIN is empty, too long, or has a space or another byte that is not
 * printable), STORE_NO_MEMORY, or STORE_SYSTEM when the name cannot be kept: then it is not given either. */
enum store_status sites_name(struct sites *sites, const char *origin, const char *wanted, const char **name);

/* Whether names that differ in case are one in this folder, or were once. */
bool sites_without_case(const struct sites *sites);

/* Lines that were skipped since sites_open, and the number of the first of them (0: none). */
size_t sites_damaged(const struct sites *sites, size_t *first_line);

/* Names that are kept, and the memory they take. */
size_t sites_count(const struct sites *sites);
size_t sites_bytes(const struct sites *sites);

/* NULL is fine. */
void sites_close(struct sites *sites);

/* Whether NAME has one of the two forms that this registry gives. Pure. */
bool site_name_ok(const char *name);

#endif
