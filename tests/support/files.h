/* Files and texts, for tests: a folder of one's own, what lies in it, and what a text holds.
 *
 * A failure of the system ends the test (support.h). What is returned is freed by the caller unless said otherwise. */
#ifndef SUPPORT_FILES_H
#define SUPPORT_FILES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A new empty folder below $TMPDIR or /tmp, 0700; its absolute path without links. */
char *files_temp_folder(void);

/* Let files_temp_folder make folders in memory, unless $TMPDIR says otherwise or there are fewer than ROOM bytes: for
 * tests that write thousands of files, which a busy disk makes minutes of. */
void files_prefer_memory(uint64_t room);

/* Remove a folder and all below it; links are removed and not followed. A path that is not there is fine. */
void files_remove(const char *folder);

/* "FOLDER/NAME". */
char *files_path(const char *folder, const char *name);

/* The same in one of a few buffers of its own; borrowed until some calls later. */
const char *files_in(const char *folder, const char *name);

/* The content of a plain file of at most 1 MiB as text, borrowed until the next call; NULL when it cannot be opened, or
 * is a link. */
const char *files_content(const char *path);

/* The whole of a file, with a NUL behind it; *LEN may be NULL. Ends the test when there is none. */
char *files_read(const char *path, size_t *len);

/* Write a file, replacing an old one; the folders above it are made. LEN -1: up to a NUL. */
void files_write(const char *path, const void *data, ssize_t len);

bool files_exists(const char *path);                   /* a link without a target exists */
bool files_equals(const char *path, const char *text); /* false when there is no such file */
mode_t files_mode(const char *path);                   /* the permission bits */

/* The paths below FOLDER of all that is no folder, one a line, in the order of their bytes. A link shows as
 * "NAME -> TARGET", anything else that is no plain file as "NAME (special)": "baidu.html\nbaidu/news.html\n". */
char *files_tree(const char *folder);

/* How many entries files_tree would list. */
size_t files_count(const char *folder);

/* Whether TEXT holds PART; how often; and the lines of TEXT (a last one without LF counts). */
bool text_has(const char *text, const char *part);
size_t text_times(const char *text, const char *part);
size_t text_lines(const char *text);

/* TEXT in gzip, *LEN bytes of it. */
char *text_gzip(const char *text, size_t *len);

/* An array of the objects in TEXT, one a line. A line that is no JSON object ends the test, and is shown.
 * Freed with json_decref. */
json_t *text_json_lines(const char *text);

/* The text member KEY of an object; "" when there is none. Borrowed. */
const char *text_member(const json_t *object, const char *key);

#endif
