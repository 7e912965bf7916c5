/* The tables of the state database and their versions. Private to store/state*.c. */
#ifndef STORE_STATE_SCHEMA_H
#define STORE_STATE_SCHEMA_H

#include "store/state/state_db.h"

/* STEPS[i] is the SQL that makes version i+2 of version i+1; there are VERSION-1 of them. CREATE makes VERSION at
 * once. */
struct state_schema {
    int version;
    const char *create;
    const char *const *steps;
};

extern const struct state_schema state_schema;

/* Bring DB to SCHEMA's version, all of the way or not at all, and into WAL mode; a database that is not ours or too new
 * is left as it is. *MADE tells whether DB was empty: such a one is made without a sync, which costs tens of
 * milliseconds on some disks and guards nothing, so the file system must be synced before the first row that counts is
 * committed. */
enum state_status state_schema_apply(sqlite3 *db, const struct state_schema *schema, bool *made,
                                     struct state_failure *failure);

/* Whether DB has SCHEMA's version: STATE_OK, STATE_NEWER, STATE_OLDER, STATE_FOREIGN (an empty one, too), or what
 * failed. */
enum state_status state_schema_check(sqlite3 *db, const struct state_schema *schema, struct state_failure *failure);

/* Read all of DB and see whether it is sound: STATE_OK, STATE_CORRUPT, or what failed. */
enum state_status state_schema_quick_check(sqlite3 *db, struct state_failure *failure);

#endif
