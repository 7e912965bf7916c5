/* The thread that writes the state database, and its queue. Private to store/state*.c.
 *
 * state_writer_start, state_writer_put as often as wanted, state_writer_stop. Context: the crawl's thread calls all of
 * these; the connection is the thread's in between. */
#ifndef STORE_STATE_WRITER_H
#define STORE_STATE_WRITER_H

#include "store/state/state_rows.h"

struct state_writer;

struct state_writer_limits {
    size_t rows;  /* that may wait */
    size_t bytes; /* of these */
};

/* Start the thread for DB, to which it closes nothing; ROOT is the output folder, open for reading. Both are borrowed.
 * With UNSYNCED, the first batch waits for a sync whatever it holds. On failure nothing is left. */
enum state_status state_writer_start(sqlite3 *db, int root, bool unsynced, const struct state_writer_limits *limits,
                                     struct state_writer **writer, struct state_failure *failure);

/* Queue ROW, and take it over. STATE_FULL, or the status of what has ended writing: it is still the caller's. */
enum state_status state_writer_put(struct state_writer *writer, struct state_row *row);

int state_writer_fd(const struct state_writer *writer);
void state_writer_drain(struct state_writer *writer);

/* Write at once, and wait until all that was put is committed, or writing has failed. */
void state_writer_flush(struct state_writer *writer);

/* What has ended writing; its status is STATE_OK while nothing has. */
void state_writer_failure(struct state_writer *writer, struct state_failure *failure);

/* Whether the log has grown long. It begins anew as soon as all of it is copied and nobody is reading it, so a reader
 * that keeps a transaction should end it. */
bool state_writer_log_is_long(const struct state_writer *writer);

/* Write what was put, and end the thread. */
void state_writer_stop(struct state_writer *writer);

#endif
