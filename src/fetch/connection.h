/* Connections: which addresses a transfer may have. An address is checked when a socket is made, and again when a
 * connection is used, since a reused one makes no socket.
 *
 * Context: a worker's only thread. */
#ifndef FETCH_CONNECTION_H
#define FETCH_CONNECTION_H

#include <stdbool.h>

struct transfer;

/* Have the transfer's handle ask before it connects and before it sends. Once. */
void connection_watch(struct transfer *t);

/* Whether the request's host is an address that it must not have, which can be said without looking for it. */
bool connection_is_blocked(const struct transfer *t);

#endif
