#include "store/state/state_rows.h"

#include "store/state/state_relative.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Copies in the queue ---- */

static size_t len_of(const char *text)
{
    return text ? strlen(text) : 0;
}

static void keep_bytes(char **at, const char *data, size_t len)
{
    if (len)
        memcpy(*at, data, len);
    *at += len;
}

/* Copy LEN bytes and a NUL to *AT and move it behind them. */
static const char *keep(char **at, const char *text, size_t len)
{
    char *kept = *at;
    keep_bytes(at, text, len);
    *(*at)++ = '\0';
    return kept;
}

static struct state_row *row_new(enum state_row_kind kind, int64_t key, size_t texts)
{
    struct state_row *row = malloc(sizeof *row + texts);
    if (!row)
        return NULL;
    row->next = NULL;
    row->kind = kind;
    row->key = key;
    row->bytes = sizeof *row + texts;
    return row;
}

/* A URL of PAGE's in the form that is stored. */
struct stored_url {
    struct state_relative relative;
    char prefix[STATE_RELATIVE_PREFIX_MAX];
    size_t prefix_len;
};

static struct stored_url stored_url(const struct state_page *page, const char *url)
{
    struct stored_url stored = {.prefix_len = 0};
    size_t len = len_of(url);
    if (len) {
        stored.relative = state_relative_of(page->url, page->url_len, url, len);
        stored.prefix_len = state_relative_prefix(&stored.relative, stored.prefix);
    }
    return stored;
}

static size_t stored_len(const struct stored_url *stored)
{
    return stored->prefix_len + stored->relative.rest_len;
}

static const char *keep_stored(char **at, const struct stored_url *stored)
{
    char *kept = *at;
    keep_bytes(at, stored->prefix, stored->prefix_len);
    keep(at, stored->relative.rest, stored->relative.rest_len);
    return kept;
}

struct state_row *state_row_page(const struct state_page *page, int64_t key)
{
    size_t file = len_of(page->file), etag = len_of(page->etag), modified = len_of(page->last_modified);
    size_t final_url = len_of(page->final_url), error = len_of(page->error), type = len_of(page->type);
    struct stored_url parent = stored_url(page, page->parent), canonical = stored_url(page, page->canonical);
    size_t texts = page->url_len + file + final_url + etag + modified + error + type + stored_len(&parent) +
                   stored_len(&canonical) + STATE_PAGE_TEXTS;
    struct state_row *row = row_new(STATE_ROW_PAGE, key, texts);
    if (!row)
        return NULL;
    char *at = row->texts;
    row->page = *page;
    row->page.url = keep(&at, page->url, page->url_len);
    row->page.file = keep(&at, page->file, file);
    row->page.final_url = keep(&at, page->final_url, final_url);
    row->page.etag = keep(&at, page->etag, etag);
    row->page.last_modified = keep(&at, page->last_modified, modified);
    row->page.error = keep(&at, page->error, error);
    row->page.type = keep(&at, page->type, type);
    row->page.parent = keep_stored(&at, &parent);
    row->page.canonical = keep_stored(&at, &canonical);
    return row;
}

struct state_row *state_row_host(const struct state_host *host, int64_t key)
{
    size_t origin = strlen(host->origin);
    struct state_row *row = row_new(STATE_ROW_HOST, key, origin + host->robots_len + 2);
    if (!row)
        return NULL;
    char *at = row->texts;
    row->host = *host;
    row->host.origin = keep(&at, host->origin, origin);
    if (host->robots)
        row->host.robots = keep(&at, host->robots, host->robots_len);
    return row;
}

struct state_row *state_row_run(const struct state_run *run, int64_t number)
{
    struct state_row *row = row_new(STATE_ROW_RUN, number, 0);
    if (!row)
        return NULL;
    row->run = *run;
    row->run.number = number;
    return row;
}

/* ---- Writing ---- */

