/* Resume: going on with a large body that broke off, by a request for its rest (RFC 9110 section 14) that holds only
 * while the page is still the same (If-Range), so that no file is spliced of two. The worker checks that what comes
 * goes on exactly where the rest begins; anything else means the whole page from the start.
 *
 * Context: the crawl's thread. */
#ifndef CRAWL_RESUME_H
#define CRAWL_RESUME_H

#include "fetch/message.h"

#include <stdbool.h>

struct job;

/* JOB has failed with ANSWER: whether the pieces that came are kept, for the next request to go on with. */
bool resume_prepare(struct job *job, const struct fetch_answer *answer);

/* JOB, whose pieces are dropped, or that is asked for now, waits for its rest no more. */
void resume_end_wait(struct job *job);

/* Ask for the rest only, if there is something to go on with. */
void resume_fill_request(struct job *job, struct fetch_request *request);

/* Whether the rest was asked for and something else came. */
bool resume_is_refused(const struct job *job, const struct fetch_answer *answer);

#endif
