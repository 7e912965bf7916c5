/* Reading the state: what is known of one URL or host, and all of them in turn. */
#include "store/state/state_internal.h"

#include "store/pages/folders.h"
#include "store/pages/known.h"

#include <errno.h>
#include <string.h>

/* ---- The connection ---- */

/* SQLite drops what a connection has cached as soon as another one commits, so a large cache is of no use here. */
static const char reader_setup[] = "PRAGMA cache_size=-2048";

static enum state_status has_rows(sqlite3 *db, const char *sql, bool *has, struct state_failure *failure)
{
    int64_t number = 0;
    enum state_status status = state_db_number(db, sql, &number, failure);
    *has = number != 0;
    return status;
}

enum state_status state_reader_open(struct state_reader *r, const char *path, int locked_ms,
                                    const struct state_schema *schema, struct state_failure *failure)
{
    if (state_db_open(path, SQLITE_OPEN_READONLY, locked_ms, &r->db, failure) != STATE_OK)
        return failure->status;
    if ((!schema || state_schema_check(r->db, schema, failure) == STATE_OK) &&
        state_db_exec(r->db, reader_setup, failure) == STATE_OK &&
        state_db_prepare(r->db, "BEGIN", &r->begin, failure) == STATE_OK &&
        state_db_prepare(r->db, "COMMIT", &r->end, failure) == STATE_OK &&
        has_rows(r->db, "SELECT EXISTS (SELECT 1 FROM page)", &r->has_pages, failure) == STATE_OK &&
        has_rows(r->db, "SELECT EXISTS (SELECT 1 FROM host)", &r->has_hosts, failure) == STATE_OK &&
        state_db_prepare(r->db, "SELECT " STATE_PAGE_COLUMNS " FROM page WHERE key = ?", &r->find_page, failure) ==
            STATE_OK &&
        state_db_prepare(r->db, "SELECT " STATE_HOST_COLUMNS " FROM host WHERE key = ?", &r->find_host, failure) ==
            STATE_OK &&
        state_db_prepare(r->db, state_each_page_sql, &r->each_page, failure) == STATE_OK &&
        state_db_prepare(r->db, "SELECT " STATE_HOST_COLUMNS " FROM host ORDER BY key", &r->each_host, failure) ==
            STATE_OK)
        return STATE_OK;
    state_reader_close(r);
    return failure->status;
}

void state_reader_close(struct state_reader *r)
{
    sqlite3_finalize(r->begin);
    sqlite3_finalize(r->end);
    sqlite3_finalize(r->find_page);
    sqlite3_finalize(r->find_host);
    sqlite3_finalize(r->each_page);
    sqlite3_finalize(r->each_host);
    sqlite3_close(r->db);
    buffer_release(&r->page_texts);
    buffer_release(&r->host_texts);
    *r = (struct state_reader){0};
}

/* Run a statement that gives no row. When it fails, the next read will tell. */
static bool run_plain(sqlite3_stmt *s)
{
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return ok;
}

static bool log_is_long(const struct state *state)
{
    return state->writer && state_writer_log_is_long(state->writer);
}

void state_reader_age(struct state *state, unsigned rows)
{
    struct state_reader *r = &state->reader;
    r->age += rows;
    if (r->begun && (r->age >= STATE_READER_AGE_MAX || log_is_long(state)))
        r->begun = !run_plain(r->end);
}

static void begin(struct state *state)
{
    struct state_reader *r = &state->reader;
    state_reader_age(state, 1);
    if (r->begun || log_is_long(state))
        return;
    r->age = 0;
    r->begun = run_plain(r->begin);
}

enum state_status state_read_failed(struct state *state, int rc)
{
    struct state_failure failure;
    enum state_status status = state_db_failed(state->reader.db, rc, &failure);
    if (state->failure.status == STATE_OK)
        state->failure = failure;
    return status;
}

/* ---- One ---- */

static bool is_text(sqlite3_stmt *s, const char *text, size_t len)
{
    const void *found = sqlite3_column_blob(s, 0);
    return found && (size_t)sqlite3_column_bytes(s, 0) == len && memcmp(found, text, len) == 0;
}