/* A row whose key another text has stays as it is, so that nothing is changed: the sign of a collision. */
static const char page_sql[] =
    "INSERT INTO page (key, " STATE_PAGE_COLUMNS
    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT (key) DO UPDATE SET file = excluded.file, final_url = excluded.final_url, etag = excluded.etag, "
    "last_modified = excluded.last_modified, error = excluded.error, digest = excluded.digest, "
    "bytes = excluded.bytes, status = excluded.status, failures = excluded.failures, "
    "failing_since = excluded.failing_since, gone = excluded.gone, last_fetched = excluded.last_fetched, "
    "last_changed = excluded.last_changed, next_due = excluded.next_due, file_bytes = excluded.file_bytes, "
    "file_mtime_ns = excluded.file_mtime_ns, type = excluded.type, parent = excluded.parent, "
    "canonical = excluded.canonical, depth = excluded.depth, discovered = excluded.discovered, "
    "converted = excluded.converted, noindex = excluded.noindex, nofollow = excluded.nofollow, "
    "interval_ms = excluded.interval_ms, visits = excluded.visits, changes = excluded.changes, "
    "watched_ms = excluded.watched_ms WHERE url = excluded.url";

#define HOST_SQL                                                                                                       \
    "INSERT INTO host (key, " STATE_HOST_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?) "                                       \
    "ON CONFLICT (key) DO UPDATE SET delay_ms = excluded.delay_ms, next_ask = excluded.next_ask, "                     \
    "unreachable_since = excluded.unreachable_since"
static const char host_sql[] = HOST_SQL ", robots_status = excluded.robots_status, "
                                        "robots_fetched = excluded.robots_fetched, "
                                        "robots_expires = excluded.robots_expires, robots = excluded.robots "
                                        "WHERE origin = excluded.origin";
static const char host_without_robots_sql[] = HOST_SQL " WHERE origin = excluded.origin";

static const char run_sql[] = "INSERT OR REPLACE INTO run (" STATE_RUN_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)";

enum state_status state_rows_prepare(struct state_rows *rows, sqlite3 *db, struct state_failure *failure)
{
    *rows = (struct state_rows){.db = db};
    if (state_db_prepare(db, page_sql, &rows->page, failure) == STATE_OK &&
        state_db_prepare(db, host_sql, &rows->host, failure) == STATE_OK &&
        state_db_prepare(db, host_without_robots_sql, &rows->host_without_robots, failure) == STATE_OK &&
        state_db_prepare(db, run_sql, &rows->run, failure) == STATE_OK)
        return STATE_OK;
    state_rows_release(rows);
    return failure->status;
}

void state_rows_release(struct state_rows *rows)
{
    sqlite3_finalize(rows->page);
    sqlite3_finalize(rows->host);
    sqlite3_finalize(rows->host_without_robots);
    sqlite3_finalize(rows->run);
    *rows = (struct state_rows){0};
}

static void bind_text(sqlite3_stmt *s, int column, const char *text)
{
    sqlite3_bind_text(s, column, text, -1, SQLITE_STATIC);
}

/* Bind behind the key, in the order of the columns. */
static void bind_page(sqlite3_stmt *s, const struct state_page *page)
{
    const int64_t numbers[] = {(int64_t)page->bytes,
                               page->status,
                               page->failures,
                               page->failing_since_ms,
                               page->gone,
                               page->first_seen_ms,
                               page->last_fetched_ms,
                               page->last_changed_ms,
                               page->next_due_ms,
                               (int64_t)page->file_bytes,
                               page->file_mtime_ns,
                               page->depth,
                               page->discovered,
                               page->converted,
                               page->noindex,
                               page->nofollow,
                               page->interval_ms,
                               page->visits,
                               page->changes,
                               page->watched_ms};
    sqlite3_bind_text(s, 2, page->url, (int)page->url_len, SQLITE_STATIC);
    bind_text(s, 3, page->file);
    bind_text(s, 4, page->final_url);
    bind_text(s, 5, page->etag);
    bind_text(s, 6, page->last_modified);
    bind_text(s, 7, page->error);
    bind_text(s, 8, page->type);
    bind_text(s, 9, page->parent);
    bind_text(s, 10, page->canonical);
    sqlite3_bind_blob(s, 11, page->has_digest ? page->digest : NULL, STATE_DIGEST_BYTES, SQLITE_STATIC);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sqlite3_bind_int64(s, 12 + (int)i, numbers[i]);
}

