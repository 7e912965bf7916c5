/* The jar as a Netscape file: seven fields with tabs between them, one cookie a line. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "web/account/cookies_jar.h"

#define HTTP_ONLY "#HttpOnly_"

enum field { DOMAIN, TAIL, PATH, SECURE, EXPIRES, NAME, VALUE, FIELD_COUNT };

static bool is_word(struct cookie_span span, const char *word)
{
    return span.len == strlen(word) && strncasecmp(span.at, word, span.len) == 0;
}

static bool read_flag(struct cookie_span span, bool *flag)
{
    *flag = is_word(span, "TRUE");
    return *flag || is_word(span, "FALSE");
}

/* Seconds, of which a browser may write a fraction. 0 or nothing stands for a session cookie; a time before 1970 is
 * over. */
static bool read_expiry(struct cookie_span span, int64_t *expires)
{
    bool negative = span.len > 0 && span.at[0] == '-';
    int64_t value = 0;
    size_t i = negative;
    for (; i < span.len && span.at[i] != '.'; i++) {
        if (span.at[i] < '0' || span.at[i] > '9')
            return false;
        value = value > INT64_MAX / 10 - 1 ? INT64_MAX / 10 : value * 10 + (span.at[i] - '0');
    }
    for (size_t k = i + 1; k < span.len; k++) {
        if (span.at[k] < '0' || span.at[k] > '9')
            return false;
    }
    *expires = value == 0 ? INT64_MAX : negative ? INT64_MIN : value;
    return true;
}

/* Fields are split at each tab; an empty value may lack its tab. */
static bool split(struct cookie_span line, struct cookie_span *fields)
{
    const char *at = line.at, *end = line.at + line.len;
    int count = 0;
    for (; count < FIELD_COUNT; count++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        const char *stop = tab && count < VALUE ? tab : end;
        fields[count] = (struct cookie_span){at, (size_t)(stop - at)};
        if (stop == end)
            break;
        at = stop + 1;
    }
    if (count == NAME)
        fields[VALUE] = (struct cookie_span){end, 0};
    return count >= NAME;
}

/* wget writes a port behind the host, which a cookie does not know; curl writes IPv6 addresses without brackets. */
static bool read_host(struct cookie_span field, struct url *url)
{
    char text[COOKIE_DOMAIN_MAX + 16];
    if (field.len > 0 && field.at[0] == '.')
        field = (struct cookie_span){field.at + 1, field.len - 1};
    const char *colon = memchr(field.at, ':', field.len), *end = field.at + field.len;
    bool bare_ipv6 = colon && field.at[0] != '[' && memchr(colon + 1, ':', (size_t)(end - colon - 1));
    if (field.len == 0 || field.len > COOKIE_DOMAIN_MAX + 6)
        return false;
    for (size_t i = 0; i < field.len; i++) {
        if (strchr("/\\?#@%\t", field.at[i]) || (unsigned char)field.at[i] <= ' ')
            return false;
    }
    int len = snprintf(text, sizeof text, bare_ipv6 ? "http://[%.*s]" : "http://%.*s", (int)field.len, field.at);
    return url_parse(url, text, (size_t)len, NULL) == URL_OK;
}

/* The flag says whether hosts below count, as with curl; a dot before the domain says nothing. */
static enum cookie_status read_domain(struct cookie_draft *draft, const psl_ctx_t *suffixes, struct cookie_span field,
                                      bool tail)
{
    struct url url = {0};
    enum cookie_status status = COOKIE_OK;
    if (!read_host(field, &url))
        return COOKIE_DOMAIN;
    draft->host_only = !tail || url.host_kind != URL_HOST_IS_NAME;
    if (url.host.len > COOKIE_DOMAIN_MAX || (!draft->host_only && url.host.at[url.host.len - 1] == '.')) {
        status = COOKIE_DOMAIN;
    } else if (!draft->host_only && cookie_is_public_suffix(suffixes, url.host.at, url.host.len)) {
        status = COOKIE_PUBLIC_SUFFIX;
    } else {
        memcpy(draft->domain, url.host.at, url.host.len);
        draft->domain[url.host.len] = '\0';
        draft->domain_len = url.host.len;
    }
    url_release(&url);
    return status;
}

