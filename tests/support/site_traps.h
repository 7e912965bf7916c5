/* Sites without end, one a host, to be left by a crawl in bounded time. Each has one good page, /good, linked from its
 * start page, that a crawl must find whatever it thinks of the rest.
 *
 *     calendar.test     a page a month, by query: /calendar?year=2026&month=3, and one a day that leads back to the
 *                       month
 *     almanac.test      the same by path: /2026/3/, /2026/3/14
 *     folders.test      each page links "a/" below itself
 *     deeper.test       each page links a folder below itself, of a name that was not there before
 *     relative.test     every page, whatever its path, has the same links without a leading slash: "about/team/",
 *                       "news/"
 *     session.test      twenty pages, whose links carry a new session id each time a page is made: ?sid=...
 *     jsession.test     the same in the path: /page/3;jsessionid=...
 *     facets.test       a shop whose filters can be put on in any order: /shop?color=red&size=m
 *     growing.test      each page links itself with one more parameter
 *     missing.test      what is not there is answered 200 with "not found" and links to pages that are not there
 *                       either */
#ifndef SUPPORT_SITE_TRAPS_H
#define SUPPORT_SITE_TRAPS_H

#include "support/fixture.h"

/* A fixture_reply_fn. A host that is not above gets 404. */
int site_traps(const struct fixture_request *request, struct fixture_reply *reply, void *context);

#endif
