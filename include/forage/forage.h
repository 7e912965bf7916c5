/* forage: fetch lists of URLs with a pool of worker processes and keep the pages as files.
 *
 * forage_new with options, forage_add_url and forage_add_list for what to fetch, forage_run, forage_free. Everything
 * that decides runs in the calling process and thread; callbacks are called there, one at a time, from inside
 * forage_run. Workers fetch; they write no file. Threads of the library write the files.
 *
 * forage_new forks the workers, so call it before the program's first thread where you can. The library prints nothing,
 * does not exit and reads no environment variable.
 *
 * Context: one thread, except for forage_stop, forage_stop_as and forage_reopen_log. */
#ifndef FORAGE_FORAGE_H
#define FORAGE_FORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORAGE_VERSION "0.1.0"

struct forage;

enum forage_status {
    FORAGE_OK,
    FORAGE_USAGE,  /* an option has no meaning, or others can read a file of secrets; forage_new's text says which */
    FORAGE_FILE,   /* a list, a file of certificates, the output folder or the log cannot be opened; errno says why */
    FORAGE_SYSTEM, /* a system call failed; errno says which way */
    FORAGE_NO_MEMORY,
    FORAGE_LOCKED, /* another run has the output folder */
};

/* Exit statuses, as wget's. Of several, the lowest counts that is neither 0 nor 1. */
enum forage_exit {
    FORAGE_EXIT_OK = 0,
    FORAGE_EXIT_OTHER =
        1, /* too large, blocked, a bad line in a list, a redirect to another scheme, a lost worker; or the
                              run was stopped */
    FORAGE_EXIT_USAGE = 2,    /* the command line or a configuration */
    FORAGE_EXIT_FILE = 3,     /* a file could not be read or written */
    FORAGE_EXIT_NETWORK = 4,  /* name not found, refused, reset, timed out, cut off */
    FORAGE_EXIT_TLS = 5,      /* a certificate that is not trusted */
    FORAGE_EXIT_AUTH = 6,     /* 401 or 407 */
    FORAGE_EXIT_PROTOCOL = 7, /* not HTTP, a content coding that does not decode, redirects without end */
    FORAGE_EXIT_SERVER = 8,   /* any other answer that is an error */
    FORAGE_EXIT_LOCKED = 75,  /* another run has the output folder; nothing was done */
};

enum forage_http { FORAGE_HTTP_ANY, FORAGE_HTTP_1_0, FORAGE_HTTP_1_1, FORAGE_HTTP_2, FORAGE_HTTP_2_PRIOR };

/* One URL at its end. All texts are terminated, never NULL, free of control characters, and last for the callback. */
struct forage_page {
    const char *url;       /* canonical, as it was asked for, without a password */
    const char *final_url; /* after redirects */
    unsigned status;       /* of HTTP; 0: no answer */
    const char *error;  /* "" or one word: timeout truncated too-large protocol coding reset empty refused unreachable
                              redirect scheme url dns tls robots scope blocked lost io */
    const char *detail; /* more words, for people */
    bool ok;            /* the page was fetched and, unless in_memory, its file is in place */
    /* Constant: new changed unchanged gone failed skipped. A page that is gone was answered 404 or 410. One that is
     * skipped is no failure, and error says why: robots, scope (a trap, or it redirects out of scope), or nothing,
     * because it is not due yet, or not kept. */
    const char *outcome;
    unsigned attempts;
    const char *name; /* what the host pattern made of the host: "baidu" */
    const char *file; /* path of the file, the output folder included; "" when none was written */
    const char *type; /* media type, lower case, without parameters */
    uint64_t bytes;   /* of the body */
    unsigned ms;      /* from the first request to the last byte */
    const void *body; /* in_memory only, else NULL */
    size_t body_len;

