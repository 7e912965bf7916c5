/* One file of a list, cut into lines.
 *
 * list_file_open, list_file_cut until it gives nothing, list_file_fill for more, and so on until LIST_BYTES_END or
 * LIST_BYTES_BAD; list_file_close. What comes after the last line end is a line, too, unless the file is damaged there.
 *
 * Context: one thread; list_file_fill blocks only on a regular file. */
#ifndef CRAWL_LIST_FILE_H
#define CRAWL_LIST_FILE_H

#include "crawl/list/list.h"
#include "crawl/list/list_bytes.h"

struct list_file {
    struct list_file *outer; /* the one that includes it */
    char *name;
    struct list_bytes bytes;
    unsigned long line; /* the number of the line that was cut off last */
    size_t cut;         /* where that line begins */
    bool at_end;
    const char *failure; /* why reading broke off; told again until list_file_drop */
    bool skipping;       /* in the rest of a line that is too long */
    char skipped;        /* the first character of that line */
    size_t begin, end;   /* of what has been read and not yet cut off */
    char data[LIST_LINE_MAX + 4096];
};

struct list_line {
    const char *text; /* borrowed until the next list_file_fill */
    size_t len;       /* without the line feed */
    char first;       /* its first character; '\n' for an empty line */
    bool too_long;    /* TEXT is not all of it */
};

/* NULL, and errno says why. */
struct list_file *list_file_open(const char *name);

/* The first character of the next line as far as it has been read; false when nothing of it has. */
bool list_file_peek(const struct list_file *file, char *first);

/* Cut the next line off. False when none is complete yet. */
bool list_file_cut(struct list_file *file, struct list_line *line);

/* Take back the last list_file_cut, after which nothing else was done to FILE. */
void list_file_uncut(struct list_file *file);

/* Read more behind what is there, after list_file_cut gave nothing. After LIST_BYTES_END there may be a last line. */
enum list_bytes_status list_file_fill(struct list_file *file, const char **reason);

/* Give up what has been read and not yet cut off, and all that would follow. */
void list_file_drop(struct list_file *file);

void list_file_close(struct list_file *file);

#endif