static void bind_host(sqlite3_stmt *s, const struct state_host *host)
{
    const int64_t numbers[] = {host->delay_ms,      host->next_ask_ms,       host->unreachable_since_ms,
                               host->robots_status, host->robots_fetched_ms, host->robots_expires_ms};
    bind_text(s, 2, host->origin);
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sqlite3_bind_int64(s, 3 + (int)i, numbers[i]);
    sqlite3_bind_blob(s, 9, host->robots, (int)host->robots_len, SQLITE_STATIC);
}

static void bind_run(sqlite3_stmt *s, const struct state_run *run)
{
    const int64_t numbers[] = {
        run->number,           run->started_ms,         run->ended_ms,        run->exit_status,   (int64_t)run->new,
        (int64_t)run->changed, (int64_t)run->unchanged, (int64_t)run->failed, (int64_t)run->gone, (int64_t)run->skipped,
        (int64_t)run->bytes,   run->cycle_started_ms,   run->complete};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        sqlite3_bind_int64(s, 1 + (int)i, numbers[i]);
}

static enum state_status run_once(struct state_rows *rows, sqlite3_stmt *s, struct state_failure *failure)
{
    errno = 0;
    int rc = sqlite3_step(s);
    if (rc == SQLITE_DONE)
        rc = SQLITE_OK;
    else
        state_db_failed(rows->db, rc, failure);
    sqlite3_reset(s);
    return rc == SQLITE_OK ? STATE_OK : failure->status;
}

enum state_status state_rows_write(struct state_rows *rows, const struct state_row *row, struct state_failure *failure)
{
    if (row->kind == STATE_ROW_RUN) {
        bind_run(rows->run, &row->run);
        return run_once(rows, rows->run, failure);
    }
    sqlite3_stmt *s = rows->page;
    if (row->kind == STATE_ROW_PAGE)
        bind_page(s, &row->page);
    else
        bind_host(s = row->host.robots ? rows->host : rows->host_without_robots, &row->host);
    int64_t key = row->key;
    for (int i = 0; i < STATE_PROBES; i++) {
        sqlite3_bind_int64(s, 1, key);
        if (run_once(rows, s, failure) != STATE_OK)
            return failure->status;
        if (sqlite3_changes(rows->db) != 0)
            break;
        key = state_key_next(key);
    }
    return STATE_OK;
}

/* ---- Reading ---- */

/* A text as a blob: as a text, SQLite would copy it to put a NUL behind it. */
struct piece {
    const char *data;
    size_t len;
};

static struct piece piece_of(sqlite3_stmt *s, int column)
{
    const char *data = sqlite3_column_blob(s, column);
    return (struct piece){data, data ? (size_t)sqlite3_column_bytes(s, column) : 0};
}

/* One that somebody else has written there is none. */
static struct state_relative relative_of(struct piece stored, size_t base_len)
{
    struct state_relative relative = {0};
    state_relative_parse(stored.data, stored.len, base_len, &relative);
    return relative;
}

static const char *keep_whole(char **at, const char *base, const struct state_relative *relative)
{
    char *kept = *at;
    keep_bytes(at, base, relative->common);
    keep(at, relative->rest, relative->rest_len);
    return kept;
}

/* Copy the texts of the row into TEXTS, and let PAGE have them. False when memory is out. */
static bool read_texts(sqlite3_stmt *s, struct buffer *texts, struct state_page *page)
{
    struct piece pieces[STATE_PAGE_TEXTS] = {0};
    size_t bytes = COUNT_OF(pieces);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        pieces[i] = piece_of(s, (int)i);
        bytes += pieces[i].len;
    }
    struct state_relative parent = relative_of(pieces[7], pieces[0].len);
    struct state_relative canonical = relative_of(pieces[8], pieces[0].len);
    bytes += parent.common + canonical.common;
    buffer_clear(texts);
    if (!buffer_reserve(texts, bytes))
        return false;
    char *at = texts->data;
    page->url = keep(&at, pieces[0].data, pieces[0].len);
    page->url_len = pieces[0].len;
    page->file = keep(&at, pieces[1].data, pieces[1].len);
    page->final_url = keep(&at, pieces[2].data, pieces[2].len);
    page->etag = keep(&at, pieces[3].data, pieces[3].len);
    page->last_modified = keep(&at, pieces[4].data, pieces[4].len);
    page->error = keep(&at, pieces[5].data, pieces[5].len);
    page->type = keep(&at, pieces[6].data, pieces[6].len);
    page->parent = keep_whole(&at, pieces[0].data, &parent);
    page->canonical = keep_whole(&at, pieces[0].data, &canonical);
    return true;
}

