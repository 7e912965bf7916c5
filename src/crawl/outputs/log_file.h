/* The log: one JSON object a line for each URL, in ASCII, so that neither a control character nor a byte that is
 * no UTF-8 ever reaches whoever reads it.
 *
 * log_file_open, log_file_write, log_file_close; log_file_reopen at any time, for after a rotation. A line is one
 * write to a descriptor that appends, so runs that share a log do not mix their lines, and a killed one cuts none.
 *
 * The log's path may be a symbolic link, which an administrator may have made, and is followed: it is the user's
 * own choice of a place, as a shell's >> is. It may be a pipe, if somebody reads it.
 *
 * Context: the crawl's thread, except for log_file_reopen; may block on the disk. */
#ifndef CRAWL_LOG_FILE_H
#define CRAWL_LOG_FILE_H

#include <forage/forage.h>
#include <stdbool.h>

struct log_file;

/* Open PATH for appending; a new file has 0640, for which pages somebody reads is not for everybody to read.
 * Returns NULL, and errno: ENXIO for a pipe that nobody reads. */
struct log_file *log_file_open(const char *path);

/* Let the next line go to a file that is opened by the same path then. Context: any thread; async-signal-safe. */
void log_file_reopen(struct log_file *log);

/* Write PAGE's line. RULE is the line of robots.txt that forbids the page, 0 for none.
 *
 * False, and errno, when that fails or the file could not be opened anew; only the first time, until one has been
 * opened anew. Later lines are still tried, and begin on a line of their own. Without a new file the old one is
 * written on. */
bool log_file_write(struct log_file *log, const struct forage_page *page, unsigned rule);

/* NULL is fine. Keeps errno. */
void log_file_close(struct log_file *log);

#endif
