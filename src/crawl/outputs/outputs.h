/* Outputs: the files about a run. The log, the list of what failed, the metrics and the summary.
 *
 * outputs_open, outputs_page for each URL at its end, outputs_end, outputs_close. A file that cannot be written is told
 * once, as a failure of the run. Context: the crawl's thread, except for outputs_reopen_log. */
#ifndef CRAWL_OUTPUTS_H
#define CRAWL_OUTPUTS_H

#include "crawl/outputs/failed_list.h"

#include <forage/forage.h>
#include <stddef.h>
#include <sys/types.h>

struct crawl;
struct job;
struct line_options;
struct log_file;

/* The file that the list of failures will replace, and whether it is one of the lists that are read. */
struct replaced {
    dev_t device;
    ino_t inode;
    bool is_there; /* as a plain file */
    bool is_read;
};

struct outputs {
    struct log_file *log;
    struct failed_list failed;
    struct replaced replaced;
};

/* FORAGE_OK; or FORAGE_FILE with a line in ERROR. */
enum forage_status outputs_open(struct crawl *c, char *error, size_t size);
void outputs_page(struct crawl *c, const struct job *job, const struct forage_page *page);

/* Add URL, which the run has not come to the end of, to the list of failures; REASON and DETAIL go into its comment. */
void outputs_left(struct crawl *c, const char *url, const struct line_options *own, const char *reason,
                  const char *detail);

/* Write what is written at the end, when the exit status is known. */
void outputs_end(struct crawl *c);
void outputs_close(struct crawl *c);

/* Context: any thread; async-signal-safe. */
void outputs_reopen_log(struct crawl *c);

#endif
