/* What is remembered from run to run: a row for each URL, each host and each run, in DIR/.forage/state.db (SQLite).
 *
 * state_open, before it the folder's lock (store/lock.h); state_find_page before a URL is asked for and state_put_page
 * when its file is in place or it has failed; state_collect when state_fd is readable; state_close.
 *
 * A row never claims a file that is not on disk: rows are queued, and one thread writes them in batches (at most 1,000
 * rows; after 250 ms at the latest), after a syncfs of the output folder that began when the last of them was in the
 * queue. So put a row only after pages_collect has told that its file is in place. A killed process loses the rows of
 * the last 250 ms and those that wait for a slow disk; a power cut also those that were committed since the log was
 * synced last. That means that some pages are fetched once more. The database itself stays whole: it is in WAL mode,
 * the log is synced before it is copied into the database, and state_close leaves all of it synced unless somebody else
 * is reading it.
 *
 * Rows are read through a second connection, which sees what has been committed. Ask for a URL or a host before it is
 * put in this run, or after state_flush. Rows are never removed: of a page that is pruned the row stays, without a
 * file.
 *
 * Times are milliseconds since 1970 in UTC, 0 for never. Texts are terminated; "" stands for none.
 *
 * The database does not work over NFS and the like, because its log is shared memory. Folders below DIR that are other
 * file systems are not synced.
 *
 * Context: one thread, that of the crawl loop, calls everything here. state_open, state_flush, state_close,
 * state_each_* and the state_find_* read or wait for the disk; state_put_* do not. SQLite's handles do not survive a
 * fork: fork first. */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below the output folder, for messages: "DIR/" STATE_FILE ": reason". */
#define STATE_FILE ".forage/state.db"

#define STATE_STATUS_TABLE(X)                                                                                          \
    X(STATE_OK, "success")                                                                                             \
    X(STATE_FULL, "no room")                                                                                           \
    X(STATE_INVALID, "a row that the database does not take")                                                          \
    X(STATE_NO_MEMORY, "out of memory")                                                                                \
    X(STATE_SYSTEM, "a system call failed")                                                                            \
    X(STATE_LOCKED, "locked by another process")                                                                       \
    X(STATE_CORRUPT, "damaged")                                                                                        \
    X(STATE_NEWER, "made by a newer version of forage")                                                                \
    X(STATE_OLDER, "made by an older version of forage, which only a run can bring up to date")                        \
    X(STATE_FOREIGN, "not a state database of forage")

enum state_status { STATUS_ENUM(STATE_STATUS_TABLE) };

/* A constant text for STATUS, never NULL. Context: any thread. */
const char *state_status_text(enum state_status status);

/* Why something failed. ERROR is an errno when STATUS is STATE_SYSTEM (ENOSPC, EACCES, EROFS, EIO, EMFILE,
 * ENAMETOOLONG...), else 0. TEXT is the reason without a path: "No space left on device", "damaged: file is not a
 * database". */
struct state_failure {
    enum state_status status;
    int error;
    char text[200];
};

struct state;

/* Zero is the default of every field. */
struct state_options {
    bool read_only;        /* make, migrate and check nothing; needs no lock, but a folder that can be written */
    unsigned capacity;     /* rows that may wait; 0: 16,384 */
    size_t capacity_bytes; /* memory of the rows that may wait; 0: 16 MiB. One row always fits */
    int locked_ms;         /* how long a database that another process has locked is waited for; 0: 5 s */
};

/* ---- Open ---- */

/* Open the database of the output folder DIR, both made if they are missing; an older version is migrated. When the
 * last run did not end in order, the whole of it is checked first (some 500 MB a second when it is in memory).
 *
 * On any failure *STATE is untouched and FAILURE says why: STATE_CORRUPT (the file is as it was: see state_set_aside),
 * STATE_LOCKED, STATE_NEWER, STATE_OLDER (read only), STATE_FOREIGN, STATE_NO_MEMORY, or STATE_SYSTEM (ENOENT: read
 * only and there is none; ELOOP, ENOTDIR or EINVAL: something else stands in the place of .forage or state.db). OPTIONS
 * may be NULL. */
enum state_status state_open(const char *dir, const struct state_options *options, struct state **state,
                             struct state_failure *failure);

enum { STATE_ASIDE_MAX = 64 };

