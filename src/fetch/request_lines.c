#include "fetch/request_lines.h"

#include "fetch/decode.h"
#include "fetch/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- Lists of lines ---- */

static bool add_line(struct request_lines *lines, const char *line)
{
    /* libcurl walks to the end of the list that it is given: the last line is a list of one. */
    struct curl_slist *added = curl_slist_append(lines->last, line);
    if (!added)
        return false;
    lines->last = lines->last ? lines->last->next : added;
    if (!lines->first)
        lines->first = added;
    return true;
}

void request_lines_release(struct request_lines *lines)
{
    curl_slist_free_all(lines->first);
    *lines = (struct request_lines){0};
}

static size_t name_len(const char *line, size_t len)
{
    size_t n = 0;
    while (n < len && line[n] != ':' && line[n] != ';')
        n++;
    return n;
}

static bool has_name(const char *line, size_t len, const char *name)
{
    return name_len(line, len) == strlen(name) && strncasecmp(line, name, strlen(name)) == 0;
}

static bool has_value(const char *line)
{
    line += strcspn(line, ":");
    return *line == ':' && line[1 + strspn(line + 1, " \t")];
}

/* What the lines ask for changes which answers make sense. */
static void note_questions(struct request_lines *lines)
{
    for (const struct curl_slist *l = lines->first; l; l = l->next) {
        size_t len = strlen(l->data);
        if (!has_value(l->data))
            continue;
        lines->ask_range = lines->ask_range || has_name(l->data, len, "Range");
        lines->ask_change =
            lines->ask_change || has_name(l->data, len, "If-None-Match") || has_name(l->data, len, "If-Modified-Since");
    }
}

/* ---- What all requests share ---- */

/* Add a line of that name, unless the options have one, with a value or without. */
static bool add_default(struct request_lines *lines, const struct fetch_options *o, size_t count, const char *name,
                        const char *value)
{
    struct buffer line = {0};
    for (size_t i = 0; i < count; i++)
        if (has_name(o->headers[i], strlen(o->headers[i]), name))
            return true;
    bool ok = buffer_printf(&line, "%s: %s", name, value) && add_line(lines, line.data);
    buffer_release(&line);
    return ok;
}

/* libcurl puts its own User-Agent together anew for each request, byte by byte, and then once more into the request:
 * a line of this list goes once. */
bool request_lines_share(struct request_lines *lines, const struct fetch_options *o, bool named)
{
    size_t count = named ? o->header_count : 0;
    bool ok = add_default(lines, o, count, "User-Agent", o->user_agent);
    for (size_t i = 0; i < count; i++)
        ok = ok && add_line(lines, o->headers[i]);
    ok = ok && add_default(lines, o, count, "Accept-Encoding", DECODE_ACCEPTED);
    note_questions(lines);
    return ok;
}

/* ---- A request's own lines ---- */

/* If-Range takes a validator that changes with every byte (RFC 9110 section 13.1.5): not a weak ETag. Of a
 * Last-Modified alone the parent has seen that it is strong. */
static const char *strong_validator(const struct request *r)
{
    if (r->etag.len && r->etag.data[0] == '"')
        return r->etag.data;
    return r->last_modified.len ? r->last_modified.data : NULL;
}

/* Whether the request itself decides about headers of that name. */
static bool is_decided(const struct request *r, const char *line, size_t len)
{
    static const char *const ranges[] = {"Range", "If-Range", "Accept-Encoding"};
    bool changes = r->resume_at || r->etag.len || r->last_modified.len;
    for (size_t i = 0; r->resume_at && i < sizeof ranges / sizeof *ranges; i++)
        if (has_name(line, len, ranges[i]))
            return true;
    return changes && (has_name(line, len, "If-None-Match") || has_name(line, len, "If-Modified-Since"));
}

static bool add_formatted(struct request_lines *lines, struct buffer *line, const char *name, const char *value)
{
    buffer_clear(line);
    return buffer_printf(line, "%s: %s", name, value) && add_line(lines, line->data);
}

static bool add_validators(struct request *r, struct buffer *line)
{
    if (r->etag.len && !add_formatted(&r->own, line, "If-None-Match", r->etag.data))
        return false;
    return !r->last_modified.len || add_formatted(&r->own, line, "If-Modified-Since", r->last_modified.data);
}

/* Offsets count bytes of the body as it is, so that no coding may be between. */
static bool add_range(struct request *r, struct buffer *line)
{
    const char *validator = strong_validator(r);
    char range[40];
    if (!add_line(&r->own, "Accept-Encoding: identity"))
        return false;
    if (!validator) /* bytes of another version could not be told from the right ones */
        return true;
    snprintf(range, sizeof range, "bytes=%llu-", (unsigned long long)r->resume_at);
    return add_formatted(&r->own, line, "Range", range) && add_formatted(&r->own, line, "If-Range", validator);
}

static bool lines_name(struct text lines, const char *line)
{
    size_t len = name_len(line, strlen(line));
    for (const char *at = lines.data, *end = at + lines.len; at < end;) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        if (name_len(at, (size_t)(next - at)) == len && strncasecmp(at, line, len) == 0)
            return true;
        at = next + 1;
    }
    return false;
}

static bool add_shared(struct request *r, const struct request_lines *shared, struct text headers)
{
    for (const struct curl_slist *l = shared->first; l; l = l->next)
        if (!is_decided(r, l->data, strlen(l->data)) && !lines_name(headers, l->data) && !add_line(&r->own, l->data))
            return false;
    return true;
}

static bool add_headers(struct request *r, struct text headers, struct buffer *line)
{
    for (const char *at = headers.data, *end = at + headers.len; at < end;) {
        size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        buffer_clear(line);
        if (!is_decided(r, at, len) && (!buffer_append(line, at, len) || !add_line(&r->own, line->data)))
            return false;
        at += len + 1;
    }
    return true;
}

bool request_lines_make(struct request *r, const struct request_lines *shared, struct text headers)
{
    struct buffer line = {0};
    bool ok = add_shared(r, shared, headers) && add_headers(r, headers, &line) &&
              (r->resume_at ? add_range(r, &line) : add_validators(r, &line));
    note_questions(&r->own);
    buffer_release(&line);
    return ok;
}
