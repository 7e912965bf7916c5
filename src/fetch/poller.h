/* Which sockets libcurl waits for, kept in an epoll set with as few system calls as possible.
 *
 * libcurl takes a connection out of the set after each request and puts it back for the next one. For sockets that we
 * opened ourselves, taking out is therefore put off: nothing happens when the same events are wanted again, and an
 * event that comes while none is wanted takes the socket out then. Sockets that libcurl makes behind our back (its
 * resolver's) are taken out at once, because a closed one's number may come back without our knowing.
 *
 * poller_open, poller_own for each socket made, poller_want as libcurl's socket callback says, poller_wait,
 * poller_disown before each close, poller_close. Context: a worker's only thread. */
#ifndef FETCH_POLLER_H
#define FETCH_POLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct poller {
    int epoll;
    struct poller_entry *entries; /* by descriptor */
    size_t count;
};

/* Watch also WAKE_FD, edge-triggered; its events are given to nobody. False when the system refuses. */
bool poller_open(struct poller *p, int wake_fd);

void poller_own(struct poller *p, int fd);
void poller_disown(struct poller *p, int fd);

/* Wait for EVENTS (EPOLLIN, EPOLLOUT) of FD; 0: for nothing. */
void poller_want(struct poller *p, int fd, uint32_t events);

/* Wait at most TIMEOUT_MS. Fills EVENTS with at most MAX events that are wanted; returns their number. */
int poller_wait(struct poller *p, struct epoll_event *events, int max, int timeout_ms);

void poller_close(struct poller *p);

#endif
