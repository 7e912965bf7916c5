/* The role of a manager's server: it reads requests from its clients' connections and takes new connections from the
 * door; it owns all the objects; it must never touch a descriptor of its parent, and closes all but its own. What a
 * client sends is taken for an attack: a frame that is too long or makes no sense ends that client's connection and
 * nothing else. */
#include "manager_server.h"

#include "manager_ops.h"
#include "process_table.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, KEPT_BYTES = 1024 * 1024, EVENTS = 64 };

struct client {
    struct client *next;
    struct client *previous;
    int fd;
    pid_t pid; /* of the process that made the connection, as the kernel knows it */
    struct buffer in;
    struct wire out;
    size_t sent;  /* bytes of OUT */
    bool blocked; /* waits for room to send; a client that does not read its answer is not read from either */
    struct holds holds;
};

struct server {
    struct store store;
    struct client *clients;
    int door;
    int epoll;
    pid_t owner;
    bool stop;
};

static void close_all_but(int a, int b)
{
    const unsigned kept[] = {(unsigned)(a < b ? a : b), (unsigned)(a < b ? b : a)};
    unsigned from = STDERR_FILENO + 1;
    for (int i = 0; i < 2; i++) {
        if (kept[i] < from)
            continue;
        if (kept[i] > from)
            close_range(from, kept[i] - 1, 0);
        from = kept[i] + 1;
    }
    close_range(from, ~0u, 0);
}

/* The descriptor of the parent stays, because a thread may be watching it (process_child.c). */
static void set_up_process(int door)
{
    int parent = process_table_lock()->parent.fd;
    process_table_unlock();
    close_all_but(door, parent < 0 ? door : parent);
    signal(SIGINT, SIG_IGN); /* Ctrl-C is for the clients, who may still need the server to finish */
    signal(SIGTERM, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* ---- Clients ---- */

static void drop_client(struct server *s, struct client *c)
{
    if (c->previous)
        c->previous->next = c->next;
    else
        s->clients = c->next;
    if (c->next)
        c->next->previous = c->previous;
    close(c->fd);
    holds_release(&s->store, &c->holds);
    buffer_release(&c->in);
    wire_release(&c->out);
    free(c);
}

static void add_client(struct server *s, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    struct client *c = calloc(1, sizeof(*c));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (!c || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        free(c);
        close(fd);
        return;
    }
    c->fd = fd;
    c->pid = peer.pid;
    c->next = s->clients;
    if (c->next)
        c->next->previous = c;
    s->clients = c;
}

/* Take one letter at the door. Whatever else is in it, the first descriptor is a connection and others are closed. */
static void open_door(struct server *s)
{
    union {
        char bytes[CMSG_SPACE(8 * sizeof(int))];
        struct cmsghdr align;
    } control;
    char byte;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control)};
    if (recvmsg(s->door, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
        return;
    bool first = true;
    for (struct cmsghdr *h = CMSG_FIRSTHDR(&msg); h; h = CMSG_NXTHDR(&msg, h)) {
        if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < (h->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
            if (first)
                add_client(s, fd);
            else
                close(fd);
            first = false;
        }
    }
}

/* ---- Requests ---- */

static bool send_answer(struct server *s, struct client *c)
{
    struct buffer *out = &c->out.buffer;
    while (c->sent < out->len) {
        ssize_t n = send(c->fd, out->data + c->sent, out->len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            return false;
        c->sent += (size_t)n;
    }
    bool done = c->sent == out->len;
    if (done) {
        c->sent = 0;
        buffer_clear(out);
        if (out->capacity > KEPT_BYTES)
            buffer_release(out);
    }
    if (c->blocked == !done)
        return true;
    c->blocked = !done;
    struct epoll_event event = {.events = done ? EPOLLIN : EPOLLOUT, .data.ptr = c};
    return epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event) == 0;
}

/* Only the process that made the manager may end it. */
static bool is_shutdown(const struct server *s, const struct client *c, const struct wire_reader *r)
{
    return r->end > r->at && *r->at == OP_SHUTDOWN && c->pid == s->owner;
}

/* Answer the first request if it is there whole. Returns its bytes, 0 if it is not there, -1 to drop the client. */
static ssize_t serve_first(struct server *s, struct client *c, size_t at)
{
    uint32_t len;
    size_t have = c->in.len - at;
    if (have < FRAME_HEADER_BYTES)
        return 0;
    memcpy(&len, c->in.data + at, sizeof(len));
    if (len > MP_REQUEST_MAX)
        return -1;
    if (have - FRAME_HEADER_BYTES < len)
        return 0;
    const char *body = c->in.data + at + FRAME_HEADER_BYTES;
    struct wire_reader reader = {body, body + len, false};
    if (is_shutdown(s, c, &reader)) {
        s->stop = true;
        return -1;
    }
    if (!manager_serve_request(&s->store, &c->holds, &reader, &c->out) || !send_answer(s, c))
        return -1;
    return FRAME_HEADER_BYTES + (ssize_t)len;
}

static bool serve_all(struct server *s, struct client *c)
{
    size_t at = 0;
    ssize_t n = 0;
    while (c->out.buffer.len == 0 && (n = serve_first(s, c, at)) > 0)
        at += (size_t)n;
    if (n < 0)
        return false;
    if (at > 0) {
        memmove(c->in.data, c->in.data + at, c->in.len - at);
        c->in.len -= at;
    }
    if (c->in.len == 0 && c->in.capacity > KEPT_BYTES)
        buffer_release(&c->in);
    return true;
}

/* Memory grows with what has arrived, not with what a header promises. */
static bool read_requests(struct server *s, struct client *c)
{
    if (!buffer_reserve(&c->in, READ_BYTES))
        return false;
    ssize_t n = recv(c->fd, c->in.data + c->in.len, READ_BYTES, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    c->in.len += (size_t)n;
    return serve_all(s, c);
}

static void serve_client(struct server *s, struct client *c, uint32_t events)
{
    bool good;
    if (events & EPOLLOUT)
        good = send_answer(s, c) && (c->out.buffer.len > 0 || serve_all(s, c));
    else
        good = c->out.buffer.len == 0 && read_requests(s, c);
    if (!good)
        drop_client(s, c);
}

/* One event belongs to one client, so that none is dropped that a later event of the same batch points to. */
static void serve(struct server *s)
{
    struct epoll_event events[EVENTS];
    while (!s->stop) {
        int n = epoll_wait(s->epoll, events, EVENTS, -1);
        for (int i = 0; i < n && !s->stop; i++) {
            if (events[i].data.ptr)
                serve_client(s, events[i].data.ptr, events[i].events);
            else
                open_door(s);
        }
    }
}

int manager_server_run(void *arg)
{
    struct server s = {.door = *(int *)arg, .owner = getppid()};
    set_up_process(s.door);
    store_init(&s.store);
    struct epoll_event door = {.events = EPOLLIN};
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s.epoll < 0 || epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.door, &door) < 0)
        return 1;
    serve(&s);
    while (s.clients)
        drop_client(&s, s.clients);
    store_release(&s.store);
    close(s.epoll);
    close(s.door);
    return 0;
}
