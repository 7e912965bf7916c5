/* What an output folder's state says: of all of it, and of one URL.
 *
 * Reads DIR/.forage/state.db and DIR/.forage/backlog and writes nothing; it takes no lock, so a run may be at work
 * meanwhile. The user must be allowed to write in DIR/.forage, because SQLite keeps an index there that readers share.
 *
 * While on_failing is called, the state is being read, and a run that is at work cannot shorten its log. So a callback
 * that waits, for a person with a pager for example, makes that log grow. What a run changes meanwhile may be seen or
 * not.
 *
 * Texts are terminated, never NULL, and last for the callback. Those that came from a server (etag, last_modified,
 * rule) may hold any byte: escape them before they are shown. Times are milliseconds since 1970 in UTC, 0 for
 * never.
 *
 * Functions return FORAGE_OK, FORAGE_FILE (no state, or one that cannot be read; errno is ENOENT when there is
 * none), FORAGE_USAGE (a URL that cannot be read) or FORAGE_NO_MEMORY; then ERROR, which may be NULL, has a line
 * about it.
 *
 * Context: any one thread; blocks on the disk. */
#ifndef FORAGE_INSPECT_H
#define FORAGE_INSPECT_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- All of it ---- */

enum forage_run_state {
    FORAGE_RUN_NONE,        /* there was none */
    FORAGE_RUN_UNDER_WAY,   /* it has not ended, and its process is there */
    FORAGE_RUN_INTERRUPTED, /* it was killed */
    FORAGE_RUN_ENDED_EARLY, /* in order, but the rest was left for the next run */
    FORAGE_RUN_COMPLETE,
};

struct forage_last_run {
    enum forage_run_state state;
    int64_t started_ms;
    int64_t ended_ms; /* 0 unless it ended in order; what follows is known only then */
    int exit_status;
    uint64_t new_pages, changed, unchanged;
    uint64_t failed, gone; /* those that are gone have failed, too */
    uint64_t skipped;
    uint64_t bytes;
    /* From its start on, whether it has ended or not. Of a run that was killed, until it was last answered well. */
    uint64_t answered;  /* pages that were answered well, and that no run has asked for since */
    double pages_per_s; /* of those; of a run that ended in order, of all that it asked for */
    double bytes_per_s; /* of bodies, likewise; of a run that has not, of what is kept of the pages */
};

/* Sums over the URLs that were ever asked for. */
struct forage_pages {
    uint64_t urls;
    uint64_t kept;    /* of which a file is kept */
    uint64_t bytes;   /* of what is kept */
    uint64_t failing; /* whose last try failed */
    uint64_t gone;    /* of these, answered 404 or 410 */
    int64_t oldest_fetch_ms,
        newest_fetch_ms; /* when one was answered well, for the least and the most recent of them */
    uint64_t discovered; /* that were found by following links */
    uint64_t due;        /* of these, such that a crawl that begins now asks for them */
};

enum forage_robots {
    FORAGE_ROBOTS_UNKNOWN, /* never asked for, or never had */
    FORAGE_ROBOTS_NONE,    /* the server has none: all is allowed */
    FORAGE_ROBOTS_RULES,
};

/* What is known of a scheme, host and port. */
struct forage_host {
    int64_t delay_ms;    /* between two requests; 0: as the host needs it */
    int64_t next_ask_ms; /* not to be asked before */
    int64_t unreachable_since_ms;
    enum forage_robots robots;
    unsigned robots_status; /* of the answer to /robots.txt */
    int64_t robots_fetched_ms;
    int64_t robots_expires_ms; /* asked for again after that */
};

/* What a crawl that has not come to its end has found in its cycle. When it has, there is nothing. */
struct forage_queue {
    uint64_t
        found; /* as far as it has been written to the disk: the last some hundred of a run that is at work are not */
    uint64_t waiting; /* of these, not answered yet; those count as well that are skipped when their turn comes */
};

struct forage_origin {
    const char *origin; /* scheme://host, with :port unless it is the scheme's own */
    struct forage_pages pages;
    struct forage_host host;
    struct forage_queue queue;
};

struct forage_failing {
    const char *url;
    int64_t since_ms;
    unsigned times;    /* in a row */
    unsigned gone;     /* runs in a row that were answered 404 or 410 */
    unsigned status;   /* of the last answer; 0: there was none */
    const char *error; /* the log's word; "" when the status says it all */
    const char *file;  /* the copy that is kept, below DIR; "" for none */
    int64_t last_fetched_ms;
};

/* What forage_inspect tells, in this order; any may be NULL. Failing URLs come in no order of meaning, but always
 * in the same one; origins come sorted. */
