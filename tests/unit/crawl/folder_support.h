/* A folder of a test's own, and what lies in it. */
#ifndef FOLDER_SUPPORT_H
#define FOLDER_SUPPORT_H

#include "support/files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX / 4];

static inline void folder_remove(void)
{
    files_remove(folder);
}

static inline void folder_make(void)
{
    char *made = files_temp_folder();
    snprintf(folder, sizeof folder, "%s", made);
    free(made);
}

/* For what crawls or is killed so often that most of its time is waiting for the disk, which is the same on every file
 * system. */
static inline void folder_make_in_memory(void)
{
    files_prefer_memory(64 << 20);
    folder_make();
}

/* NAME below the test's folder, in one of a few buffers. */
static inline const char *in_folder(const char *name)
{
    return files_in(folder, name);
}

/* The content of a plain file as text (static), or NULL. */
static inline const char *content_of(const char *name)
{
    return files_content(in_folder(name));
}

static inline void put_file(const char *name, const char *content)
{
    FILE *f = fopen(in_folder(name), "w");
    cr_assert(f);
    fputs(content, f);
    fclose(f);
}

static inline unsigned mode_of(const char *name)
{
    struct stat st;
    cr_assert_eq(lstat(in_folder(name), &st), 0);
    return st.st_mode & 07777;
}

static inline int count_entries(const char *path)
{
    int count = 0;
    DIR *dir = opendir(path);
    cr_assert(dir, "%s", path);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* Names in the test's folder, also hidden ones. */
static inline int entries(void)
{
    return count_entries(folder) - 2;
}

static inline int descriptors(void)
{
    return count_entries("/proc/self/fd");
}

#endif
