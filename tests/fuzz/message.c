/* libFuzzer target: what a worker says and what the parent asks are decoded without a view ever pointing outside;
 * and what was taken for a message or a link record is one that the encoder would have made. */
#include "fetch/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_inside(struct text t, const uint8_t *data, size_t size)
{
    const char *begin = (const char *)data;
    if (t.data < begin || t.len > size || t.data + t.len > begin + size)
        abort();
}

/* Every value of every name lies inside, and a search ends. */
static void check_headers(const struct fetch_answer *a, const uint8_t *data, size_t size)
{
    static const char *const names[] = {"etag", "set-cookie", "x", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text value;
        for (size_t at = 0, before = 0; fetch_answer_header(a, names[i], &at, &value); before = at) {
            is_inside(value, data, size);
            if (at <= before || at > a->headers.len)
                abort();
        }
    }
}

static bool is_link(const struct fetch_link *link)
{
    for (size_t i = 0; i < link->url.len; i++)
        if (link->url.data[i] <= ' ' || link->url.data[i] > '~' || link->url.data[i] == '#')
            return false;
    return link->url.len > 7 && link->url.len <= FETCH_LINK_URL_MAX && memcmp(link->url.data, "http", 4) == 0 &&
           link->kind < FETCH_LINK_KIND_COUNT && link->priority <= FETCH_LINK_PRIORITY_MAX &&
           link->lastmod_until_s >= link->lastmod_s && (link->has_lastmod || !link->lastmod_until_s);
}

/* The records up to the first that is malformed, each of which is encoded again to what it was. */
static void check_links(const uint8_t *data, size_t size)
{
    struct text records = {(const char *)data, size};
    struct fetch_link link;
    struct buffer again = {0};
    for (const char *begin = records.data; fetch_link_next(&records, &link); begin = records.data) {
        is_inside(link.url, data, size);
        size_t len = (size_t)(records.data - begin);
        buffer_clear(&again);
        if (!is_link(&link) || !fetch_link_encode(&link, &again) || again.len != len ||
            memcmp(again.data, begin, len) != 0)
            abort();
    }
    if (records.data + records.len != (const char *)data + size)
        abort();
    buffer_release(&again);
}

static void check_answer(const uint8_t *data, size_t size)
{
    struct fetch_answer a;
    if (!fetch_answer_decode(&a, data, size))
        return;
    struct text all[] = {a.location, a.type, a.detail, a.headers, a.address, a.links, a.body};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        is_inside(all[i], data, size);
    if ((unsigned)a.error >= FETCH_ERROR_COUNT || a.body.len > a.body_bytes)
        abort();
    if (a.links.len && (a.error || a.status < 200 || a.status > 299))
        abort();
    check_headers(&a, data, size);
    check_links((const uint8_t *)a.links.data, a.links.len);
    struct buffer again = {0};
    if (!fetch_answer_encode(&a, &again) || again.len + a.body.len != size || memcmp(again.data, data, again.len) != 0)
        abort();
    buffer_release(&again);
}

static void check_request(const uint8_t *data, size_t size)
{
    struct fetch_request r;
    if (!fetch_request_decode(&r, data, size))
        return;
    struct text all[] = {r.host, r.url, r.etag, r.last_modified, r.headers};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        is_inside(all[i], data, size);
    if (r.resume_at && r.flags & (FETCH_LINKS | FETCH_SITEMAP | FETCH_UTF8))
        abort();
    struct buffer again = {0};
    if (!fetch_request_encode(&r, &again) || again.len != size || memcmp(again.data, data, size) != 0)
        abort();
    buffer_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_answer(data, size);
    check_request(data, size);
    check_links(data, size);
    return 0;
}
