#include "crawl/discovery/told.h"

#include "crawl/crawl.h"

#include <stdlib.h>
#include <string.h>

static bool is_place(const struct fetch_link *link)
{
    return link->kind == FETCH_LINK_PAGE || link->kind == FETCH_LINK_REQUISITE;
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
        if (is_place(&link) && (urls[links->count] = strndup(link.url.data, link.url.len)))
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
