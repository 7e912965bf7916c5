/* A job: one URL that was asked for, from the list line to the last callback. Owned by whoever holds it: the frontier
 * while it waits, the dispatcher while a worker has it, the landing while it is written. */
#ifndef CRAWL_JOB_H
#define CRAWL_JOB_H

#include "base/buffer.h"
#include "base/heap.h"
#include "crawl/list/line_options.h"
#include "fetch/error.h"
#include "fetch/message.h"
#include "web/url/url.h"

#include <stdbool.h>
#include <stdint.h>

struct host;
struct page;
struct crawl;
struct record;

enum job_kind {
    JOB_PAGE,
    JOB_ROBOTS, /* robots.txt of the origin whose pages wait for it */
    JOB_SITEMAP,
};

/* How a URL was come by, in a crawl. */
enum via {
    VIA_USER, /* a list, or the command line */
    VIA_LINK,
    VIA_REQUISITE,
    VIA_SITEMAP,
    VIA_REDIRECT,
    VIA_STATE, /* it is known from an earlier run, and due */
    VIA_COUNT
};

/* Why a page that was answered well has no file. */
enum unkept {
    KEPT,
    UNKEPT_MOVED,   /* it redirects to another page of the crawl */
    UNKEPT_NOINDEX, /* it asks not to be kept */
    UNKEPT_TYPE,    /* --types */
    UNKEPT_EMPTY,   /* the answer says that there is none */
    UNKEPT_COUNT
};

/* Where a URL of a crawl comes from. */
struct origin_of_job {
    enum via via;
    unsigned depth;  /* links away from what the user added */
    unsigned hops;   /* redirects that led here from the last link */
    char *parent;    /* the page that it was found on, without a password; NULL: none */
    uint32_t number; /* the traps' */
    bool overdue;    /* a sitemap says that it has changed since it was fetched */
    bool guessed;    /* a sitemap that nobody named */
    bool queued;     /* it came from the backlog */
};

/* How a page ended, as the summary counts it. */
enum outcome {
    OUTCOME_NEW,
    OUTCOME_CHANGED,
    OUTCOME_UNCHANGED,
    OUTCOME_GONE, /* 404 or 410 */
    OUTCOME_FAILED,
    OUTCOME_SKIPPED, /* not asked for, and no failure: robots.txt, or fetched a short while ago */
    OUTCOME_PUT_OFF, /* left for the next run: the server wants to be asked later than this run waits */
    OUTCOME_COUNT
};

/* What came of a body that broke off, to go on with it (crawl/resume.h). */
struct resume {
    uint64_t at;    /* what is out asks for the bytes from here on; 0: for all */
    uint64_t total; /* bytes of the whole; 0: not known */
    char *etag, *last_modified;
    bool waits;   /* for the request that goes on */
    bool refused; /* the server does not go on: from the start */
};

struct job {
    struct job *next, *prev; /* in a queue */
    struct heap_node due;    /* the frontier's: when it is to be queued */
    enum job_kind kind;
    struct host *host; /* while it is in the frontier, or out */
    struct crawl *crawl;
    struct url asked;
    struct origin_of_job from;
    struct url *target;       /* after a redirect; NULL: ask for ASKED itself */
    struct line_options *own; /* what the list says of this URL alone; NULL: nothing */
    struct record *known;     /* what earlier runs left; NULL: nothing */
    struct host *gate;        /* JOB_ROBOTS: the host whose jobs wait for it */
    unsigned redirects;
    unsigned attempts; /* requests for the current target that were begun */
    unsigned failures; /* of them, those that were answered with a failure */
    unsigned deaths;   /* workers that died while they had it */
    int64_t asked_ms;  /* when it was given out, or its request went out if that was to be told */
    bool urgent;       /* the frontier's: goes out although its host is closed */
    bool suspect;      /* the frontier's: waits until no other suspect is about */
    bool in_group;     /* the frontier's: its place is its host's group's as well */
    bool told;         /* the frontier's: its start was wanted and told */
    bool foreign;      /* redirected to another origin: what the user gave for the first one is not sent */
    bool unnamed;      /* what is asked for now is at an origin that the user has not named (discovery.h) */
    bool spilled;      /* it has waited on disk */
    bool parked;       /* waits for the end of the lists, which may still name its host */
    bool reads_links;  /* the request wants the page's links */
    bool looks_up;     /* what is out is a look-up of the host's address, not the request */
    bool distrusted;   /* a piece of the answer made no sense: the rest is not believed either */
    bool validated;    /* the request carries validators, so that 304 is an answer */
    unsigned slot;     /* the worker that has it */

    /* The answer. */
    enum fetch_error error;
    enum outcome outcome;
    unsigned status;
    unsigned ms;
    unsigned rule; /* the line of robots.txt that forbids it */
    enum unkept unkept;
    unsigned robots;      /* META_* of the page itself (web/links/meta.h) */
    struct buffer links;  /* records of what it leads to (fetch/message.h) */
    size_t links_counted; /* bytes of them in *links_counter: one of crawl.links_waiting, or crawl.links_kept */
    size_t *links_counter;
    size_t locations, location_bytes; /* of a sitemap, so far */
    char *canonical;                  /* what it says it is; NULL: nothing */
    uint64_t bytes;                   /* received so far, or in all */
    struct resume resume;
    char *etag, *last_modified; /* of the page that is being kept; NULL: none */
    struct page *page;          /* its file while it comes in pieces */
    bool unrecorded;            /* its end is told and counted, and the state hears nothing of it */
    bool out_of_memory;         /* a piece could not be kept */
    struct buffer body;         /* its body when no file is written */
    struct buffer name;         /* what the host pattern made of the host */
    char *file;                 /* with the output folder in front */
    char type[64];
    char detail[256];
};

/* The URL to ask for now. */
static inline const struct url *job_target(const struct job *job)
{
    return job->target ? job->target : &job->asked;
}

/* Takes over ASKED's memory and OWN (may be NULL), also when it fails (NULL: out of memory). */
struct job *job_new(struct crawl *crawl, struct url *asked, struct line_options *own);

/* Ask for TARGET from now on; takes over its memory. */
bool job_redirect(struct job *job, struct url *target);

/* Whether the job has the page: an answer of 2xx, or 304 to its validators. */
bool job_is_success(const struct job *job);

/* Forget what it leads to. */
void job_forget_links(struct job *job);

/* That has been read, and is kept for the user. False when memory is out. */
bool job_keep_links(struct job *job, struct text more);

/* Whether nothing that must be given back, or would be taken for a part of the next answer, is left of an earlier one
 * (landing_abandon). */
bool job_holds_nothing(const struct job *job);

/* Go on from nothing: forget what the last answer brought. The job's page must have ended. */
void job_forget_answer(struct job *job);

/* Accepts NULL. The job's page must have ended, and the wait for its rest: nobody would end them any more. */
void job_free(struct job *job);

#endif
