#include "manager_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- The connection ---- */

/* Wait until FD is ready for EVENTS. False when the server has ended before. */
static bool await_ready(const struct mp_manager *m, int fd, short events)
{
    struct pollfd fds[] = {{.fd = fd, .events = events}, {.fd = m->server, .events = POLLIN}};
    for (;;) {
        int n = poll(fds, 2, -1);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            return fds[0].revents != 0;
    }
}

/* A letter to the door that holds nothing but a descriptor; PATIENT waits for room there. */
static bool hand_in(const struct mp_manager *m, int fd, bool patient)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {(char[]){0}, 1};
    struct msghdr msg = {
        .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    while (sendmsg(m->door, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        if (errno != EINTR && (errno != EAGAIN || !patient || !await_ready(m, m->door, POLLOUT)))
            return false;
    return true;
}

int manager_connect(const struct mp_manager *manager, bool patient)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    bool handed_in = hand_in(manager, pair[1], patient);
    int error = errno;
    close(pair[1]);
    if (handed_in)
        return pair[0];
    close(pair[0]);
    errno = error;
    return -1;
}

static bool send_all(const struct mp_manager *m, const struct buffer *b)
{
    for (size_t sent = 0; sent < b->len;) {
        ssize_t n = send(m->fd, b->data + sent, b->len - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno != EINTR && (errno != EAGAIN || !await_ready(m, m->fd, POLLOUT)))
            return false;
    }
    return true;
}

static bool receive_all(const struct mp_manager *m, void *to, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t n = recv(m->fd, (char *)to + got, len - got, MSG_DONTWAIT);
        if (n == 0)
            return false;
        if (n > 0)
            got += (size_t)n;
        else if (errno != EINTR && (errno != EAGAIN || !await_ready(m, m->fd, POLLIN)))
            return false;
    }
    return true;
}

/* Called with the mutex held. */
static enum mp_status exchange(const struct mp_manager *m, const struct buffer *question, struct buffer *answer)
{
    uint32_t len;
    buffer_clear(answer);
    if (!send_all(m, question) || !receive_all(m, &len, sizeof(len)))
        return MP_DISCONNECTED;
    if (len < 1 || len > MP_REQUEST_MAX)
        return MP_PROTOCOL;
    if (!buffer_reserve(answer, len))
        return MP_NO_MEMORY;
    answer->len = len;
    return receive_all(m, answer->data, len) ? MP_OK : MP_DISCONNECTED;
}

static void disconnect(struct mp_manager *m)
{
    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
}

/* ---- Managers and handles of this process ---- */

/* Guards the list of managers and each one's list of handles. Never held over anything that blocks. */
static pthread_mutex_t managers_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct mp_manager *managers;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void before_fork(void)
{
    pthread_mutex_lock(&managers_mutex);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&managers_mutex);
}

static void after_fork_in_child(void)
{
    for (struct mp_manager *m = managers; m; m = m->next) {
        disconnect(m);
        pthread_mutex_init(&m->mutex, NULL);
    }
    pthread_mutex_init(&managers_mutex, NULL);
}

