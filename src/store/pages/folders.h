/* The folders below an output folder: made when they are missing, opened without following a symbolic link, and kept
 * open for a while, because pages of one site come in runs.
 *
 * folders_new, folders_get or folders_find as often as wanted (folders_forget when one turns out to be gone),
 * folders_free.
 *
 * Every component is opened by itself with O_NOFOLLOW, from the descriptor of the one before it, so a link planted
 * anywhere below the output folder is met as ENOTDIR. A folder that is renamed while it is kept open goes on receiving
 * files under its new name until it is forgotten.
 *
 * Context: one thread each; may block on the disk. */
#ifndef STORE_FOLDERS_H
#define STORE_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>

struct folders;

/* Folders below ROOT, a descriptor that the caller keeps open meanwhile; at most CAPACITY (2 or more) are kept open.
 * NULL when memory is out. */
struct folders *folders_new(int root, size_t capacity);

/* The folder at PATH (LEN bytes, "" for the root itself; folders_name_ok), made with 0755 & ~umask where it is missing.
 * Returns a descriptor (O_PATH) that is borrowed until the next call with these folders, or -1 and errno. ENOENT means
 * that a folder was removed meanwhile: forget and ask again. */
int folders_get(struct folders *folders, const char *path, size_t len);

/* As folders_get, but a folder that is missing is not made: ENOENT. */
int folders_find(struct folders *folders, const char *path, size_t len);

/* Close all that is kept open; errno stays. False when nothing was, so that asking again cannot end in another way. */
bool folders_forget(struct folders *folders);

/* Make the folder PATH and those above it where they are missing, as the user named them: links are followed. False and
 * errno when one cannot be made. */
bool folders_make(const char *path);

/* Whether NAME is a relative path that stays below its start: no empty component, none that begins with a dot. */
bool folders_name_ok(const char *name);

void folders_free(struct folders *folders);

#endif