/* Let S stand on the row whose first column is TEXT, beginning with KEY: SQLITE_ROW, SQLITE_DONE when there is none, or
 * what failed. */
static int find_row(sqlite3_stmt *s, int64_t key, const char *text, size_t len)
{
    for (int i = 0; i < STATE_PROBES; i++) {
        sqlite3_bind_int64(s, 1, key);
        int rc = sqlite3_step(s);
        if (rc != SQLITE_ROW || is_text(s, text, len))
            return rc;
        sqlite3_reset(s);
        key = state_key_next(key);
    }
    return SQLITE_DONE;
}

const struct state_page *state_find_page(struct state *state, const char *url, size_t len)
{
    struct state_reader *r = &state->reader;
    if (!r->has_pages)
        return NULL;
    begin(state);
    errno = 0;
    int rc = find_row(r->find_page, state->hooks.page_key(url, len), url, len);
    bool found = rc == SQLITE_ROW && state_read_page(r->find_page, &r->page_texts, &r->page);
    sqlite3_reset(r->find_page);
    if (!found && rc != SQLITE_DONE)
        state_read_failed(state, rc == SQLITE_ROW ? SQLITE_NOMEM : rc);
    return found ? &r->page : NULL;
}

const struct state_host *state_find_host(struct state *state, const char *origin)
{
    struct state_reader *r = &state->reader;
    if (!r->has_hosts)
        return NULL;
    size_t len = strlen(origin);
    begin(state);
    errno = 0;
    int rc = find_row(r->find_host, state->hooks.host_key(origin, len), origin, len);
    bool found = rc == SQLITE_ROW && state_read_host(r->find_host, &r->host_texts, &r->host);
    sqlite3_reset(r->find_host);
    if (!found && rc != SQLITE_DONE)
        state_read_failed(state, rc == SQLITE_ROW ? SQLITE_NOMEM : rc);
    return found ? &r->host : NULL;
}

enum state_status state_read_last_run(sqlite3 *db, struct state_run *run, bool *found, struct state_failure *failure)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT " STATE_RUN_COLUMNS " FROM run ORDER BY number DESC LIMIT 1";
    if (state_db_prepare(db, sql, &s, failure) != STATE_OK)
        return failure->status;
    errno = 0;
    int rc = sqlite3_step(s);
    *found = rc == SQLITE_ROW;
    if (*found)
        state_read_run(s, run);
    else if (rc != SQLITE_DONE)
        state_db_failed(db, rc, failure);
    sqlite3_finalize(s);
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? STATE_OK : failure->status;
}

/* A run that was killed has no end, and an exit status of 0; so has one that ran out of time and did nothing. */
enum state_status state_read_last_success(sqlite3 *db, int64_t *ended_ms, struct state_failure *failure)
{
    sqlite3_stmt *s = NULL;
    static const char sql[] = "SELECT max(ended) FROM run WHERE exit_status = 0 AND complete";
    if (state_db_prepare(db, sql, &s, failure) != STATE_OK)
        return failure->status;
    errno = 0;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
        *ended_ms = sqlite3_column_int64(s, 0);
    else
        state_db_failed(db, rc, failure);
    sqlite3_finalize(s);
    return rc == SQLITE_ROW ? STATE_OK : failure->status;
}

bool state_has_file(const struct state *state, const struct state_page *page)
{
    return folders_name_ok(page->file) && known_file(state->root, page->file, page->file_bytes, page->file_mtime_ns);
}

enum state_status state_each_host(struct state *state, state_host_fn *fn, void *context)
{
    sqlite3_stmt *s = state->reader.each_host;
    struct buffer texts = {0};
    struct state_host host;
    int rc;
    bool more = true;
    errno = 0;
    while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!state_read_host(s, &texts, &host)) {
            rc = SQLITE_NOMEM;
            break;
        }
        more = fn(&host, context);
    }
    sqlite3_reset(s);
    buffer_release(&texts);
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? STATE_OK : state_read_failed(state, rc);
}
