/* The configuration file: options under their long names, in INI.
 *
 *     # every night
 *     output = /srv/pages
 *     header = Accept-Language: de
 *     quiet = on
 *
 * It is the file of --config, or else $XDG_CONFIG_HOME/forage/config or ~/.config/forage/config if there is one.
 * Sections have no meaning and are refused.
 *
 * Context: between the two looks at the command line. */
#ifndef CLI_CONFIGURATION_H
#define CLI_CONFIGURATION_H

#include "cli/options.h"

/* Put what the file says into A, whose config and no_config are set. Returns FORAGE_EXIT_OK, or after one clear line on
 * standard error FORAGE_EXIT_USAGE or FORAGE_EXIT_FILE. */
int configuration_read(struct arguments *a);

#endif
