/* The spill: URLs of lists that wait on disk, because so many wait in the frontier already that there is no room for
 * more, and none of them may be asked for now. So lists are read on to hosts that may, and one that is slow holds up no
 * other.
 *
 * spill_url; spill_turn in the loop; spill_left for each job that has ended; spill_close. The file has no name, and is
 * made when it is needed first: what it holds is in the lists. Only of runs without --recursive; a crawl's lists wait
 * in its backlog.
 *
 * Context: the crawl's thread; may write and read the disk. */
#ifndef CRAWL_SPILL_H
#define CRAWL_SPILL_H

#include "web/url/url.h"

#include <stdbool.h>
#include <stdint.h>

struct backlog;
struct crawl;
struct job;

struct spill {
    struct backlog *backlog; /* NULL: nothing had to wait yet */
    bool dry;                /* nothing could be taken when it was looked at last */
};

/* Let URL, which has no account, wait. False when it cannot; then it is the caller's to queue. */
bool spill_url(struct crawl *c, const struct url *url);

/* Whether the spill takes no more. */
bool spill_is_full(const struct crawl *c);

/* Whether spill_turn would give something. */
bool spill_is_due(const struct crawl *c);

/* Give to the frontier what it has room for, of each host in turn. */
void spill_turn(struct crawl *c);

uint64_t spill_waiting(const struct crawl *c);

/* JOB ends. */
void spill_left(struct crawl *c, const struct job *job);

void spill_close(struct crawl *c);

#endif
