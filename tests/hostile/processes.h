/* For tests that reach into a run: its processes, and slow pages that tell whether they are whole. */
#ifndef HOSTILE_PROCESSES_H
#define HOSTILE_PROCESSES_H

#include "hostile/attack.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* ---- Finding them ---- */

enum { PROCESSES_MOST = 64 };

/* The parent of PID; 0 when PID runs no more, reaped or not. */
static inline pid_t parent_of(pid_t pid)
{
    char path[64], line[512] = "", state;
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    const char *fields = in && fgets(line, sizeof line, in) ? strrchr(line, ')') : NULL;
    if (in)
        fclose(in);
    bool runs = fields && sscanf(fields, ") %c %d", &state, &parent) == 2 && state != 'Z' && state != 'X';
    return runs ? parent : 0;
}

/* The children of PARENT that run now; how many. */
static inline size_t children_of(pid_t parent, pid_t found[PROCESSES_MOST])
{
    size_t count = 0;
    DIR *processes = opendir("/proc");
    for (const struct dirent *entry; processes && (entry = readdir(processes));) {
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && count < PROCESSES_MOST && parent_of(pid) == parent)
            found[count++] = pid;
    }
    if (processes)
        closedir(processes);
    return count;
}

/* The process that forks workers; 0 when there is none. */
static inline pid_t nursery_of(const struct run *run)
{
    pid_t found[PROCESSES_MOST];
    return children_of(run->pid, found) ? found[0] : 0;
}

static inline size_t workers_of(const struct run *run, pid_t found[PROCESSES_MOST])
{
    pid_t nursery = nursery_of(run);
    return nursery ? children_of(nursery, found) : 0;
}

static inline void wait_ms(int ms)
{
    poll(NULL, 0, ms);
}

static inline void expect_gone(pid_t pid)
{
    int64_t deadline = support_deadline_ns(10000);
    while (parent_of(pid) && support_left_ms(deadline))
        wait_ms(2);
    cr_assert_eq(parent_of(pid), 0, "process %d still lives", (int)pid);
}

/* ---- Pages that tell whether they are whole ---- */

enum { SLOW_BYTES = 90000, HEAD_BYTES = 64 };

/* "/N": a page of its own, in paced pieces, every third coded. */
static inline int slow_page(const struct fixture_request *request, struct fixture_reply *reply, void *context)
{
    (void)context;
    unsigned long n = strtoul(request->target + 1, NULL, 10);
    char *body = malloc(SLOW_BYTES);
    if (!body)
        return 1;
    for (size_t i = 0; i < SLOW_BYTES; i++)
        body[i] = (char)('a' + (n * 7 + i * i) % 26);
    *reply =
        (struct fixture_reply){.body = body, .body_len = SLOW_BYTES, .owned = body, .pace_ms = 5, .pace_bytes = 30000};
    if (n % 3 == 0)
        reply->coding = FIXTURE_GZIP;
    return 0;
}

static inline bool is_whole(const struct run *run, const char *file, unsigned long n)
{
    char *path = files_path(run->folder, file);
    size_t len;
    char *body = files_read(path, &len);
    bool whole = len == SLOW_BYTES;
    for (size_t i = 0; whole && i < len; i++)
        whole = body[i] == (char)('a' + (n * 7 + i * i) % 26);
    free(body);
    free(path);
    return whole;
}

/* Every URL is in the log once; those without an error have a whole file, and there are no others. Returns how many. */
static inline size_t expect_each_once(const struct run *run, const char *prefix, size_t count)
{
    json_t *log = attack_log(run);
    char *seen = support_alloc(count + 1), *pages = attack_pages(run);
    size_t good = 0;
    for (size_t i = 0; i < json_array_size(log); i++) {
        const json_t *entry = json_array_get(log, i);
        const char *url = text_member(entry, "url"), *error = text_member(entry, "error");
        unsigned long n = strtoul(url + strlen(prefix), NULL, 10);
        cr_assert(n < count && !seen[n], "%s is in the log twice", url);
        seen[n] = 1;
        cr_assert(!*error || strcmp(error, "lost") == 0, "%s: %s", url, error);
        cr_assert(*error || is_whole(run, text_member(entry, "file"), n), "%s is not whole", url);
        good += !*error;
    }
    cr_assert_eq(json_array_size(log), count, "%zu of %zu are in the log\n%s", json_array_size(log), count, run->err);
    cr_assert_eq(text_lines(pages), good, "%zu files and %zu good pages", text_lines(pages), good);
    cr_assert_eq(text_times(run->err, ": lost: "), count - good);
    free(pages);
    free(seen);
    json_decref(log);
    return good;
}

static inline char *list_of(struct fixture *f, size_t count)
{
    char *list = support_alloc(count * 64 + 1);
    for (size_t i = 0, len = 0; i < count; i++)
        len += (size_t)sprintf(list + len, "http://127.0.0.1:%u/%zu\n", fixture_port(f), i);
    return list;
}

#endif
