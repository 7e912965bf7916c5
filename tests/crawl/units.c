/* The systemd units and the command lines of the documentation: they are what systemd and forage understand, and what
 * the units forbid is nothing that a run needs. */
#include "support/crawl.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/support.h"

#include <criterion/criterion.h>
#include <forage/forage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(units, .timeout = 100);

#define INSTALLED "/usr/local/bin/forage"

static char *read_document(const char *name)
{
    char *path = files_path(getenv("FORAGE_SOURCE"), name), *text = files_read(path, NULL);
    free(path);
    return text;
}

/* Write the unit NAME into FOLDER, with the program that was built in it, so that it exists. */
static char *copy_unit(const char *folder, const char *name)
{
    char *document = support_format("doc/%s", name), *text = read_document(document), *path = files_path(folder, name);
    char *program = strstr(text, INSTALLED);
    char *changed = program ? support_format("%.*s%s%s", (int)(program - text), text, getenv("FORAGE_BINARY"),
                                             program + strlen(INSTALLED))
                            : support_format("%s", text);
    files_write(path, changed, -1);
    free(changed);
    free(text);
    free(document);
    return path;
}

Test(units, systemd_finds_nothing_wrong_with_them)
{
    char *folder = files_temp_folder(), *service = copy_unit(folder, "forage.service"),
         *timer = copy_unit(folder, "forage.timer");
    struct run run = {.program = "systemd-analyze"};
    run_forage(&run, "--man=no", "verify", service, timer, NULL);
    cr_expect_eq(run.status, 0);
    cr_expect_str_eq(run.err, "");
    run_release(&run);
    free(timer);
    free(service);
    files_remove(folder);
    free(folder);
}

/* Of 100; systemd calls up to 20 "OK" and an ordinary service 96. */
Test(units, the_service_is_exposed_to_little)
{
    char *folder = files_temp_folder(), *service = copy_unit(folder, "forage.service");
    struct run run = {.program = "systemd-analyze"};
    run_forage(&run, "--offline=true", "--threshold=20", "--no-pager", "security", service, NULL);
    cr_expect_eq(run.status, 0, "%s%s", run.out, run.err);
    run_release(&run);
    free(service);
    files_remove(folder);
    free(folder);
}

/* ---- The filter of system calls ---- */

/* Print the calls of the program's trace that the unit's filter forbids, and how many different ones there are. fchown
 * is one that SQLite makes for root alone, and can do without. */
static const char compare[] =
    "expand() {\n"
    "  case $1 in\n"
    "    @*) systemd-analyze --no-pager syscall-filter \"$1\" | sed -n '2,$s/^ *//p' | grep -v '^#' |\n"
    "          while read -r call; do expand \"$call\"; done ;;\n"
    "    *) echo \"$1\" ;;\n"
    "  esac\n"
    "}\n"
    "filter() { sed -n \"s/^SystemCallFilter=$1\\([a-z@].*\\)/\\1/p\" service; }\n"
    "for set in $(filter ''); do expand \"$set\"; done | sort -u >allowed\n"
    "for set in $(filter '~'); do expand \"$set\"; done | sort -u >denied\n"
    "comm -23 allowed denied >permitted\n"
    "sed -E 's/^[0-9]+ +//' trace | grep -oE '^[a-z0-9_]+\\(' | tr -d '(' | grep -v '^fchown$' | sort -u >used\n"
    "wc -l <used\n"
    "comm -23 used permitted\n";

static bool strace_works(void)
{
    struct run run = {.program = "sh"};
    run_forage(&run, "-c", "strace -f -o trace true && grep -q execve trace", NULL);
    bool works = run.status == 0;
    run_release(&run);
    return works;
}

Test(units, the_filter_lets_every_system_call_of_a_run_through)
{
    if (!strace_works())
        cr_skip_test("strace is not installed, or may not trace");
    static const struct fixture_route routes[] = {
        {.path = "/jump", .reply = {.location = "/1"}},
        {.path = "/large", .reply = {.generated = 1 << 24, .coding = FIXTURE_GZIP}},
        {.path = "/", .prefix = true, .reply = {.body = "page"}},
        {0}};
    static const char *const environment[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
    struct fixture *f = fixture_start(&(struct fixture_options){.routes = routes});
    struct nginx *n = nginx_start(&(struct nginx_options){.tls = true});
    char *folder = files_temp_folder(), *text = read_document("doc/forage.service"),
         *service = files_path(folder, "service"), *count;
    char *list = support_format("127.0.0.1:%u/1\n127.0.0.1:%u/jump\n127.0.0.1:%u/large\nlocalhost:%u/2\n"
                                "no-such-host.invalid/\nhttps://127.0.0.1:%u/\n",
                                fixture_port(f), fixture_port(f), fixture_port(f), fixture_port(f), nginx_port(n));
    files_write(service, text, -1);
    struct run run = {.program = "strace",
                      .working_folder = folder,
                      .environment = environment,
                      .time_limit_ms = 60000,
                      .input = list};
    run_forage(&run, "-f", "-o", "trace", getenv("FORAGE_BINARY"), "--log", "log", "--metrics", "metrics", "--cookies",
               "cookies", "--failed", "failed", "--tries", "1", "-j", "2", "-", NULL);
    cr_expect(text_has(run.err, "\n4 fetched"), "%s", run.err);
    run_release(&run);
    run = (struct run){.program = "bash", .working_folder = folder};
    run_forage(&run, "-c", compare, NULL);
    cr_expect_eq(run.status, 0);
    cr_expect_gt(strtol(run.out, &count, 10), 40, "%s", run.out);
    cr_expect_str_eq(count, "\n", "forbidden, and used: %s", count);
    run_release(&run);
    free(list);
    free(service);
    free(text);
    files_remove(folder);
    free(folder);
    nginx_stop(n);
    fixture_stop(f);
}

/* ---- Command lines ---- */

/* Whether forage takes what stands behind its name in COMMAND, up to the line's end; --help keeps it from doing it. */
static void expect_taken(const char *command)
{
    char *line = support_format("exec \"$FORAGE_BINARY\" --help%.*s", (int)strcspn(command, "\n"), command);
    struct run run = {.program = "sh"};
    run_forage(&run, "-c", line, NULL);
    cr_expect(run.status == 0 && !run.err_len, "%s: %s", line, run.err);
    run_release(&run);
    free(line);
}

/* Each line of the document NAME that begins as a crontab's, an ExecStart= or a command of forage does. Their number.
 * */
static size_t expect_all_taken(const char *name)
{
    char *text = read_document(name);
    size_t count = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *command = strstr(line, "forage ");
        size_t begin = strspn(line, "0123456789*/, ");
        bool is_line = strncmp(line, "ExecStart=/", 11) == 0 || strncmp(line + begin, "forage -", 8) == 0;
        if (!command || !is_line || command > line + strcspn(line, "\n"))
            continue;
        expect_taken(command + strlen("forage"));
        count++;
    }
    free(text);
    return count;
}

Test(units, every_command_line_of_the_documentation_is_one_that_forage_takes)
{
    cr_expect_geq(expect_all_taken("doc/cron.md"), 6);
    cr_expect_geq(expect_all_taken("doc/forage.1.scd"), 5);
    cr_expect_eq(expect_all_taken("doc/forage.service"), 1);
    cr_expect_geq(expect_all_taken("README.md"), 3);
}
