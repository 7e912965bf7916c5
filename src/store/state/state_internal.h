/* The state as its own files and its tests see it. Private to store/state*.c. */
#ifndef STORE_STATE_INTERNAL_H
#define STORE_STATE_INTERNAL_H

#include "store/state/state_rows.h"
#include "store/state/state_schema.h"
#include "store/state/state_writer.h"

/* What a test may put in the place of the real thing; NULL: the real one. */
struct state_hooks {
    state_key_fn *page_key;
    state_key_fn *host_key;
    const struct state_schema *schema;
};

/* state_open, with HOOKS. */
enum state_status state_open_with(const char *dir, const struct state_options *options, const struct state_hooks *hooks,
                                  struct state **state, struct state_failure *failure);

/* The connection that reads. Beginning and ending a transaction costs two system calls, as much as finding a row, so
 * one is kept for some rows that are found or put; none while the log is long, because it cannot be begun anew
 * meanwhile. */
struct state_reader {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *end;
    bool begun;
    unsigned age; /* of the transaction, in rows */
    sqlite3_stmt *find_page;
    sqlite3_stmt *find_host;
    sqlite3_stmt *each_page;
    sqlite3_stmt *each_host;
    bool has_pages; /* when it was opened, or flushed */
    bool has_hosts;
    struct state_page page; /* found last */
    struct buffer page_texts;
    struct state_host host;
    struct buffer host_texts;
};

struct state {
    struct state_hooks hooks; /* all set */
    int root;                 /* the output folder */
    sqlite3 *db;              /* the connection that writes; NULL: read only */
    struct state_writer *writer;
    struct state_reader reader;
    struct state_failure failure; /* of a read */
    bool has_last_run;
    int64_t last_success_ms;
    struct state_run last_run;
};

/* Open the connection that reads the database at PATH. With a SCHEMA, that is its version or the status says what it
 * is. */
enum state_status state_reader_open(struct state_reader *reader, const char *path, int locked_ms,
                                    const struct state_schema *schema, struct state_failure *failure);
void state_reader_close(struct state_reader *reader);

/* ROWS more were found or put. When enough were, the next read sees what has been committed meanwhile. */
void state_reader_age(struct state *state, unsigned rows);

/* Remember the first failure of a read. Returns the status of RC. */
enum state_status state_read_failed(struct state *state, int rc);

/* The statement of state_pages.c. */
extern const char state_each_page_sql[];

enum { STATE_READER_AGE_MAX = 256 };

/* Read the run with the highest number; *FOUND tells whether there is one. */
enum state_status state_read_last_run(sqlite3 *db, struct state_run *run, bool *found, struct state_failure *failure);

/* Read when a complete run last ended with exit status 0; 0: never. */
enum state_status state_read_last_success(sqlite3 *db, int64_t *ended_ms, struct state_failure *failure);

#endif
