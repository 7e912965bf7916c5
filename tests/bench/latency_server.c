/* A web server for measurements that is slow on purpose: it answers every request with FILE as HTML, DELAY_MS after the
 * request's head has arrived, and keeps connections open. As the delay is the same for all, the answers wait in one
 * queue.
 *
 * bench_latency_server DELAY_MS FILE: prints the port of 127.0.0.1 that the system picked, then serves until it is
 * killed. It knows as much HTTP as the programs that are measured use: requests without a body, one at a time on a
 * connection. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, EVENTS = 512, REQUEST_MOST = 8192, HEAD_MOST = 128, SECOND_NS = 1000000000, MS_NS = 1000000 };

struct connection {
    int fd;      /* -1: closed, but still in the queue */
    bool queued; /* its answer is not due yet */
    int64_t due_ns;
    struct connection *next; /* in the queue */
    size_t len;              /* bytes of REQUEST */
    size_t left;             /* bytes of the answer that did not fit into the socket */
    char request[REQUEST_MOST];
};

static struct {
    struct connection *first, **end;
} queue = {.end = &queue.first};

static int poller;
static int64_t delay_ns;
static char *answer;
static size_t answer_len;

static void fail(const char *what)
{
    fprintf(stderr, "bench_latency_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

/* ---- One connection ---- */

static void close_connection(struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    if (!c->queued)
        free(c);
}

static void queue_answer(struct connection *c)
{
    c->queued = true;
    c->due_ns = now_ns() + delay_ns;
    c->next = NULL;
    *queue.end = c;
    queue.end = &c->next;
}

static void queue_if_asked(struct connection *c)
{
    if (!c->queued && !c->left && memmem(c->request, c->len, "\r\n\r\n", 4))
        queue_answer(c);
}

/* False: the peer is gone, or sends more than a request. */
static bool receive(struct connection *c)
{
    while (c->len < sizeof c->request) {
        ssize_t n = recv(c->fd, c->request + c->len, sizeof c->request - c->len, 0);
        if (n < 0)
            return errno == EAGAIN;
        if (n == 0)
            return false;
        c->len += (size_t)n;
    }
    return false;
}

static bool send_left(struct connection *c)
{
    while (c->left) {
        ssize_t n = send(c->fd, answer + answer_len - c->left, c->left, MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN;
        c->left -= (size_t)n;
    }
    return true;
}

/* Events are edge-triggered, so whatever can be done has to be done now. */
static void on_event(struct connection *c)
{
    if (!send_left(c) || !receive(c))
        close_connection(c);
    else
        queue_if_asked(c);
}

static void answer_now(struct connection *c)
{
    c->queued = false;
    c->len = 0;
    c->left = answer_len;
    if (c->fd < 0)
        free(c);
    else if (!send_left(c))
        close_connection(c);
}

/* ---- All connections ---- */

static void accept_all(int listener)
{
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
            fail("memory");
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e) != 0)
            fail("epoll_ctl");
    }
    if (errno != EAGAIN && errno != ECONNABORTED)
        fail("accept");
}

static void answer_due(void)
{
    int64_t now = now_ns();
    while (queue.first && queue.first->due_ns <= now) {
        struct connection *c = queue.first;
        queue.first = c->next;
        if (!queue.first)
            queue.end = &queue.first;
        answer_now(c);
    }
}

/* Waits to the nanosecond: with epoll_wait's milliseconds the delay would be up to two percent too long. */
static int wait_events(struct epoll_event *events)
{
    if (!queue.first)
        return epoll_pwait2(poller, events, EVENTS, NULL, NULL);
    int64_t left = queue.first->due_ns - now_ns();
    if (left < 0)
        left = 0;
    struct timespec t = {.tv_sec = left / SECOND_NS, .tv_nsec = left % SECOND_NS};
    return epoll_pwait2(poller, events, EVENTS, &t, NULL);
}

static void serve(int listener)
{
    struct epoll_event events[EVENTS], e = {.events = EPOLLIN};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener, &e) != 0)
        fail("epoll_ctl");
    for (;;) {
        int count = wait_events(events);
        if (count < 0 && errno != EINTR)
            fail("epoll_pwait2");
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                on_event(events[i].data.ptr);
            else
                accept_all(listener);
        }
        answer_due();
    }
}

/* ---- Start ---- */

static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        fail("cannot listen");
    *port = ntohs(address.sin_port);
    return fd;
}

static void read_answer(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        fail(path);
    size_t size = (size_t)ftell(f);
    rewind(f);
    answer = malloc(HEAD_MOST + size);
    if (!answer)
        fail("memory");
    int head =
        snprintf(answer, HEAD_MOST, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n", size);
    if (fread(answer + head, 1, size, f) != size)
        fail(path);
    answer_len = (size_t)head + size;
    fclose(f);
}

int main(int argc, char **argv)
{
    uint16_t port;
    if (argc != 3) {
        fputs("usage: bench_latency_server DELAY_MS FILE\n", stderr);
        return 2;
    }
    delay_ns = strtol(argv[1], NULL, 10) * (int64_t)MS_NS;
    read_answer(argv[2]);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0)
        fail("epoll");
    int listener = listen_on_loopback(&port);
    printf("%u\n", (unsigned)port);
    fflush(stdout);
    serve(listener);
}
