/* What the user named, told from what was only found. */
#include "crawl/discovery/parts.h"

#include "crawl/identity.h"

#include <string.h>

/* Where in the origin of URL the place is: "host" or "host:port". */
static struct url_part place_of(const struct url *url)
{
    size_t scheme = url->scheme == URL_HTTPS ? strlen("https://") : strlen("http://");
    return (struct url_part){url->origin.at + scheme, url->origin.len - scheme};
}

static bool has_place(const struct discovery *d, enum url_scheme scheme, struct url_part place)
{
    return seen_has(&d->named_places[scheme], place.at, place.len);
}

void discovery_name(struct crawl *c, const struct url *url)
{
    struct url_part place = place_of(url);
    if (seen_add(&c->discovery->named_places[url->scheme], place.at, place.len) == SEEN_NO_MEMORY)
        discovery_failed(c, "out of memory");
}

/* HSTS makes https://host of http://host, and keeps other ports: that is no other place for it (RFC 6797 section
 * 8.3). */
bool discovery_names_origin(const struct crawl *c, const struct url *url)
{
    const struct discovery *d = c->discovery;
    struct url_part place = place_of(url);
    if (has_place(d, url->scheme, place))
        return true;
    return url->scheme == URL_HTTPS && has_place(d, URL_HTTP, place) && identity_wants_tls(c->identity, url);
}

bool discovery_is_at_unnamed(const struct crawl *c, const struct job *job)
{
    return c->discovery && job->from.via != VIA_USER && !discovery_names_origin(c, job_target(job));
}
