/* The checks that tie a request to what the parent decided: the host that was checked is the host that is connected to.
 *
 * Pure but for libcurl's URL parser. Context: any process and thread. */
#ifndef FETCH_GUARD_H
#define FETCH_GUARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Whether a socket address, or an address as text, is a public one (web/url/address.h). Unknown families and texts are
 * not. */
bool guard_sockaddr(const struct sockaddr *address);
bool guard_text(const char *address);

/* Whether HOST, as web/url/url.h gives it, is an address itself, and whether that is a public one. */
bool guard_is_literal(const char *host);
bool guard_host(const char *host);

/* Whether libcurl takes URL to mean the same HOST and PORT as our own parser does. Where two parsers
 * disagree, one of them checks a host that the other does not ask (CVE-2024-38428, CVE-2022-27780). */
bool guard_url_means(const char *url, const char *host, uint16_t port);

#endif
