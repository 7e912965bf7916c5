/* A connection to the state database, and what its errors mean. Private to store/state*.c.
 *
 * Functions return STATE_OK, or fill FAILURE and return its status. Context: one thread a connection. */
#ifndef STORE_STATE_DB_H
#define STORE_STATE_DB_H

#include "store/state/state.h"

#include <sqlite3.h>

/* Fill FAILURE with STATUS and, for STATE_SYSTEM, the errno ERROR. MORE (may be NULL) is put behind the text of a
 * status that is no errno. */
enum state_status state_fail(struct state_failure *failure, enum state_status status, int error, const char *more);

/* Open the file PATH with the flags of sqlite3_open_v2. *DB is NULL on failure. */
enum state_status state_db_open(const char *path, int flags, int locked_ms, sqlite3 **db,
                                struct state_failure *failure);

/* What SQLite's RC, just returned for DB, means; errno was 0 before the call that returned it. */
enum state_status state_db_failed(sqlite3 *db, int rc, struct state_failure *failure);

enum state_status state_db_exec(sqlite3 *db, const char *sql, struct state_failure *failure);
enum state_status state_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                                   struct state_failure *failure);

/* The number or text that SQL gives as its first row's first column. */
enum state_status state_db_number(sqlite3 *db, const char *sql, int64_t *number, struct state_failure *failure);
enum state_status state_db_text(sqlite3 *db, const char *sql, char *text, size_t size, struct state_failure *failure);

#endif