static enum cookie_status read_fields(struct cookie_draft *draft, const psl_ctx_t *suffixes,
                                      const struct cookie_span *fields)
{
    bool tail;
    if (!read_flag(fields[TAIL], &tail) || !read_flag(fields[SECURE], &draft->secure) ||
        !read_expiry(fields[EXPIRES], &draft->expires) || fields[PATH].len == 0 || fields[PATH].at[0] != '/')
        return COOKIE_LINE;
    draft->path = fields[PATH];
    draft->name = fields[NAME];
    draft->value = fields[VALUE];
    enum cookie_status status = read_domain(draft, suffixes, fields[DOMAIN], tail);
    draft->locked = draft->host_only && draft->path.len == 1;
    return status == COOKIE_OK ? cookie_draft_check(draft) : status;
}

static enum cookie_status load_line(struct cookie_jar *jar, struct cookie_span line, int64_t now)
{
    struct cookie_draft draft = {.account = {"", 0}};
    struct cookie_span fields[FIELD_COUNT];
    if (line.len > strlen(HTTP_ONLY) && memcmp(line.at, HTTP_ONLY, strlen(HTTP_ONLY)) == 0) {
        draft.http_only = true;
        line = (struct cookie_span){line.at + strlen(HTTP_ONLY), line.len - strlen(HTTP_ONLY)};
    }
    if (line.len == 0 || line.at[0] == '#')
        return COOKIE_OK;
    if (!split(line, fields))
        return COOKIE_LINE;
    enum cookie_status status = read_fields(&draft, jar->suffixes, fields);
    if (status != COOKIE_OK || draft.expires <= now)
        return status;
    return cookie_jar_put(jar, &draft, now, COOKIE_ROOM_ONLY);
}

bool cookie_jar_load(struct cookie_jar *jar, const char *text, size_t len, int64_t now, cookie_report *report,
                     void *context)
{
    const char *end = text + len;
    for (size_t number = 1; text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text)), *stop = newline ? newline : end;
        struct cookie_span line = {text, (size_t)(stop - text)};
        if (line.len > 0 && stop[-1] == '\r')
            line.len--;
        enum cookie_status status = load_line(jar, line, now);
        if (status == COOKIE_NO_MEMORY)
            return false;
        if (status != COOKIE_OK && report)
            report(context, number, cookie_status_text(status));
        text = newline ? newline + 1 : end;
    }
    return true;
}

static int by_age(const void *a, const void *b)
{
    const struct cookie *one = *(const struct cookie *const *)a, *other = *(const struct cookie *const *)b;
    return one->created < other->created ? -1 : one->created > other->created;
}

static struct cookie_span file_domain(const struct cookie *cookie)
{
    struct cookie_span name = {cookie->domain->node.name, cookie->domain->node.len};
    if (name.len > 2 && name.at[0] == '[')
        name = (struct cookie_span){name.at + 1, name.len - 2};
    return name;
}

static void write_line(const struct cookie *c, struct buffer *out)
{
    struct cookie_span domain = file_domain(c);
    bool is_session = c->expires == INT64_MAX;
    buffer_printf(out, "%s%s%.*s\t%s\t%s\t%s\t%" PRId64 "\t%s\t%s\n", c->http_only ? HTTP_ONLY : "",
                  c->host_only ? "" : ".", (int)domain.len, domain.at, c->host_only ? "FALSE" : "TRUE", c->path.at,
                  c->secure ? "TRUE" : "FALSE", is_session ? 0 : c->expires, c->name.at, c->value.at);
}

static const char head[] = "# Netscape HTTP Cookie File\n# Written by forage, in the format of curl and wget.\n\n";

/* Room for a line besides its texts: prefix, dots, flags, tabs and the longest number. */
enum { LINE_ROOM = 64 };

bool cookie_jar_save(const struct cookie_jar *jar, int64_t now, struct buffer *out)
{
    size_t count = 0, room = sizeof head;
    const struct cookie **all = malloc((jar->count + 1) * sizeof(struct cookie *));
    if (!all)
        return false;
    for (const struct cookie *cookie = jar->cookies.first; cookie; cookie = cookie->after[IN_JAR]) {
        if (cookie->expires > now && !cookie->account.len) {
            all[count++] = cookie;
            room += cookie->text_len + cookie->domain->node.len + LINE_ROOM;
        }
    }
    bool ok = buffer_reserve(out, room);
    if (ok) {
        buffer_append(out, head, sizeof head - 1);
        qsort(all, count, sizeof(struct cookie *), by_age);
        for (size_t i = 0; i < count; i++)
            write_line(all[i], out);
    }
    free(all);
    return ok;
}
