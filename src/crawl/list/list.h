/* A URL list, read as a stream: from a file, a pipe or standard input, in constant memory, gzip or not.
 *
 * list_open, list_next until LIST_END, list_close.
 *
 * A line that is not indented is a URL, or @FILE. Indented lines below a URL are its options
 * (crawl/list/line_options.h). Blank lines and lines whose first character that is no blank is '#' are skipped wherever
 * they are. CRLF and LF end a line; a UTF-8 byte order mark at the start is skipped; white space around a line is
 * dropped. An indented line that begins with http:// or https:// is a URL like any other, because no option looks like
 * that.
 *
 * A URL with a wrong option is not given out, because it must not be fetched in another way than was asked for: each
 * wrong line is told, and the URL is left out.
 *
 * @FILE stands for the lines of another list: relative to the folder of the list that names it, or to the working
 * folder where that one is standard input. LIST_INCLUDES_MAX deep at most, and never one that is being read already.
 *
 * A list that begins with the magic bytes of gzip (RFC 1952) is decoded as it is read, whatever its name, one member
 * after another. Where it is damaged or cut off, it ends: the lines before count, and the one that broke off does not.
 *
 * A writer that pauses: the options of a URL may still be to come when the URL itself has been read from a pipe. So it
 * is held back until a line that cannot be its option has begun, or the list has ended, or nothing came for
 * LIST_PAUSE_MS. While an option's line has begun and not ended, it is held back for as long as that takes. An option
 * that comes later than the pause is told as a bad line.
 *
 * Context: one thread; list_next blocks only on a regular file. */
#ifndef CRAWL_LIST_H
#define CRAWL_LIST_H

#include "crawl/list/line_options.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    LIST_LINE_MAX = 64 * 1024, /* bytes of a line, blanks around it included */
    LIST_INCLUDES_MAX = 16,    /* lists that are being read below the first one */
    LIST_INCLUDED_MAX = 65536, /* lists that one list includes in all */
    LIST_PAUSE_MS = 100,
};

enum list_status {
    LIST_ENTRY,    /* a URL with its options */
    LIST_BAD_LINE, /* a line is no good: entry->reason says why; call again */
    LIST_BAD_FILE, /* the list or one that it includes cannot be read, or not to its end: entry->reason; call again */
    LIST_BUSY,     /* much was read and nothing of it was worth telling: call again; there is no need to wait */
    LIST_WAIT,     /* nothing there yet: call again when list_fd is readable, or a little over LIST_PAUSE_MS later */
    LIST_END,
};

/* What list_next found. Its texts are borrowed until the next call. */
struct list_entry {
    const char *file;   /* the list that has the line, which may be an included one */
    unsigned long line; /* the first is 1 */
    const char *url;    /* LIST_ENTRY: the line without blanks around it, not terminated, not yet parsed; else NULL */
    size_t url_len;     /* at least 1 */
    struct line_options
        *options; /* LIST_ENTRY: NULL for none; the caller frees them with line_options_free; else NULL */
    const char
        *reason; /* LIST_BAD_LINE, LIST_BAD_FILE: made to stand behind "file:line: ", free of what the list says */
};

struct list;

/* PATH "-" is standard input. NULL, and errno says why (EISDIR for a folder). */
struct list *list_open(const char *path);

/* The next thing in the list. *ENTRY is filled when LIST_ENTRY, LIST_BAD_LINE or LIST_BAD_FILE is returned. */
enum list_status list_next(struct list *list, struct list_entry *entry);

/* What to poll for reading after LIST_WAIT; it may be another one each time. */
int list_fd(const struct list *list);

/* Whether that file is the list, or one of those that include each other down to where it is being read. */
bool list_is_reading(const struct list *list, dev_t device, ino_t inode);

/* NULL is fine. */
void list_close(struct list *list);

#endif
