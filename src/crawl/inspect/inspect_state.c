/* Opening a state to look at it, and finding out whether a run is at work on it, without disturbing that run. */
#include "crawl/inspect/inspect.h"

#include "base/clock.h"
#include "store/lock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_FILE ".forage/lock"

/* ---- Failures ---- */

enum forage_status inspection_fail(const struct inspection *in, enum forage_status status, const char *where,
                                   const char *why)
{
    int saved = errno;
    if (in->error)
        snprintf(in->error, in->error_size, "%s%s%s", where ? where : "", where ? ": " : "", why);
    errno = saved;
    return status;
}

static enum forage_status state_trouble(const struct inspection *in, const struct state_failure *failure)
{
    char file[4096];
    snprintf(file, sizeof file, "%s/%s", in->dir, STATE_FILE);
    errno = failure->error;
    return inspection_fail(in, failure->status == STATE_NO_MEMORY ? FORAGE_NO_MEMORY : FORAGE_FILE, file,
                           failure->text);
}

enum forage_status inspection_status(struct inspection *in)
{
    struct state_failure failure;
    return state_failed(in->state, &failure) ? state_trouble(in, &failure) : FORAGE_OK;
}

/* ---- Is a run at work? ---- */

/* Whether one of the descriptors in FOLDER, /proc/PID/fd, is the file FD's. */
static bool has_open(DIR *folder, const struct stat *file)
{
    struct dirent *entry;
    struct stat st;
    while ((entry = readdir(folder)))
        if (fstatat(dirfd(folder), entry->d_name, &st, 0) == 0 && st.st_ino == file->st_ino &&
            st.st_dev == file->st_dev)
            return true;
    return false;
}

/* Trying the lock would take it for an instant, in which a run that begins would give up. But the process that
 * took it last is known by number, and it has the lock as long as it has the file open: a number that another
 * process got meanwhile is not taken for it. */
static bool is_at_work(const char *dir)
{
    char path[4096];
    struct stat lock;
    pid_t holder = folder_lock_holder(dir);
    if (holder <= 0 || snprintf(path, sizeof path, "%s/" LOCK_FILE, dir) >= (int)sizeof path || stat(path, &lock) != 0)
        return false;
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)holder);
    DIR *folder = opendir(path);
    if (!folder) /* another user's, who must be asked for the truth; or there is no such process */
        return errno != ENOENT && (kill(holder, 0) == 0 || errno == EPERM);
    bool found = has_open(folder, &lock);
    closedir(folder);
    return found;
}

static enum forage_run_state state_of_run(const struct state_run *run, bool at_work)
{
    if (!run->ended_ms)
        return at_work ? FORAGE_RUN_UNDER_WAY : FORAGE_RUN_INTERRUPTED;
    return run->complete ? FORAGE_RUN_COMPLETE : FORAGE_RUN_ENDED_EARLY;
}

/* ---- Opening ---- */

/* A run that begins or ends just now is at work either before the state is opened or after it. */
enum forage_status inspection_open(struct inspection *in, const char *dir, const struct forage_options *options,
                                   char *error, size_t error_size)
{
    *in = (struct inspection){
        .dir = dir,
        .due = due_policy_of(options->min_interval_ms, options->max_interval_ms),
        .now_ms = clock_wall_ms(),
        .error = error,
        .error_size = error_size,
    };
    struct state_failure failure;
    struct state_run run;
    bool at_work = is_at_work(dir);
    if (state_open(dir, &(struct state_options){.read_only = true}, &in->state, &failure) != STATE_OK)
        return state_trouble(in, &failure);
    at_work = at_work || is_at_work(dir);
    if (!state_last_run(in->state, &run))
        return FORAGE_OK;
    in->cycle_started_ms = run.cycle_started_ms;
    in->run = (struct forage_last_run){
        .state = state_of_run(&run, at_work),
        .started_ms = run.started_ms,
        .ended_ms = run.ended_ms,
        .exit_status = run.exit_status,
        .new_pages = run.new,
        .changed = run.changed,
        .unchanged = run.unchanged,
        .failed = run.failed,
        .gone = run.gone,
        .skipped = run.skipped,
        .bytes = run.bytes,
    };
    return FORAGE_OK;
}

void inspection_close(struct inspection *in)
{
    int saved = errno;
    state_close(in->state, NULL);
    in->state = NULL;
    errno = saved;
}

/* ---- Hosts ---- */

struct forage_host inspection_host(const struct state_host *row)
{
    bool rules = row->robots_status >= 200 && row->robots_status < 300;
    return (struct forage_host){
        .delay_ms = row->delay_ms,
        .next_ask_ms = row->next_ask_ms,
        .unreachable_since_ms = row->unreachable_since_ms,
        .robots = !row->robots_fetched_ms ? FORAGE_ROBOTS_UNKNOWN
                  : rules                 ? FORAGE_ROBOTS_RULES
                                          : FORAGE_ROBOTS_NONE,
        .robots_status = row->robots_status,
        .robots_fetched_ms = row->robots_fetched_ms,
        .robots_expires_ms = row->robots_expires_ms,
    };
}
