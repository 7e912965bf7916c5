/* Which failures are worth another try, and when.
 *
 * retry_policy_init, retry_policy_parse for the user's own list, retry_decide for each failure. Pure. Context:
 * anywhere. */
#ifndef CRAWL_RETRY_H
#define CRAWL_RETRY_H

#include "fetch/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RETRY_STATUS_MIN = 400, RETRY_STATUS_MAX = 599 };

struct retry_policy {
    unsigned tries; /* requests for one URL, the first one counted; 0 is as good as 1 */
    int max_wait_ms;
    bool errors[FETCH_ERROR_COUNT];
    bool statuses[RETRY_STATUS_MAX - RETRY_STATUS_MIN + 1];
};

/* The default set: timeout reset empty refused unreachable dns truncated 408 425 429 500 502 503 504. */
void retry_policy_init(struct retry_policy *policy, unsigned tries, int max_wait_ms);

/* Make TEXT the set: words of fetch/error.h, statuses from 400 to 599, 4xx, 5xx, separated by commas; or "none".
 *
 * False when a word is none of these; ERROR then names it, and the policy is as it was. */
bool retry_policy_parse(struct retry_policy *policy, const char *text, char *error, size_t error_size);

enum retry_verdict {
    RETRY_GIVE_UP,  /* the tries are used up, or another one would not help */
    RETRY_LATER,    /* after wait_ms */
    RETRY_NEXT_RUN, /* the server asks for more time than this run has patience for */
};

struct retry {
    enum retry_verdict verdict;
    int wait_ms;
};

/* ATTEMPTS requests were made and the last one ended with ERROR, or with STATUS when that is FETCH_OK; RETRY_AFTER_MS
 * is what the server asked for, -1 for nothing; RANDOM is any number, evenly distributed.
 *
 * The wait is the back-off below and never shorter than RETRY_AFTER_MS. A Retry-After beyond max_wait_ms puts the URL
 * off to the next run even if its tries are used up: then it is known when it is due. */
struct retry retry_decide(const struct retry_policy *policy, unsigned attempts, enum fetch_error error, unsigned status,
                          int64_t retry_after_ms, uint32_t random);

/* Exponential back-off from one second with full jitter: evenly distributed from 0 to the lesser of MAX_WAIT_MS and
 * 1 s * 2^(ATTEMPTS - 1). */
int retry_backoff_ms(unsigned attempts, int max_wait_ms, uint32_t random);

#endif
