/* What the pool's tests share. */
#ifndef POOL_SUPPORT_H
#define POOL_SUPPORT_H

#include <multiproc/executor.h>

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static inline int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline struct mp_pool *pool_of(struct mp_pool_options options)
{
    struct mp_pool *pool = NULL;
    cr_assert_eq(mp_pool_new(&options, &pool), MP_OK);
    return pool;
}

/* Turn a driven pool until nothing is pending. */
static inline void drive(struct mp_pool *pool)
{
    int64_t deadline = now_ms() + PATIENCE_MS;
    while (mp_pool_pending(pool) > 0) {
        cr_assert_lt(now_ms(), deadline, "tasks do not end");
        cr_assert_neq(mp_pool_turn(pool, 1000), MP_SYSTEM);
    }
}

static inline int count_fds_of(pid_t pid)
{
    int count = 0;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *folder = opendir(path);
    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static inline int count_fds(void)
{
    return count_fds_of(getpid());
}

static inline int count_ring_mappings(void)
{
    char line[512];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        count += strstr(line, "multiproc-ring") != NULL;
    fclose(maps);
    return count;
}

/* The children of PID, of all its threads; at most MOST in PIDS. */
static inline int children_of(pid_t pid, pid_t *pids, int most)
{
    char path[300];
    int count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *tasks = opendir(path);
    struct dirent *entry;
    while (tasks && (entry = readdir(tasks))) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/children", (int)pid, entry->d_name);
        FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
        int child;
        while (file && count < most && fscanf(file, "%d", &child) == 1)
            pids[count++] = child;
        if (file)
            fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return count;
}

/* Wait until PID is gone, or a zombie. */
static inline bool is_gone_in_time(pid_t pid)
{
    int64_t deadline = now_ms() + PATIENCE_MS;
    char path[64], state;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    while (now_ms() < deadline) {
        FILE *file = fopen(path, "r");
        if (!file)
            return true;
        int n = fscanf(file, "%*d (%*[^)]) %c", &state);
        fclose(file);
        if (n != 1 || state == 'Z' || state == 'X')
            return true;
        poll(NULL, 0, 1);
    }
    return false;
}

#endif
