#include "fetch/connection.h"

#include "fetch/guard.h"
#include "fetch/transfer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

static bool must_be_public(const struct transfer *t)
{
    return t->request.flags & FETCH_PUBLIC_ONLY;
}

static void note_address(struct transfer *t, const struct sockaddr *address)
{
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                            : &((const struct sockaddr_in *)address)->sin_addr;
    if (!inet_ntop(address->sa_family, bytes, t->address, sizeof t->address))
        t->address[0] = '\0';
}

/* A refused address does not stop libcurl from trying the host's next one, which may be fine. Where nothing is to be
 * connected to, the first fine one is the answer and all are refused. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct transfer *t = arg;
    (void)purpose;
    if (t->address[0])
        return CURL_SOCKET_BAD;
    if (must_be_public(t) && !t->setup->options->proxy && !guard_sockaddr(&address->addr)) {
        transfer_abort(t, FETCH_BLOCKED, "the address is not a public one");
        return CURL_SOCKET_BAD;
    }
    transfer_abort(t, FETCH_OK, NULL);
    if (t->request.flags & FETCH_RESOLVE_ONLY) {
        note_address(t, &address->addr);
        return CURL_SOCKET_BAD;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0)
        poller_own(&t->setup->poller, fd);
    return fd;
}

/* A connection outlives the transfer that made it, so this is told of the setup. */
static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct transfer_setup *setup = arg;
    poller_disown(&setup->poller, fd);
    return close(fd);
}

/* An empty part, which the parent sees now and not when the worker sleeps next. */
static bool tell_start(struct transfer *t)
{
    stream_close(&t->setup->stream);
    if (mp_worker_send(t->setup->worker, t->task, false, NULL, 0) != MP_OK) {
        t->setup->disconnected = true;
        return false;
    }
    mp_worker_flush(t->setup->worker);
    return true;
}

/* There is a connection, and the request goes out next. */
static int on_connected(void *arg, char *peer, char *local, int peer_port, int local_port)
{
    struct transfer *t = arg;
    (void)local;
    (void)peer_port;
    (void)local_port;
    if (t->request.flags & FETCH_RESOLVE_ONLY)
        return CURL_PREREQFUNC_ABORT;
    if (must_be_public(t) && !t->setup->options->proxy && !guard_text(peer)) {
        transfer_abort(t, FETCH_BLOCKED, "the address is not a public one");
        return CURL_PREREQFUNC_ABORT;
    }
    if (t->request.flags & FETCH_TELL_START && !tell_start(t))
        return CURL_PREREQFUNC_ABORT;
    return CURL_PREREQFUNC_OK;
}

void connection_watch(struct transfer *t)
{
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, t->setup);
    curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(e, CURLOPT_PREREQDATA, t);
}

/* Through a proxy only the proxy's address is seen; what can be judged then is a host that is an address itself. */
bool connection_is_blocked(const struct transfer *t)
{
    const char *host = buffer_text(&t->request.host);
    return must_be_public(t) && guard_is_literal(host) && !guard_host(host);
}
