/* A run as one JSON object on one line, in ASCII: the same figures as crawl/outputs/metrics.h. Times are in UTC as ISO
 * 8601 has them; null for never.
 *
 * Context: any thread; blocks on the disk. */
#ifndef CRAWL_SUMMARY_FILE_H
#define CRAWL_SUMMARY_FILE_H

#include "crawl/outputs/atomic_file.h"
#include "crawl/outputs/run_figures.h"

enum { SUMMARY_MODE = 0644 };

/* Replace the file PATH. False: FAILURE says why, and PATH is as it was. */
bool summary_write(const char *path, const struct run_figures *figures, struct atomic_failure *failure);

/* The file's text, to be freed; NULL when memory is out. */
char *summary_format(const struct run_figures *figures);

#endif
