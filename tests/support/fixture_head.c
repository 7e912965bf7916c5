#include "support/fixture_head.h"

#include "support/fixture_coding.h"
#include "support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct reason {
    int status;
    const char *text;
} reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {410, "Gone"},
    {416, "Range Not Satisfiable"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
};

static const char *reason_for(const struct head *head)
{
    if (head->reply->reason && head->status == head->reply->status)
        return head->reply->reason;
    for (size_t i = 0; i < SUPPORT_COUNT(reasons); i++)
        if (reasons[i].status == head->status)
            return reasons[i].text;
    return "Fixture";
}

static const char *without_weakness(const char *etag)
{
    return strncmp(etag, "W/", 2) == 0 ? etag + 2 : etag;
}

/* RFC 9110 section 13.1.2: the weak comparison, against a list or "*". */
static bool lists_etag(const char *list, const char *etag)
{
    const char *wanted = without_weakness(etag);
    size_t len = strlen(wanted);
    for (const char *at = list + strspn(list, " ,"); *at; at += strspn(at, " ,")) {
        const char *entry = without_weakness(at);
        if (*at == '*' || (strncmp(entry, wanted, len) == 0 && strchr(", ", entry[len])))
            return true;
        at += strcspn(at, ",");
    }
    return false;
}

static bool is_unchanged(const struct head *head)
{
    const char *etags = fixture_find_header(head->request, "If-None-Match");
    if (etags)
        return head->reply->etag && lists_etag(etags, head->reply->etag);
    const char *since = fixture_find_header(head->request, "If-Modified-Since");
    return since && head->reply->last_modified && strcmp(since, head->reply->last_modified) == 0;
}

/* RFC 9110 section 13.1.5: a range that was asked for another version is no range. */
static bool is_other_version(const struct head *head)
{
    const char *version = fixture_find_header(head->request, "If-Range");
    const char *etag = head->reply->etag, *date = head->reply->last_modified;
    return version && !(etag && strcmp(version, etag) == 0) && !(date && strcmp(version, date) == 0);
}

/* Read "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-COUNT" against SIZE bytes. False: not one range. */
static bool read_range(const char *text, uint64_t size, uint64_t *first, uint64_t *last)
{
    char dash, rest;
    if (strncmp(text, "bytes=", 6) != 0)
        return false;
    text += 6;
    if (sscanf(text, "-%" SCNu64 "%c", last, &rest) == 1) {
        *first = *last < size ? size - *last : 0;
        *last = size - 1;
        return true;
    }
    int fields = sscanf(text, "%" SCNu64 "%c%" SCNu64 "%c", first, &dash, last, &rest);
    if ((fields != 2 && fields != 3) || dash != '-')
        return false;
    if (fields == 2 || *last >= size)
        *last = size - 1;
    return true;
}

static void apply_range(struct head *head, struct script *body)
{
    const char *text = fixture_find_header(head->request, "Range");
    uint64_t size = body->left, first, last;
    if (head->reply->range == FIXTURE_RANGE_IGNORED || !text || is_other_version(head) ||
        !read_range(text, size, &first, &last))
        return;
    if (head->reply->range == FIXTURE_RANGE_MISMATCHED)
        first = first ? first - 1 : 1;
    char *range = head->content_range;
    if (first >= size || first > last) {
        head->status = 416;
        snprintf(range, sizeof head->content_range, "bytes */%" PRIu64, size);
        script_window(body, 0, 0);
        return;
    }
    head->status = 206;
    snprintf(range, sizeof head->content_range, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, first, last, size);
    script_window(body, first, last - first + 1);
}

static bool never_has_a_body(int status)
{
    return status == 204 || status == 304 || status / 100 == 1;
}

void head_decide(struct head *head, struct script *body)
{
    if (head->status == 0)
        head->status = head->reply->location ? 302 : 200;
    if (head->status == 200 && is_unchanged(head))
        head->status = 304;
    if (head->status == 200)
        apply_range(head, body);
    head->bodiless = never_has_a_body(head->status) || strcmp(head->request->method, "HEAD") == 0;
    head->length = body->left;
}

static void print_length(const struct head *head, FILE *out)
{
    const struct fixture_reply *reply = head->reply;
    bool unknown = reply->no_length || reply->fault == FIXTURE_ENDLESS_BODY || never_has_a_body(head->status);
    if (head->chunked && !never_has_a_body(head->status))
        fputs("Transfer-Encoding: chunked\r\n", out);
    if (reply->content_length)
        fprintf(out, "Content-Length: %s\r\n", reply->content_length);
    else if (!head->chunked && !unknown)
        fprintf(out, "Content-Length: %" PRIu64 "\r\n", head->length);
}

static void print_coding(const struct fixture_reply *reply, FILE *out)
{
    const char *name = coding_name(reply->coding);
    if (!name)
        return;
    fprintf(out, "Content-Encoding: %s", name);
    for (unsigned i = 1; i < reply->layers; i++)
        fprintf(out, ", %s", name);
    fputs("\r\n", out);
}

static void print_field(FILE *out, const char *name, const char *value)
{
    if (value && *value)
        fprintf(out, "%s: %s\r\n", name, value);
}

char *head_print(const struct head *head, size_t *len)
{
    const struct fixture_reply *reply = head->reply;
    char *text;
    FILE *out = open_memstream(&text, len);
    if (!out)
        support_fail("no memory for a head");
    fprintf(out, "HTTP/1.1 %d %s\r\n", head->status, reason_for(head));
    print_field(out, "Content-Type", reply->type ? reply->type : "text/html");
    print_field(out, "Location", reply->location);
    print_field(out, "ETag", reply->etag);
    print_field(out, "Last-Modified", reply->last_modified);
    print_field(out, "Content-Range", head->content_range);
    print_coding(reply, out);
    print_length(head, out);
    print_field(out, "Connection", head->close ? "close" : "");
    if (reply->headers)
        fwrite(reply->headers, 1, reply->headers_len ? reply->headers_len : strlen(reply->headers), out);
    fputs("\r\n", out);
    if (fclose(out))
        support_fail("no memory for a head");
    return text;
}
