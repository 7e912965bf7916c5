/* What the tests share that kill runs at random instants and look at what is left. */
#ifndef CRAWL_KILLED_H
#define CRAWL_KILLED_H

#include "support/files.h"
#include "support/support.h"

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

/* The start of a sequence of random numbers: FORAGE_TEST_SEED, or one that is told, so that it can be given again. */
static inline uint64_t killed_seed(void)
{
    const char *given = getenv("FORAGE_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 0;
    if (!given && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        support_fail("no random numbers");
    fprintf(stderr, "FORAGE_TEST_SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

/* Open a copy, below SCRATCH, of the database below OUTPUT, so that looking at it leaves everything as the kill did;
 * NULL when there is none yet. */
static inline sqlite3 *killed_open_copy(const char *output, const char *scratch)
{
    static const char *const ends[] = {"", "-wal"};
    sqlite3 *db = NULL;
    char *to = files_path(scratch, "copy.db");
    for (size_t i = 0; i < SUPPORT_COUNT(ends); i++) {
        size_t len = 0;
        char *from = support_format("%s/.forage/state.db%s", output, ends[i]);
        char *copy = support_format("%s%s", to, ends[i]);
        char *bytes = files_exists(from) ? files_read(from, &len) : NULL;
        remove(copy);
        if (bytes)
            files_write(copy, bytes, (ssize_t)len);
        free(bytes);
        free(copy);
        free(from);
    }
    if (files_exists(to) && sqlite3_open(to, &db) != SQLITE_OK)
        support_fail("cannot open %s", to);
    free(to);
    return db;
}

#endif
