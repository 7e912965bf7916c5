#include "support/asked.h"

#include "support/files.h"
#include "support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static FILE *open_text(char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);
    if (!out)
        support_fail("no memory for a text");
    return out;
}

/* Sort and join LINES, which are freed. */
static char *joined(char **lines, size_t count)
{
    char *text;
    size_t len;
    FILE *out = open_text(&text, &len);
    qsort(lines, count, sizeof *lines, by_bytes);
    for (size_t i = 0, times = 1; i < count; i++, times++) {
        if (i + 1 < count && strcmp(lines[i], lines[i + 1]) == 0)
            continue;
        fputs(lines[i], out);
        if (times > 1)
            fprintf(out, " x%zu", times);
        fputc('\n', out);
        times = 0;
    }
    fclose(out);
    for (size_t i = 0; i < count; i++)
        free(lines[i]);
    free(lines);
    return text;
}

char *asked_since(const struct fixture *f, size_t from)
{
    size_t count, used = 0;
    const struct fixture_request *requests = fixture_requests(f, &count);
    char **lines = support_alloc((count + 1) * sizeof *lines);
    for (size_t i = from; i < count; i++)
        lines[used++] =
            support_format("%.*s%s", (int)strcspn(requests[i].host, ":"), requests[i].host, requests[i].target);
    return joined(lines, used);
}

size_t asked_count(const struct fixture *f)
{
    size_t count;
    fixture_requests(f, &count);
    return count;
}

size_t asked_of(const struct fixture *f, const char *host, size_t from)
{
    size_t count, found = 0, len = strlen(host);
    const struct fixture_request *requests = fixture_requests(f, &count);
    for (size_t i = from; i < count; i++)
        found += strcspn(requests[i].host, ":") == len && strncasecmp(requests[i].host, host, len) == 0;
    return found;
}

static char *member_text(const json_t *line, const char *member)
{
    const json_t *value = json_object_get(line, member);
    if (json_is_integer(value))
        return support_format("%lld", (long long)json_integer_value(value));
    if (json_is_boolean(value))
        return support_format("%s", json_is_true(value) ? "true" : "false");
    return support_format("%s", text_member(line, member));
}

char *asked_logged(const struct crawl *c, const char *member)
{
    size_t i, used = 0;
    json_t *line;
    char **lines = support_alloc((json_array_size(c->log) + 1) * sizeof *lines);
    json_array_foreach(c->log, i, line)
    {
        char *more = member ? member_text(line, member) : NULL;
        lines[used++] = support_format("%s%s%s", text_member(line, "url"), more ? " " : "", more ? more : "");
        free(more);
    }
    return joined(lines, used);
}
