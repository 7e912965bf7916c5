/* The program: reads the command line, runs one crawl, shows what happens, and turns it into an exit status. */
#include "cli/display.h"
#include "cli/inspect.h"
#include "cli/option_table.h"
#include "cli/options.h"
#include "cli/splay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* For the signal handler; set before it is installed, never freed before the program ends. */
static struct forage *running;
static volatile sig_atomic_t caught;

/* The first signal ends the run in good order, the second at once. */
static void on_signal(int number)
{
    if (caught)
        _exit(128 + number);
    caught = number;
    forage_stop_as(running, 128 + number);
}

static void on_hangup(int number)
{
    (void)number;
    forage_reopen_log(running);
}

/* Whoever started us with a signal ignored, as nohup does, wants no end by it. */
static void end_by(int number)
{
    struct sigaction before, end = {.sa_handler = on_signal};
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &end, NULL);
}

/* With a log SIGHUP ends nothing anyway, so that nohup is no reason to leave a rotated log unopened. */
static void catch_signals(bool logs)
{
    struct sigaction hangup = {.sa_handler = on_hangup};
    end_by(SIGINT);
    end_by(SIGTERM);
    if (logs)
        sigaction(SIGHUP, &hangup, NULL);
    else
        end_by(SIGHUP);
    signal(SIGPIPE, SIG_IGN);
}

static int exit_of(enum forage_status status)
{
    switch (status) {
    case FORAGE_OK:
        return FORAGE_EXIT_OK;
    case FORAGE_USAGE:
        return FORAGE_EXIT_USAGE;
    case FORAGE_LOCKED:
        return FORAGE_EXIT_LOCKED;
    default:
        return FORAGE_EXIT_FILE;
    }
}

/* An argument with a scheme is a URL; anything else is a list, so that a mistyped file name is not asked for as a
 * host. */
static enum forage_status add_source(struct forage *f, const char *source)
{
    return strstr(source, "://") ? forage_add_url(f, source) : forage_add_list(f, source);
}

/* Endings of lists, none of which is a top-level domain. */
static bool is_called_list(const char *name, size_t len)
{
    static const char *const endings[] = {".txt", ".lst", ".list", ".urls", ".gz"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (len >= strlen(endings[i]) && strcasecmp(name + len - strlen(endings[i]), endings[i]) == 0)
            return true;
    return false;
}

/* Whether TEXT begins as example.org, www.example.org:8080/x or localhost/x do. */
static bool looks_like_host(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t len = strspn(text, letters), digits = text[len] == ':' ? strspn(text + len + 1, "0123456789") : 0;
    const char *dot = memchr(text, '.', len), *end = text + len + (digits ? digits + 1 : 0);
    bool has_name = (dot && dot > text && text[len - 1] != '.') || (len == 9 && strncmp(text, "localhost", 9) == 0);
    return has_name && strchr("/?#", *end) && (*end || !is_called_list(text, len));
}

static void refuse_list(const char *path, int error)
{
    char reason[128];
    snprintf(reason, sizeof reason, "%s; a URL needs http:// or https:// in front", strerror(error));
    display_bad_file(path, error == ENOENT && looks_like_host(path) ? reason : strerror(error));
}

static int add_sources(struct forage *f, const struct arguments *a)
{
    for (int i = 0; i < a->source_count; i++) {
        enum forage_status s = add_source(f, a->sources[i]);
        if (s != FORAGE_OK) {
            refuse_list(a->sources[i], errno);
            return exit_of(s);
        }
    }
    return FORAGE_EXIT_OK;
}

static int run(struct forage *f, struct display *d, bool logs)
{
    struct forage_summary summary;
    running = f;
    catch_signals(logs);
    enum forage_status s = forage_run(f, &summary);
    display_summary(d, &summary);
    return summary.exit_status ? summary.exit_status : exit_of(s);
}

/* Fewer URLs than workers need fewer workers. A list may hold any number, and a site may have any. */
static unsigned useful_workers(const struct arguments *a)
{
    if (a->options.recursive)
        return a->options.workers;
    for (int i = 0; i < a->source_count; i++)
        if (!strstr(a->sources[i], "://"))
            return a->options.workers;
    unsigned count = (unsigned)a->source_count;
    return a->options.workers && a->options.workers < count ? a->options.workers : count < 2 ? 1 : a->options.workers;
}

static int refuse(enum forage_status status, const char *error)
{
    display_refusal(*error ? error : "out of memory");
    return exit_of(status);
}

/* ERROR begins with an option's name, as far as it is about one. */
static int refuse_options(enum forage_status status, const char *error)
{
    char name[32], words[600];
    size_t len = strcspn(error, ":");
    snprintf(name, sizeof name, "%.*s", (int)len, error);
    snprintf(words, sizeof words, "--%s", error);
    return refuse(status, error[len] && option_find(name) ? words : error);
}

/* Look at the options as they were given, and wait. An exit status, or FORAGE_EXIT_OK to go on. */
static int prepare(const struct arguments *a)
{
    char error[512] = "";
    enum forage_status s = forage_check(&a->options, error, sizeof error);
    if (s != FORAGE_OK)
        return refuse_options(s, error);
    int number = a->splay_ms ? splay_wait(a->splay_ms) : 0;
    return number ? 128 + number : FORAGE_EXIT_OK;
}

static int crawl(struct arguments *a)
{
    struct display display;
    struct forage *forage;
    char error[512] = "";
    /* There is no log to open again yet, which is no reason to end. */
    if (a->options.log)
        signal(SIGHUP, SIG_IGN);
    int status = prepare(a);
    if (status != FORAGE_EXIT_OK)
        return status;
    display_init(&display, a->quiet, a->verbose);
    a->options.workers = useful_workers(a);
    a->options.on_page = display_page;
    a->options.on_bad_line = display_bad_line;
    a->options.on_tick = display_tick;
    a->options.context = &display;
    enum forage_status s = forage_new(&a->options, &forage, error, sizeof error);
    if (s != FORAGE_OK)
        return refuse(s, error);
    status = add_sources(forage, a);
    if (status == FORAGE_EXIT_OK)
        status = run(forage, &display, a->options.log);
    forage_free(forage);
    return status;
}

static void print_version(void)
{
    char text[512];
    forage_describe(text, sizeof text);
    puts(text);
}

/* A full disk or a closed pipe is a failure like any other. */
static int end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return FORAGE_EXIT_OK;
    display_bad_file("standard output", strerror(errno));
    return FORAGE_EXIT_FILE;
}

static int act(struct arguments *a)
{
    if (a->help)
        options_help(a->help_topic);
    else if (a->version)
        print_version();
    else if (a->completion)
        options_completion(a->completion);
    else if (a->status)
        return inspect_status(a->status, a->json);
    else if (a->why)
        return inspect_why(a->sources[0], a->why, &a->options, a->json);
    else
        return crawl(a);
    return end_output();
}

/* The first file that is opened would take the place of a standard descriptor that is closed, and be read as a list or
 * have messages written into it. What stands there instead can be used no more than a closed one. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    if (!fill_standard_descriptors())
        return FORAGE_EXIT_FILE;
    struct arguments a;
    int status = arguments_parse(&a, argc, argv);
    if (status == FORAGE_EXIT_OK)
        status = act(&a);
    arguments_release(&a);
    return status;
}
