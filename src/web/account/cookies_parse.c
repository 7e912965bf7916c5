/* One Set-Cookie value into a draft: RFC 6265 sections 5.2 and 5.3 up to the point where the jar itself matters. */
#include <string.h>
#include <strings.h>

#include "web/account/cookies_jar.h"
#include "web/date.h"

enum { SECONDS_MAX = COOKIE_DAYS_MAX * 86400 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct cookie_span trimmed(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    return (struct cookie_span){at, (size_t)(end - at)};
}

static bool span_is(struct cookie_span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

static bool begins_with(struct cookie_span span, const char *word)
{
    return span.len >= strlen(word) && strncasecmp(span.at, word, strlen(word)) == 0;
}

/* A tab is let through here: around names and values it is a blank. */
static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}

/* The attributes as they were written, the last of each name. */
struct attributes {
    struct cookie_span domain, path;
    int64_t expires, max_age; /* the instants they come to */
    bool has_expires, has_max_age, secure, http_only;
};

static bool read_max_age(struct cookie_span value, int64_t now, int64_t *instant)
{
    bool negative = value.len > 0 && value.at[0] == '-';
    size_t i = negative;
    int64_t seconds = 0;
    if (i == value.len)
        return false;
    for (; i < value.len; i++) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return false;
        if (seconds < SECONDS_MAX)
            seconds = seconds * 10 + (value.at[i] - '0');
    }
    if (negative || seconds == 0)
        *instant = INT64_MIN;
    else
        *instant = now + (seconds < SECONDS_MAX ? seconds : SECONDS_MAX);
    return true;
}

static bool read_expires(struct cookie_span value, int64_t now, int64_t *instant)
{
    if (!cookie_date_parse(value.at, value.len, instant))
        return false;
    if (*instant > now + SECONDS_MAX)
        *instant = now + SECONDS_MAX;
    return true;
}

static void read_attribute(struct attributes *a, struct cookie_span name, struct cookie_span value, int64_t now)
{
    if (value.len > COOKIE_PATH_MAX)
        return;
    if (span_is(name, "Expires"))
        a->has_expires |= read_expires(value, now, &a->expires);
    else if (span_is(name, "Max-Age"))
        a->has_max_age |= read_max_age(value, now, &a->max_age);
    else if (span_is(name, "Domain"))
        a->domain = value;
    else if (span_is(name, "Path"))
        a->path = value;
    else if (span_is(name, "Secure"))
        a->secure = true;
    else if (span_is(name, "HttpOnly"))
        a->http_only = true;
}

static void read_attributes(struct attributes *a, const char *at, const char *end, int64_t now)
{
    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        stop = stop ? stop : end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        read_attribute(a, trimmed(at, equals ? equals : stop), trimmed(equals ? equals + 1 : stop, stop), now);
        at = stop < end ? stop + 1 : end;
    }
}

bool cookie_is_public_suffix(const psl_ctx_t *suffixes, const char *domain, size_t len)
{
    char name[COOKIE_DOMAIN_MAX + 1];
    if (len > COOKIE_DOMAIN_MAX)
        return true;
    memcpy(name, domain, len);
    name[len] = '\0';
    return psl_is_public_suffix(suffixes, name);
}

static bool ends_in_label(const struct url *host, const char *domain, size_t len)
{
    return host->host_kind == URL_HOST_IS_NAME && host->host.len > len &&
           host->host.at[host->host.len - len - 1] == '.' &&
           memcmp(host->host.at + host->host.len - len, domain, len) == 0;
}

/* RFC 6265 section 5.3, steps 4 to 6. A domain with a dot at its end fits no host, so that it is no way around the
 * public suffixes; a host with one has cookies for itself only. */
