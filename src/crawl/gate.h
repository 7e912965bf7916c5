/* The gate of an origin: what decides whether its pages may be asked for at all. That is robots.txt, by RFC 9309, which
 * is had before the first page, from the state or by a job of its own, and until then the origin's host is closed; and
 * what the host has asked for in earlier runs, such as to be left alone for an hour.
 *
 * gate_admit for each job that is to be queued at a host; gate_answered or gate_failed when a job of kind JOB_ROBOTS
 * has ended; gate_note_ask when it is known when the host may be asked next; gate_free when the frontier forgets a
 * host.
 * Context: the crawl's thread. */
#ifndef CRAWL_GATE_H
#define CRAWL_GATE_H

#include "fetch/message.h"

#include <stdbool.h>

struct crawl;
struct host;
struct job;

enum {
    GATE_TEXT_MAX = 500 * 1024, /* RFC 9309 section 2.5 */
    GATE_REDIRECTS_MAX = 5,     /* section 2.3.1.2 */
};

/* Whether JOB may be queued at HOST, where it may have to wait. False: it has ended. */
bool gate_admit(struct crawl *c, struct host *host, struct job *job);

/* JOB, for robots.txt, has its last answer: any status, and for 2xx the body in job->body. ANSWER tells how long that
 * may be kept. Ends the job. */
void gate_answered(struct crawl *c, struct job *job, const struct fetch_answer *answer);

/* JOB, for robots.txt, could not be answered (job->error). Ends the job. */
void gate_failed(struct crawl *c, struct job *job);

/* JOB, for robots.txt, was taken from its queue, and nobody asks for it any more. If pages of its host wait, it goes
 * back there; otherwise it ends, and the next page that comes has it asked for again. */
void gate_take_back(struct crawl *c, struct job *job);

/* HOST answered, or it did not, and the page that was asked for was had, or it was not. */
void gate_note_answer(struct crawl *c, struct host *host, bool answered, bool well);

/* HOST is not to be asked in the next WAIT_MS, and a run that begins within that time shall know. Of several waits the
 * longest counts. */
void gate_note_ask(struct crawl *c, struct host *host, int64_t wait_ms);

/* Free what the gate left at a host. */
void gate_free(void *gate);

#endif
