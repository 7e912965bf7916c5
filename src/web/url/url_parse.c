/* The URL standard's basic parser without its states: each part is found by a scan and written once.
 *
 * The scratch area holds the base's href and three bytes for each byte of input (one byte percent-encoded), and what a
 * host may add, so a URL is written without a check for room at every byte. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/url/url_chars.h"
#include "web/url/url_draft.h"
#include "web/url/url_parse.h"

enum {
    ON_STACK = 2048, /* scratch for the ordinary URL, which then costs a single allocation */
    SYNTAX_ROOM = 64 /* scheme, separators, a written-out IP address and a port */
};

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

size_t url_scheme_length(const char *at, const char *end)
{
    const char *p = at;
    if (p == end || !(url_lower(*p) >= 'a' && url_lower(*p) <= 'z'))
        return 0;
    while (p < end && (url_char(*p) & CHAR_SCHEME))
        p++;
    return p < end && *p == ':' ? (size_t)(p - at) : 0;
}

bool url_scheme_known(const char *at, size_t len, enum url_scheme *scheme)
{
    if (len < 4 || len > 5 || strncasecmp(at, "https", len) != 0)
        return false;
    *scheme = len == 4 ? URL_HTTP : URL_HTTPS;
    return true;
}

static void write_scheme(struct url_draft *d, enum url_scheme scheme)
{
    d->scheme = scheme;
    d->port = url_default_port(scheme);
    if (scheme == URL_HTTP)
        url_draft_append(d, "http://", 7);
    else
        url_draft_append(d, "https://", 8);
}

static void write_credentials(struct url_draft *d, const char *from, const char *to)
{
    const char *colon = memchr(from, ':', (size_t)(to - from));
    const char *user_end = colon ? colon : to;
    d->user_at = d->len;
    url_draft_encode(d, from, user_end, CHAR_ENCODE_USER);
    d->user_len = d->len - d->user_at;
    if (colon && colon + 1 < to) {
        url_draft_char(d, ':');
        d->password_at = d->len;
        url_draft_encode(d, colon + 1, to, CHAR_ENCODE_USER);
        d->password_len = d->len - d->password_at;
    }
    if (d->user_len || d->password_len)
        url_draft_char(d, '@');
}

/* FROM..TO is what follows the colon behind the host. Leading zeros are allowed without limit, so it is read in
 * full. */
static enum url_status write_port(struct url_draft *d, const char *from, const char *to)
{
    unsigned port = 0;
    for (const char *p = from; p < to; p++) {
        if (*p < '0' || *p > '9')
            return URL_PORT;
        port = port * 10 + (unsigned)(*p - '0');
        if (port > UINT16_MAX)
            return URL_PORT;
    }
    if (from == to || port == url_default_port(d->scheme))
        return URL_OK;
    d->port = (uint16_t)port;
    d->has_port = true;
    char digits[6];
    size_t n = sizeof digits;
    do
        digits[--n] = (char)('0' + port % 10);
    while (port /= 10);
    url_draft_char(d, ':');
    url_draft_append(d, digits + n, sizeof digits - n);
    return URL_OK;
}

static enum url_status write_authority(struct url_draft *d, const char *from, const char *to)
{
    const char *at = memrchr(from, '@', (size_t)(to - from));
    if (at) {
        write_credentials(d, from, at);
        from = at + 1;
    }
    const char *host_end = from;
    bool in_brackets = false;
    for (; host_end < to && (*host_end != ':' || in_brackets); host_end++) {
        if (*host_end == '[')
            in_brackets = true;
        else if (*host_end == ']')
            in_brackets = false;
    }
    enum url_status status = url_draft_host(d, from, host_end);
    if (status == URL_OK && host_end < to)
        status = write_port(d, host_end + 1, to);
    return status;
}

/* Write the query that FROM begins with, if any: up to the fragment, which is dropped. */
static void write_query(struct url_draft *d, const char *from, const char *end)
{
    if (from == end || *from != '?')
        return;
    const char *hash = memchr(from, '#', (size_t)(end - from));
    url_draft_char(d, '?');
    d->query_at = d->len;
    url_draft_encode(d, from + 1, hash ? hash : end, CHAR_ENCODE_QUERY);
}

static enum url_status write_absolute(struct url_draft *d, enum url_scheme scheme, const char *at, const char *end)
{
    while (at < end && is_slash(*at))
        at++;
    const char *stop = at;
    while (stop < end && !(url_char(*stop) & CHAR_ENDS_PART))
        stop++;
    write_scheme(d, scheme);
    enum url_status status = write_authority(d, at, stop);
    if (status != URL_OK)
        return status;
    d->path_at = d->len;
    stop = url_draft_path(d, stop, end);
    write_query(d, stop, end);
    return URL_OK;
}

