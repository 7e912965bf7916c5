/* What the tests of this folder share: reading the log of a run, and what must hold of every run whatever it met.
 *
 * A run here writes to "out" and logs to "log", both below its working folder, by way of attack() or attack_with(). */
#ifndef HOSTILE_ATTACK_H
#define HOSTILE_ATTACK_H

#include "support/files.h"
#include "support/fixture.h"
#include "support/run.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The log's lines; an empty array when there is no log. Freed with json_decref. */
static inline json_t *attack_log(const struct run *run)
{
    char *path = files_path(run->folder, "log");
    char *text = files_exists(path) ? files_read(path, NULL) : support_copy("", 1);
    json_t *log = text_json_lines(text);
    free(text);
    free(path);
    return log;
}

/* The first line of the log about URL; NULL when there is none. Borrowed from LOG. */
static inline const json_t *attack_entry(const json_t *log, const char *url)
{
    for (size_t i = 0; i < json_array_size(log); i++) {
        const json_t *entry = json_array_get(log, i);
        if (strcmp(text_member(entry, "url"), url) == 0)
            return entry;
    }
    return NULL;
}

/* The error word of URL in the log; "(not in the log)" when it is not there. Borrowed from LOG. */
static inline const char *attack_error(const json_t *log, const char *url)
{
    const json_t *entry = attack_entry(log, url);
    return entry ? text_member(entry, "error") : "(not in the log)";
}

/* Every byte of TEXT may be shown on a terminal: printable ASCII, line feeds and tabs. */
static inline bool attack_is_clean(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c > '~') {
            fprintf(stderr, "byte 0x%02x at %zu of:\n%.*s\n", c, i, (int)(i + 1), text);
            return false;
        }
    }
    return true;
}

/* What holds of every run: it ended by itself, left no process, and said and logged nothing that a terminal would act
 * on. */
static inline void attack_check(const struct run *run)
{
    char *path = files_path(run->folder, "log");
    size_t len = 0;
    char *log = files_exists(path) ? files_read(path, &len) : NULL;
    cr_assert_not(run->timed_out, "the run did not end by itself\n%s", run->err);
    cr_assert_eq(run->signal, 0, "ended by signal %d\n%s", run->signal, run->err);
    cr_assert_eq(run->left_behind, 0, "%u processes were left behind", run->left_behind);
    cr_assert(attack_is_clean(run->err, run->err_len), "standard error is not clean");
    cr_assert(attack_is_clean(run->out, run->out_len), "standard output is not clean");
    cr_assert(!log || attack_is_clean(log, len), "the log is not clean");
    free(log);
    free(path);
}

enum { ATTACK_ARGUMENTS_MOST = 32 };

/* Start forage with "-o out --log log -v --robots off --tries 1" and ARGUMENTS, which are ended by NULL. */
static inline void attack_start(struct run *run, const char *const *arguments)
{
    const char *all[ATTACK_ARGUMENTS_MOST] = {"-o", "out", "--log", "log", "-v", "--robots", "off", "--tries", "1"};
    size_t count = 9;
    for (; *arguments; arguments++) {
        if (count + 1 == ATTACK_ARGUMENTS_MOST)
            support_fail("more than %d arguments", ATTACK_ARGUMENTS_MOST);
        all[count++] = *arguments;
    }
    run_start(run, all);
}

static inline void attack_wait(struct run *run)
{
    run_wait(run);
    attack_check(run);
}

static inline void attack_argv(struct run *run, const char *const *arguments)
{
    attack_start(run, arguments);
    attack_wait(run);
}

/* Run forage with these arguments behind the usual ones: attack(&run, "--quiet", url). */
#define attack(run, ...) attack_argv((run), (const char *const[]){__VA_ARGS__, NULL})

/* "--resolve" for every host at port 80, so that lists can name hosts: to F at 127.0.0.1. Freed by the caller. */
static inline char *attack_everywhere(const struct fixture *f)
{
    return support_format("*:80:127.0.0.1:%u", fixture_port(f));
}

/* Whether the file NAME below the run's folder holds exactly TEXT. */
static inline bool attack_file_is(const struct run *run, const char *name, const char *text)
{
    char *path = files_path(run->folder, name);
    bool same = files_equals(path, text);
    free(path);
    return same;
}

static inline bool attack_file_exists(const struct run *run, const char *name)
{
    char *path = files_path(run->folder, name);
    bool exists = files_exists(path);
    free(path);
    return exists;
}

/* The files below "out" that hold pages, one a line: all but forage's own. Freed by the caller. */
static inline char *attack_pages(const struct run *run)
{
    char *out = files_path(run->folder, "out"), *tree = files_tree(out), *to = tree;
    for (char *line = tree; *line;) {
        size_t len = strcspn(line, "\n") + 1;
        bool own = strncmp(line, ".forage/", 8) == 0;
        if (!own)
            memmove(to, line, len);
        to += own ? 0 : len;
        line += len;
    }
    *to = '\0';
    free(out);
    return tree;
}

#endif
