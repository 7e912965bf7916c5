#include "support/run_session.h"

#include "support/support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first line of /proc/PID/NAME that begins with KEY ("": the first line); false when the process is gone. */
static int read_line(pid_t pid, const char *name, const char *key, char *line, int room)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *in = fopen(path, "re");
    int found = 0;
    while (in && !found && fgets(line, room, in))
        found = strncmp(line, key, strlen(key)) == 0;
    if (in)
        fclose(in);
    return found;
}

/* A program's name may hold spaces and brackets: the fields are counted from the last bracket. */
static int lives_in(pid_t pid, pid_t session)
{
    char line[512], state;
    int its_session;
    if (!read_line(pid, "stat", "", line, sizeof line))
        return 0;
    const char *fields = strrchr(line, ')');
    return fields && sscanf(fields, ") %c %*d %*d %d", &state, &its_session) == 2 && its_session == session &&
           state != 'Z' && state != 'X';
}

static void for_each(pid_t session, void (*visit)(pid_t pid, void *context), void *context)
{
    DIR *processes = opendir("/proc");
    if (!processes)
        support_fail("cannot list the processes");
    for (const struct dirent *entry; (entry = readdir(processes));) {
        pid_t pid = (pid_t)atoi(entry->d_name);
        if (pid > 0 && lives_in(pid, session))
            visit(pid, context);
    }
    closedir(processes);
}

static void count_one(pid_t pid, void *context)
{
    (void)pid;
    ++*(unsigned *)context;
}

static void measure_one(pid_t pid, void *context)
{
    struct session_use *use = context;
    char line[256];
    unsigned long long kib;
    use->processes++;
    if (read_line(pid, "smaps_rollup", "Pss:", line, sizeof line) && sscanf(line, "Pss: %llu", &kib) == 1)
        use->pss_bytes += kib * 1024;
}

static void kill_one(pid_t pid, void *context)
{
    (void)context;
    kill(pid, SIGKILL);
}

unsigned session_count(pid_t session)
{
    unsigned count = 0;
    for_each(session, count_one, &count);
    return count;
}

struct session_use session_measure(pid_t session)
{
    struct session_use use = {0};
    for_each(session, measure_one, &use);
    return use;
}

void session_kill(pid_t session)
{
    for_each(session, kill_one, NULL);
}