/* Take over the base's text up to LEN, and where its scheme, credentials, host and port are. */
static void write_base(struct url_draft *d, const struct url *base, size_t len)
{
    url_draft_append(d, base->href, len);
    d->scheme = base->scheme;
    d->user_at = (size_t)(base->username.at - base->href);
    d->user_len = base->username.len;
    d->password_at = (size_t)(base->password.at - base->href);
    d->password_len = base->password.len;
    d->host_at = (size_t)(base->host.at - base->href);
    d->host_len = base->host.len;
    d->host_kind = base->host_kind;
    memcpy(d->address, base->address, sizeof d->address);
    d->port = base->port;
    d->has_port = base->has_port;
    d->path_at = (size_t)(base->path.at - base->href);
}

static enum url_status write_relative(struct url_draft *d, const struct url *base, const char *at, const char *end)
{
    if (end - at >= 2 && is_slash(at[0]) && is_slash(at[1]))
        return write_absolute(d, base->scheme, at, end);
    size_t path_at = (size_t)(base->path.at - base->href);
    size_t path_end = path_at + base->path.len;
    if (at == end || *at == '#') {
        write_base(d, base, base->href_len);
        d->query_at = base->has_query ? (size_t)(base->query.at - base->href) : 0;
    } else if (*at == '?') {
        write_base(d, base, path_end);
        write_query(d, at, end);
    } else {
        write_base(d, base, is_slash(*at) ? path_at : path_end);
        if (!is_slash(*at))
            url_draft_shorten(d);
        at = url_draft_path(d, at, end);
        write_query(d, at, end);
    }
    return URL_OK;
}

static enum url_status write_url(struct url_draft *d, const struct url_source *source)
{
    if (source->base)
        return write_relative(d, source->base, source->at, source->end);
    return write_absolute(d, source->scheme, source->at, source->end);
}

enum url_status url_build(struct url *out, const struct url_source *source)
{
    size_t len = (size_t)(source->end - source->at);
    if (len > URL_MAX_BYTES)
        return URL_TOO_LONG;
    size_t room = 3 * len + SYNTAX_ROOM + (source->base ? source->base->href_len : 0);
    for (const char *p = source->at; p < source->end; p++) {
        if (url_char(*p) & CHAR_HOST_SLOW) {
            room += URL_HOST_ROOM;
            break;
        }
    }
    char small[ON_STACK];
    struct url_draft draft = {.text = small};
    if (room > sizeof small && !(draft.text = malloc(room)))
        return URL_NO_MEMORY;
    enum url_status status = write_url(&draft, source);
    if (status == URL_OK)
        status = url_draft_finish(&draft, out);
    if (draft.text != small)
        free(draft.text);
    return status;
}

/* Find the scheme, and whether what follows is relative to the base. */
static enum url_status parse_clean(struct url *out, const char *at, const char *end, const struct url *base)
{
    struct url_source source = {.at = at, .end = end, .base = base};
    size_t scheme_len = url_scheme_length(at, end);
    if (scheme_len) {
        if (!url_scheme_known(at, scheme_len, &source.scheme))
            return URL_SCHEME;
        source.at += scheme_len + 1;
        bool two_slashes = end - source.at >= 2 && source.at[0] == '/' && source.at[1] == '/';
        if (two_slashes || !base || base->scheme != source.scheme)
            source.base = NULL;
    } else if (!base) {
        return at == end ? URL_EMPTY : URL_RELATIVE;
    }
    return url_build(out, &source);
}

/* Parse without the tabs and line ends inside. */
static enum url_status parse_stripped(struct url *out, const char *at, const char *end, const struct url *base)
{
    size_t room = (size_t)(end - at);
    char *clean = malloc(room);
    if (!clean)
        return URL_NO_MEMORY;
    size_t n = 0;
    for (; at < end; at++) {
        if (!(url_char(*at) & CHAR_SKIPPED))
            clean[n++] = *at;
    }
    enum url_status status = parse_clean(out, clean, clean + n, base);
    free(clean);
    return status;
}

enum url_status url_parse(struct url *out, const char *input, size_t len, const struct url *base)
{
    const char *at = len ? input : "", *end = at + len;
    while (at < end && (unsigned char)*at <= ' ')
        at++;
    while (end > at && (unsigned char)end[-1] <= ' ')
        end--;
    unsigned seen = 0;
    for (const char *p = at; p < end; p++)
        seen |= url_char(*p);
    if (seen & CHAR_SKIPPED)
        return parse_stripped(out, at, end, base);
    return parse_clean(out, at, end, base);
}
