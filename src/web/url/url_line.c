/* Lines of URL lists, where people write hosts without a scheme. */
#include <string.h>
#include <strings.h>

#include "web/url/url_chars.h"
#include "web/url/url_parse.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool has_control(const char *at, const char *end)
{
    for (; at < end; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return true;
    }
    return false;
}

/* Schemes that people do write, some of them with digits behind the colon. */
static bool is_common_scheme(const char *at, size_t len)
{
    static const char *const schemes[] = {
        "about", "blob", "data", "file", "ftp", "git",    "gopher", "irc",      "javascript",  "ldap", "mailto",
        "news",  "sip",  "sms",  "ssh",  "tel", "telnet", "urn",    "vbscript", "view-source", "ws",   "wss"};
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        if (strlen(schemes[i]) == len && strncasecmp(schemes[i], at, len) == 0)
            return true;
    }
    return false;
}

/* Whether digits and nothing else stand between the colon and the end of the authority, as in localhost:8080/x. */
static bool is_port(const char *at, const char *end)
{
    const char *p = at;
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p > at && (p == end || (url_char(*p) & CHAR_ENDS_PART));
}

/* A line that begins with a host. */
static enum url_status parse_bare(struct url *out, const char *at, const char *end)
{
    const char *stop = at;
    while (stop < end && (*stop == '/' || *stop == '\\'))
        stop++;
    if (stop - at == 1)
        return URL_HOST_EMPTY;
    while (stop < end && !(url_char(*stop) & CHAR_ENDS_PART))
        stop++;
    if (memchr(at, '@', (size_t)(stop - at)))
        return URL_LINE_USER;
    struct url_source source = {.at = at, .end = end, .scheme = URL_HTTP};
    return url_build(out, &source);
}

enum url_status url_parse_line(struct url *out, const char *line, size_t len)
{
    const char *at = len ? line : "", *end = at + len;
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    if (at == end)
        return URL_EMPTY;
    if (has_control(at, end))
        return URL_LINE_CONTROL;
    if (*at == '-')
        return URL_LINE_OPTION;
    if (*at == '@')
        return URL_LINE_AT;
    if (*at == '"' || *at == '\'') /* the standard has them in hosts, where no name has any */
        return URL_LINE_QUOTE;
    size_t scheme_len = url_scheme_length(at, end);
    struct url_source source = {.at = at + scheme_len + 1, .end = end};
    if (!scheme_len)
        return parse_bare(out, at, end);
    if (url_scheme_known(at, scheme_len, &source.scheme))
        return url_build(out, &source);
    if (!is_common_scheme(at, scheme_len) && is_port(at + scheme_len + 1, end))
        return parse_bare(out, at, end);
    return URL_SCHEME;
}
