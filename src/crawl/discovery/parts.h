/* What the files of discovery share. */
#ifndef CRAWL_DISCOVERY_PARTS_H
#define CRAWL_DISCOVERY_PARTS_H

#include "crawl/crawl.h"
#include "crawl/discovery/accounts.h"
#include "crawl/discovery/discovery.h"
#include "crawl/scope/filter.h"
#include "crawl/scope/scope.h"
#include "crawl/scope/strip.h"
#include "crawl/scope/traps.h"
#include "store/backlog/backlog.h"

struct discovery {
    struct backlog *backlog;
    struct scope *scope;
    struct filter *filter;
    struct strip *strip; /* NULL: queries stay as they are */
    struct traps *traps;
    struct accounts accounts; /* of the origins that the user named with one: no password goes to disk */
    struct seen with_account; /* URLs without it that the user named with an account, which are other pages without */
    struct seen named_places[URL_HTTPS + 1]; /* by scheme, "host" or "host:port" of the origins that the user named */
    struct seen listed;                      /* URLs that lines gave, with their accounts */
    struct seen taken;                       /* URLs that were found and asked for while there were lists to be read */
    struct seen unchanged;        /* URLs of which a sitemap says that they have not changed since they were fetched */
    struct seen mapped;           /* origins whose sitemaps are being read */
    unsigned told[TRAPS_REASONS]; /* refusals of each kind that were logged */
    bool reseeded;                /* the rows of the state that are due have been offered */
    struct state_cursor rows;     /* of those that are due, the last that was offered */
    bool dry;                     /* nothing more could be taken from the backlog when it was looked at last */
    uint64_t seeds, sitemaps;     /* that are under way */
    int64_t began_ms;
    bool is_known_extent; /* what is known has led to all that it leads to in this crawl (discovery/extent.h) */
    bool goes_on;         /* with a queue that an earlier run has left */
    bool failed;          /* the backlog cannot be written */
};

/* A URL that may be one to ask for. */
struct offer {
    const char *url;
    size_t len;
    enum via via;
    unsigned depth;
    unsigned hops;            /* redirects, one after the other, that led to it */
    const struct url *parent; /* NULL: none */
    uint32_t parent_number;   /* the traps' number of that */
    unsigned priority;        /* of a sitemap's location, in thousandths */
    bool is_sitemap;          /* it is a sitemap, not a page */
    bool guessed;             /* a sitemap that nobody named */
    bool overdue;             /* it has changed, says a sitemap */
    bool has_account;         /* it was found with the account of its origin */
    bool foreign;             /* a redirect led to it from another origin */
};

/* The user named URL's origin (scheme, host and port); and whether that was done. */
void discovery_name(struct crawl *c, const struct url *url);
bool discovery_names_origin(const struct crawl *c, const struct url *url);

/* Whether JOB, a page that was found and whose turn has come, is named by a line, which has a job of its own. */
bool discovery_is_listed(const struct crawl *c, const struct job *job);

/* Queue it, unless it is known, out of scope, refused or a trap. */
void discovery_offer(struct crawl *c, const struct offer *offer);

/* Whether URL is one that the user does not want, wherever it is. */
bool discovery_is_unwanted(struct crawl *c, const struct offer *offer, const struct url *url);

/* The backlog has failed, or memory is out: the run ends, and the next one goes on. */
void discovery_failed(struct crawl *c, const char *reason);

/* The same, if the backlog says that it has failed. */
void discovery_broke(struct crawl *c);

/* Whether a page must have the depth of the shortest way to it, because there is a limit: then all of one depth at a
 * host is read before the next one begins. */
bool discovery_goes_by_level(const struct crawl *c);

/* Give what was queued to the kernel, so that it outlives this process: before the row of the page that it was found on
 * is put. */
void discovery_flush(struct crawl *c);

/* A job for URL, whose memory is taken over; PARENT is a text, or NULL. NULL when memory is out. */
struct job *discovery_job(struct crawl *c, const struct offer *offer, struct url *url, const char *parent);

/* JOB, which nobody has asked for, ends because of a trap, if that is among the first of its kind. Takes over the
 * job. */
void discovery_refuse(struct crawl *c, struct job *job, const struct traps_verdict *verdict);

/* The page that JOB was found on, for the traps; "": none. */
const char *discovery_page_parent(const struct job *job);

/* What the flags of an entry of the backlog say of OFFER. */
uint32_t discovery_flags(const struct offer *offer);
bool discovery_is_seed(const struct backlog_entry *entry);

const char *discovery_via_word(enum via via);

/* Whether the page at URL says that its own address is CANONICAL, and the one there is kept. */
bool discovery_has_canonical(struct crawl *c, const char *url, size_t len, const char *canonical);

/* Offer some of the rows of the state that are due, until d->reseeded. */
void discovery_reseed(struct crawl *c);

#endif
