/* A URL list, read as a stream: from a file, a pipe or standard input, in constant memory.
 *
 * list_open, list_next until LIST_END, list_close. Blank lines and lines that begin with '#' are skipped; CRLF and LF end
 * a line; a UTF-8 byte order mark at the start is skipped. White space around a line is dropped.
 *
 * Context: one thread; list_next blocks only on a regular file. */
#ifndef CRAWL_LIST_H
#define CRAWL_LIST_H

#include <stdbool.h>
#include <stddef.h>

enum { LIST_LINE_MAX = 64 * 1024 };

enum list_status {
    LIST_LINE,     /* *text and *len hold a line */
    LIST_WAIT,     /* nothing there yet: poll list_fd for reading */
    LIST_TOO_LONG, /* a line of over LIST_LINE_MAX bytes was skipped */
    LIST_END,
    LIST_SYSTEM, /* errno says why; the list is over */
};

struct list;

/* PATH "-" is standard input. LIST_LINE on success, LIST_SYSTEM otherwise (EISDIR for a folder). */
enum list_status list_open(const char *path, struct list **list);

/* The next line, borrowed until the next call. */
enum list_status list_next(struct list *list, const char **text, size_t *len);

const char *list_name(const struct list *list);
unsigned long list_line_number(const struct list *list); /* of the line given last; the first is 1 */
int list_fd(const struct list *list);
void list_close(struct list *list);

#endif
