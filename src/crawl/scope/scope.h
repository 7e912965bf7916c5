/* The scope of a crawl: which hosts and folders links may lead to, seen from the URLs that the user added.
 *
 * scope_new, scope_add_seed for each URL that was added (also while the crawl runs, as lists are read, and for the URL
 * that one of them was redirected to), scope_has for each link, scope_free. About 12 bytes a host, domain or folder of
 * a seed, and constant time a question, so that a list may have millions of lines: what is kept are 64-bit fingerprints
 * under a seed of this run, as in the seen set.
 *
 * What counts as the same:
 *   host     by name, as it is canonical; "example.org." with its last dot is another host than "example.org". http and
 *            https are one, and so are their default ports; any other port is a host of its own.
 *   domain   by the public suffix list: blog.example.co.uk and example.co.uk are of one domain. A host that has none
 *            (an address, a single name, a public suffix itself, a name with its last dot) is its own. Ports do not
 *            matter.
 *   folder   the path up to its last slash, so that /docs/index.html and /docs/ have the folder /docs/, and /docs has
 *            /. Percent-encoding is looked through, letters of either case differ.
 *   list     hosts by name. Ports do not matter.
 *
 * Context: one thread; no function blocks. */
#ifndef CRAWL_SCOPE_SCOPE_H
#define CRAWL_SCOPE_SCOPE_H

#include <stdbool.h>

#include <forage/forage.h>

#include "web/url/url.h"

struct scope;

/* NULL when memory is out. */
struct scope *scope_new(enum forage_scope kind);

/* Links may lead where SEED is, too. False when memory is out: then they may not, and it may be tried again. */
bool scope_add_seed(struct scope *scope, const struct url *seed);

/* Whether a link to URL is followed. When it is not, *WHY (which may be NULL) is a constant text for the log: "another
 * host", "another domain", "another folder"; untouched otherwise. */
bool scope_has(struct scope *scope, const struct url *url, const char **why);

/* The same for what a page needs to be shown, which may be in any folder of a host that is in scope. */
bool scope_has_requisite(struct scope *scope, const struct url *url, const char **why);

/* Accepts NULL. */
void scope_free(struct scope *scope);

#endif
