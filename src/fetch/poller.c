#include "fetch/poller.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct poller_entry {
    uint8_t registered; /* events in the epoll set; 0: not in it */
    uint8_t wanted;
    bool owned;
};

bool poller_open(struct poller *p, int wake_fd)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = -1};
    *p = (struct poller){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    return p->epoll >= 0 && epoll_ctl(p->epoll, EPOLL_CTL_ADD, wake_fd, &event) == 0;
}

static struct poller_entry *entry_of(struct poller *p, int fd)
{
    size_t index = (size_t)fd;
    if (index >= p->count) {
        size_t count = (index + 64) & ~(size_t)63;
        struct poller_entry *more = realloc(p->entries, count * sizeof *more);
        if (!more)
            return NULL;
        memset(more + p->count, 0, (count - p->count) * sizeof *more);
        p->entries = more;
        p->count = count;
    }
    return &p->entries[index];
}

void poller_own(struct poller *p, int fd)
{
    struct poller_entry *e = entry_of(p, fd);
    if (e)
        *e = (struct poller_entry){.owned = true};
}

void poller_disown(struct poller *p, int fd)
{
    struct poller_entry *e = entry_of(p, fd);
    if (e)
        *e = (struct poller_entry){0};
}

static void set(struct poller *p, int fd, uint8_t from, uint8_t to)
{
    struct epoll_event event = {.events = to, .data.fd = fd};
    epoll_ctl(p->epoll, !to ? EPOLL_CTL_DEL : from ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
}

void poller_want(struct poller *p, int fd, uint32_t events)
{
    struct poller_entry *e = entry_of(p, fd);
    if (!e)
        return;
    e->wanted = (uint8_t)events;
    if (e->wanted == e->registered || (!e->wanted && e->owned))
        return;
    set(p, fd, e->registered, e->wanted);
    e->registered = e->wanted;
}

/* An event that nobody wants: most likely the server has closed an idle connection, which libcurl sees when it needs
 * it. */
static bool is_wanted(struct poller *p, const struct epoll_event *event)
{
    if (event->data.fd < 0)
        return false;
    struct poller_entry *e = entry_of(p, event->data.fd);
    if (e && e->wanted)
        return true;
    if (e) {
        set(p, event->data.fd, e->registered, 0);
        e->registered = 0;
    }
    return false;
}

int poller_wait(struct poller *p, struct epoll_event *events, int max, int timeout_ms)
{
    int n = epoll_wait(p->epoll, events, max, timeout_ms), kept = 0;
    for (int i = 0; i < n; i++)
        if (is_wanted(p, &events[i]))
            events[kept++] = events[i];
    return kept;
}

void poller_close(struct poller *p)
{
    if (p->epoll >= 0)
        close(p->epoll);
    free(p->entries);
    *p = (struct poller){.epoll = -1};
}