struct forage_inspector {
    void (*on_failing)(const struct forage_failing *failing, void *context);
    void (*on_origin)(const struct forage_origin *origin, void *context);
    void (*on_total)(const struct forage_pages *pages, uint64_t origins, void *context);
    void (*on_queue)(const struct forage_queue *queue, uint64_t origins_waiting, void *context);
    void (*on_last_run)(const struct forage_last_run *run, void *context);
    void *context;
};

/* Read all of DIR's state once. Memory grows with the number of origins, some 200 bytes each, and not with that of
 * pages. */
enum forage_status forage_inspect(const char *dir, const struct forage_inspector *inspector, char *error,
                                  size_t error_size);

/* ---- One URL ---- */

enum forage_kept {
    FORAGE_KEPT_NOTHING,
    FORAGE_KEPT_INTACT,  /* the file is as forage put it in place */
    FORAGE_KEPT_CHANGED, /* somebody else has changed it */
    FORAGE_KEPT_MISSING,
};

/* What a run would do with the URL now. */
enum forage_verdict {
    FORAGE_WOULD_ASK,             /* and take whatever comes */
    FORAGE_WOULD_VALIDATE,        /* ask whether it has changed */
    FORAGE_WOULD_ASK_ROBOTS,      /* for robots.txt first, which decides */
    FORAGE_WOULD_WAIT,            /* until the host may be asked again: next_ms */
    FORAGE_WOULD_PUT_OFF,         /* left for a later run, for next_ms is further away than max_wait_ms */
    FORAGE_WOULD_SKIP_FRESH,      /* fetched within max_age_ms: due at next_ms */
    FORAGE_WOULD_SKIP_DONE,       /* fetched by the run under way, or by one with which the next one goes on */
    FORAGE_WOULD_SKIP_DISALLOWED, /* by robots.txt */
    FORAGE_WOULD_SKIP_NOT_DUE,    /* a crawl found it, and the next one that begins after next_ms asks for it */
};

struct forage_why {
    const char *url; /* canonical, without a password */
    enum forage_verdict verdict;
    int64_t next_ms; /* see verdict */

    bool known;            /* it was asked for before; what follows is known only then */
    const char *final_url; /* what answered after redirects; "" the URL itself */
    const char *file;      /* below DIR; "" for none */
    enum forage_kept kept;
    uint64_t bytes;   /* of what is kept */
    const char *etag; /* validators as the server wrote them; "" for none */
    const char *last_modified;
    unsigned status;   /* of the last answer; 0: there was none */
    const char *error; /* the log's word for the last failure; "" for none */
    unsigned failures; /* in a row */
    unsigned gone;
    int64_t failing_since_ms;
    int64_t first_seen_ms;
    int64_t last_fetched_ms; /* when it was last answered well */
    int64_t last_changed_ms;

    /* As a crawl sees it. */
    bool discovered; /* it was found by following links; otherwise the user named it, and it is asked for in each run */
    unsigned depth;  /* links from the nearest URL that the user named */
    const char *parent;    /* the page it was found on; "" for none */
    const char *canonical; /* what the page says that it should be called; "" for nothing */
    const char *type;      /* media type; "" when it is not known */
    bool noindex, nofollow;
    bool converted;      /* links in the file lead to other files */
    int64_t due_ms;      /* when a crawl asks for it again */
    int64_t interval_ms; /* after this time since it was asked for last */
    unsigned visits;     /* of late */
    unsigned changes;    /* that these found */

    /* Of others, too. */
    bool found;   /* the crawl that has not come to its end has found it; then depth and parent are known */
    bool waiting; /* and has no answer yet */
    const char
        *no_scope; /* of a URL that is not known: why a link to it would not be followed, by options->scope and the URLs
                             that the user has named so far; "" when it would, or no crawl was made here */
    bool scope_known; /* a crawl was made, and the URL is not known */

    bool host_known;
    struct forage_host host;
    unsigned rule_line; /* of robots.txt, of the rule that decides about the URL; 0: there is none */
    const char *rule;   /* that line, shortened when it is long */
    bool disallowed;
};

typedef void forage_why_fn(const struct forage_why *why, void *context);

/* What is known of URL, which may lack the scheme, or be as forage_inspect shows that of a user, and what a run with
 * OPTIONS (NULL: the defaults) would do with it. Of the options, max_age_ms, min_interval_ms, max_interval_ms, scope,
 * max_wait_ms, fresh, no_state, ignore_robots and user_agent count. FN is called once, and only if FORAGE_OK is
 * returned. */
enum forage_status forage_why(const char *dir, const char *url, const struct forage_options *options, forage_why_fn *fn,
                              void *context, char *error, size_t error_size);

#endif
