/* The state's life: opening it, putting rows into the writer's queue, closing it. */
#include "store/state/state.h"

#include "store/pages/folders.h"
#include "store/state/state_folder.h"
#include "store/state/state_internal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "state.db"

enum {
    PAGE_BYTES_MIN = 512,
    DEFAULT_CAPACITY = 16384,
    DEFAULT_CAPACITY_BYTES = 16 * 1024 * 1024,
    DEFAULT_LOCKED_MS = 5000,
};

/* ---- Opening ---- */

/* SQLite would make the file readable for all. A file that is there is not opened: closing it would let go of the locks
 * that SQLite has on it through another connection of this process. */
static enum state_status make_file(int folder, bool make, struct state_failure *failure)
{
    struct stat st;
    int fd = make ? openat(folder, FILE_NAME, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        close(fd);
        return STATE_OK;
    }
    if ((make && errno != EEXIST) || fstatat(folder, FILE_NAME, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return state_fail(failure, STATE_SYSTEM, errno, NULL);
    if (S_ISLNK(st.st_mode))
        return state_fail(failure, STATE_SYSTEM, ELOOP, NULL);
    return S_ISREG(st.st_mode) ? STATE_OK : state_fail(failure, STATE_SYSTEM, EINVAL, NULL);
}

/* SQLite takes a file that is shorter than a page for an empty one, deletes its log, and begins anew: not silently. One
 * without a byte and without a log has just been made, maybe by a run that was killed there. */
static enum state_status check_length(int folder, struct state_failure *failure)
{
    struct stat file, log;
    if (fstatat(folder, FILE_NAME, &file, 0) != 0 || file.st_size >= PAGE_BYTES_MIN)
        return STATE_OK;
    bool has_log = fstatat(folder, FILE_NAME "-wal", &log, 0) == 0 && log.st_size > 0;
    if (file.st_size == 0 && !has_log)
        return STATE_OK;
    return state_fail(failure, STATE_CORRUPT, 0, "the file is cut short");
}

/* Find the file, or make it. Returns its path, which is the caller's to free; NULL when that fails. */
static char *find_file(struct state *state, const char *dir, bool make, struct state_failure *failure)
{
    int folder = state_folder_open(dir, make, &state->root);
    if (folder < 0) {
        state_fail(failure, STATE_SYSTEM, errno, NULL);
        return NULL;
    }
    enum state_status status = make_file(folder, make, failure);
    if (status == STATE_OK)
        status = check_length(folder, failure);
    close(folder);
    if (status != STATE_OK)
        return NULL;
    char *path = state_folder_path(dir, FILE_NAME);
    if (!path)
        state_fail(failure, STATE_SYSTEM, errno, NULL);
    return path;
}

/* The writer's thread decides when the log is copied into the database. A log that has grown because of a long read is
 * cut to 32 MiB when it begins anew. */
static const char writer_setup[] = "PRAGMA synchronous=NORMAL;"
                                   "PRAGMA wal_autocheckpoint=0;"
                                   "PRAGMA journal_size_limit=33554432;"
                                   "PRAGMA cache_size=-16384";

/* SQLite opens a file that cannot be written as one to read, and finds out later. */
static enum state_status check_writable(sqlite3 *db, const char *path, struct state_failure *failure)
{
    if (!sqlite3_db_readonly(db, NULL))
        return STATE_OK;
    bool allowed = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
    return state_fail(failure, STATE_SYSTEM, allowed ? EROFS : errno, NULL);
}

static enum state_status read_runs(struct state *state, sqlite3 *db, struct state_failure *failure)
{
    enum state_status status = state_read_last_run(db, &state->last_run, &state->has_last_run, failure);
    return status == STATE_OK ? state_read_last_success(db, &state->last_success_ms, failure) : status;
}

static enum state_status open_to_write(struct state *state, const char *path, int locked_ms, bool *made,
                                       struct state_failure *failure)
{
    if (state_db_open(path, SQLITE_OPEN_READWRITE, locked_ms, &state->db, failure) != STATE_OK ||
        check_writable(state->db, path, failure) != STATE_OK ||
        state_schema_apply(state->db, state->hooks.schema, made, failure) != STATE_OK ||
        state_db_exec(state->db, writer_setup, failure) != STATE_OK ||
        state_db_exec(state->db, "BEGIN IMMEDIATE; ROLLBACK", failure) != STATE_OK || /* nobody else writes */
        read_runs(state, state->db, failure) != STATE_OK)
        return failure->status;
    if (state->has_last_run && !state->last_run.ended_ms)
        return state_schema_quick_check(state->db, failure);
    return STATE_OK;
}

/* Even who only reads makes the log's index, and SQLite says no more than that it is missing. */
static enum state_status explain_missing(const struct state *state, struct state_failure *failure)
{
    if (failure->error == ENOENT && faccessat(state->root, STATE_FOLDER, W_OK, AT_EACCESS) != 0)
        return state_fail(failure, STATE_SYSTEM, errno, NULL);
    return failure->status;
}

static enum state_status open_to_read(struct state *state, const char *path, int locked_ms,
                                      struct state_failure *failure)
{
    const struct state_schema *check = state->db ? NULL : state->hooks.schema;
    if (state_reader_open(&state->reader, path, locked_ms, check, failure) != STATE_OK)
        return explain_missing(state, failure);
    return state->db ? STATE_OK : read_runs(state, state->reader.db, failure);
}

static enum state_status open_all(struct state *state, const char *dir, const struct state_options *options,
                                  struct state_failure *failure)
{
    int locked_ms = options->locked_ms ? options->locked_ms : DEFAULT_LOCKED_MS;
    char *path = find_file(state, dir, !options->read_only, failure);
    if (!path)
        return failure->status;
    enum state_status status = STATE_OK;
    bool made = false;
    if (!options->read_only)
        status = open_to_write(state, path, locked_ms, &made, failure);
    if (status == STATE_OK)
        status = open_to_read(state, path, locked_ms, failure);
    free(path);
    if (status != STATE_OK || options->read_only)
        return status;
    struct state_writer_limits limits = {
        .rows = options->capacity ? options->capacity : DEFAULT_CAPACITY,
        .bytes = options->capacity_bytes ? options->capacity_bytes : DEFAULT_CAPACITY_BYTES,
    };
    return state_writer_start(state->db, state->root, made, &limits, &state->writer, failure);
}

/* The connection that writes is closed last, so that it copies the log into the database. */
static void release(struct state *state)
{
    int error = errno;
    state_reader_close(&state->reader);
    sqlite3_close(state->db);
    if (state->root >= 0)
        close(state->root);
    free(state);
    errno = error;
}

enum state_status state_open_with(const char *dir, const struct state_options *options, const struct state_hooks *hooks,
                                  struct state **out, struct state_failure *failure)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return state_fail(failure, STATE_NO_MEMORY, 0, NULL);
    state->root = -1;
    state->hooks = (struct state_hooks){
        .page_key = hooks->page_key ? hooks->page_key : state_page_key,
        .host_key = hooks->host_key ? hooks->host_key : state_host_key,
        .schema = hooks->schema ? hooks->schema : &state_schema,
    };
    enum state_status status = open_all(state, dir, options ? options : &(struct state_options){0}, failure);
    if (status == STATE_OK)
        *out = state;
    else
        release(state);
    return status;
}

enum state_status state_open(const char *dir, const struct state_options *options, struct state **state,
                             struct state_failure *failure)
{
    return state_open_with(dir, options, &(struct state_hooks){0}, state, failure);
}

/* ---- Putting ---- */

static bool fits(const char *text, size_t max)
{
    return !text || strnlen(text, max + 1) <= max;
}

/* Queue ROW, or free it when there is no room. */
static enum state_status put_row(struct state *state, struct state_row *row)
{
    if (!row)
        return STATE_NO_MEMORY;
    state_reader_age(state, 1);
    enum state_status status = state_writer_put(state->writer, row);
    if (status != STATE_OK)
        free(row);
    return status;
}

enum state_status state_put_page(struct state *state, const struct state_page *page)
{
    assert(state->writer);
    if (page->url_len == 0 || page->url_len > STATE_URL_MAX || !fits(page->file, STATE_TEXT_MAX) ||
        !fits(page->final_url, STATE_URL_MAX) || !fits(page->etag, STATE_TEXT_MAX) ||
        !fits(page->last_modified, STATE_TEXT_MAX) || !fits(page->error, STATE_TEXT_MAX) ||
        !fits(page->type, STATE_TYPE_MAX) || !fits(page->parent, STATE_URL_MAX) ||
        !fits(page->canonical, STATE_URL_MAX))
        return STATE_INVALID;
    if (page->file && *page->file && !folders_name_ok(page->file))
        return STATE_INVALID;
    return put_row(state, state_row_page(page, state->hooks.page_key(page->url, page->url_len)));
}

enum state_status state_put_host(struct state *state, const struct state_host *host)
{
    assert(state->writer);
    if (!*host->origin || !fits(host->origin, STATE_TEXT_MAX) || host->robots_len > STATE_ROBOTS_MAX)
        return STATE_INVALID;
    return put_row(state, state_row_host(host, state->hooks.host_key(host->origin, strlen(host->origin))));
}

enum state_status state_put_run(struct state *state, const struct state_run *run)
{
    assert(state->writer);
    return put_row(state, state_row_run(run, state->has_last_run ? state->last_run.number + 1 : 1));
}

bool state_last_run(struct state *state, struct state_run *run)
{
    if (state->has_last_run)
        *run = state->last_run;
    return state->has_last_run;
}

int64_t state_last_success_ms(const struct state *state)
{
    return state->last_success_ms;
}

/* ---- The writer ---- */

int state_fd(const struct state *state)
{
    return state->writer ? state_writer_fd(state->writer) : -1;
}

bool state_failed(struct state *state, struct state_failure *failure)
{
    struct state_failure found = state->failure;
    if (found.status == STATE_OK && state->writer)
        state_writer_failure(state->writer, &found);
    if (found.status != STATE_OK)
        *failure = found;
    return found.status != STATE_OK;
}

static enum state_status writer_status(struct state *state)
{
    struct state_failure failure;
    state_writer_failure(state->writer, &failure);
    return failure.status;
}

enum state_status state_collect(struct state *state)
{
    state_writer_drain(state->writer);
    return writer_status(state);
}

enum state_status state_flush(struct state *state)
{
    state_writer_flush(state->writer);
    state_reader_age(state, STATE_READER_AGE_MAX);
    state->reader.has_pages = state->reader.has_hosts = true; /* there may be some now */
    return writer_status(state);
}

enum state_status state_close(struct state *state, struct state_failure *failure)
{
    struct state_failure found = {STATE_OK, 0, ""};
    if (!state)
        return STATE_OK;
    if (state->writer)
        state_writer_flush(state->writer);
    if (state_failed(state, &found) && failure)
        *failure = found;
    if (state->writer)
        state_writer_stop(state->writer);
    release(state);
    return found.status;
}
