/* The record: what earlier runs left of a page, what that means for this run, and what this run leaves.
 *
 * record_look_up and record_why_not when a URL is offered; record_fill_request when it is asked for; record_keep when
 * it has ended. Rows are keyed by the URL as it was asked for, without the password and with a tag in place of the
 * user's name, so that two accounts at one site have rows, and validators, of their own.
 *
 * Without a state database (crawl.state is NULL) nothing is known of any page. Context: the crawl's thread. */
#ifndef CRAWL_RECORD_H
#define CRAWL_RECORD_H

#include "fetch/message.h"
#include "store/pages/pages.h"
#include "store/state/state.h"

#include <stdbool.h>

struct crawl;
struct job;
struct url;

/* A row, copied: the state lends it only until the next one is looked up. */
struct record {
    struct state_page row; /* its texts are in TEXTS; url is empty */
    bool is_named;         /* the page's file would still have that name */
    bool has_file;         /* and it is there, as it was put in place */
    char texts[];
};

/* What is known of URL; lent until the next row is looked up. NULL: nothing. */
const struct state_page *record_find(struct crawl *c, const struct url *url);

/* Set JOB's record. */
void record_look_up(struct crawl *c, struct job *job);

/* NULL, or why the page need not be asked for in this run. One whose last try failed is asked for whatever its age. */
const char *record_why_not(const struct crawl *c, const struct job *job);

/* Let the server answer that nothing has changed, if what is known is of the URL that is asked for, and is still
 * there. */
void record_fill_request(const struct crawl *c, struct job *job, struct fetch_request *request);

/* What lies under the page's file name, for the writers; false when nothing that can be relied on. */
bool record_known_file(const struct job *job, const char *file, struct pages_known *known);

/* Leave what this run learned of the page. DONE is what became of its file; NULL: none was written. */
void record_keep(struct crawl *c, struct job *job, const struct pages_done *done);

/* Accepts NULL. */
void record_free(struct record *record);

#endif
