/* Setting a damaged database aside. */
#include "store/state/state.h"

#include "store/state/state_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME "state.db"

enum { TRIES = 100, FILE_BYTES = STATE_ASIDE_MAX + 8 };

/* state.db.corrupt-20260131-235959, with ".1" and so on behind it for a second one in the same second. */
static void make_name(const struct tm *now, int number, char name[STATE_ASIDE_MAX])
{
    char when[24], more[16] = "";
    strftime(when, sizeof when, "%Y%m%d-%H%M%S", now);
    if (number)
        snprintf(more, sizeof more, ".%d", number);
    snprintf(name, STATE_ASIDE_MAX, FILE_NAME ".corrupt-%s%s", when, more);
}

/* Whether NAME is free, with its log's names. */
static bool is_free(int folder, const char *name)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char file[FILE_BYTES];
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        snprintf(file, sizeof file, "%s%s", name, ends[i]);
        if (faccessat(folder, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return false;
    }
    return true;
}

/* The log goes first: one that a kill leaves behind without its database must never meet the next one. */
static bool move(int folder, const char *name)
{
    static const char *const ends[] = {"-wal", "-shm", ""};
    char from[FILE_BYTES], to[FILE_BYTES];
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        snprintf(from, sizeof from, FILE_NAME "%s", ends[i]);
        snprintf(to, sizeof to, "%s%s", name, ends[i]);
        if (renameat(folder, from, folder, to) != 0 && (errno != ENOENT || !*ends[i]))
            return false;
    }
    return fsync(folder) == 0;
}

enum state_status state_set_aside(const char *dir, char name[STATE_ASIDE_MAX])
{
    struct tm now;
    time_t seconds = time(NULL);
    gmtime_r(&seconds, &now);
    int folder = state_folder_open(dir, false, NULL);
    if (folder < 0)
        return STATE_SYSTEM;
    char chosen[STATE_ASIDE_MAX];
    int number = 0;
    do
        make_name(&now, number, chosen);
    while (!is_free(folder, chosen) && ++number < TRIES);
    bool moved = number < TRIES && move(folder, chosen);
    int error = number < TRIES ? errno : EEXIST;
    close(folder);
    errno = error;
    if (!moved)
        return STATE_SYSTEM;
    memcpy(name, chosen, sizeof chosen);
    return STATE_OK;
}
