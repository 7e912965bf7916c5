/* The loop of a run. Context: forage_run. */
#ifndef CRAWL_RUN_H
#define CRAWL_RUN_H

#include <forage/forage.h>

struct crawl;

/* As forage_run. */
enum forage_status run_crawl(struct crawl *c, struct forage_summary *summary);

#endif
