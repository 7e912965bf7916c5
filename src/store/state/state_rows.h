/* How a record becomes a row and a row a record. Private to store/state*.c.
 *
 * Put: state_row_page, _host or _run makes a copy that waits in the writer's queue; state_rows_prepare,
 * state_rows_write. Read: a statement of one of the columns' lists below, then state_read_page, _host or _run for the
 * row that it stands on. */
#ifndef STORE_STATE_ROWS_H
#define STORE_STATE_ROWS_H

#include "base/buffer.h"
#include "store/state/state_db.h"
#include "store/state/state_key.h"

/* In the order in which a batch is written: a run's end after all that belongs to it. */
enum state_row_kind { STATE_ROW_PAGE, STATE_ROW_HOST, STATE_ROW_RUN };

/* PAGE's parent and canonical URL are in the form that is stored (state_relative.h). */
struct state_row {
    struct state_row *next; /* in the queue */
    enum state_row_kind kind;
    int64_t key;       /* the first to try */
    uint64_t sequence; /* the order of puts */
    size_t bytes;      /* memory, with the texts */
    union {
        struct state_page page;
        struct state_host host;
        struct state_run run;
    };
    char texts[]; /* what the record's pointers point to */
};

/* A row in memory of its own, to be freed with free. NULL when memory is out. Texts must have their final lengths. */
struct state_row *state_row_page(const struct state_page *page, int64_t key);
struct state_row *state_row_host(const struct state_host *host, int64_t key);
struct state_row *state_row_run(const struct state_run *run, int64_t number);

/* The statements that write rows, on one connection. */
struct state_rows {
    sqlite3 *db;
    sqlite3_stmt *page;
    sqlite3_stmt *host;
    sqlite3_stmt *host_without_robots;
    sqlite3_stmt *run;
};

enum state_status state_rows_prepare(struct state_rows *rows, sqlite3 *db, struct state_failure *failure);

/* Write ROW, within the transaction that is open. */
enum state_status state_rows_write(struct state_rows *rows, const struct state_row *row, struct state_failure *failure);
void state_rows_release(struct state_rows *rows);

/* STATE_PAGE_TEXTS of them begin the list. */
enum { STATE_PAGE_TEXTS = 9, STATE_PAGE_COLUMN_COUNT = 30 };
#define STATE_PAGE_COLUMNS                                                                                             \
    "url, file, final_url, etag, last_modified, error, type, parent, canonical, digest, "                              \
    "bytes, status, failures, failing_since, gone, first_seen, last_fetched, last_changed, next_due, "                 \
    "file_bytes, file_mtime_ns, depth, discovered, converted, noindex, nofollow, interval_ms, visits, changes, "       \
    "watched_ms"
#define STATE_HOST_COLUMNS                                                                                             \
    "origin, delay_ms, next_ask, unreachable_since, robots_status, robots_fetched, robots_expires, robots"
#define STATE_RUN_COLUMNS                                                                                              \
    "number, started, ended, exit_status, new, changed, unchanged, failed, gone, skipped, bytes, cycle_started, "      \
    "complete"

/* Fill the record from the row that STATEMENT stands on; its texts are in TEXTS until that is changed. False when
 * memory is out. */
bool state_read_page(sqlite3_stmt *statement, struct buffer *texts, struct state_page *page);
bool state_read_host(sqlite3_stmt *statement, struct buffer *texts, struct state_host *host);
void state_read_run(sqlite3_stmt *statement, struct state_run *run);

#endif
