#include "crawl/frontier/retry.h"

#include "base/parse.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_WAIT_MS = 1000, DOUBLINGS_MAX = 20, WORD_SIZE = 16 };

static void add_status(struct retry_policy *policy, unsigned status)
{
    policy->statuses[status - RETRY_STATUS_MIN] = true;
}

void retry_policy_init(struct retry_policy *policy, unsigned tries, int max_wait_ms)
{
    static const enum fetch_error errors[] = {FETCH_TIMEOUT,     FETCH_RESET, FETCH_EMPTY,    FETCH_REFUSED,
                                              FETCH_UNREACHABLE, FETCH_DNS,   FETCH_TRUNCATED};
    static const unsigned statuses[] = {408, 425, 429, 500, 502, 503, 504};
    *policy = (struct retry_policy){.tries = tries, .max_wait_ms = max_wait_ms};
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        policy->errors[errors[i]] = true;
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        add_status(policy, statuses[i]);
}

/* ---- The user's own list ---- */

static bool add_class(struct retry_policy *policy, const char *word)
{
    if ((word[0] != '4' && word[0] != '5') || strcmp(word + 1, "xx") != 0)
        return false;
    unsigned first = (unsigned)(word[0] - '0') * 100;
    for (unsigned status = first; status < first + 100; status++)
        add_status(policy, status);
    return true;
}

static bool add_error(struct retry_policy *policy, const char *word)
{
    for (unsigned e = FETCH_OK + 1; e < FETCH_ERROR_COUNT; e++) {
        if (strcmp(word, fetch_error_word(e)) == 0) {
            policy->errors[e] = true;
            return true;
        }
    }
    return false;
}

static bool add_word(struct retry_policy *policy, const char *at, size_t len)
{
    char word[WORD_SIZE];
    uint64_t status;
    if (len >= sizeof word)
        return false;
    memcpy(word, at, len);
    word[len] = '\0';
    if (!parse_count(word, RETRY_STATUS_MIN, RETRY_STATUS_MAX, &status))
        return add_class(policy, word) || add_error(policy, word);
    add_status(policy, (unsigned)status);
    return true;
}

bool retry_policy_parse(struct retry_policy *policy, const char *text, char *error, size_t error_size)
{
    struct retry_policy parsed = {.tries = policy->tries, .max_wait_ms = policy->max_wait_ms};
    bool more = strcmp(text, "none") != 0;
    for (size_t len; more; text += len + 1) {
        len = strcspn(text, ",");
        more = text[len] == ',';
        if (!add_word(&parsed, text, len)) {
            snprintf(error, error_size,
                     "retry-on: '%.*s' is no kind of failure, no status from 400 to 599, and not 4xx or 5xx",
                     (int)(len < 64 ? len : 64), text);
            return false;
        }
    }
    *policy = parsed;
    return true;
}

/* ---- Decisions ---- */

int retry_backoff_ms(unsigned attempts, int max_wait_ms, uint32_t random)
{
    unsigned doublings = attempts > 1 ? attempts - 1 : 0;
    int64_t limit = (int64_t)FIRST_WAIT_MS << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    if (limit > max_wait_ms)
        limit = max_wait_ms > 0 ? max_wait_ms : 0;
    return (int)(((uint64_t)random * (uint64_t)(limit + 1)) >> 32);
}

static bool is_worth_it(const struct retry_policy *policy, enum fetch_error error, unsigned status)
{
    if (error != FETCH_OK)
        return policy->errors[error];
    return status >= RETRY_STATUS_MIN && status <= RETRY_STATUS_MAX && policy->statuses[status - RETRY_STATUS_MIN];
}

struct retry retry_decide(const struct retry_policy *policy, unsigned attempts, enum fetch_error error, unsigned status,
                          int64_t retry_after_ms, uint32_t random)
{
    if (!is_worth_it(policy, error, status))
        return (struct retry){.verdict = RETRY_GIVE_UP};
    if (retry_after_ms > policy->max_wait_ms)
        return (struct retry){.verdict = RETRY_NEXT_RUN};
    if (attempts >= policy->tries)
        return (struct retry){.verdict = RETRY_GIVE_UP};
    int wait_ms = retry_backoff_ms(attempts, policy->max_wait_ms, random);
    if (retry_after_ms > wait_ms)
        wait_ms = (int)retry_after_ms;
    return (struct retry){.verdict = RETRY_LATER, .wait_ms = wait_ms};
}
