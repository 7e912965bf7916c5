/* The serving side of the fixture: what runs in the child. */
#ifndef SUPPORT_FIXTURE_SERVER_H
#define SUPPORT_FIXTURE_SERVER_H

#include "support/fixture_log.h"

enum { FIXTURE_LISTENERS = 9 };

struct fixture_listener {
    int fd;
    char address[48];
};

/* Serve until killed. The listeners are non-blocking and listening. */
_Noreturn void fixture_server_run(const struct fixture_options *options, const struct fixture_listener *listeners,
                                  unsigned count, struct fixture_log *log);

#endif
