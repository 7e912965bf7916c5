#include "support/web_page.h"

#include <string.h>

enum { DIGITS_MOST = 20, LOCAL_OF = 5 };

/* SplitMix64's finisher: every bit of the number has a say in every bit of what comes out. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t web_link(const struct web *web, uint64_t page, unsigned link)
{
    uint64_t random = mix(web->seed + (page * WEB_LINKS + link + 1) * 0x9e3779b97f4a7c15u);
    if (link % LOCAL_OF == 0)
        return random % web->pages;
    uint64_t host = page % web->hosts;
    uint64_t on_host = (web->pages - host + web->hosts - 1) / web->hosts;
    return random % on_host * web->hosts + host;
}

uint64_t web_number(const struct web *web, const char *target, size_t len)
{
    uint64_t number = 0, hash = 0;
    size_t digits = 0;
    while (digits + 1 < len && digits < DIGITS_MOST - 1 && target[digits + 1] >= '0' && target[digits + 1] <= '9')
        number = number * 10 + (uint64_t)(target[++digits] - '0');
    if (digits && len - digits - 1 == strlen(".html") && memcmp(target + digits + 1, ".html", strlen(".html")) == 0)
        return number % web->pages;
    for (size_t i = 0; i < len; i++)
        hash = mix(hash ^ (unsigned char)target[i]);
    return hash % web->pages;
}

static char *put(char *to, const char *text, size_t len)
{
    memcpy(to, text, len);
    return to + len;
}

#define PUT(to, literal) put(to, literal, sizeof(literal) - 1)

static char *put_number(char *to, uint64_t number)
{
    char digits[DIGITS_MOST];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return put(to, digits + at, sizeof digits - at);
}

static char *put_link(const struct web *web, uint64_t from, uint64_t page, char *to)
{
    to = PUT(to, "<li><a href=\"");
    if (page % web->hosts != from % web->hosts) {
        to = PUT(to, "http://w");
        to = put_number(to, page % web->hosts);
        to = PUT(to, ".test");
    }
    to = PUT(to, "/");
    to = put_number(to, page);
    to = PUT(to, ".html\">");
    to = put_number(to, page);
    return PUT(to, "</a></li>\n");
}

size_t web_page(const struct web *web, uint64_t page, char *out)
{
    char *to = PUT(out, "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>Page ");
    to = put_number(to, page);
    to = PUT(to, "</title></head>\n<body><ul>\n");
    for (unsigned link = 0; link < WEB_LINKS; link++)
        to = put_link(web, page, web_link(web, page, link), to);
    to = PUT(to, "</ul></body></html>\n");
    return (size_t)(to - out);
}
