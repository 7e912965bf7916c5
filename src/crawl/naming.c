/* Naming: what a page and its file are called. Names are made of the URL that was asked for and of the media type, never of
 * anything else that a server says. */
#include "crawl/crawl.h"

#include "store/safe.h"

#include <errno.h>
#include <string.h>

/* Append PART and a NUL to B; where it begins. */
static size_t add_terminated(struct buffer *b, struct url_part part, bool *ok)
{
    size_t begin = b->len;
    *ok = *ok && buffer_append(b, part.at, part.len) && buffer_append_char(b, '\0');
    return begin;
}

/* The origin, with a tag of the user's name where there is one: two accounts at one site see two sites, and no name is
 * written down. */
static size_t add_account(struct buffer *b, const struct url *url, bool *ok)
{
    char tag[SAFE_TAG_LEN + 1];
    size_t begin = b->len, scheme = url->scheme == URL_HTTPS ? strlen("https://") : strlen("http://");
    if (!url->username.len)
        return add_terminated(b, url->origin, ok);
    *ok = *ok && safe_tag(url->username.at, url->username.len, tag) && buffer_append(b, url->origin.at, scheme) &&
          buffer_printf(b, "%s@%.*s", tag, (int)(url->origin.len - scheme), url->origin.at + scheme) &&
          buffer_append_char(b, '\0');
    return begin;
}

static int automatic_name(struct crawl *c, struct job *job, char name[NAME_SIZE])
{
    const struct url *url = &job->asked;
    struct buffer b = {0};
    bool ok = true;
    size_t origin = add_account(&b, url, &ok), path = add_terminated(&b, url->path, &ok),
           query = add_terminated(&b, url->query, &ok);
    if (!ok) {
        buffer_release(&b);
        return ENOMEM;
    }
    struct name_parts parts = {
        .path = b.data + path,
        .query = url->has_query ? b.data + query : NULL,
        .media_type = *job->type ? job->type : NULL,
        .error_status = job->status >= 400 ? job->status : 0,
    };
    enum store_status s = sites_name(c->sites, b.data + origin, buffer_text(&job->name), &parts.site);
    int error = s == STORE_SYSTEM ? errno : s == STORE_NO_MEMORY ? ENOMEM : s == STORE_INVALID ? EINVAL : 0;
    if (!error && name_make(&parts, name) != STORE_OK)
        error = EINVAL;
    buffer_release(&b);
    return error;
}

/* The name that the list gives, checked when the list was read. */
static int own_name(const struct job *job, char name[NAME_SIZE])
{
    size_t len = strlen(job->own->out);
    if (len >= NAME_SIZE)
        return ENAMETOOLONG;
    memcpy(name, job->own->out, len + 1);
    return 0;
}

int naming_file(struct crawl *c, struct job *job, char name[NAME_SIZE])
{
    int error = job->own && job->own->out ? own_name(job, name) : automatic_name(c, job, name);
    if (error)
        return error;
    switch (claims_make(&c->claims, name, job->asked.href)) {
    case CLAIM_OWN:
        return 0;
    case CLAIM_TAKEN:
        return EEXIST;
    default:
        return ENOMEM;
    }
}

bool naming_page(struct crawl *c, struct job *job)
{
    /* A pattern that gives up leaves the host as the name, which is as good as any. */
    return job->name.len ||
           pattern_name(c->pattern, job->asked.host.at, job->asked.host.len, &job->name) != PATTERN_NO_MEMORY;
}