    /* Of a crawl. */
    unsigned depth;           /* links away from what was added; what a page needs to be shown has that page's */
    const char *parent;       /* the page it was found on; "" */
    const char *via;          /* seed link requisite sitemap redirect state; "": not of a crawl */
    const char *const *links; /* with page_links: where it leads to, canonical, also out of scope */
    size_t link_count;        /* at most FORAGE_LINKS_MAX */
};

enum { FORAGE_LINKS_MAX = 10000 };

typedef void forage_page_fn(const struct forage_page *page, void *context);

/* A line of a list that is no URL; REASON stands well behind "FILE:LINE: ". With LINE 0 it is about the whole of FILE,
 * or that is what forage_add_url was given, without its password. */
typedef void forage_line_fn(const char *file, unsigned long line, const char *reason, void *context);

struct forage_progress {
    uint64_t fetched, failed, skipped; /* URLs at their end; skipped ones were no failure: duplicates and the like */
    uint64_t new_pages, changed, unchanged; /* together: fetched */
    uint64_t gone;                          /* of those that failed: answered 404 or 410 */
    uint64_t put_off; /* of those that failed: left for the next run, because the server asked to wait too long */
    uint64_t bad_lines;
    uint64_t bytes;     /* of bodies */
    uint64_t queued;    /* URLs that were read or found and not yet asked for */
    uint64_t found;     /* different URLs that were read, and those in scope that were found */
    uint64_t hosts;     /* that something is asked of, or waits for */
    uint64_t in_flight; /* URLs being fetched or written */
    unsigned elapsed_ms;
};

/* Called about five times a second and at the end. */
typedef void forage_tick_fn(const struct forage_progress *progress, void *context);

enum { FORAGE_DELAY_NONE = -1 };

#define FORAGE_HOST_ERRORS_NEVER (~0u)

/* Where links may lead, seen from what the user added. */
enum forage_scope {
    FORAGE_SCOPE_HOST,   /* the same host and port, by http or https */
    FORAGE_SCOPE_DOMAIN, /* hosts of the same registrable domain (publicsuffix.org) */
    FORAGE_SCOPE_FOLDER, /* the same host, and below the folder of the URL that was added */
    FORAGE_SCOPE_LIST,   /* any host that a URL that was added has */
    FORAGE_SCOPE_ANY,
};

#define FORAGE_DEPTH_NONE (~0u)
#define FORAGE_NO_LIMIT   (~UINT64_C(0))

/* A link of a page. Texts are terminated and last for the callback. */
struct forage_link {
    const char *url;    /* canonical, without a password */
    const char *parent; /* the page it was found on; "" for one that the state knows from before */
    unsigned depth;
    const char *via; /* link requisite sitemap redirect state */
};

/* Whether URL may be asked for: called once for each URL that is new in this run and in scope. */
typedef bool forage_filter_fn(const struct forage_link *link, void *context);

/* Zero is the default of every field. Everything is copied by forage_new. */
struct forage_options {
    const char *output;         /* folder for the pages, made when missing; NULL: "output" */
    bool in_memory;             /* write no file; the page callback gets the bodies */
    unsigned workers;           /* processes; 0: one for each processor */
    unsigned connections;       /* transfers at once, over all workers; 0: as slow answers need, up to 256 */
    unsigned per_host;          /* transfers at once to one host and port; 0: 4 */
    int timeout_ms;             /* longest time without progress; 0: 30 s */
    int connect_timeout_ms;     /* longest time to connect, TLS included; 0: 10 s */
    uint64_t max_bytes;         /* largest body, decoded; 0: 64 MiB */
    int max_redirects;          /* 0: 10; -1: none */
    const char *user_agent;     /* NULL: forage's own */
    const char *const *headers; /* "Name: value", sent with each request but not on to another origin */
    size_t header_count;
    const char *proxy;   /* URL of a proxy as libcurl takes it; NULL: none */
    const char *ca_file; /* PEM file of trusted certificates; NULL: the system's */
    const char *const
        *resolve; /* "HOST:PORT:ADDRESS" or "HOST:PORT:ADDRESS:PORT"; ADDRESS in [] when IPv6; HOST may be * */
    size_t resolve_count;
    enum forage_http http;
    const char *host_pattern; /* PCRE2; its first capture in the host names the page; NULL: see README.md */
    bool keep_errors;         /* keep bodies of answers that are errors */
    bool allow_private;       /* follow redirects to addresses that are not public */
    bool no_sandbox;          /* do not shut the workers in */

