/* The command line: one table of options, from which parsing and --help are made.
 *
 * Context: main, before the crawl is made. This layer is the only one that reads argv and prints. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <forage/forage.h>
#include <stdbool.h>
#include <stddef.h>

struct arguments {
    struct forage_options options;
    bool quiet, verbose;
    bool help, version;
    const char **headers; /* owned arrays of borrowed texts */
    const char **resolve;
    char **sources; /* LIST|URL|-, borrowed from argv */
    int source_count;
};

/* Read the command line. False after one clear line on standard error: exit with FORAGE_EXIT_USAGE.
 * OUT borrows ARGV; end it with arguments_release in any case. */
bool arguments_parse(struct arguments *out, int argc, char **argv);
void arguments_release(struct arguments *a);

/* Print --help to standard output. */
void options_help(void);

#endif
