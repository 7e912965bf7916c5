#include "store/state/state_folder.h"

#include "store/pages/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MODE = 0700 };

int state_folder_open(const char *dir, bool make, int *root)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    if (make && !folders_make(dir))
        return -1;
    int above = open(dir, flags);
    if (above < 0)
        return -1;
    int folder = -1;
    if (!make || mkdirat(above, STATE_FOLDER, FOLDER_MODE) == 0 || errno == EEXIST)
        folder = openat(above, STATE_FOLDER, flags | O_NOFOLLOW);
    int error = errno;
    if (folder >= 0 && root)
        *root = above;
    else
        close(above);
    errno = error;
    return folder;
}

char *state_folder_path(const char *dir, const char *name)
{
    char *path = NULL, *resolved = realpath(dir, NULL);
    if (!resolved)
        return NULL;
    if (asprintf(&path, "%s/" STATE_FOLDER "/%s", resolved, name) < 0)
        path = NULL;
    free(resolved);
    return path;
}