static struct state_page numbers_of(sqlite3_stmt *s)
{
    return (struct state_page){
        .bytes = (uint64_t)sqlite3_column_int64(s, 10),
        .status = (unsigned)sqlite3_column_int64(s, 11),
        .failures = (unsigned)sqlite3_column_int64(s, 12),
        .failing_since_ms = sqlite3_column_int64(s, 13),
        .gone = (unsigned)sqlite3_column_int64(s, 14),
        .first_seen_ms = sqlite3_column_int64(s, 15),
        .last_fetched_ms = sqlite3_column_int64(s, 16),
        .last_changed_ms = sqlite3_column_int64(s, 17),
        .next_due_ms = sqlite3_column_int64(s, 18),
        .file_bytes = (uint64_t)sqlite3_column_int64(s, 19),
        .file_mtime_ns = sqlite3_column_int64(s, 20),
        .depth = (unsigned)sqlite3_column_int64(s, 21),
        .discovered = sqlite3_column_int64(s, 22) != 0,
        .converted = sqlite3_column_int64(s, 23) != 0,
        .noindex = sqlite3_column_int64(s, 24) != 0,
        .nofollow = sqlite3_column_int64(s, 25) != 0,
        .interval_ms = sqlite3_column_int64(s, 26),
        .visits = (unsigned)sqlite3_column_int64(s, 27),
        .changes = (unsigned)sqlite3_column_int64(s, 28),
        .watched_ms = sqlite3_column_int64(s, 29),
    };
}

bool state_read_page(sqlite3_stmt *s, struct buffer *texts, struct state_page *page)
{
    struct state_page row = numbers_of(s);
    struct piece digest = piece_of(s, 9);
    row.has_digest = digest.len == STATE_DIGEST_BYTES;
    if (row.has_digest)
        memcpy(row.digest, digest.data, STATE_DIGEST_BYTES);
    if (!read_texts(s, texts, &row))
        return false;
    *page = row;
    return true;
}

bool state_read_host(sqlite3_stmt *s, struct buffer *texts, struct state_host *host)
{
    struct piece origin = piece_of(s, 0), robots = piece_of(s, 7);
    bool known = sqlite3_column_type(s, 7) != SQLITE_NULL;
    buffer_clear(texts);
    if (!buffer_reserve(texts, origin.len + robots.len + 2))
        return false;
    char *at = texts->data;
    *host = (struct state_host){
        .origin = keep(&at, origin.data, origin.len),
        .delay_ms = sqlite3_column_int64(s, 1),
        .next_ask_ms = sqlite3_column_int64(s, 2),
        .unreachable_since_ms = sqlite3_column_int64(s, 3),
        .robots_status = (unsigned)sqlite3_column_int64(s, 4),
        .robots_fetched_ms = sqlite3_column_int64(s, 5),
        .robots_expires_ms = sqlite3_column_int64(s, 6),
        .robots = known ? keep(&at, robots.data, robots.len) : NULL,
        .robots_len = robots.len,
    };
    return true;
}

void state_read_run(sqlite3_stmt *s, struct state_run *run)
{
    *run = (struct state_run){
        .number = sqlite3_column_int64(s, 0),
        .started_ms = sqlite3_column_int64(s, 1),
        .ended_ms = sqlite3_column_int64(s, 2),
        .exit_status = (int)sqlite3_column_int64(s, 3),
        .new = (uint64_t)sqlite3_column_int64(s, 4),
        .changed = (uint64_t)sqlite3_column_int64(s, 5),
        .unchanged = (uint64_t)sqlite3_column_int64(s, 6),
        .failed = (uint64_t)sqlite3_column_int64(s, 7),
        .gone = (uint64_t)sqlite3_column_int64(s, 8),
        .skipped = (uint64_t)sqlite3_column_int64(s, 9),
        .bytes = (uint64_t)sqlite3_column_int64(s, 10),
        .cycle_started_ms = sqlite3_column_int64(s, 11),
        .complete = sqlite3_column_int64(s, 12) != 0,
    };
}
