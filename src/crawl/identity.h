/* Identity: what requests say about who asks, and what answers want remembered of that: cookies, credentials, HSTS. All
 * of it is the parent's: a worker gets the lines for one request and keeps none of them, so that with any number of
 * workers nothing is lost or mixed up.
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

/* Read the files that the options name; lines that make no sense are reported as bad lines, and in a file of
 * credentials, where they would mean a login that fails, are an error. FORAGE_OK (also when there are none: then
 * c->identity is NULL, which all below accept), FORAGE_FILE, FORAGE_USAGE or FORAGE_NO_MEMORY with a line in ERROR. */
enum forage_status identity_open(struct crawl *c, char *error, size_t size);

/* Append the lines for JOB's next request, each with its line end; false when memory is out. Credentials go to the
 * origin that the list named, and not where a redirect leads. */
bool identity_header_lines(struct identity *identity, const struct job *job, struct buffer *lines);

/* Take what ANSWER to JOB sets. Cookies are for the account that JOB's URL names. */
void identity_learn(struct identity *identity, const struct job *job, const struct fetch_answer *answer);

/* Whether URL's host wants to be asked over TLS only. */
bool identity_wants_tls(const struct identity *identity, const struct url *url);

/* Write the files that the options name; what cannot be written is reported, and so is a file that had lines which
 * could not be read: it is left as it is. */
void identity_save(struct crawl *c);

/* NULL is fine. Secrets are wiped. */
void identity_close(struct identity *identity);

#endif
