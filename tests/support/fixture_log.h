/* The fixture's memory of requests, written by the server's process and read by the test's.
 *
 * One shared mapping, made before the fork, so that it lies at one address in both and may hold pointers into itself.
 * Room is reserved, not used: pages count once they are written. Only the server writes. */
#ifndef SUPPORT_FIXTURE_LOG_H
#define SUPPORT_FIXTURE_LOG_H

#include "support/fixture.h"

enum { LOG_REQUESTS = 1 << 18, LOG_TEXT_BYTES = 192 << 20 };

struct fixture_log {
    _Atomic uint32_t count; /* requests that may be read; readers wait on it */
    _Atomic uint32_t ended; /* requests whose reply has ended; readers wait on it */
    _Atomic uint32_t connections, open, peak_open;
    size_t text_used;
    struct fixture_request *requests;
    char *text;
};

struct fixture_log *fixture_log_new(void);
void fixture_log_free(struct fixture_log *log);

/* The next free entry, not yet seen by readers; fixture_log_publish shows it. A full log ends the server. */
struct fixture_request *fixture_log_next(struct fixture_log *log);
void fixture_log_publish(struct fixture_log *log);

/* Room for LEN bytes that live as long as the log, aligned for pointers. */
void *fixture_log_room(struct fixture_log *log, size_t len);

void fixture_log_ended(struct fixture_log *log, struct fixture_request *request);

/* Wait at most TIMEOUT_MS until *WORD is no longer SEEN; returning early is fine. */
void fixture_log_wait(_Atomic uint32_t *word, uint32_t seen, int timeout_ms);

#endif
