/* A finished URL: its memory, copies and comparisons. */
#include <stdlib.h>
#include <string.h>

#include "web/url/url_draft.h"

const char *url_status_text(enum url_status status)
{
    static const char *const texts[] = STATUS_TEXTS(URL_STATUS_TABLE);
    return (unsigned)status < COUNT_OF(texts) ? texts[status] : "unknown status";
}

uint16_t url_default_port(enum url_scheme scheme)
{
    return scheme == URL_HTTP ? 80 : 443;
}

/* How many bytes the user name, the password and their separators take in the href. */
static size_t credentials_len(const struct url_draft *d)
{
    return d->user_len || d->password_len ? d->host_at - (d->scheme == URL_HTTP ? 7 : 8) : 0;
}

enum url_status url_draft_finish(const struct url_draft *d, struct url *out)
{
    if (d->len > URL_MAX_BYTES)
        return URL_TOO_LONG;
    size_t hidden = credentials_len(d);
    size_t public_len = hidden ? d->len - hidden + 1 : 0;
    char *href = malloc(d->len + 1 + public_len);
    if (!href)
        return URL_NO_MEMORY;
    memcpy(href, d->text, d->len);
    href[d->len] = '\0';
    char *public = href;
    if (hidden) {
        public = href + d->len + 1;
        memcpy(public, href, d->host_at - hidden);
        memcpy(public + d->host_at - hidden, href + d->host_at, d->len - d->host_at + 1);
    }
    size_t path_end = d->query_at ? d->query_at - 1 : d->len;
    *out = (struct url){
        .href = href,
        .href_len = d->len,
        .href_public = public,
        .origin = {public, d->path_at - hidden},
        .username = {href + d->user_at, d->user_len},
        .password = {href + d->password_at, d->password_len},
        .host = {href + d->host_at, d->host_len},
        .path = {href + d->path_at, path_end - d->path_at},
        .query = {href + (d->query_at ? d->query_at : d->len), d->query_at ? d->len - d->query_at : 0},
        .target = {href + d->path_at, d->len - d->path_at},
        .scheme = d->scheme,
        .host_kind = d->host_kind,
        .port = d->port,
        .has_port = d->has_port,
        .has_query = d->query_at != 0,
    };
    if (d->host_kind != URL_HOST_IS_NAME)
        memcpy(out->address, d->address, sizeof out->address);
    return URL_OK;
}

enum url_status url_copy(struct url *to, const struct url *from)
{
    size_t size = from->href_len + 1;
    if (from->href_public != from->href)
        size += strlen(from->href_public) + 1;
    char *href = malloc(size);
    if (!href)
        return URL_NO_MEMORY;
    memcpy(href, from->href, size);
    struct url copy = *from;
    const char **views[] = {&copy.href_public, &copy.origin.at, &copy.username.at, &copy.password.at,
                            &copy.host.at,     &copy.path.at,   &copy.query.at,    &copy.target.at};
    for (size_t i = 0; i < COUNT_OF(views); i++)
        *views[i] = href + (*views[i] - from->href);
    copy.href = href;
    *to = copy;
    return URL_OK;
}

static bool same_text(struct url_part a, struct url_part b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool url_same_host(const struct url *a, const struct url *b)
{
    return same_text(a->host, b->host);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    return same_text(a->origin, b->origin);
}

void url_release(struct url *url)
{
    if (!url)
        return;
    free(url->href);
    *url = (struct url){0};
}
