/* Reading a request's head into a log entry. */
#ifndef SUPPORT_FIXTURE_PARSE_H
#define SUPPORT_FIXTURE_PARSE_H

#include "support/fixture_log.h"

/* Bytes of the first head in DATA, its empty line included; 0 while it is not complete. */
size_t parse_head_len(const char *data, size_t len);

/* Copy LEN bytes into LOG and set the texts of REQUEST. What is no request sets malformed. */
void parse_request(struct fixture_log *log, struct fixture_request *request, const char *data, size_t len);

/* Whether the client wants the connection closed after the reply. */
bool parse_wants_close(const struct fixture_request *request);

#endif
