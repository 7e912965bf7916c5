/* Credentials by origin, and the header that carries them.
 *
 * auth_parse reads a file's text, auth_find gives what belongs to a URL's origin, auth_header writes it out; auth_free
 * ends and wipes them. A parsed file does not change, so threads may share it. Whoever sends a header must ask again
 * for each hop of a redirect: what is found for one URL is for no other origin. */
#ifndef WEB_AUTH_H
#define WEB_AUTH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "web/account/netrc.h"
#include "web/url/url.h"

/* The longest USER:PASSWORD or token. */
enum { AUTH_SECRET_MAX = 4096 };

struct auth;
struct credentials;

/* PROBLEM is a constant text that holds nothing of the file. */
typedef void auth_report(void *context, size_t line, const char *problem);

/* Read lines "ORIGIN basic USER:PASSWORD" and "ORIGIN bearer TOKEN", where ORIGIN is scheme://host[:port].
 *
 * Words are set apart by blanks; a password may hold some, but none at its end. Lines that are blank or begin with '#'
 * count for nothing. A line that is wrong, holds a control character or names an origin again is reported by number,
 * from 1, and left out. REPORT may be NULL. Returns NULL when memory is out.
 * Ownership: borrows TEXT for the call, and leaves wiping it to the caller. */
struct auth *auth_parse(const char *text, size_t len, auth_report *report, void *context);

/* The credentials for exactly the scheme, host and port of TO, or NULL. */
const struct credentials *auth_find(const struct auth *auth, const struct url *to);

/* Append "Authorization: Basic ..." or "Authorization: Bearer ...", without a line end. False, with OUT as it was, when
 * memory is out. */
bool auth_header(const struct credentials *credentials, struct buffer *out);

/* Append "Authorization: Basic ..." for TO when an entry of NETRC names its host.
 *
 * As with curl, a netrc knows hosts only: the entry goes for http and https and any port of that host. Unlike curl, the
 * default entry is not used, since it would hand one password to every host of a crawl. A user name in TO picks the
 * entry of that login; a password in TO leaves the file unasked. False, with OUT as it was, when there is nothing to
 * send, the user name has a colon in it (RFC 7617 section 2), or memory is out. */
bool auth_from_netrc(const struct netrc *netrc, const struct url *to, struct buffer *out);

size_t auth_count(const struct auth *auth);

/* Accepts NULL. */
void auth_free(struct auth *auth);

#endif