    /* Failure. */
    unsigned tries;         /* how often a URL is asked for; 0: 3 */
    const char *retry_on;   /* "timeout,dns,503": which failures are tried again; NULL: see forage(1) */
    int max_wait_ms;        /* longest wait before another try, Retry-After included; 0: 60 s */
    unsigned host_errors;   /* so often in a row not reached, a host is given up; 0: 5, or FORAGE_HOST_ERRORS_NEVER */
    double expect_failures; /* percent; with fewer failures the exit status is 0; 0: none */

    /* Politeness. */
    int delay_ms;       /* between two requests to a host; 0: as the host needs it, or FORAGE_DELAY_NONE */
    unsigned per_ip;    /* transfers at once to one address, over all hosts there; 0: no limit */
    bool ignore_robots; /* do not read robots.txt */

    /* What is remembered from run to run, in .forage below the output folder. Nothing is with in_memory. */
    bool no_state;        /* remember nothing, and ask for everything */
    bool fresh;           /* ask without validators, so that every page is sent anew */
    int64_t max_age_ms;   /* skip pages that were fetched more recently; 0: none */
    unsigned prune_after; /* remove the file of a URL that was gone for so many runs in a row; 0: never */
    int wait_lock_ms;     /* wait while another run has the folder; 0: not at all, -1: for ever */

    /* The end of a run: what is left then is left for the next one. */
    int64_t max_time_ms;  /* 0: none */
    uint64_t quota_bytes; /* of bodies; 0: none */

    /* The crawl: links of pages are followed. All of these but TYPES, UTF8 and STRIP_QUERY need RECURSIVE. */
    bool recursive;
    unsigned max_depth;      /* links away from what was added; 0: no limit; FORAGE_DEPTH_NONE: follow none */
    enum forage_scope scope; /* where links may lead */
    bool requisites; /* also what pages need to be shown: images, style sheets, scripts; from any host of the scope */
    bool sitemaps;   /* also what robots.txt's sitemaps and /sitemap.xml name */
    bool follow_nofollow;      /* links that say nofollow, too */
    const char *const *accept; /* PCRE2 over the canonical URL: only what one of these matches */
    size_t accept_count;
    const char *const *reject; /* nothing that one of these matches */
    size_t reject_count;
    const char *const
        *types; /* media types that are kept, "text/html" or "image/<any>"; the rest is cut off after its head */
    size_t type_count;
    const char *const
        *strip_query; /* names of parameters that are taken out of URLs of links; "utm_*"; "tracking": the known ones */
    size_t strip_query_count;
    uint64_t max_pages;          /* asked for in one run; 0: no limit. The rest is left for the next run */
    uint64_t max_pages_per_host; /* 0: 1,000,000; or FORAGE_NO_LIMIT */
    bool utf8;                   /* keep pages as UTF-8 */
    bool convert_links;          /* make the copy browsable: at the end of the run */
    int64_t min_interval_ms;     /* a known page is asked for again after this long at the earliest; 0: 1 hour */
    int64_t max_interval_ms;     /* and at the latest; 0: 30 days */

    /* Traps: 0 is the default; FORAGE_NO_LIMIT: no limit. */
    uint64_t max_path_depth; /* folders in a URL; 0: 32 */
    uint64_t max_repeats;    /* the same segment, or group of segments, in a path; 0: 3 */
    uint64_t max_query;      /* parameters of a query; 0: 10 */
    uint64_t max_chain;      /* pages of one pattern, each found on the one before; 0: 250 */
    uint64_t max_same;       /* pages of one pattern that have the same content; 0: 25 */

