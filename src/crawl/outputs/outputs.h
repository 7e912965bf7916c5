/* Outputs: the files about a run. The log, the list of what failed, the metrics and the summary.
 *
 * outputs_open, outputs_page for each URL at its end, outputs_end, outputs_close. A file that cannot be written is told
 * once, as a failure of the run. Context: the crawl's thread, except for outputs_reopen_log. */
#ifndef CRAWL_OUTPUTS_H
#define CRAWL_OUTPUTS_H

#include "crawl/outputs/failed_list.h"

#include <forage/forage.h>
#include <stddef.h>

struct crawl;
struct job;
struct log_file;

struct outputs {
    struct log_file *log;
    struct failed_list failed;
};

/* FORAGE_OK; or FORAGE_FILE with a line in ERROR. */
enum forage_status outputs_open(struct crawl *c, char *error, size_t size);
void outputs_page(struct crawl *c, const struct job *job, const struct forage_page *page);

/* Write what is written at the end, when the exit status is known. */
void outputs_end(struct crawl *c);
void outputs_close(struct crawl *c);

/* Context: any thread; async-signal-safe. */
void outputs_reopen_log(struct crawl *c);

#endif
