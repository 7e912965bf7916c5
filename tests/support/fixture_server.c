/* The fixture's child: one thread, one epoll, and a small state machine for each connection.
 *
 * It owns the connections and writes the log; it reads the routes, which it inherited. A connection is at any time in
 * one state, and the state alone decides which events it waits for. */
#include "support/fixture_server.h"

#include "support/fixture_parse.h"
#include "support/fixture_plan.h"
#include "support/fixture_routes.h"
#include "support/support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD_MOST = 1 << 20,
    OUT_BYTES = 64 * 1024,
    TURNS_AT_ONCE = 16,
    EVENTS_AT_ONCE = 64,
    LINGER_MS = 5000,
    FLUSH_CHECK_MS = 1
};

enum state {
    READING,   /* a request's head is awaited */
    WAITING,   /* a delay or a pause of the reply; wake_ns ends it */
    WRITING,   /* the reply is being sent */
    HANGING,   /* nothing more will be sent */
    LINGERING, /* our side is closed; what the client still sends is dropped until it closes or wake_ns */
    FLUSHING,  /* a reset follows as soon as the client's kernel has all */
    GONE
};

static const uint32_t events_of[] = {
    [READING] = EPOLLIN | EPOLLRDHUP, [WAITING] = EPOLLRDHUP, [WRITING] = EPOLLOUT,
    [HANGING] = EPOLLRDHUP,           [LINGERING] = EPOLLIN,  [FLUSHING] = EPOLLRDHUP,
};

struct connection {
    int fd;
    enum state state;
    uint32_t events; /* what epoll was told */
    int64_t wake_ns; /* 0: no timer */
    unsigned number, served;
    uint16_t peer_port;
    const char *address;
    bool deaf;           /* a next request is logged and gets no answer */
    int64_t received_ns; /* when the last bytes came in */
    char *in;
    size_t in_len, in_room;
    struct fixture_request *request; /* being served; NULL: none */
    struct plan plan;
    char out[OUT_BYTES];
    size_t out_len, out_sent;
    struct connection *next;
};

struct server {
    int epoll;
    const struct fixture_options *options;
    const struct fixture_listener *listeners;
    unsigned listener_count;
    struct fixture_log *log;
    struct routes *routes;
    struct connection *connections;
    unsigned serving;
};

/* ---- A connection's end ---- */

static void set_timer(struct connection *c, int ms)
{
    c->wake_ns = support_deadline_ns(ms);
}

static void end_request(struct server *s, struct connection *c)
{
    if (!c->request)
        return;
    plan_release(&c->plan);
    fixture_log_ended(s->log, c->request);
    c->request = NULL;
    s->serving--;
}

/* Close and mark for sweep; the memory stays until nobody on the stack uses it. */
static void drop(struct server *s, struct connection *c)
{
    end_request(s, c);
    close(c->fd);
    c->state = GONE;
    atomic_fetch_sub(&s->log->open, 1);
}

static void reset(struct server *s, struct connection *c)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    drop(s, c);
}

/* A close with unread bytes would reset the connection, and the client could lose what it was sent. */
static void linger(struct connection *c)
{
    shutdown(c->fd, SHUT_WR);
    c->state = LINGERING;
    set_timer(c, LINGER_MS);
}

static void flush_or_reset(struct server *s, struct connection *c)
{
    int unacknowledged = 0;
    if (ioctl(c->fd, SIOCOUTQ, &unacknowledged) < 0 || unacknowledged == 0) {
        reset(s, c);
        return;
    }
    c->state = FLUSHING;
    set_timer(c, FLUSH_CHECK_MS);
}

/* ---- From a request to the end of its reply ---- */

static unsigned parallel_at_host(const struct server *s, const char *host)
{
    unsigned count = 0;
    for (const struct connection *c = s->connections; c; c = c->next)
        count += c->request && strcasecmp(c->request->host, host) == 0;
    return count;
}

static void log_request(struct server *s, struct connection *c, size_t len)
{
    struct fixture_request *request = fixture_log_next(s->log);
    request->arrived_ns = c->received_ns;
    request->connection = c->number;
    request->peer_port = c->peer_port;
    request->address = c->address;
    parse_request(s->log, request, c->in, len);
    c->request = request;
    request->parallel = ++s->serving;
    request->parallel_host = parallel_at_host(s, request->host);
    fixture_log_publish(s->log);
    c->in_len -= len;
    memmove(c->in, c->in + len, c->in_len);
}

