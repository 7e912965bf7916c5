/* generated_web PAGES HOSTS SEED [THREADS]: the web of web_page.h on a port of 127.0.0.1, as fast as sockets allow.
 *
 * Prints the port, which the system picks, and a line end on standard output. For each line end on its standard input
 * it prints how many pages it has served, and at the end of the input it ends. /robots.txt is not found, everything
 * else is a page.
 *
 * Each thread has a listener of its own on the one port, and the connections that the kernel gives it; threads share
 * nothing but the description of the web. Requests have no body. */
#include "support/web_page.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 4096,
    EVENTS = 256,
    REQUEST_MOST = 8192,
    HEAD_MOST = 256,
    ANSWER_MOST = HEAD_MOST + WEB_PAGE_MOST,
    THREADS_MOST = 64
};

struct connection {
    int fd;
    bool writing; /* epoll was told to wait until LEFT can be sent */
    size_t len;   /* bytes of REQUEST */
    char *left;   /* what the kernel did not take of an answer */
    size_t left_at, left_len;
    char request[REQUEST_MOST];
};

struct server {
    const struct web *web;
    int epoll, listener;
    _Atomic uint64_t served; /* written by its thread alone */
    char answer[ANSWER_MOST];
};

static void fail(const char *what)
{
    fprintf(stderr, "generated_web: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- Answers ---- */

static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 000000\r\n\r\n";
static const char missing[] = "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nnone\n";

enum { HEAD_BYTES = sizeof head - 1, LENGTH_END = HEAD_BYTES - 4 };

/* The length is written with leading zeros, so that the page can be made behind a head of known size. */
static size_t make_answer(struct server *s, const char *target, size_t len)
{
    if (len == strlen("/robots.txt") && memcmp(target, "/robots.txt", len) == 0) {
        memcpy(s->answer, missing, sizeof missing - 1);
        return sizeof missing - 1;
    }
    uint64_t served = atomic_load_explicit(&s->served, memory_order_relaxed) + 1;
    atomic_store_explicit(&s->served, served, memory_order_relaxed);
    memcpy(s->answer, head, HEAD_BYTES);
    size_t size = web_page(s->web, web_number(s->web, target, len), s->answer + HEAD_BYTES);
    size_t digits = size;
    for (char *at = s->answer + LENGTH_END; digits; digits /= 10)
        *--at = (char)('0' + digits % 10);
    return HEAD_BYTES + size;
}

/* ---- Connections ---- */

static void close_connection(struct connection *c)
{
    close(c->fd);
    free(c->left);
    free(c);
}

static bool watch(struct server *s, struct connection *c, bool writing)
{
    struct epoll_event e = {.events = writing ? EPOLLOUT : EPOLLIN, .data.ptr = c};
    c->writing = writing;
    return epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e) == 0;
}

/* False: the peer is gone. */
static bool send_answer(struct server *s, struct connection *c, size_t len)
{
    ssize_t sent = send(c->fd, s->answer, len, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        return false;
    if (sent == (ssize_t)len)
        return true;
    c->left_at = 0;
    c->left_len = len - (size_t)(sent > 0 ? sent : 0);
    c->left = malloc(c->left_len);
    if (!c->left)
        fail("memory");
    memcpy(c->left, s->answer + len - c->left_len, c->left_len);
    return watch(s, c, true);
}

/* Answer the whole requests that are there; a client may have sent several at once. */
static bool answer_all(struct server *s, struct connection *c)
{
    size_t at = 0;
    bool alive = true;
    while (alive && !c->left) {
        const char *begin = c->request + at, *end = memmem(begin, c->len - at, "\r\n\r\n", 4);
        const char *target = end ? memchr(begin, ' ', (size_t)(end - begin)) : NULL;
        const char *behind = target ? memchr(target + 1, ' ', (size_t)(end - target - 1)) : NULL;
        if (!behind) {
            alive = !end;
            break;
        }
        alive = send_answer(s, c, make_answer(s, target + 1, (size_t)(behind - target - 1)));
        at = (size_t)(end + 4 - c->request);
    }
    c->len -= at;
    memmove(c->request, c->request + at, c->len);
    return alive && c->len < REQUEST_MOST;
}

static bool receive(struct server *s, struct connection *c)
{
    ssize_t n = recv(c->fd, c->request + c->len, REQUEST_MOST - c->len, 0);
    if (n <= 0)
        return n < 0 && errno == EAGAIN;
    c->len += (size_t)n;
    return answer_all(s, c);
}

static bool send_left(struct server *s, struct connection *c)
{
    ssize_t n = send(c->fd, c->left + c->left_at, c->left_len - c->left_at, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN;
    c->left_at += (size_t)n;
    if (c->left_at < c->left_len)
        return true;
    free(c->left);
    c->left = NULL;
    return watch(s, c, false) && answer_all(s, c);
}

static void accept_all(struct server *s)
{
    int fd, on = 1;
    while ((fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *c = calloc(1, sizeof *c);
        if (!c)
            fail("memory");
        c->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
        if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
            fail("epoll_ctl");
    }
}

static void *serve(void *server)
{
    struct server *s = server;
    struct epoll_event events[EVENTS];
    for (;;) {
        int count = epoll_wait(s->epoll, events, EVENTS, -1);
        if (count < 0 && errno != EINTR)
            fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c)
                accept_all(s);
            else if (!(c->writing ? send_left(s, c) : receive(s, c)))
                close_connection(c);
        }
    }
    return NULL;
}

/* ---- Start and end ---- */

/* PORT 0: the system picks one. */
static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        fail("cannot listen");
    *port = ntohs(address.sin_port);
    return fd;
}

static void start(struct server *s, const struct web *web, uint16_t *port)
{
    pthread_t thread;
    struct epoll_event e = {.events = EPOLLIN};
    s->web = web;
    s->listener = listen_on_loopback(port);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &e) != 0)
        fail("epoll");
    if (pthread_create(&thread, NULL, serve, s) != 0 || pthread_detach(thread) != 0)
        fail("cannot start a thread");
}

static void print_served(const struct server *servers, unsigned long count)
{
    uint64_t served = 0;
    for (unsigned long i = 0; i < count; i++)
        served += atomic_load_explicit(&servers[i].served, memory_order_relaxed);
    printf("%llu\n", (unsigned long long)served);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct server servers[THREADS_MOST];
    uint16_t port = 0;
    if (argc < 4 || argc > 5) {
        fputs("usage: generated_web PAGES HOSTS SEED [THREADS]\n", stderr);
        return 2;
    }
    struct web web = {.pages = strtoull(argv[1], NULL, 10),
                      .hosts = (uint32_t)strtoul(argv[2], NULL, 10),
                      .seed = strtoull(argv[3], NULL, 10)};
    unsigned long threads = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
    if (!web.hosts || web.pages < web.hosts || !threads || threads > THREADS_MOST) {
        fputs("generated_web: a web has at least one host, no host without a page, and 1 to 64 threads\n", stderr);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (unsigned long i = 0; i < threads; i++)
        start(&servers[i], &web, &port);
    printf("%u\n", (unsigned)port);
    fflush(stdout);
    for (int c; (c = getchar()) != EOF;)
        if (c == '\n')
            print_served(servers, threads);
    return 0;
}
