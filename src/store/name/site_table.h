/* Which origin owns which site name: a hash table of small entries, with the texts in an arena. About 17 bytes a site
 * besides the texts, at most 22; nothing is ever removed. Private to store/name/site.c.
 *
 * site_table_new, site_table_add, site_table_find, site_table_free. Context: one thread. */
#ifndef STORE_SITE_TABLE_H
#define STORE_SITE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct site_table;

/* NULL when memory is out. */
struct site_table *site_table_new(void);

/* Add NAME, which is not there yet, with its ORIGIN; both together at most 32 KiB, and copied. Returns the kept name,
 * or NULL when memory is out (or 4 GiB of it are used). */
const char *site_table_add(struct site_table *table, const char *name, const char *origin);

/* The kept name, valid as long as the table, or NULL. */
const char *site_table_find(const struct site_table *table, const char *name);

/* The origin of a kept name. */
const char *site_table_origin(const char *kept);

size_t site_table_count(const struct site_table *table);
size_t site_table_bytes(const struct site_table *table);

void site_table_free(struct site_table *table);

#endif
