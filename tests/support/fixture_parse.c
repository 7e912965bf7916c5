#include "support/fixture_parse.h"

#include <string.h>
#include <strings.h>

size_t parse_head_len(const char *data, size_t len)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    return end ? (size_t)(end - data) + 4 : 0;
}

/* Cut TEXT at the first BYTE and return what follows it; NULL when it is not there. */
static char *cut(char *text, char byte)
{
    char *at = text ? strchr(text, byte) : NULL;
    if (!at)
        return NULL;
    *at = '\0';
    return at + 1;
}

/* A line ends at LF; a CR before it belongs to the line end. Returns the next line, NULL behind the last. */
static char *cut_line(char *text)
{
    char *next = cut(text, '\n');
    size_t len = strlen(text);
    if (len && text[len - 1] == '\r')
        text[len - 1] = '\0';
    return next;
}

/* Three words, the last of them a version. A NUL in the head makes it no request at all. */
static void read_request_line(struct fixture_request *request, char *line)
{
    bool has_nul = memchr(request->head, '\0', request->head_len);
    char *target = cut(line, ' ');
    char *version = cut(target, ' ');
    request->malformed =
        !version || !*line || !*target || strncmp(version, "HTTP/1.", 7) != 0 || strlen(version) != 8 || has_nul;
    request->method = request->malformed ? "" : line;
    request->target = request->malformed ? "" : target;
}

static void read_headers(struct fixture_log *log, struct fixture_request *request, char *text)
{
    size_t lines = 1;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    struct fixture_header *headers = fixture_log_room(log, lines * sizeof *headers);
    for (char *next; text && *text; text = next) {
        next = cut_line(text);
        char *value = cut(text, ':');
        if (!*text || !value)
            continue;
        value += strspn(value, " \t");
        headers[request->header_count++] = (struct fixture_header){text, value};
    }
    request->headers = headers;
}

void parse_request(struct fixture_log *log, struct fixture_request *request, const char *data, size_t len)
{
    char *head = fixture_log_room(log, len + 1);
    char *parts = fixture_log_room(log, len + 1);
    memcpy(head, data, len);
    memcpy(parts, data, len);
    head[len] = parts[len] = '\0';
    request->head = head;
    request->head_len = len;
    char *headers = cut_line(parts);
    read_request_line(request, parts);
    read_headers(log, request, headers ? headers : parts + len);
    const char *host = fixture_find_header(request, "Host");
    request->host = host ? host : "";
}

const char *fixture_find_header(const struct fixture_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

bool parse_wants_close(const struct fixture_request *request)
{
    const char *connection = fixture_find_header(request, "Connection");
    return strstr(request->head, " HTTP/1.0\r\n") || (connection && strcasecmp(connection, "close") == 0);
}
