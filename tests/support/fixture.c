/* The test's side of the fixture: sockets, the child, and reading its log. */
#include "support/fixture.h"

#include "support/fixture_log.h"
#include "support/fixture_server.h"
#include "support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 4096, ADDRESSES_MOST = 8, PORT_TRIES = 50, LOOK_AT_CHILD_MS = 100 };

struct fixture {
    pid_t child; /* 0: halted */
    uint16_t port;
    struct fixture_log *log;
    struct fixture_listener listeners[FIXTURE_LISTENERS];
    unsigned listener_count;
    char **texts; /* URLs that were handed out */
    size_t text_count;
};

/* ---- Sockets ---- */

static socklen_t set_address(struct sockaddr_storage *to, const char *text, uint16_t port)
{
    *to = (struct sockaddr_storage){0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    inet_pton(AF_INET6, text, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
}

/* Listen on one more address. False, and errno, when the port is taken there. */
static bool listen_on(struct fixture *f, const char *address)
{
    struct fixture_listener *listener = &f->listeners[f->listener_count];
    struct sockaddr_storage name;
    socklen_t len = set_address(&name, address, f->port);
    int on = 1;
    listener->fd = socket(name.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        support_fail("cannot make a socket for %s", address);
    setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on); /* its connections inherit that */
    if (name.ss_family == AF_INET6)
        setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    snprintf(listener->address, sizeof listener->address, "%s", address);
    f->listener_count++;
    if (bind(listener->fd, (struct sockaddr *)&name, len) || listen(listener->fd, BACKLOG) ||
        getsockname(listener->fd, (struct sockaddr *)&name, &len))
        return false;
    if (!f->port)
        f->port = ntohs(((struct sockaddr_in *)&name)->sin_port);
    return true;
}

static void close_listeners(struct fixture *f)
{
    while (f->listener_count)
        close(f->listeners[--f->listener_count].fd);
}

static bool listen_everywhere(struct fixture *f, const struct fixture_options *options)
{
    unsigned addresses = options->addresses ? options->addresses : 1;
    if (addresses > ADDRESSES_MOST)
        support_fail("a fixture has at most %d addresses", ADDRESSES_MOST);
    f->port = options->port;
    for (unsigned i = 1; i <= addresses; i++) {
        char address[16];
        snprintf(address, sizeof address, "127.0.0.%u", i);
        if (!listen_on(f, address))
            return false;
    }
    return !options->ipv6 || listen_on(f, "::1");
}

/* ---- Start and stop ---- */

struct fixture *fixture_start(const struct fixture_options *options)
{
    static const struct fixture_options nothing;
    struct fixture *f = support_alloc(sizeof *f);
    if (!options)
        options = &nothing;
    for (int tries = 0; !listen_everywhere(f, options); tries++) {
        if (errno != EADDRINUSE || options->port || tries == PORT_TRIES)
            support_fail("cannot listen on port %u", f->port);
        close_listeners(f);
    }
    f->log = fixture_log_new();
    f->child = support_fork();
    if (f->child == 0)
        fixture_server_run(options, f->listeners, f->listener_count, f->log);
    close_listeners(f);
    return f;
}

void fixture_halt(struct fixture *f)
{
    if (f->child)
        support_kill(f->child);
    f->child = 0;
}

void fixture_stop(struct fixture *f)
{
    if (!f)
        return;
    fixture_halt(f);
    fixture_log_free(f->log);
    for (size_t i = 0; i < f->text_count; i++)
        free(f->texts[i]);
    free(f->texts);
    free(f);
}

/* ---- Where it is ---- */

uint16_t fixture_port(const struct fixture *f)
{
    return f->port;
}

const char *fixture_url_at(struct fixture *f, const char *host, const char *path)
{
    char **texts = realloc(f->texts, (f->text_count + 1) * sizeof *texts);
    if (!texts)
        support_fail("no memory for a URL");
    f->texts = texts;
    return texts[f->text_count++] = support_format("http://%s:%u%s", host, f->port, path);
}

const char *fixture_url(struct fixture *f, const char *path)
{
    return fixture_url_at(f, "127.0.0.1", path);
}

/* ---- What it saw ---- */

const struct fixture_request *fixture_requests(const struct fixture *f, size_t *count)
{
    *count = atomic_load(&f->log->count);
    return f->log->requests;
}

size_t fixture_count(const struct fixture *f, const char *target)
{
    size_t count, same = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        same += strcmp(requests[i].target, target) == 0;
    return same;
}

const struct fixture_request *fixture_find(const struct fixture *f, const char *target)
{
    size_t count;
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(requests[i].target, target) == 0)
            return &requests[i];
    return NULL;
}

unsigned fixture_connections(const struct fixture *f)
{
    return atomic_load(&f->log->connections);
}

unsigned fixture_peak_connections(const struct fixture *f)
{
    return atomic_load(&f->log->peak_open);
}

/* A dead server would let every wait run into its deadline, and hide why. */
static void check_child(const struct fixture *f)
{
    int status;
    if (f->child && waitpid(f->child, &status, WNOHANG) == f->child)
        support_fail("the fixture server died (wait status %d)", status);
}

static bool wait_for(const struct fixture *f, _Atomic uint32_t *word, size_t n, int timeout_ms)
{
    int64_t deadline = support_deadline_ns(timeout_ms);
    for (uint32_t seen; (seen = atomic_load(word)) < n;) {
        int left = support_left_ms(deadline);
        if (left == 0)
            return false;
        check_child(f);
        fixture_log_wait(word, seen, left < LOOK_AT_CHILD_MS ? left : LOOK_AT_CHILD_MS);
    }
    return true;
}

bool fixture_wait_requests(struct fixture *f, size_t n, int timeout_ms)
{
    return wait_for(f, &f->log->count, n, timeout_ms);
}

bool fixture_wait_ended(struct fixture *f, size_t n, int timeout_ms)
{
    return wait_for(f, &f->log->ended, n, timeout_ms);
}

/* ---- For bodies ---- */

void fixture_printf(struct fixture_reply *reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = support_vformat(format, args);
    va_end(args);
    free(reply->owned);
    reply->owned = text;
    reply->body = text;
    reply->body_len = strlen(text);
}
