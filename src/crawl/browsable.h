/* --convert-links at the end of a run. Context: the crawl's thread. */
#ifndef CRAWL_BROWSABLE_H
#define CRAWL_BROWSABLE_H

struct crawl;

/* Make what is kept browsable, if the user wants it: after the last page is in place, before the run's row is put. */
void browsable_make(struct crawl *c);

#endif
