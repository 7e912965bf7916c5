/* Sites as functions, and a crawl of them: breadth first, through traps, as the crawler does it but without a network.
 *
 * A model's page function is given the path of a URL, and says what is there: model_link for each link, model_content
 * for what else the page consists of. model_crawl does the rest. */
#ifndef TESTS_SITE_MODEL_H
#define TESTS_SITE_MODEL_H

#include "base/buffer.h"
#include "base/hash.h"
#include "crawl/scope/traps.h"
#include "crawl/seen.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model;

/* PATH is what is behind "http://h", with its query. */
typedef void model_page_fn(struct model *model, const char *path);

struct model {
    model_page_fn *page;
    struct traps_options options;
    unsigned limit; /* of pages, when the traps do not end it; 0: 500,000 */

    unsigned pages;   /* that were fetched */
    unsigned found;   /* different URLs, the root included */
    struct seen seen; /* every URL that a link led to */
    struct seen fetched;
    struct traps *traps;
    uint64_t random; /* for the page functions */
    char last_detail[160];

    /* Of the page that is being read. */
    struct url url;
    uint32_t number;
    struct buffer content;
    struct model_entry *first, *last;
};

struct model_entry {
    struct model_entry *next;
    uint32_t number;
    const char *parent;
    char url[];
};

/* A number that no one knows before, the same in each run. */
static inline uint64_t model_random(struct model *m)
{
    m->random += UINT64_C(0x9e3779b97f4a7c15);
    return hash_bytes(&m->random, sizeof m->random, 1);
}

static inline void model_content(struct model *m, const char *text)
{
    cr_assert(buffer_append_text(&m->content, text));
}

static void model_queue(struct model *m, const char *url, uint32_t number)
{
    size_t len = strlen(url) + 1, parent_len = strlen(m->url.href ? m->url.href : "") + 1;
    struct model_entry *entry = malloc(sizeof *entry + len + parent_len);
    cr_assert(entry);
    *entry = (struct model_entry){.number = number};
    memcpy(entry->url, url, len);
    entry->parent = memcpy(entry->url + len, m->url.href ? m->url.href : "", parent_len);
    *(m->last ? &m->last->next : &m->first) = entry;
    m->last = entry;
}

static void model_link(struct model *m, const char *format, ...)
{
    struct url url = {0};
    struct traps_verdict verdict;
    char text[4096];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len >= (int)sizeof text || url_parse(&url, text, (size_t)len, &m->url) != URL_OK)
        return;
    bool is_new = seen_add(&m->seen, url.href, url.href_len) == SEEN_NEW;
    m->found += is_new;
    if (!is_new)
        traps_known(m->traps, url.href, url.href_len, m->url.href, m->url.href_len);
    else if (traps_check(m->traps, &url, &m->url, m->number, &verdict))
        model_queue(m, url.href, verdict.number);
    else
        snprintf(m->last_detail, sizeof m->last_detail, "%s: %s", verdict.word, verdict.detail);
    url_release(&url);
}

static void model_fetch(struct model *m, struct model_entry *entry)
{
    static const char origin[] = "http://h";
    struct traps_verdict verdict;
    size_t len = strlen(entry->url), parent_len = strlen(entry->parent);
    cr_assert_eq(url_parse(&m->url, entry->url, len, NULL), URL_OK);
    m->number = entry->number;
    if (parent_len == 0 || traps_ask(m->traps, &m->url, entry->parent, parent_len, &verdict)) {
        m->pages++;
        cr_assert_eq(seen_add(&m->fetched, entry->url, len), SEEN_NEW, "%s is fetched twice", entry->url);
        buffer_clear(&m->content);
        m->page(m, entry->url + strlen(origin));
        uint64_t digest = hash_bytes(buffer_text(&m->content), m->content.len, 2);
        traps_page(m->traps, &m->url, entry->parent, parent_len, &digest, sizeof digest);
    }
    url_release(&m->url);
}

/* Crawl the site from its root. */
static void model_crawl(struct model *m)
{
    unsigned limit = m->limit ? m->limit : 500000;
    seen_init(&m->seen);
    seen_init(&m->fetched);
    cr_assert((m->traps = traps_new(&m->options)));
    seen_add(&m->seen, "http://h/", 9);
    m->found = 1;
    model_queue(m, "http://h/", 0);
    while (m->first && m->pages < limit) {
        struct model_entry *entry = m->first;
        if (!(m->first = entry->next))
            m->last = NULL;
        model_fetch(m, entry);
        free(entry);
    }
    cr_assert_lt(m->pages, limit, "the crawl of this site does not end; last was refused %s", m->last_detail);
}

static inline bool model_has(const struct model *m, const char *format, ...)
{
    char text[4096] = "http://h";
    va_list args;
    va_start(args, format);
    vsnprintf(text + 8, sizeof text - 8, format, args);
    va_end(args);
    return seen_has(&m->fetched, text, strlen(text));
}

static inline uint64_t model_refused(const struct model *m)
{
    uint64_t refused = 0;
    for (int i = 0; i < TRAPS_REASONS; i++)
        refused += traps_refused(m->traps, (enum traps_reason)i);
    return refused;
}

static void model_release(struct model *m)
{
    for (struct model_entry *entry = m->first, *next; entry; entry = next) {
        next = entry->next;
        free(entry);
    }
    seen_release(&m->seen);
    seen_release(&m->fetched);
    traps_free(m->traps);
    buffer_release(&m->content);
}

#endif
