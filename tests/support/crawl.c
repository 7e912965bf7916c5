#include "support/crawl.h"

#include "support/files.h"
#include "support/support.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS_MOST = 64 };

/* ---- Running ---- */

static void start(struct crawl *c, const struct fixture *f, va_list more)
{
    char resolve[48];
    const char *arguments[ARGUMENTS_MOST + 12] = {"-o", "output", "--log", "log", "--robots", "off", "--tries", "1"};
    size_t count = 8;
    snprintf(resolve, sizeof resolve, "*:80:127.0.0.1:%u", f ? fixture_port(f) : 0);
    if (f) {
        arguments[count++] = "--resolve";
        arguments[count++] = resolve;
    }
    while ((arguments[count] = va_arg(more, const char *)))
        if (++count == ARGUMENTS_MOST)
            support_fail("more than %d arguments", ARGUMENTS_MOST);
    run_start(&c->run, arguments);
}

void crawl_start(struct crawl *c, const struct fixture *f, ...)
{
    va_list more;
    va_start(more, f);
    start(c, f, more);
    va_end(more);
}

void crawl_wait(struct crawl *c)
{
    run_wait(&c->run);
    char *path = files_path(c->run.folder, "log");
    char *text = files_exists(path) ? files_read(path, NULL) : support_format("%s", "");
    c->log = text_json_lines(text);
    free(text);
    free(path);
}

void crawl_run(struct crawl *c, const struct fixture *f, ...)
{
    va_list more;
    va_start(more, f);
    start(c, f, more);
    va_end(more);
    crawl_wait(c);
}

/* The folder outlives the run that made it. */
void crawl_again(struct crawl *c, const struct fixture *f, ...)
{
    va_list more;
    if (!c->folder)
        c->folder = support_format("%s", c->run.folder);
    struct run next = {.working_folder = c->folder, .input = c->run.input, .time_limit_ms = c->run.time_limit_ms};
    char *log = files_path(c->folder, "log");
    remove(log);
    free(log);
    json_decref(c->log);
    c->log = NULL;
    c->run.working_folder = c->folder; /* so that it stays */
    run_release(&c->run);
    c->run = next;
    va_start(more, f);
    start(c, f, more);
    va_end(more);
    crawl_wait(c);
}

void crawl_release(struct crawl *c)
{
    json_decref(c->log);
    c->log = NULL;
    run_release(&c->run);
    if (c->folder)
        files_remove(c->folder);
    free(c->folder);
    c->folder = NULL;
}

char *crawl_list(const struct crawl_row *rows)
{
    size_t room = 1, len = 0;
    for (const struct crawl_row *r = rows; r->url; r++)
        room += strlen(r->url) + 1;
    char *list = support_alloc(room);
    for (const struct crawl_row *r = rows; r->url; r++)
        len += (size_t)snprintf(list + len, room - len, "%s\n", r->url);
    return list;
}

/* ---- Workers ---- */

/* The parent of a living process; 0 when there is none. */
static pid_t parent_of(pid_t pid)
{
    char path[32], line[512], state = 'X';
    int parent = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *in = fopen(path, "re");
    const char *fields = in && fgets(line, sizeof line, in) ? strrchr(line, ')') : NULL;
    if (!fields || sscanf(fields, ") %c %d", &state, &parent) != 2 || state == 'Z' || state == 'X')
        parent = 0;
    if (in)
        fclose(in);
    return parent;
}

unsigned crawl_signal_workers(const struct crawl *c, int signal)
{
    unsigned count = 0;
    DIR *processes = opendir("/proc");
    if (!processes)
        support_fail("cannot list the processes");
    for (const struct dirent *entry; (entry = readdir(processes));) {
        pid_t pid = (pid_t)atoi(entry->d_name), parent = pid > 0 ? parent_of(pid) : 0;
        if (parent && parent != c->run.pid && parent_of(parent) == c->run.pid && kill(pid, signal) == 0)
            count++;
    }
    closedir(processes);
    return count;
}

/* ---- Looking ---- */

