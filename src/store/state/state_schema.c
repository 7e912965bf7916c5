#include "store/state/state_schema.h"

#include <stdio.h>
#include <string.h>

enum { APPLICATION_ID = 0x666f7267 };

/* Made of schema.sql by CMake. */
extern const char state_schema_sql[];

/* From each version to the next. What stands here is never changed again. */
static const char *const steps[] = {
    "ALTER TABLE page ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN discovered INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN parent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE page ADD COLUMN canonical TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE page ADD COLUMN type TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE page ADD COLUMN converted INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN noindex INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN nofollow INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN interval_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN visits INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN changes INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE page ADD COLUMN watched_ms INTEGER NOT NULL DEFAULT 0",
};

const struct state_schema state_schema = {.version = 2, .create = state_schema_sql, .steps = steps};

/* 0 for a database that has nothing in it. */
static enum state_status read_version(sqlite3 *db, int64_t *version, struct state_failure *failure)
{
    int64_t application = 0, tables = 0;
    if (state_db_number(db, "SELECT count(*) FROM sqlite_master", &tables, failure) != STATE_OK ||
        state_db_number(db, "PRAGMA application_id", &application, failure) != STATE_OK ||
        state_db_number(db, "PRAGMA user_version", version, failure) != STATE_OK)
        return failure->status;
    if (!tables && !application && !*version)
        return STATE_OK;
    if (application != APPLICATION_ID || *version < 1)
        return state_fail(failure, STATE_FOREIGN, 0, NULL);
    return STATE_OK;
}

static enum state_status newer(int64_t version, struct state_failure *failure)
{
    char text[48];
    snprintf(text, sizeof text, "version %lld of the database", (long long)version);
    return state_fail(failure, STATE_NEWER, 0, text);
}

static enum state_status into_wal_mode(sqlite3 *db, struct state_failure *failure)
{
    char mode[16];
    if (state_db_text(db, "PRAGMA journal_mode=WAL", mode, sizeof mode, failure) != STATE_OK)
        return failure->status;
    if (strcmp(mode, "wal") == 0)
        return STATE_OK;
    return state_fail(failure, STATE_FOREIGN, 0, "its file system has no room for a log in shared memory");
}

static enum state_status change(sqlite3 *db, const struct state_schema *schema, int64_t version,
                                struct state_failure *failure)
{
    if (version == 0)
        return state_db_exec(db, schema->create, failure);
    for (; version < schema->version; version++)
        if (state_db_exec(db, schema->steps[version - 1], failure) != STATE_OK)
            return failure->status;
    char sql[48];
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d", schema->version);
    return state_db_exec(db, sql, failure);
}

enum state_status state_schema_apply(sqlite3 *db, const struct state_schema *schema, bool *made,
                                     struct state_failure *failure)
{
    int64_t version = 0;
    if (read_version(db, &version, failure) != STATE_OK)
        return failure->status;
    if (version > schema->version)
        return newer(version, failure);
    *made = version == 0;
    if (*made && state_db_exec(db, "PRAGMA synchronous=OFF", failure) != STATE_OK)
        return failure->status;
    if (into_wal_mode(db, failure) != STATE_OK)
        return failure->status;
    if (version == schema->version)
        return STATE_OK;
    if (state_db_exec(db, "BEGIN IMMEDIATE", failure) != STATE_OK)
        return failure->status;
    if (change(db, schema, version, failure) == STATE_OK && state_db_exec(db, "COMMIT", failure) == STATE_OK)
        return STATE_OK;
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return failure->status;
}

enum state_status state_schema_check(sqlite3 *db, const struct state_schema *schema, struct state_failure *failure)
{
    int64_t version = 0;
    if (read_version(db, &version, failure) != STATE_OK)
        return failure->status;
    if (version > schema->version)
        return newer(version, failure);
    if (version == schema->version)
        return STATE_OK;
    return state_fail(failure, version ? STATE_OLDER : STATE_FOREIGN, 0, version ? NULL : "it is empty");
}

enum state_status state_schema_quick_check(sqlite3 *db, struct state_failure *failure)
{
    char text[sizeof failure->text];
    if (state_db_text(db, "PRAGMA quick_check(1)", text, sizeof text, failure) != STATE_OK)
        return failure->status;
    return strcmp(text, "ok") == 0 ? STATE_OK : state_fail(failure, STATE_CORRUPT, 0, text);
}
