/* forage --status DIR and forage --why URL DIR: what the state knows, as text for people or as JSON, on standard
 * output.
 *
 * Both return an exit status: 0, FORAGE_EXIT_FILE when there is no state or it cannot be read or the output cannot
 * be written, FORAGE_EXIT_USAGE for a URL that cannot be read; then there is a line on standard error. */
#ifndef CLI_INSPECT_H
#define CLI_INSPECT_H

#include <forage/forage.h>
#include <stdbool.h>

int inspect_status(const char *dir, bool json);

/* OPTIONS are those of the run that is asked about. */
int inspect_why(const char *dir, const char *url, const struct forage_options *options, bool json);

#endif