const json_t *crawl_logged(const struct crawl *c, const char *url)
{
    size_t i;
    json_t *line;
    json_array_foreach(c->log, i, line) if (strcmp(text_member(line, "url"), url) == 0) return line;
    return NULL;
}

char *crawl_path(const struct crawl *c, const char *name)
{
    return support_format("%s/output/%s", c->run.folder, name);
}

char *crawl_read(const struct crawl *c, const char *name)
{
    char *path = files_path(c->run.folder, name);
    if (!files_exists(path))
        support_fail("%s is not there: %s", name, c->run.err);
    char *text = files_read(path, NULL);
    free(path);
    return text;
}

char *crawl_tree(const struct crawl *c)
{
    char *output = files_path(c->run.folder, "output"), *tree = files_tree(output), *to = tree;
    char *end = tree + strlen(tree);
    for (char *line = tree, *next; line < end; line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        next = next ? next + 1 : end;
        if (strncmp(line, ".forage/", strlen(".forage/")) == 0)
            continue;
        memmove(to, line, (size_t)(next - line));
        to += next - line;
    }
    *to = '\0';
    free(output);
    return tree;
}

bool crawl_holds(const struct crawl *c, const char *name, const char *text)
{
    char *path = crawl_path(c, name);
    bool holds = files_equals(path, text);
    free(path);
    return holds;
}

static bool same_file(const struct crawl *c, const struct crawl_row *row, const json_t *line)
{
    char *file = row->file ? support_format("output/%s", row->file) : support_format("%s", "");
    bool same = strcmp(text_member(line, "file"), file) == 0;
    if (same && row->file) {
        char *path = files_path(c->run.folder, file);
        size_t len = 0;
        char *text = files_exists(path) ? files_read(path, &len) : NULL;
        same = text && json_integer_value(json_object_get(line, "bytes")) == (json_int_t)len &&
               (!row->body || strcmp(text, row->body) == 0);
        free(text);
        free(path);
    }
    free(file);
    return same;
}

/* Whether standard error names the failure, or is silent on a success. */
static bool told(const struct crawl *c, const struct crawl_row *row)
{
    char *line = row->error ? support_format("forage: %s: %s", row->url, row->error)
                            : support_format("forage: %s: HTTP status %u\n", row->url, row->status);
    bool failed = row->error || row->status >= 300;
    bool is_told = text_has(c->run.err, line) == failed;
    free(line);
    return is_told;
}

static bool row_agrees(const struct crawl *c, const struct crawl_row *row)
{
    const json_t *line = crawl_logged(c, row->url);
    if (line && json_integer_value(json_object_get(line, "status")) == (json_int_t)row->status &&
        strcmp(text_member(line, "error"), row->error ? row->error : "") == 0 && same_file(c, row, line) &&
        told(c, row))
        return true;
    char *is = line ? json_dumps(line, JSON_COMPACT) : NULL;
    fprintf(stderr, "expected %s: %u %s %s %s\n     got %s\n", row->url, row->status, row->error ? row->error : "",
            row->file ? row->file : "", row->body ? row->body : "", is ? is : "nothing");
    free(is);
    return false;
}

/* What lies below the output folder, but for forage's own. */
static size_t count_files(const struct crawl *c)
{
    char *output = files_path(c->run.folder, "output");
    char *tree = files_exists(output) ? files_tree(output) : support_format("%s", "");
    size_t count = text_lines(tree) - text_times(tree, ".forage/");
    free(tree);
    free(output);
    return count;
}

bool crawl_agrees(const struct crawl *c, const struct crawl_row *rows)
{
    size_t count = 0, files = 0;
    bool agree = true;
    for (; rows[count].url; count++) {
        agree = row_agrees(c, &rows[count]) && agree;
        files += rows[count].file != NULL;
    }
    if (json_array_size(c->log) != count || count_files(c) != files) {
        fprintf(stderr, "expected %zu URLs and %zu files, got %zu and %zu\n", count, files, json_array_size(c->log),
                count_files(c));
        agree = false;
    }
    if (!agree)
        fprintf(stderr, "standard error:\n%s\n", c->run.err);
    return agree;
}
