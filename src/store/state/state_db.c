#include "store/state/state_db.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* SQLite takes no longer names, and its log's name is longer than the database's. */
enum { PATH_BYTES_MAX = 500 };

const char *state_status_text(enum state_status status)
{
    static const char *const texts[] = STATUS_TEXTS(STATE_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

enum state_status state_fail(struct state_failure *failure, enum state_status status, int error, const char *more)
{
    *failure = (struct state_failure){.status = status, .error = error};
    const char *text = error ? strerrordesc_np(error) : state_status_text(status);
    bool explain = !error && more && *more;
    snprintf(failure->text, sizeof failure->text, "%s%s%s", text ? text : "unknown error", explain ? ": " : "",
             explain ? more : "");
    errno = error;
    return status;
}

/* The errno of what the system refused. SQLite keeps it only for some calls; otherwise it is what errno was left at,
 * which callers clear before they call SQLite. */
static int system_error(sqlite3 *db, int rc)
{
    int left = errno, error = db ? sqlite3_system_errno(db) : 0;
    if (rc == SQLITE_CANTOPEN_SYMLINK)
        return ELOOP;
    if (!error)
        error = left;
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return ENOSPC;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return EACCES;
    case SQLITE_READONLY:
        return error ? error : EROFS;
    case SQLITE_CANTOPEN:
        return error ? error : ENOENT;
    case SQLITE_IOERR:
        return error ? error : EIO;
    default:
        return 0;
    }
}

enum state_status state_db_failed(sqlite3 *db, int rc, struct state_failure *failure)
{
    int error = system_error(db, rc);
    const char *message = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
    if (rc == SQLITE_IOERR_NOMEM || (rc & 0xff) == SQLITE_NOMEM)
        return state_fail(failure, STATE_NO_MEMORY, 0, NULL);
    if (error)
        return state_fail(failure, STATE_SYSTEM, error, NULL);
    switch (rc & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return state_fail(failure, STATE_CORRUPT, 0, message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return state_fail(failure, STATE_LOCKED, 0, NULL);
    default: /* a table or column that is missing, a row that no version writes */
        return state_fail(failure, STATE_FOREIGN, 0, message);
    }
}

enum state_status state_db_open(const char *path, int flags, int locked_ms, sqlite3 **db, struct state_failure *failure)
{
    *db = NULL;
    if (strlen(path) > PATH_BYTES_MAX)
        return state_fail(failure, STATE_SYSTEM, ENAMETOOLONG, NULL);
    sqlite3 *opened = NULL;
    errno = 0;
    int rc = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
    if (rc != SQLITE_OK) {
        state_db_failed(opened, sqlite3_extended_errcode(opened), failure);
        sqlite3_close(opened);
        return failure->status;
    }
    sqlite3_extended_result_codes(opened, 1);
    sqlite3_busy_timeout(opened, locked_ms);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    *db = opened;
    return STATE_OK;
}

enum state_status state_db_exec(sqlite3 *db, const char *sql, struct state_failure *failure)
{
    errno = 0;
    int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? STATE_OK : state_db_failed(db, rc, failure);
}

enum state_status state_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                                   struct state_failure *failure)
{
    errno = 0;
    int rc = sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL);
    return rc == SQLITE_OK ? STATE_OK : state_db_failed(db, rc, failure);
}

/* Run SQL up to its first row, which must come. */
static enum state_status first_row(sqlite3 *db, const char *sql, sqlite3_stmt **statement,
                                   struct state_failure *failure)
{
    if (state_db_prepare(db, sql, statement, failure) != STATE_OK)
        return failure->status;
    int rc = sqlite3_step(*statement);
    if (rc == SQLITE_ROW)
        return STATE_OK;
    state_db_failed(db, rc == SQLITE_DONE ? SQLITE_ERROR : rc, failure);
    sqlite3_finalize(*statement);
    return failure->status;
}

enum state_status state_db_number(sqlite3 *db, const char *sql, int64_t *number, struct state_failure *failure)
{
    sqlite3_stmt *statement = NULL;
    if (first_row(db, sql, &statement, failure) != STATE_OK)
        return failure->status;
    *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return STATE_OK;
}

enum state_status state_db_text(sqlite3 *db, const char *sql, char *text, size_t size, struct state_failure *failure)
{
    sqlite3_stmt *statement = NULL;
    if (first_row(db, sql, &statement, failure) != STATE_OK)
        return failure->status;
    const unsigned char *got = sqlite3_column_text(statement, 0);
    snprintf(text, size, "%s", got ? (const char *)got : "");
    sqlite3_finalize(statement);
    return STATE_OK;
}