/* Rename a database that is damaged, with its log, to NAME: state.db.corrupt-YYYYMMDD-HHMMSS (UTC) in the same folder.
 * The next state_open begins with an empty one; the caller says so. Nobody may have it open, and the folder's lock must
 * be held. Returns STATE_OK, or STATE_SYSTEM and errno. */
enum state_status state_set_aside(const char *dir, char name[STATE_ASIDE_MAX]);

/* ---- Pages ---- */

enum { STATE_DIGEST_BYTES = 32 };

struct state_page {
    const char *url; /* canonical: what the row is found by. Leave out user name and password: it is shown */
    size_t url_len;
    const char *file; /* below the output folder */
    const char
        *final_url;   /* what answered after redirects, to which the validators belong; "": the URL itself. As URL */
    const char *etag; /* validators as the server wrote them */
    const char *last_modified;
    const char *error;                  /* the word of the last failure */
    uint8_t digest[STATE_DIGEST_BYTES]; /* SHA-256 of what is kept */
    bool has_digest;
    bool file_is_old;  /* when put: FILE was in place when the row was found, so that it needs no sync. Not stored */
    uint64_t bytes;    /* of what is kept */
    unsigned status;   /* of the last answer; 0: there was none */
    unsigned failures; /* in a row */
    unsigned gone;     /* runs in a row that were answered 404 or 410 */
    int64_t failing_since_ms;
    int64_t first_seen_ms;   /* when put: only of a URL that has no row yet */
    int64_t last_fetched_ms; /* when it was last answered well: a failure does not touch it */
    int64_t last_changed_ms;
    int64_t next_due_ms;
    uint64_t file_bytes; /* the file when it was put in place */
    int64_t file_mtime_ns;

    /* Of a crawl that follows links. */
    const char *parent;    /* the URL of the page it was found on; "": a seed */
    const char *canonical; /* what the page says that it should be called (rel=canonical); "": nothing */
    const char *type;      /* media type, in lower case and without parameters; "": not known */
    unsigned depth;        /* links from the nearest seed */
    bool discovered;       /* it was found by following links, so that a crawl asks for it again by itself */
    bool converted;        /* links in the file are no longer those that were served */
    bool noindex;
    bool nofollow;

    /* Kept by crawl/due.h. */
    int64_t interval_ms; /* from the last visit to next_due_ms */
    unsigned visits;     /* of late: older ones are forgotten by halves */
    unsigned changes;    /* that these visits found */
    int64_t watched_ms;  /* and how long they were waited for */
};

enum { STATE_URL_MAX = 64 * 1024, STATE_TEXT_MAX = 4096, STATE_TYPE_MAX = 255, STATE_ROBOTS_MAX = 512 * 1024 };

/* What is known of URL; borrowed until the next state_find_page. NULL: nothing, or it could not be read, which
 * state_failed tells; then fetch it as if nothing were known. Costs nothing while the database has no pages at all. */
const struct state_page *state_find_page(struct state *state, const char *url, size_t len);

/* Remember PAGE (copied) in place of what was known of its URL. A text has at most STATE_TEXT_MAX bytes, a media type
 * STATE_TYPE_MAX, a URL STATE_URL_MAX; a pointer that is NULL means "". A parent or canonical URL costs little room,
 * because only what differs from URL is stored of it.
 *
 * Returns STATE_OK; STATE_FULL: wait for state_fd, call state_collect, and try again; STATE_INVALID; STATE_NO_MEMORY;
 * or, after writing has failed, the status of that. A page is not remembered when STATE_PROBES others have its key
 * (store/state/state_key.h), which only happens on purpose. */
enum state_status state_put_page(struct state *state, const struct state_page *page);

/* Whether PAGE's file is there as it was put in place: the same size and time, and no link. */
bool state_has_file(const struct state *state, const struct state_page *page);

/* Zero means all. */
struct state_filter {
    const char *origin; /* NULL, or scheme://host[:port] as it stands in the URLs */
    bool failing;       /* only pages whose last try failed */
    bool discovered;    /* only pages that were found by following links */
    bool kept;          /* only pages that have a file */
    int64_t due_by_ms;  /* only pages with a next_due_ms up to this one */
};

/* Borrows PAGE for the call; false ends the reading. It may call anything here but what reads many pages. */
typedef bool state_page_fn(const struct state_page *page, void *context);

