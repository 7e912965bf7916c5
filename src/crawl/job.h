/* A job: one URL that was asked for, from the list line to the last callback. Owned by whoever holds it: the frontier while
 * it waits, the dispatcher while a worker has it, the landing while it is written. */
#ifndef CRAWL_JOB_H
#define CRAWL_JOB_H

#include "base/buffer.h"
#include "base/heap.h"
#include "fetch/error.h"
#include "web/url.h"

#include <stdbool.h>
#include <stdint.h>

struct host;
struct page;
struct crawl;

struct job {
    struct job *next, *prev; /* in a queue */
    struct heap_node due;    /* the frontier's: when it is to be queued */
    struct host *host;       /* while it is in the frontier, or out */
    struct crawl *crawl;
    struct url asked;
    struct url *target; /* after a redirect; NULL: ask for ASKED itself */
    unsigned redirects;
    unsigned attempts; /* requests for the current target that were begun */
    unsigned deaths;   /* workers that died while they had it */
    int64_t asked_ms;  /* when it was given out, or its request went out if that was to be told */
    bool urgent;       /* the frontier's: goes out although its host is closed */
    bool suspect;      /* the frontier's: waits until no other suspect is about */
    bool in_group;     /* the frontier's: its place is its host's group's as well */
    bool told;         /* the frontier's: its start was wanted and told */
    bool foreign;      /* redirected to another origin: what the user gave for the first one is not sent */
    bool parked;       /* waits for the end of the lists, which may still name its host */
    unsigned slot;     /* the worker that has it */

    /* The answer. */
    enum fetch_error error;
    unsigned status;
    unsigned ms;
    uint64_t bytes;     /* received so far, or in all */
    struct page *page;  /* its file while it comes in pieces */
    bool out_of_memory; /* a piece could not be kept */
    struct buffer body; /* its body when no file is written */
    struct buffer name; /* what the host pattern made of the host */
    char *file;
    char type[64];
    char detail[256];
};

/* The URL to ask for now. */
static inline const struct url *job_target(const struct job *job)
{
    return job->target ? job->target : &job->asked;
}

/* Takes over ASKED's memory, also when it fails (NULL: out of memory). */
struct job *job_new(struct crawl *crawl, struct url *asked);

/* Ask for TARGET from now on; takes over its memory. */
bool job_redirect(struct job *job, struct url *target);

/* Accepts NULL. The job's page must have ended. */
void job_free(struct job *job);

#endif
