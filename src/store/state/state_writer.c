/* The role of the state's writer thread: it takes the rows that the crawl's thread has put, syncs the file system that
 * their files are on, and commits them. It owns the connection that writes. It touches no file itself and decides
 * nothing.
 *
 * A turn takes all rows that wait, so that one sync serves several batches: while a slow disk syncs, more than one
 * batch of rows comes together. They are sorted by key, because neighbours in the table share its pages. */
#include "store/state/state_writer.h"

#include "base/quiet_thread.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* The log is copied into the database when it is 16 MiB long: a page of the table that is written often is then copied
 * once. */
enum { BATCH_ROWS = 1000, BATCH_MS = 250, LOG_PAGES_LONG = 4096 };

struct state_writer {
    pthread_mutex_t lock;
    pthread_cond_t wake;    /* of the thread */
    pthread_cond_t settled; /* of who flushes */

    atomic_bool log_is_long;

    /* Under the lock. */
    struct state_row *head, **tail;
    size_t waiting; /* rows in the queue */
    size_t rows;    /* those, and the ones that are being written */
    size_t bytes;   /* of all of these */
    uint64_t sequence;
    bool wants_room;
    bool hurry;
    bool stopping;
    struct state_failure failure; /* the first; nothing is written after it */

    /* Constant. */
    struct state_writer_limits limits;
    int root;
    int fd;
    pthread_t thread;

    /* The thread's. */
    sqlite3 *db;
    bool unsynced; /* the database itself may not be on disk */
    struct state_rows statements;
    struct state_row **sorted;
    size_t sorted_capacity;
};

/* ---- The thread: taking rows ---- */