/* Call FN for each page of FILTER (NULL: all). The order is the same each time, and pages of one origin mostly come
 * together.
 *
 * The table is read some thousand rows or 50 ms at a time, and between these the writer may shorten its log. So of what
 * is put meanwhile, some is seen and some is not; but no page is seen twice, and none that was there at the start is
 * missed. While FN waits, the log can only grow.
 *
 * Returns STATE_OK or what state_failed tells. */
enum state_status state_each_page(struct state *state, const struct state_filter *filter, state_page_fn *fn,
                                  void *context);

/* Where a reading has got to; zeroes begin it. */
struct state_cursor {
    int64_t after; /* key of the last row that was read */
    bool begun;
    bool done; /* there is nothing behind it */
};

/* As state_each_page, but go on at CURSOR, and return after as much as is read at once, or when FN returned false: the
 * page behind that one comes next. For those who must look after other things meanwhile. */
enum state_status state_next_pages(struct state *state, const struct state_filter *filter, struct state_cursor *cursor,
                                   state_page_fn *fn, void *context);

/* How many pages of FILTER (NULL: all) there are. It takes as long as to read them. On failure *COUNT is untouched. */
enum state_status state_count_pages(struct state *state, const struct state_filter *filter, uint64_t *count);

/* ---- Hosts ---- */

struct state_host {
    const char *origin; /* scheme://host:port */
    int64_t delay_ms;
    int64_t next_ask_ms; /* not to be asked before */
    int64_t unreachable_since_ms;
    const char *robots; /* text of robots.txt, may hold any byte; NULL: never fetched */
    size_t robots_len;
    unsigned robots_status; /* of the answer; 0: there was none */
    int64_t robots_fetched_ms;
    int64_t robots_expires_ms;
};

/* As state_find_page. */
const struct state_host *state_find_host(struct state *state, const char *origin);

/* As state_put_page. With a NULL ROBOTS, what is known of robots.txt stays; so pass "" for one that could not be
 * had. */
enum state_status state_put_host(struct state *state, const struct state_host *host);

typedef bool state_host_fn(const struct state_host *host, void *context);
enum state_status state_each_host(struct state *state, state_host_fn *fn, void *context);

/* ---- Runs ---- */

struct state_run {
    int64_t number; /* when put: of this run, whatever stands here */
    int64_t started_ms;
    int64_t ended_ms; /* 0: it has not, or not in order */
    int exit_status;
    uint64_t new;
    uint64_t changed;
    uint64_t unchanged;
    uint64_t failed;
    uint64_t gone;
    uint64_t skipped;
    uint64_t bytes;
    /* A cycle asks for every page once. A run that ended early, or was killed, leaves one that the next run goes on
     * with. */
    int64_t cycle_started_ms; /* when the first run of the cycle began: what was fetched since then is done */
    bool complete;            /* the cycle ended with this run */
};

/* The last run before this one, or of all when STATE is read only. False when there is none. */
bool state_last_run(struct state *state, struct state_run *run);

/* When a complete run before this one (of all, when STATE is read only) last ended with exit status 0, in milliseconds
 * since 1970; 0: never. */
int64_t state_last_success_ms(const struct state *state);

/* Put this run: at its start, with no end, so that the next run knows when this one did not end in order; and at its
 * end. Its start is synced at once, unlike all other rows. Returns as state_put_page does. */
enum state_status state_put_run(struct state *state, const struct state_run *run);

/* ---- The writer ---- */

/* A descriptor that polls readable when there is room again after STATE_FULL, or when writing has failed. Owned by
 * STATE; -1 when it is read only. */
int state_fd(const struct state *state);

/* Make state_fd wait for the next event. Returns STATE_OK, or the status of the failure that has ended writing. */
enum state_status state_collect(struct state *state);

/* The first failure of a read or of the writer, which has ended writing: what was committed stays, all else is dropped.
 * False when there was none. */
bool state_failed(struct state *state, struct state_failure *failure);

/* Wait until all that was put is committed. Returns as state_collect does. */
enum state_status state_flush(struct state *state);

/* Write what was put, and free. With a failure, FAILURE (may be NULL) gets it. NULL is fine. */
enum state_status state_close(struct state *state, struct state_failure *failure);

#endif
