/* Naming: what a page and its file are called. Names are made of the URL that was asked for and of the media type,
 * never of anything else that a server says. */
#include "crawl/crawl.h"

#include "base/status.h"
#include "store/name/media.h"
#include "store/name/safe.h"

#include <errno.h>
#include <stdio.h>
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

/* The name of JOB's page when it is of media type TYPE (NULL: none is given). 0, or an errno. */
static int automatic_name(struct crawl *c, const struct job *job, const char *type, char name[NAME_SIZE])
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
        .media_type = type,
        .error_status = job->status >= 400 ? job->status : 0,
        .without_case = sites_without_case(c->sites),
    };
    enum store_status s = sites_name(c->sites, b.data + origin, buffer_text(&job->name), &parts.site);
    int error = s == STORE_SYSTEM ? errno : s == STORE_NO_MEMORY ? ENOMEM : s == STORE_INVALID ? EINVAL : 0;
    if (!error && name_make(&parts, name) != STORE_OK)
        error = EINVAL;
    buffer_release(&b);
    return error;
}

static bool has_own_name(const struct job *job)
{
    return job->own && job->own->out;
}

/* The name that the list gives, checked when the list was read. The body of an error has one beside it, as with
 * automatic names. */
static int own_name(const struct job *job, char name[NAME_SIZE])
{
    const char *extension = media_is_given(job->type) ? media_extension(job->type) : "html";
    int len = job->status >= 400 ? snprintf(name, NAME_SIZE, "%s~~%03u.%s", job->own->out, job->status, extension)
                                 : snprintf(name, NAME_SIZE, "%s", job->own->out);
    return len >= 0 && len < NAME_SIZE ? 0 : ENAMETOOLONG;
}

static int claim(struct crawl *c, const struct job *job, const char *name)
{
    switch (claims_make(&c->claims, name, job->asked.href)) {
    case CLAIM_OWN:
        return 0;
    case CLAIM_TAKEN:
        return EEXIST;
    default:
        return ENOMEM;
    }
}

int naming_file(struct crawl *c, struct job *job, char name[NAME_SIZE])
{
    int error = has_own_name(job) ? own_name(job, name) : automatic_name(c, job, *job->type ? job->type : NULL, name);
    return error ? error : claim(c, job, name);
}

/* Without what the media type adds. */
static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : strlen(name);
}

/* Of the media type, which only the answer tells, a name shows the extension, and whether it is that of a page in
 * HTML. */
bool naming_is_for(struct crawl *c, struct job *job, const char *file)
{
    static const char *const types[] = {"text/html", "application/octet-stream"};
    size_t len = stem_length(file);
    char name[NAME_SIZE];
    if (has_own_name(job))
        return strcmp(job->own->out, file) == 0;
    if (!naming_page(c, job))
        return false;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (!automatic_name(c, job, types[i], name) && stem_length(name) == len && memcmp(name, file, len) == 0)
            return true;
    return false;
}

int naming_reserve(struct crawl *c, struct job *job)
{
    char name[NAME_SIZE];
    if (!c->pages)
        return 0;
    if (has_own_name(job)) {
        int error = own_name(job, name);
        return error ? error : claim(c, job, name);
    }
    struct record *known = job->known;
    if (known && known->is_named && claim(c, job, known->row.file))
        known->is_named = known->has_file = false; /* the list has given it away */
    return 0;
}

const char *naming_error_text(int error)
{
    return error == EEXIST ? "another URL of this run has that file" : strerror(error);
}

bool naming_page(struct crawl *c, struct job *job)
{
    /* A pattern that gives up leaves the host as the name, which is as good as any. */
    return job->name.len ||
           pattern_name(c->pattern, job->asked.host.at, job->asked.host.len, &job->name) != PATTERN_NO_MEMORY;
}
