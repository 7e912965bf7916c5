/* The rest: what a run that ends early has not come to, for the list of failures (--failed). A list that is read and
 * replaced in one run, so that what failed is asked for once more, must not lose what the run had no time for.
 *
 * rest_note_list while lists are read; rest_waiting and rest_out for each job that is dropped; rest_keep once, when the
 * workers have ended and nothing has been let go of yet. All do nothing without --failed.
 *
 * In a crawl the state has the rest: nothing is added, and a list that was read is not replaced.
 *
 * Context: the crawl's thread. */
#ifndef CRAWL_REST_H
#define CRAWL_REST_H

struct crawl;
struct job;
struct list;

/* See whether LIST, which is being read, is the file that is to be replaced. */
void rest_note_list(struct crawl *c, const struct list *list);

/* JOB is dropped: while it waited, or while a worker had it. */
void rest_waiting(struct crawl *c, const struct job *job);
void rest_out(struct crawl *c, const struct job *job);

/* Add what waits, in memory and on disk, and what can be read of the lists without waiting for who writes them, for at
 * most some seconds. Bad lines are reported as while the run went on. When a part of it cannot be had, that is said;
 * and a file that was read, or may have been, is left as it was. */
void rest_keep(struct crawl *c);

#endif
