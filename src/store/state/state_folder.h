/* The folder DIR/.forage, which holds what forage remembers of the output folder DIR. Nothing below DIR is reached
 * through a symbolic link. Context: any thread; may block on the disk. */
#ifndef STORE_STATE_FOLDER_H
#define STORE_STATE_FOLDER_H

#include <stdbool.h>

#define STATE_FOLDER ".forage"

/* Open DIR/.forage, and DIR itself into *ROOT when it is not NULL (to be closed by the caller, both). With MAKE they
 * are made when they are missing, DIR as the user's umask wants it and .forage with 0700. Returns a descriptor, or -1
 * and errno (ELOOP or ENOTDIR: something else stands in the place of .forage). */
int state_folder_open(const char *dir, bool make, int *root);

/* The path of DIR/.forage/NAME without any symbolic link in DIR, to be freed by the caller; NULL and errno. */
char *state_folder_path(const char *dir, const char *name);

#endif
