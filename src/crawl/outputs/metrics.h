/* A run as a Prometheus textfile (text format 0.0.4), for node_exporter's textfile collector.
 *
 * Each figure is of one run and may be less in the next, so all are gauges and none is named _total. Each sample
 * has the label folder, because the collector refuses two files with the same series. Series do not come and go: a
 * word without failures is there with 0.
 *
 * Context: any thread; blocks on the disk. */
#ifndef CRAWL_METRICS_H
#define CRAWL_METRICS_H

#include "base/buffer.h"
#include "crawl/outputs/atomic_file.h"
#include "crawl/outputs/run_figures.h"

enum { METRICS_MODE = 0644 }; /* the collector is another user */

/* Replace the file PATH. False: FAILURE says why, and PATH is as it was. */
bool metrics_write(const char *path, const struct run_figures *figures, struct atomic_failure *failure);

/* The file's text, behind what OUT holds. False when memory is out. */
bool metrics_format(const struct run_figures *figures, struct buffer *out);

#endif
