/* What the tests of the backlog share: entries by number, and opening that must succeed. */
#ifndef BACKLOG_SUPPORT_H
#define BACKLOG_SUPPORT_H

#include "scratch.h"
#include "store/backlog/backlog.h"

/* A small window and cache, so that little data reaches the disk and comes back from there. */
static const struct backlog_options small = {.window_bytes = 1, .cache_bytes = 1};

static inline struct backlog *open_backlog(bool go_on, const struct backlog_options *options)
{
    struct backlog *b = NULL;
    struct backlog_failure failure = {BACKLOG_OK, 0, ""};
    enum backlog_status status = backlog_open(in_scratch("out"), go_on, options, &b, &failure);
    cr_assert_eq(status, BACKLOG_OK, "%s: %s", backlog_status_text(status), failure.text);
    return b;
}

/* The status of opening, which fails. */
static inline enum backlog_status refusal_of(bool go_on, struct backlog_failure *failure)
{
    struct backlog *untouched = NULL;
    enum backlog_status status = backlog_open(in_scratch("out"), go_on, NULL, &untouched, failure);
    cr_assert_neq(status, BACKLOG_OK);
    cr_assert_null(untouched);
    cr_assert_eq(failure->status, status);
    cr_assert_neq(failure->text[0], '\0');
    return status;
}

static inline void close_backlog(struct backlog *b, bool remove)
{
    struct backlog_failure failure = {BACKLOG_OK, 0, ""};
    cr_assert_eq(backlog_close(b, remove, &failure), BACKLOG_OK, "%s", failure.text);
}

static inline struct backlog_entry entry_of(const char *url)
{
    return (struct backlog_entry){.url = url, .url_len = strlen(url), .parent = ""};
}

static inline void add_url(struct backlog *b, const char *url, unsigned priority)
{
    struct backlog_entry e = entry_of(url);
    e.priority = priority;
    enum backlog_status status = backlog_add(b, &e);
    cr_assert_eq(status, BACKLOG_OK, "%s: %s", url, backlog_status_text(status));
}

/* The URL of the next entry (static); "" when none may go, and nothing has failed. */
static inline const char *next_url(struct backlog *b)
{
    static char url[BACKLOG_URL_MAX + 1];
    struct backlog_entry e;
    struct backlog_failure failure;
    url[0] = '\0';
    if (backlog_next(b, &e)) {
        cr_assert_eq(strlen(e.url), e.url_len);
        strcpy(url, e.url);
    } else {
        cr_assert_not(backlog_failed(b, &failure), "%s", failure.text);
    }
    return url;
}

/* Entry NUMBER, whose every field follows from it; its texts last until four more have been made. */
static inline struct backlog_entry numbered(uint64_t number, unsigned origins)
{
    static char texts[4][2][8192];
    char(*text)[8192] = texts[number % 4];
    unsigned mixed = (unsigned)(number * 2654435761u >> 7);
    int n =
        snprintf(text[0], 8192, "http%s://%sh%u.example%s/page/%llu/", mixed % 3 ? "" : "s",
                 mixed % 11 ? "" : "user:word@", mixed % origins, mixed % 5 ? "" : ":8080", (unsigned long long)number);
    size_t len = (size_t)n, more = mixed % 400 ? mixed % 40 : mixed % 8000;
    memset(text[0] + len, 'x', more);
    text[0][len + more] = '\0';
    size_t parent = (size_t)snprintf(text[1], 8192, "http://h%u.example/parent/%llu", mixed % origins,
                                     (unsigned long long)number / 7);
    return (struct backlog_entry){
        .url = text[0],
        .url_len = len + more,
        .parent = text[1],
        .parent_len = number / 7 % 5 ? parent : 0,
        .depth = mixed % 1000,
        .flags = mixed,
        .priority = mixed % 6 ? 3 : mixed % BACKLOG_PRIORITIES,
        .number = number % 3 ? 0 : (int64_t)number * 1000 - 500000,
    };
}

/* The number of an entry that numbered made; UINT64_MAX: its URL is of another. */
static inline uint64_t number_of(const struct backlog_entry *e)
{
    const char *page = strstr(e->url, "/page/");
    return page ? strtoull(page + 6, NULL, 10) : UINT64_MAX;
}

/* Whether E is, in every field, what numbered makes. */
static inline bool is_numbered(const struct backlog_entry *e, uint64_t number, unsigned origins)
{
    struct backlog_entry w = numbered(number, origins);
    return e->url_len == w.url_len && strcmp(e->url, w.url) == 0 && e->parent_len == w.parent_len &&
           memcmp(e->parent, w.parent, w.parent_len) == 0 && e->parent[e->parent_len] == '\0' && e->depth == w.depth &&
           e->flags == w.flags && e->priority == w.priority && e->number == w.number;
}

/* What replaying entries that were added in order gives. */
struct replay {
    unsigned origins; /* set before */
    uint64_t count, wrong;
};

/* A backlog_replay_fn; CONTEXT is a struct replay. */
static inline bool replay_numbered(const struct backlog_entry *e, void *context)
{
    struct replay *r = context;
    r->wrong += !is_numbered(e, r->count, r->origins);
    r->count++;
    return true;
}

#endif
