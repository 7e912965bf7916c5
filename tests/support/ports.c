/* Ports of support.h. The sockets are left open on purpose: a port stays as it is until the test's process ends. */
#include "support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { DEAF_BACKLOG = 1024, MOST_CALLERS = 64, QUIET_MS = 100 };

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int bound_socket(uint16_t *port)
{
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || getsockname(fd, (struct sockaddr *)&address, &len))
        support_fail("cannot bind a port");
    *port = ntohs(address.sin_port);
    return fd;
}

uint16_t support_closed_port(void)
{
    uint16_t port;
    bound_socket(&port);
    return port;
}

uint16_t support_free_port(void)
{
    uint16_t port;
    close(bound_socket(&port));
    return port;
}

uint16_t support_deaf_port(void)
{
    uint16_t port;
    if (listen(bound_socket(&port), DEAF_BACKLOG))
        support_fail("cannot listen");
    return port;
}

/* Whether one more connection to PORT was accepted by the kernel within QUIET_MS. */
static int one_more_fits(uint16_t port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        support_fail("cannot make a socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return 1;
    if (errno != EINPROGRESS)
        support_fail("cannot fill a listener");
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    return poll(&wait, 1, QUIET_MS) == 1;
}

uint16_t support_full_port(void)
{
    uint16_t port;
    if (listen(bound_socket(&port), 0))
        support_fail("cannot listen");
    for (int callers = 0; one_more_fits(port); callers++)
        if (callers == MOST_CALLERS)
            support_fail("a listener that accepts nobody took %d callers", callers);
    return port;
}

int support_connect(uint16_t port, int timeout_ms)
{
    struct sockaddr_in address = loopback(port);
    struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        support_fail("cannot make a socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}