static struct timespec batch_end(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += BATCH_MS * 1000000L;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

/* Wait until a batch is due, and take all rows that wait. NULL when the thread shall end. */
static struct state_row *take_rows(struct state_writer *w, size_t *count)
{
    pthread_mutex_lock(&w->lock);
    while (!w->waiting && !w->stopping)
        pthread_cond_wait(&w->wake, &w->lock);
    struct timespec end = batch_end();
    int expired = 0;
    while (w->waiting < BATCH_ROWS && !w->stopping && !w->hurry && !expired)
        expired = pthread_cond_timedwait(&w->wake, &w->lock, &end);
    struct state_row *rows = w->head;
    *count = w->waiting;
    w->head = NULL;
    w->tail = &w->head;
    w->waiting = 0;
    w->hurry = false;
    pthread_mutex_unlock(&w->lock);
    return rows;
}

/* Free ROWS and make their room known. */
static void let_go(struct state_writer *w, struct state_row *rows, size_t count)
{
    size_t bytes = 0;
    for (struct state_row *row = rows, *next; row; row = next) {
        next = row->next;
        bytes += row->bytes;
        free(row);
    }
    pthread_mutex_lock(&w->lock);
    w->rows -= count;
    w->bytes -= bytes;
    if (!w->rows)
        pthread_cond_broadcast(&w->settled);
    if (w->wants_room || w->failure.status != STATE_OK)
        eventfd_write(w->fd, 1);
    w->wants_room = false;
    pthread_mutex_unlock(&w->lock);
}

static void set_failure(struct state_writer *w, const struct state_failure *failure)
{
    pthread_mutex_lock(&w->lock);
    w->failure = *failure;
    pthread_mutex_unlock(&w->lock);
}

/* ---- The thread: writing rows ---- */

static int compare_rows(const void *a, const void *b)
{
    const struct state_row *x = *(struct state_row *const *)a, *y = *(struct state_row *const *)b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->sequence < y->sequence ? -1 : 1;
}

/* Put ROWS into w->sorted; *NEED_SYNC tells whether one of them names a file that may not be on disk yet. */
static bool sort_rows(struct state_writer *w, struct state_row *rows, size_t count, bool *need_sync)
{
    if (count > w->sorted_capacity) {
        struct state_row **more = realloc(w->sorted, 2 * count * sizeof(struct state_row *));
        if (!more)
            return false;
        w->sorted = more;
        w->sorted_capacity = 2 * count;
    }
    size_t n = 0;
    for (struct state_row *row = rows; row; row = row->next) {
        w->sorted[n++] = row;
        if (row->kind == STATE_ROW_PAGE && *row->page.file && !row->page.file_is_old)
            *need_sync = true;
    }
    qsort(w->sorted, n, sizeof(struct state_row *), compare_rows);
    return true;
}

/* Called by SQLite after each commit. */
static int see_log(void *context, sqlite3 *db, const char *name, int pages)
{
    struct state_writer *w = context;
    (void)db, (void)name;
    atomic_store_explicit(&w->log_is_long, pages >= LOG_PAGES_LONG, memory_order_relaxed);
    return SQLITE_OK;
}

/* Copy as much of a long log as no reader holds back. When that is all of it, the next commit begins it anew. A failure
 * costs nothing but room: what is committed is in the log, and the next batch tries again. */
static void copy_long_log(struct state_writer *w)
{
    if (atomic_load_explicit(&w->log_is_long, memory_order_relaxed))
        sqlite3_wal_checkpoint_v2(w->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* One transaction. */
static enum state_status write_batch(struct state_writer *w, struct state_row **rows, size_t count,
                                     struct state_failure *failure)
{
    if (state_db_exec(w->db, "BEGIN IMMEDIATE", failure) != STATE_OK)
        return failure->status;
    size_t n = 0;
    while (n < count && state_rows_write(&w->statements, rows[n], failure) == STATE_OK)
        n++;
    if (n == count && state_db_exec(w->db, "COMMIT", failure) == STATE_OK) {
        copy_long_log(w);
        return STATE_OK;
    }
    if (!sqlite3_get_autocommit(w->db))
        sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
    return failure->status;
}

/* That a run has begun must not be forgotten when the power fails, or nobody checks the database, so its row is synced;
 * that it has ended may be. The row is in the last batch, if at all. */
static enum state_status write_last_batch(struct state_writer *w, struct state_row **rows, size_t count,
                                          struct state_failure *failure)
{
    if (rows[count - 1]->kind != STATE_ROW_RUN || rows[count - 1]->run.ended_ms)
        return write_batch(w, rows, count, failure);
    enum state_status status = state_db_exec(w->db, "PRAGMA synchronous=FULL", failure);
    if (status == STATE_OK)
        status = write_batch(w, rows, count, failure);
    if (status == STATE_OK)
        status = state_db_exec(w->db, "PRAGMA synchronous=NORMAL", failure);
    return status;
}

static enum state_status write_rows(struct state_writer *w, struct state_row *rows, size_t count,
                                    struct state_failure *failure)
{
    bool need_sync = w->unsynced;
    if (!sort_rows(w, rows, count, &need_sync))
        return state_fail(failure, STATE_NO_MEMORY, 0, NULL);
    if (need_sync && syncfs(w->root) != 0)
        return state_fail(failure, STATE_SYSTEM, errno, NULL);
    w->unsynced = false;
    size_t done = 0;
    for (; count - done > BATCH_ROWS; done += BATCH_ROWS)
        if (write_batch(w, w->sorted + done, BATCH_ROWS, failure) != STATE_OK)
            return failure->status;
    return write_last_batch(w, w->sorted + done, count - done, failure);
}

static void *writer_main(void *arg)
{
    struct state_writer *w = arg;
    struct state_failure failure = {STATE_OK, 0, ""};
    for (;;) {
        size_t count = 0;
        struct state_row *rows = take_rows(w, &count);
        if (!rows)
            return NULL;
        if (failure.status == STATE_OK && write_rows(w, rows, count, &failure) != STATE_OK)
            set_failure(w, &failure);
        let_go(w, rows, count);
    }
}

/* ---- The crawl's thread ---- */

static void init_locks(struct state_writer *w)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&w->settled, NULL);
    pthread_mutex_init(&w->lock, NULL);
}

static void release(struct state_writer *w)
{
    sqlite3_wal_hook(w->db, NULL, NULL);
    state_rows_release(&w->statements);
    pthread_cond_destroy(&w->wake);
    pthread_cond_destroy(&w->settled);
    pthread_mutex_destroy(&w->lock);
    if (w->fd >= 0)
        close(w->fd);
    free(w->sorted);
    free(w);
}

enum state_status state_writer_start(sqlite3 *db, int root, bool unsynced, const struct state_writer_limits *limits,
                                     struct state_writer **writer, struct state_failure *failure)
{
    struct state_writer *w = calloc(1, sizeof *w);
    if (!w)
        return state_fail(failure, STATE_NO_MEMORY, 0, NULL);
    w->db = db;
    w->root = root;
    w->unsynced = unsynced;
    w->limits = *limits;
    w->tail = &w->head;
    w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    init_locks(w);
    sqlite3_wal_hook(db, see_log, w);
    int error = w->fd < 0 ? errno : 0;
    if (error) {
        state_fail(failure, STATE_SYSTEM, error, NULL);
    } else if (state_rows_prepare(&w->statements, db, failure) == STATE_OK) {
        error = quiet_thread_start(&w->thread, "forage-state", writer_main, w);
        if (!error) {
            *writer = w;
            return STATE_OK;
        }
        state_fail(failure, STATE_SYSTEM, error, NULL);
    }
    release(w);
    return failure->status;
}

/* Under the lock. Who finds no room waits for the thread, which then does not wait for more rows. */
static enum state_status take_place(struct state_writer *w, size_t bytes)
{
    if (w->failure.status != STATE_OK)
        return w->failure.status;
    if (w->rows && (w->rows >= w->limits.rows || w->bytes + bytes > w->limits.bytes)) {
        w->wants_room = true;
        w->hurry = w->waiting != 0;
        return STATE_FULL;
    }
    w->waiting++;
    w->rows++;
    w->bytes += bytes;
    return STATE_OK;
}

enum state_status state_writer_put(struct state_writer *w, struct state_row *row)
{
    pthread_mutex_lock(&w->lock);
    enum state_status status = take_place(w, row->bytes);
    if (status == STATE_OK) {
        row->sequence = w->sequence++;
        *w->tail = row;
        w->tail = &row->next;
    }
    bool wake = w->hurry || w->waiting == 1 || w->waiting == BATCH_ROWS;
    pthread_mutex_unlock(&w->lock);
    if (wake)
        pthread_cond_signal(&w->wake);
    return status;
}

int state_writer_fd(const struct state_writer *w)
{
    return w->fd;
}

void state_writer_drain(struct state_writer *w)
{
    eventfd_t count;
    eventfd_read(w->fd, &count);
}

void state_writer_flush(struct state_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->hurry = w->waiting != 0;
    pthread_cond_signal(&w->wake);
    while (w->rows)
        pthread_cond_wait(&w->settled, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

void state_writer_failure(struct state_writer *w, struct state_failure *failure)
{
    pthread_mutex_lock(&w->lock);
    *failure = w->failure;
    pthread_mutex_unlock(&w->lock);
}

bool state_writer_log_is_long(const struct state_writer *w)
{
    return atomic_load_explicit(&w->log_is_long, memory_order_relaxed);
}

void state_writer_stop(struct state_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    release(w);
}