static void init(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

void manager_link(struct mp_manager *manager)
{
    pthread_once(&once, init);
    pthread_mutex_lock(&managers_mutex);
    manager->next = managers;
    managers = manager;
    pthread_mutex_unlock(&managers_mutex);
}

/* Free a manager that is let go of and has no handles any more. */
static void free_if_done(struct mp_manager *m)
{
    pthread_mutex_lock(&managers_mutex);
    bool done = m->released && !m->proxies;
    if (done) {
        struct mp_manager **at = &managers;
        while (*at && *at != m)
            at = &(*at)->next;
        if (*at)
            *at = m->next;
    }
    pthread_mutex_unlock(&managers_mutex);
    if (!done)
        return;
    disconnect(m);
    if (m->door >= 0)
        close(m->door);
    if (m->server >= 0)
        close(m->server);
    mp_process_free(m->process);
    pthread_mutex_destroy(&m->mutex);
    free(m);
}

void manager_release(struct mp_manager *manager)
{
    pthread_mutex_lock(&managers_mutex);
    manager->released = true;
    pthread_mutex_unlock(&managers_mutex);
    free_if_done(manager);
}

struct proxy *proxy_new(struct mp_manager *manager, uint64_t id)
{
    struct proxy *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->manager = manager;
    p->id = id;
    pthread_mutex_lock(&managers_mutex);
    p->next = manager->proxies;
    if (p->next)
        p->next->previous = p;
    manager->proxies = p;
    pthread_mutex_unlock(&managers_mutex);
    return p;
}

enum mp_status proxy_ask(struct mp_manager *manager, enum manager_op op, struct proxy **proxy)
{
    struct question q = {0};
    question_begin(&q, op, 0);
    enum mp_status status = question_ask(&q, manager);
    struct proxy *p = status == MP_OK ? proxy_new(manager, wire_read_u64(&q.reader)) : NULL;
    question_release(&q);
    if (status == MP_OK && !p)
        return MP_NO_MEMORY;
    if (p)
        *proxy = p;
    return status;
}

/* A process that has not used the manager since it was forked has nothing to take back. */
void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    struct mp_manager *m = proxy->manager;
    pthread_mutex_lock(&managers_mutex);
    if (proxy->previous)
        proxy->previous->next = proxy->next;
    else
        m->proxies = proxy->next;
    if (proxy->next)
        proxy->next->previous = proxy->previous;
    bool released = m->released;
    pthread_mutex_unlock(&managers_mutex);
    pthread_mutex_lock(&m->mutex);
    bool connected = m->fd >= 0;
    pthread_mutex_unlock(&m->mutex);
    if (connected && !released)
        manager_tell(m, OP_DROP, proxy->id);
    free(proxy);
    free_if_done(m);
}

/* Tell the server over a new connection of all the handles that this process has. */
static enum mp_status hold_all(struct mp_manager *m)
{
    struct question q = {0};
    question_begin(&q, OP_HOLD, 0);
    pthread_mutex_lock(&managers_mutex);
    uint32_t count = 0;
    for (const struct proxy *p = m->proxies; p; p = p->next)
        count++;
    wire_u32(&q.wire, count);
    for (const struct proxy *p = m->proxies; p; p = p->next)
        wire_u64(&q.wire, p->id);
    pthread_mutex_unlock(&managers_mutex);
    enum mp_status status = wire_finish(&q.wire);
    if (status == MP_OK)
        status = exchange(m, &q.wire.buffer, &q.answer);
    if (status == MP_OK)
        status = (unsigned char)q.answer.data[0];
    question_release(&q);
    return status;
}

static enum mp_status connect_again(struct mp_manager *m)
{
    m->fd = manager_connect(m, true);
    if (m->fd >= 0)
        return hold_all(m);
    int error = errno;
    bool refused = error == ECONNREFUSED || error == ECONNRESET || error == ENOTCONN || error == EPIPE;
    bool ended = poll(&(struct pollfd){.fd = m->server, .events = POLLIN}, 1, 0) == 1;
    errno = error;
    return refused || ended ? MP_DISCONNECTED : MP_SYSTEM;
}

/* ---- Questions ---- */

void question_begin(struct question *q, enum manager_op op, uint64_t id)
{
    wire_begin(&q->wire);
    wire_u8(&q->wire, (uint8_t)op);
    wire_u64(&q->wire, id);
}

enum mp_status question_ask(struct question *q, struct mp_manager *manager)
{
    enum mp_status status = wire_finish(&q->wire);
    if (status != MP_OK)
        return status;
    pthread_mutex_lock(&manager->mutex);
    if (manager->fd < 0)
        status = connect_again(manager);
    if (status == MP_OK)
        status = exchange(manager, &q->wire.buffer, &q->answer);
    if (status != MP_OK)
        disconnect(manager);
    pthread_mutex_unlock(&manager->mutex);
    if (status != MP_OK)
        return status;
    q->reader = (struct wire_reader){q->answer.data, q->answer.data + q->answer.len, false};
    status = wire_read_u8(&q->reader);
    return status < MP_STATUS_COUNT ? status : MP_PROTOCOL;
}

void question_release(struct question *q)
{
    wire_release(&q->wire);
    buffer_release(&q->answer);
}

enum mp_status manager_tell(struct mp_manager *manager, enum manager_op op, uint64_t id)
{
    struct question q = {0};
    question_begin(&q, op, id);
    enum mp_status status = question_ask(&q, manager);
    question_release(&q);
    return status;
}
