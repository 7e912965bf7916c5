#include "support/fixture_routes.h"

#include "support/support.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct progress {
    const struct fixture_reply *reply; /* NULL: the route was not asked for yet */
    unsigned given;
};

struct routes {
    const struct fixture_options *options;
    struct progress *progress; /* one for each route */
};

struct routes *routes_new(const struct fixture_options *options)
{
    struct routes *routes = support_alloc(sizeof *routes);
    size_t count = 0;
    while (options->routes && options->routes[count].path)
        count++;
    routes->options = options;
    routes->progress = support_alloc(count * sizeof *routes->progress);
    return routes;
}

static bool host_matches(const char *wanted, const char *host)
{
    size_t len = strlen(wanted);
    return strncasecmp(wanted, host, len) == 0 && (host[len] == '\0' || host[len] == ':');
}

static bool route_matches(const struct fixture_route *route, const struct fixture_request *request)
{
    if (route->method && strcmp(route->method, request->method) != 0)
        return false;
    if (route->host && !host_matches(route->host, request->host))
        return false;
    if (route->prefix)
        return strncmp(route->path, request->target, strlen(route->path)) == 0;
    return strcmp(route->path, request->target) == 0;
}

static const struct fixture_reply *next_of_route(struct progress *progress, const struct fixture_route *route)
{
    if (!progress->reply)
        progress->reply = &route->reply;
    unsigned times = progress->reply->times ? progress->reply->times : 1;
    if (progress->reply->then && progress->given >= times) {
        progress->reply = progress->reply->then;
        progress->given = 0;
    }
    progress->given++;
    return progress->reply;
}

struct fixture_reply routes_reply(struct routes *routes, const struct fixture_request *request)
{
    struct fixture_reply reply = {0};
    const struct fixture_options *options = routes->options;
    const struct fixture_route *route = options->routes;
    if (request->malformed)
        return (struct fixture_reply){.status = 400, .end = FIXTURE_CLOSE};
    for (size_t i = 0; route && route[i].path; i++)
        if (route_matches(&route[i], request))
            return *next_of_route(&routes->progress[i], &route[i]);
    if (options->fallback && options->fallback(request, &reply, options->context) == 0)
        return reply;
    free(reply.owned);
    return (struct fixture_reply){.status = 404, .body = "<h1>Not Found</h1>\n"};
}