static void begin_reply(struct server *s, struct connection *c)
{
    if (c->deaf) {
        c->state = HANGING;
        return;
    }
    struct fixture_reply reply = routes_reply(s->routes, c->request);
    plan_make(&c->plan, &reply, c->request);
    if (s->options->requests_per_connection && c->served + 1 >= s->options->requests_per_connection &&
        c->plan.end == FIXTURE_KEEP)
        c->plan.end = FIXTURE_DROP;
    c->state = WRITING;
    int delay_ms = c->plan.delay_ms + s->options->delay_ms;
    if (delay_ms) {
        c->state = WAITING;
        set_timer(c, delay_ms);
    }
}

static void finish_reply(struct server *s, struct connection *c)
{
    enum fixture_end end = c->plan.end;
    if (end == FIXTURE_HANG && !c->plan.complete) {
        c->state = HANGING;
        return;
    }
    end_request(s, c);
    c->served++;
    c->deaf = end == FIXTURE_HANG;
    if (end == FIXTURE_KEEP || end == FIXTURE_HANG)
        c->state = READING;
    else if (end == FIXTURE_RESET)
        flush_or_reset(s, c);
    else
        linger(c);
}

/* Take the next whole head out of the input. False: more bytes are needed. */
static bool take_request(struct server *s, struct connection *c)
{
    size_t len = parse_head_len(c->in, c->in_len);
    if (len == 0 && c->in_len >= HEAD_MOST)
        len = c->in_len;
    if (len == 0)
        return false;
    log_request(s, c, len);
    begin_reply(s, c);
    return true;
}

/* Give the kernel what it takes. False: it takes nothing more now, or the connection is gone. */
static bool send_some(struct server *s, struct connection *c)
{
    ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent, MSG_NOSIGNAL);
    if (sent < 0) {
        if (errno != EAGAIN && errno != EINTR)
            drop(s, c);
        return false;
    }
    c->out_sent += (size_t)sent;
    atomic_fetch_add(&c->request->sent, (uint64_t)sent);
    return true;
}

static bool write_some(struct server *s, struct connection *c)
{
    if (c->out_sent < c->out_len)
        return send_some(s, c);
    if (c->out_len && plan_pauses(&c->plan)) {
        c->out_len = c->out_sent = 0;
        c->state = WAITING;
        set_timer(c, c->plan.pace_ms);
        return false;
    }
    c->out_sent = 0;
    c->out_len = plan_read(&c->plan, c->out, sizeof c->out);
    if (c->out_len == 0)
        finish_reply(s, c);
    return true;
}

/* Do what can be done without waiting, within limits, so that an endless reply does not keep others waiting. */
static void advance(struct server *s, struct connection *c)
{
    bool more = true;
    for (int turn = 0; more && turn < TURNS_AT_ONCE; turn++) {
        if (c->state == READING)
            more = take_request(s, c);
        else if (c->state == WRITING)
            more = write_some(s, c);
        else
            more = false;
    }
    if (more && c->state == READING)
        set_timer(c, 0);
}

/* ---- Events ---- */

/* When the kernel got what MESSAGE holds, by the monotonic clock. This process may be woken late, and between two
 * requests that would be time that no client took. */
static int64_t time_of(struct msghdr *message)
{
    struct timespec stamp, now;
    int64_t here_ns = support_now_ns(), ago_ns = 0;
    clock_gettime(CLOCK_REALTIME, &now);
    for (struct cmsghdr *m = CMSG_FIRSTHDR(message); m; m = CMSG_NXTHDR(message, m)) {
        if (m->cmsg_level != SOL_SOCKET || m->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(m), sizeof stamp);
        ago_ns = (now.tv_sec - stamp.tv_sec) * INT64_C(1000000000) + now.tv_nsec - stamp.tv_nsec;
    }
    return here_ns - (ago_ns > 0 ? ago_ns : 0);
}

