/* Origins and what is summed up for each, by name. Grows with the number of origins, some 200 bytes each.
 *
 * origin_table_init, origin_table_get for each page or host, origin_table_sort once, read .origins,
 * origin_table_release. Context: one thread. */
#ifndef CRAWL_ORIGIN_TABLE_H
#define CRAWL_ORIGIN_TABLE_H

#include <forage/inspect.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct origin {
    struct forage_pages pages;
    struct forage_host host;
    struct forage_queue queue;
    char name[];
};

struct origin_table {
    struct origin *
        *origins; /* before origin_table_sort a hash table of SLOTS, then COUNT in the order of their names */
    size_t slots, count;
    struct origin *last; /* asked for: pages of one origin come together */
    uint64_t seed;
};

void origin_table_init(struct origin_table *t);

/* The origin NAME, made with zeroes if it is new; borrowed until the table is released. NULL when memory is out. */
struct origin *origin_table_get(struct origin_table *t, const char *name, size_t len);

/* Nothing can be asked for afterwards. */
void origin_table_sort(struct origin_table *t);

void origin_table_release(struct origin_table *t);

#endif
