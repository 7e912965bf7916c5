/* Identity: what requests say about who asks, and what answers want remembered of that: cookies, credentials, HSTS. All of it is the
 * parent's: a worker gets the lines for one request and keeps none of them, so that with any number of workers nothing is lost or
 * mixed up.
 *
 * identity_open, identity_header_lines for each request, identity_learn for each answer, identity_save, identity_close.
 * Context: the crawl's thread. */
#ifndef CRAWL_IDENTITY_H
#define CRAWL_IDENTITY_H

#include "base/buffer.h"
#include "fetch/message.h"

#include <forage/forage.h>
#include <stdbool.h>

struct crawl;
struct job;
struct url;
struct identity;

/* Read the files that the options name. FORAGE_OK (also when there are none: then *IDENTITY is NULL, which all below accept),
 * FORAGE_FILE, FORAGE_USAGE or FORAGE_NO_MEMORY with a line in ERROR. */
enum forage_status identity_open(const struct forage_options *options, struct identity **identity, char *error,
                                 size_t size);

/* Append the lines for JOB's next request, each with its line end; false when memory is out. */
bool identity_header_lines(struct identity *identity, const struct job *job, struct buffer *lines);

/* Take what ANSWER, from FROM, sets. */
void identity_learn(struct identity *identity, const struct url *from, const struct fetch_answer *answer);

/* Whether URL's host wants to be asked over TLS only. */
bool identity_wants_tls(struct identity *identity, const struct url *url);

/* Write the files that the options name; false, errno set and FILE named, when one cannot be. */
bool identity_save(struct identity *identity, const char **file);

/* NULL is fine. Secrets are wiped. */
void identity_close(struct identity *identity);

#endif
