/* Which reply a request gets, and where each route's sequence of replies stands. */
#ifndef SUPPORT_FIXTURE_ROUTES_H
#define SUPPORT_FIXTURE_ROUTES_H

#include "support/fixture.h"

struct routes;

/* Lives as long as the server's process. Borrows OPTIONS. */
struct routes *routes_new(const struct fixture_options *options);

/* The reply to REQUEST; a sequence moves on by one. */
struct fixture_reply routes_reply(struct routes *routes, const struct fixture_request *request);

#endif
