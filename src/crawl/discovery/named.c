/* What the user named, told from what was only found. */
#include "crawl/discovery/parts.h"

#include "crawl/identity.h"

#include <string.h>

/* ---- Origins ---- */

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

/* ---- Lines ---- */

enum seen_result discovery_take_line(struct crawl *c, const struct url *url, bool has_options)
{
    struct discovery *d = c->discovery;
    enum seen_result listed = seen_add(&d->listed, url->href, url->href_len);
    if (listed != SEEN_NEW)
        return listed;
    if (seen_add(&c->seen, url->href, url->href_len) == SEEN_NO_MEMORY)
        return SEEN_NO_MEMORY;
    return !has_options && seen_has(&d->taken, url->href, url->href_len) ? SEEN_KNOWN : SEEN_NEW;
}

bool discovery_is_listed(const struct crawl *c, const struct job *job)
{
    bool is_found = job->kind == JOB_PAGE && job->from.via != VIA_USER;
    return is_found && seen_has(&c->discovery->listed, job->asked.href, job->asked.href_len);
}

void discovery_takes(struct crawl *c, const struct job *job)
{
    bool may_be_named = c->discovery && c->sources && job->kind == JOB_PAGE && job->from.via != VIA_USER;
    if (may_be_named && seen_add(&c->discovery->taken, job->asked.href, job->asked.href_len) == SEEN_NO_MEMORY)
        discovery_failed(c, "out of memory");
}

/* ---- Requests ---- */

bool discovery_is_at_unnamed(const struct crawl *c, const struct job *job)
{
    return c->discovery && job->from.via != VIA_USER && !discovery_names_origin(c, job_target(job));
}