static enum cookie_status read_domain(struct cookie_draft *draft, const psl_ctx_t *suffixes, const struct url *from,
                                      struct cookie_span wanted)
{
    if (from->host.len > COOKIE_DOMAIN_MAX)
        return COOKIE_DOMAIN;
    if (wanted.len > 0 && wanted.at[0] == '.')
        wanted = (struct cookie_span){wanted.at + 1, wanted.len - 1};
    draft->host_only = wanted.len == 0;
    if (draft->host_only)
        wanted = (struct cookie_span){from->host.at, from->host.len};
    else if (wanted.len > COOKIE_DOMAIN_MAX || wanted.at[wanted.len - 1] == '.')
        return COOKIE_DOMAIN;
    for (size_t i = 0; i < wanted.len; i++)
        draft->domain[i] = (char)(wanted.at[i] >= 'A' && wanted.at[i] <= 'Z' ? wanted.at[i] | 0x20 : wanted.at[i]);
    draft->domain[wanted.len] = '\0';
    draft->domain_len = wanted.len;
    if (draft->host_only)
        return COOKIE_OK;
    bool same = wanted.len == from->host.len && memcmp(draft->domain, from->host.at, wanted.len) == 0;
    if (!same && !ends_in_label(from, draft->domain, draft->domain_len))
        return COOKIE_DOMAIN;
    bool suffix = from->host_kind == URL_HOST_IS_NAME && cookie_is_public_suffix(suffixes, draft->domain, wanted.len);
    draft->host_only = same && (suffix || from->host_kind != URL_HOST_IS_NAME);
    return suffix && !same ? COOKIE_PUBLIC_SUFFIX : COOKIE_OK;
}

/* RFC 6265 section 5.1.4: the URL's path up to its last slash. */
static struct cookie_span default_path(const struct url *from)
{
    const char *slash = memrchr(from->path.at, '/', from->path.len);
    if (!slash || slash == from->path.at)
        return (struct cookie_span){"/", 1};
    return (struct cookie_span){from->path.at, (size_t)(slash - from->path.at)};
}

bool cookie_path_match(const char *path, size_t path_len, const char *prefix, size_t prefix_len)
{
    if (prefix_len == 0 || path_len < prefix_len || memcmp(path, prefix, prefix_len) != 0)
        return false;
    return path_len == prefix_len || prefix[prefix_len - 1] == '/' || path[prefix_len] == '/';
}

static bool has_stray_blank(struct cookie_span span)
{
    return memchr(span.at, '\t', span.len) || (span.len && (span.at[0] == ' ' || span.at[span.len - 1] == ' '));
}

enum cookie_status cookie_draft_check(const struct cookie_draft *d)
{
    if (d->name.len == 0 || memchr(d->name.at, '=', d->name.len) || memchr(d->name.at, ';', d->name.len) ||
        memchr(d->value.at, ';', d->value.len))
        return COOKIE_SYNTAX;
    if (has_control(d->name.at, d->name.len) || has_control(d->value.at, d->value.len) ||
        has_control(d->path.at, d->path.len) || has_stray_blank(d->name) || has_stray_blank(d->value) ||
        has_stray_blank(d->path))
        return COOKIE_CONTROL;
    if (d->name.len + d->value.len > COOKIE_BYTES_MAX || d->path.len > COOKIE_PATH_MAX)
        return COOKIE_TOO_LONG;
    if (begins_with(d->name, "__Secure-") && !d->secure)
        return COOKIE_PREFIX;
    if (begins_with(d->name, "__Host-") && !(d->secure && d->locked))
        return COOKIE_PREFIX;
    return COOKIE_OK;
}

enum cookie_status cookie_draft_parse(struct cookie_draft *draft, const psl_ctx_t *suffixes, const struct url *from,
                                      const char *text, size_t len, int64_t now)
{
    const char *end = text + len, *stop = memchr(text, ';', len);
    stop = stop ? stop : end;
    const char *equals = memchr(text, '=', (size_t)(stop - text));
    if (has_control(text, len))
        return COOKIE_CONTROL;
    if (!equals)
        return COOKIE_SYNTAX;
    struct attributes a = {.secure = false};
    read_attributes(&a, stop < end ? stop + 1 : end, end, now);
    bool has_path = a.path.len > 0 && a.path.at[0] == '/';
    *draft = (struct cookie_draft){
        .name = trimmed(text, equals),
        .value = trimmed(equals + 1, stop),
        .path = has_path ? a.path : default_path(from),
        .expires = a.has_max_age   ? a.max_age
                   : a.has_expires ? a.expires
                                   : INT64_MAX,
        .secure = a.secure,
        .http_only = a.http_only,
        .locked = a.domain.len == 0 && has_path && a.path.len == 1,
    };
    enum cookie_status status = read_domain(draft, suffixes, from, a.domain);
    if (status == COOKIE_OK && draft->secure && from->scheme != URL_HTTPS)
        status = COOKIE_INSECURE;
    return status == COOKIE_OK ? cookie_draft_check(draft) : status;
}
