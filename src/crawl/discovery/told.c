#include "crawl/discovery/told.h"

#include "crawl/crawl.h"
#include "crawl/text_copy.h"

#include <stdlib.h>
#include <string.h>

static bool is_place(const struct fetch_link *link)
{
    return link->kind == FETCH_LINK_PAGE || link->kind == FETCH_LINK_REQUISITE;
}

/* What a worker calls canonical need not be, and a relative link of a page that was asked for with an account has that,
 * too. */
char *told_url(struct text link)
{
    struct url url = {0};
    if (url_parse(&url, link.data, link.len, NULL) != URL_OK)
        return NULL;
    char *copy = text_copy((struct text){url.href_public, strlen(url.href_public)});
    url_release(&url);
    return copy;
}

void told_links_make(const struct job *job, struct told_links *links)
{
    struct text records = {job->links.data, job->links.len};
    struct fetch_link link;
    *links = (struct told_links){0};
    if (!records.len)
        return;
    char **urls = calloc(FORAGE_LINKS_MAX, sizeof *urls);
    while (urls && links->count < FORAGE_LINKS_MAX && fetch_link_next(&records, &link))
        if (is_place(&link) && (urls[links->count] = told_url(link.url)))
            links->count++;
    links->urls = urls;
}

void told_links_release(struct told_links *links)
{
    for (size_t i = 0; i < links->count; i++)
        free(links->urls[i]);
    free(links->urls);
    *links = (struct told_links){0};
}
