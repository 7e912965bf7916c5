#include "crawl/header_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

const char *header_line_check(const char *line)
{
    size_t name = 0;
    while (is_token_char(line[name]))
        name++;
    if (!name || line[name] != ':')
        return HEADER_LINE_SUBJECT "must look like \"Name: value\"";
    for (const char *c = line + name; *c; c++)
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f)
            return HEADER_LINE_SUBJECT "contains a control character";
    return NULL;
}