static ssize_t receive(struct connection *c)
{
    union {
        struct cmsghdr aligned;
        char bytes[CMSG_SPACE(sizeof(struct timespec)) + 64];
    } control;
    struct iovec to = {.iov_base = c->in + c->in_len, .iov_len = OUT_BYTES};
    struct msghdr message = {
        .msg_iov = &to, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t len = recvmsg(c->fd, &message, 0);
    if (len > 0)
        c->received_ns = time_of(&message);
    return len;
}

static void read_requests(struct server *s, struct connection *c)
{
    if (c->in_len + OUT_BYTES > c->in_room) {
        c->in_room = 2 * c->in_room + OUT_BYTES;
        c->in = realloc(c->in, c->in_room);
        if (!c->in)
            support_fail("no memory for a request");
    }
    ssize_t len = receive(c);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len <= 0) {
        drop(s, c);
        return;
    }
    c->in_len += (size_t)len;
    advance(s, c);
}

static void drop_input(struct server *s, struct connection *c)
{
    ssize_t len = recv(c->fd, c->out, sizeof c->out, 0);
    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR))
        drop(s, c);
}

static void on_event(struct server *s, struct connection *c, uint32_t events)
{
    if (c->state == READING)
        read_requests(s, c);
    else if (c->state == LINGERING)
        drop_input(s, c);
    else if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        drop(s, c);
    else if (c->state == WRITING)
        advance(s, c);
}

static void on_timer(struct server *s, struct connection *c)
{
    c->wake_ns = 0;
    if (c->state == WAITING || c->state == READING) {
        c->state = c->state == WAITING ? WRITING : READING;
        advance(s, c);
    } else if (c->state == FLUSHING) {
        flush_or_reset(s, c);
    } else if (c->state == LINGERING) {
        drop(s, c);
    }
}

static void watch(struct server *s, struct connection *c)
{
    uint32_t events = events_of[c->state];
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (events == c->events)
        return;
    if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &event))
        support_fail("cannot watch a connection");
    c->events = events;
}

static void accept_one(struct server *s, const struct fixture_listener *listener)
{
    struct sockaddr_in6 peer; /* the port lies at one place in both families */
    socklen_t len = sizeof peer;
    int on = 1;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = support_alloc(sizeof *c);
    c->fd = fd;
    c->address = listener->address;
    c->peer_port = ntohs(peer.sin6_port);
    c->number = atomic_fetch_add(&s->log->connections, 1) + 1;
    c->next = s->connections;
    s->connections = c;
    uint32_t open = atomic_fetch_add(&s->log->open, 1) + 1;
    if (open > atomic_load(&s->log->peak_open))
        atomic_store(&s->log->peak_open, open);
    c->events = events_of[READING];
    struct epoll_event event = {.events = c->events, .data.ptr = c};
    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event))
        support_fail("cannot watch a connection");
}

/* Fire timers, free what is gone and tell epoll what changed. Returns the time until the next timer, -1 for none. */
static int sweep(struct server *s)
{
    int64_t now = support_now_ns(), next_ns = INT64_MAX;
    for (struct connection **at = &s->connections, *c; (c = *at);) {
        if (c->state != GONE && c->wake_ns && c->wake_ns <= now)
            on_timer(s, c);
        if (c->state == GONE) {
            *at = c->next;
            free(c->in);
            free(c);
            continue;
        }
        watch(s, c);
        if (c->wake_ns && c->wake_ns < next_ns)
            next_ns = c->wake_ns;
        at = &c->next;
    }
    return next_ns == INT64_MAX ? -1 : support_left_ms(next_ns);
}

static const struct fixture_listener *as_listener(const struct server *s, const void *source)
{
    for (unsigned i = 0; i < s->listener_count; i++)
        if (source == &s->listeners[i])
            return &s->listeners[i];
    return NULL;
}

static void start(struct server *s)
{
    s->routes = routes_new(s->options);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < s->listener_count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = (void *)(uintptr_t)&s->listeners[i]};
        if (s->epoll < 0 || epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listeners[i].fd, &event))
            support_fail("cannot watch a listener");
    }
}

void fixture_server_run(const struct fixture_options *options, const struct fixture_listener *listeners, unsigned count,
                        struct fixture_log *log)
{
    struct server s = {.options = options, .listeners = listeners, .listener_count = count, .log = log};
    start(&s);
    for (;;) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int n = epoll_wait(s.epoll, events, EVENTS_AT_ONCE, sweep(&s));
        for (int i = 0; i < n; i++) {
            const struct fixture_listener *listener = as_listener(&s, events[i].data.ptr);
            if (listener)
                accept_one(&s, listener);
            else
                on_event(&s, events[i].data.ptr, events[i].events);
        }
    }
}
