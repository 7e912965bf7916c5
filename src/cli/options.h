/* What the user asked for: the command line over the configuration file.
 *
 * arguments_parse, use it, arguments_release. The options themselves are rows of one table (option_table.h), from which
 * parsing, --help and the completions are made.
 *
 * Context: main, before the crawl is made. This layer is the only one that reads argv and prints. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH, SHELL_FISH };

/* An array that grows, of borrowed texts. */
struct texts {
    const char **items;
    size_t count;
};

struct arguments {
    struct forage_options options; /* complete when all was read, but for callbacks */
    bool quiet, verbose;
    int64_t splay_ms; /* start after a random part of it */

    /* Instead of a crawl. */
    bool help, version;
    const char *help_topic; /* NULL: all of them */
    enum shell completion;
    const char *status; /* a folder */
    const char *why;    /* a URL; the folder is the only source */
    bool json;

    const char *config; /* NULL: the usual one, which may be missing */
    bool no_config;

    struct texts headers, resolve, accept, reject, types, strip_query;
    bool has_max_age; /* what it bounds depends on whether the run is recursive, which may be said behind it */
    int64_t max_age_ms;

    char **owned; /* texts that were not in argv */
    size_t owned_count;
    char **sources; /* LIST|URL|-, borrowed from argv */
    int source_count;
};

/* Read the command line and the configuration file. Returns FORAGE_EXIT_OK, or after one clear line on standard error
 * FORAGE_EXIT_USAGE or FORAGE_EXIT_FILE. OUT borrows ARGV; end it with arguments_release in any case. */
int arguments_parse(struct arguments *out, int argc, char **argv);

/* Keep TEXT, which was allocated, until arguments_release. NULL when memory is out; then TEXT is freed. */
const char *arguments_own(struct arguments *a, char *text);

void arguments_release(struct arguments *a);

/* What A comes to: with its arrays, and without what only a recursive run has a use for if it is none. */
struct forage_options arguments_options(const struct arguments *a);

/* Print --help, of one topic or of all (NULL), and the completions of a shell, to standard output. */
void options_help(const char *topic);
void options_completion(enum shell shell);

#endif
