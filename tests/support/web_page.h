/* A web that nobody wrote: pages with numbers, on hosts with numbers, whose links come from a generator with a seed.
 *
 * Page N is http://w<N % hosts>.test/<N>.html and has WEB_LINKS links; four of five stay on its host. From any page
 * every other can be reached but for odds of about one in e^40, as each page is linked about fifty times. Nothing is
 * kept: a page is made anew each time it is asked for, and is the same each time. */
#ifndef SUPPORT_WEB_PAGE_H
#define SUPPORT_WEB_PAGE_H

#include <stddef.h>
#include <stdint.h>

enum { WEB_LINKS = 50, WEB_PAGE_MOST = 8192 };

struct web {
    uint64_t pages; /* at least one for each host */
    uint32_t hosts;
    uint64_t seed;
};

/* The page that link LINK of PAGE leads to. */
uint64_t web_link(const struct web *web, uint64_t page, unsigned link);

/* The number of the page at a request's TARGET: "/17.html" is 17; any other text is the number of some page, too. */
uint64_t web_number(const struct web *web, const char *target, size_t len);

/* Write the HTML of PAGE to OUT, which has room for WEB_PAGE_MOST bytes. Returns its length. */
size_t web_page(const struct web *web, uint64_t page, char *out);

#endif
