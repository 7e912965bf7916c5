/* A small site with something of everything that a crawler meets, at all.test, and a neighbour, next.test, that it
 * links.
 *
 *     /robots.txt          closes /closed, names a sitemap index with a gzipped map, and a feed
 *     /                    links, relative and absolute, in and out of scope; a style sheet, a script, pictures
 *     /shelf/...           a base href; a page that is a folder as well; names that differ in case
 *     /print               names /article as its canonical URL
 *     /noindex /nofollow /tagged   what meta robots and X-Robots-Tag say
 *     /latin               in ISO 8859-1, with a query
 *     /old /away           redirects in and out of scope
 *     /broken /lost        a 500 and a 404
 *     /news                another text each time; /tag: a picture with an ETag
 *
 * From the second visit of / on it links /fresh, too. */
#ifndef SUPPORT_SITE_EVERYTHING_H
#define SUPPORT_SITE_EVERYTHING_H

#include "support/fixture.h"

/* The routes, for one fixture at a time. */
const struct fixture_route *site_everything(void);

#endif