    /* Files about the run. NULL: none. */
    const char *log;         /* gets a JSON object a line for each URL, appended */
    const char *failed_list; /* the URLs that failed, as a list; written at the end */
    const char *metrics;     /* a Prometheus textfile; written at the end */
    const char *summary;     /* a JSON object; written at the end */

    /* Accounts. NULL: none. Files of secrets are refused unless their owner alone has access. */
    const char *netrc;
    const char *auth;    /* basic and bearer credentials of hosts */
    const char *cookies; /* Netscape format; made when missing, written at the end */
    const char *hsts;    /* hosts to ask by https only; no secret; made when missing, written at the end */

    forage_page_fn *on_page;
    forage_filter_fn *filter; /* NULL: every URL may */
    forage_line_fn *on_bad_line;
    forage_tick_fn *on_tick;
    bool page_links; /* give on_page the links of each page */
    void *context;   /* of the callbacks */
};

struct forage_summary {
    struct forage_progress counts;
    int exit_status; /* a forage_exit, or that of forage_stop_as */
    /* Why it ended before everything was done; the rest is left for the next run. */
    bool stopped;      /* by forage_stop */
    bool out_of_time;  /* max_time_ms */
    bool out_of_quota; /* quota_bytes */
    bool out_of_pages; /* max_pages */
    char trouble[160]; /* nothing could be kept any more: "No space left on device", say; else empty */
};

/* Whether forage_new would take OPTIONS; nothing is made, and no file is looked at. ERROR, which may be NULL, gets a
 * line. Returns FORAGE_OK, FORAGE_USAGE or FORAGE_NO_MEMORY. Context: any thread. */
enum forage_status forage_check(const struct forage_options *options, char *error, size_t error_size);

/* Make a crawl and start its workers. ERROR, which may be NULL, gets a line about a failure.
 * Returns FORAGE_OK, FORAGE_USAGE, FORAGE_FILE, FORAGE_LOCKED, FORAGE_SYSTEM or FORAGE_NO_MEMORY; *FORAGE is
 * untouched on failure. */
enum forage_status forage_new(const struct forage_options *options, struct forage **forage, char *error,
                              size_t error_size);

/* Fetch URL, too. A URL that cannot be read is given to on_bad_line as file "" and line 0 when it is its turn.
 * Returns FORAGE_OK or FORAGE_NO_MEMORY. */
enum forage_status forage_add_url(struct forage *forage, const char *url);

/* Fetch the URLs of a list, too: a file with a URL a line, "-" for standard input; streamed, never whole in memory.
 * Returns FORAGE_OK, FORAGE_FILE or FORAGE_NO_MEMORY. */
enum forage_status forage_add_list(struct forage *forage, const char *path);

/* Fetch everything that was added. Once. *SUMMARY is filled whatever the status is.
 * Returns FORAGE_OK (look at summary->exit_status), FORAGE_FILE (the log or a list failed) or FORAGE_SYSTEM. */
enum forage_status forage_run(struct forage *forage, struct forage_summary *summary);

/* End forage_run early: transfers in flight are abandoned, complete pages are kept.
 * Context: any thread; async-signal-safe. */
void forage_stop(struct forage *forage);

/* The same, and the run's exit status, in the summary and in all that is kept of the run, is EXIT_STATUS (above 0)
 * rather than what became of its pages. Context: as forage_stop. */
void forage_stop_as(struct forage *forage, int exit_status);

/* Close the log and open it again by its name, soon: for after a rotation. What was logged before the call is in the
 * old file. Context: any thread; async-signal-safe. */
void forage_reopen_log(struct forage *forage);

/* NULL is fine. */
void forage_free(struct forage *forage);

/* Write "forage 0.1.0" and the libraries that it runs with, as a terminated text of one line, into TEXT. */
void forage_describe(char *text, size_t size);

#endif
