#include "crawl/list/line_options.h"

#include "base/parse.h"
#include "base/status.h"
#include "crawl/header_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMORY "out of memory"
#define TWICE     "the option is given twice for one URL"

/* ---- Values: each function returns NULL or what is wrong ---- */

/* Whether a control character begins at C, which is inside a terminated text: of ASCII, or of U+0080 to U+009F in
 * UTF-8. */
static bool is_control(const unsigned char *c)
{
    return *c < ' ' || *c == 0x7f || (*c == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f);
}

static const char *check_component(const char *at, size_t len)
{
    if (!len)
        return "out= has nothing before, behind or between its slashes";
    if (*at == '.')
        return "a part of out= begins with a dot";
    if (*at == '-') /* to a program that is given "*" it would be an option */
        return "a part of out= begins with a dash, like an option";
    return len > LINE_OPTIONS_COMPONENT_MAX ? "a part of out= is longer than 255 bytes" : NULL;
}

static const char *check_out(const char *name)
{
    if (!*name)
        return "out= names no file";
    if (*name == '/')
        return "out= begins with a slash, but files lie below the output folder";
    if (strlen(name) > LINE_OPTIONS_OUT_MAX)
        return "out= is longer than 4000 bytes";
    for (const char *c = name; *c; c++)
        if (is_control((const unsigned char *)c))
            return "out= contains a control character";
    for (const char *at = name;; at++) {
        size_t len = strcspn(at, "/");
        const char *wrong = check_component(at, len);
        at += len;
        if (wrong || !*at)
            return wrong;
    }
}

static const char *take_out(struct line_options *o, const char *value)
{
    const char *wrong = o->out ? TWICE : check_out(value);
    if (wrong)
        return wrong;
    o->out = strdup(value);
    return o->out ? NULL : NO_MEMORY;
}

static const char *take_header(struct line_options *o, const char *value)
{
    const char *wrong = header_line_check(value);
    if (wrong)
        return wrong;
    size_t bytes = strlen(value);
    for (size_t i = 0; i < o->header_count; i++)
        bytes += strlen(o->headers[i]);
    if (o->header_count == LINE_OPTIONS_HEADERS_MAX)
        return "more than 64 headers for one URL";
    if (bytes > LINE_OPTIONS_HEADER_BYTES_MAX)
        return "more than 16 KiB of headers for one URL";
    char **more = realloc(o->headers, (o->header_count + 1) * sizeof *more);
    if (!more)
        return NO_MEMORY;
    o->headers = more;
    more[o->header_count] = strdup(value);
    if (!more[o->header_count])
        return NO_MEMORY;
    o->header_count++;
    return NULL;
}

static const char *take_tries(struct line_options *o, const char *value)
{
    uint64_t n = 0;
    if (o->tries)
        return TWICE;
    if (!parse_count(value, 1, LINE_OPTIONS_TRIES_MAX, &n))
        return "tries= is not a number from 1 to 1000000";
    o->tries = (unsigned)n;
    return NULL;
}

static const char *take_delay(struct line_options *o, const char *value)
{
    if (o->delay_ms >= 0)
        return TWICE;
    return parse_duration(value, &o->delay_ms) ? NULL : "delay= is not a duration, such as 1, 500ms or 2m";
}

static const char *take_max_size(struct line_options *o, const char *value)
{
    uint64_t bytes = 0;
    if (o->max_bytes)
        return TWICE;
    if (!parse_size(value, &bytes) || !bytes)
        return "max-size= is not a size above 0, such as 500k or 64M";
    o->max_bytes = bytes;
    return NULL;
}

static const char *take_max_age(struct line_options *o, const char *value)
{
    if (o->max_age_ms >= 0)
        return TWICE;
    return parse_time_span(value, &o->max_age_ms) ? NULL : "max-age= is not a duration, such as 90s, 12h or 30d";
}

/* ---- Lines ---- */

typedef const char *take_fn(struct line_options *options, const char *value);

static take_fn *find_taker(const char *key)
{
    static const struct {
        const char *key;
        take_fn *take;
    } rows[] = {{"out", take_out},     {"header", take_header},     {"tries", take_tries},
                {"delay", take_delay}, {"max-size", take_max_size}, {"max-age", take_max_age}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].key, key) == 0)
            return rows[i].take;
    return NULL;
}

static char *trim(char *text)
{
    static const char blanks[] = " \t\v\f\r";
    text += strspn(text, blanks);
    for (size_t len = strlen(text); len && strchr(blanks, text[len - 1]); len--)
        text[len - 1] = '\0';
    return text;
}

static struct line_options *new_options(void)
{
    struct line_options *o = calloc(1, sizeof *o);
    if (o)
        o->max_age_ms = o->delay_ms = -1;
    return o;
}

/* LINE is terminated, holds no other NUL, and is spent. */
static const char *add(struct line_options **options, char *line)
{
    char *value = strchr(line, '=');
    if (!value)
        return "an indented line is an option of the URL above, KEY=VALUE";
    *value++ = '\0';
    take_fn *take = find_taker(trim(line));
    if (!take)
        return "there is no such option; there are out, header, tries, delay, max-size and max-age";
    struct line_options *o = *options ? *options : new_options();
    const char *wrong = o ? take(o, trim(value)) : NO_MEMORY;
    if (!wrong)
        *options = o;
    else if (!*options)
        line_options_free(o);
    return wrong;
}

const char *line_options_add(struct line_options **options, const char *text, size_t len)
{
    if (memchr(text, '\0', len))
        return "the line contains a control character";
    char *line = malloc(len + 1);
    if (!line)
        return NO_MEMORY;
    memcpy(line, text, len);
    line[len] = '\0';
    const char *wrong = add(options, line);
    free(line);
    return wrong;
}

void line_options_free(struct line_options *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->header_count; i++)
        free(o->headers[i]);
    free(o->headers);
    free(o->out);
    free(o);
}
