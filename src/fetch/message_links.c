#include "fetch/message.h"

#include <string.h>

/* The head of a record; the times follow when LINK_LASTMOD is set, and then the URL. */
struct link_head {
    uint8_t kind;
    uint8_t flags;
    uint16_t priority;
    uint16_t url_len;
};

struct link_times {
    int64_t lastmod_s, lastmod_until_s;
};

enum { LINK_NOFOLLOW = 1, LINK_LASTMOD = 2, LINK_ALL_FLAGS = 3 };

bool fetch_link_encode(const struct fetch_link *link, struct buffer *out)
{
    unsigned flags = (link->nofollow ? LINK_NOFOLLOW : 0) | (link->has_lastmod ? LINK_LASTMOD : 0);
    struct link_head head = {
        .kind = (uint8_t)link->kind,
        .flags = (uint8_t)flags,
        .priority = (uint16_t)link->priority,
        .url_len = (uint16_t)link->url.len,
    };
    struct link_times times = {link->lastmod_s, link->lastmod_until_s};
    if (!buffer_reserve(out, sizeof head + sizeof times + link->url.len))
        return false;
    buffer_append(out, &head, sizeof head);
    if (link->has_lastmod)
        buffer_append(out, &times, sizeof times);
    return buffer_append(out, link->url.data, link->url.len);
}

/* From '!' to '~' and no '#': without a branch for each byte, because every link of every page comes by here. */
static bool is_plain(const char *text, size_t len)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        wrong |= (unsigned char)(c - '!') > '~' - '!';
        wrong |= c == '#';
    }
    return !wrong;
}

static bool begins_with(struct text t, const char *word, size_t len)
{
    return t.len > len && memcmp(t.data, word, len) == 0;
}

static bool is_link_url(struct text url)
{
    return (begins_with(url, "http://", 7) || begins_with(url, "https://", 8)) && is_plain(url.data, url.len);
}

static bool take(struct text *from, void *to, size_t len)
{
    if (from->len < len)
        return false;
    memcpy(to, from->data, len);
    *from = (struct text){from->data + len, from->len - len};
    return true;
}

static bool is_link_head(const struct link_head *h)
{
    return h->kind < FETCH_LINK_KIND_COUNT && !(h->flags & ~(unsigned)LINK_ALL_FLAGS) &&
           h->priority <= FETCH_LINK_PRIORITY_MAX && h->url_len <= FETCH_LINK_URL_MAX;
}

bool fetch_link_next(struct text *records, struct fetch_link *link)
{
    struct link_head head;
    struct link_times times = {0};
    struct text rest = *records;
    if (!take(&rest, &head, sizeof head) || !is_link_head(&head))
        return false;
    if (head.flags & LINK_LASTMOD && (!take(&rest, &times, sizeof times) || times.lastmod_until_s < times.lastmod_s))
        return false;
    struct text url = {rest.data, head.url_len};
    if (rest.len < url.len || !is_link_url(url))
        return false;
    *link = (struct fetch_link){
        .kind = (enum fetch_link_kind)head.kind,
        .nofollow = head.flags & LINK_NOFOLLOW,
        .has_lastmod = head.flags & LINK_LASTMOD,
        .priority = head.priority,
        .lastmod_s = times.lastmod_s,
        .lastmod_until_s = times.lastmod_until_s,
        .url = url,
    };
    *records = (struct text){rest.data + url.len, rest.len - url.len};
    return true;
}
