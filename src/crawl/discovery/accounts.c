#include "crawl/discovery/accounts.h"

#include "base/buffer.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

struct account {
    struct account *next;
    struct buffer origin;
    struct buffer user_info; /* "user:password", as the URL has it */
};

static bool is_of(const struct account *a, const struct url *url)
{
    return a->origin.len == url->origin.len && memcmp(a->origin.data, url->origin.at, url->origin.len) == 0;
}

static size_t bucket_of(const struct url *url)
{
    return hash_bytes(url->origin.at, url->origin.len, 0) % ACCOUNTS_BUCKETS;
}

static const struct account *find(const struct accounts *accounts, const struct url *url)
{
    const struct account *a = accounts->buckets[bucket_of(url)];
    while (a && !is_of(a, url))
        a = a->next;
    return a;
}

static void account_free(struct account *a)
{
    if (a->user_info.data)
        explicit_bzero(a->user_info.data, a->user_info.len);
    buffer_release(&a->user_info);
    buffer_release(&a->origin);
    free(a);
}

bool accounts_add(struct accounts *accounts, const struct url *url)
{
    if ((!url->username.len && !url->password.len) || find(accounts, url))
        return true;
    struct account *a = calloc(1, sizeof *a);
    if (!a)
        return false;
    if (!buffer_append(&a->origin, url->origin.at, url->origin.len) ||
        !buffer_append(&a->user_info, url->username.at, url->username.len) || !buffer_append_char(&a->user_info, ':') ||
        !buffer_append(&a->user_info, url->password.at, url->password.len)) {
        account_free(a);
        return false;
    }
    struct account **bucket = &accounts->buckets[bucket_of(url)];
    a->next = *bucket;
    *bucket = a;
    return true;
}

bool accounts_put_in(const struct accounts *accounts, struct url *url)
{
    const struct account *a = find(accounts, url);
    size_t scheme = url->scheme == URL_HTTPS ? strlen("https://") : strlen("http://");
    struct buffer href = {0};
    struct url with = {0};
    if (!a)
        return false;
    bool ok = buffer_append(&href, url->href, scheme) && buffer_append(&href, a->user_info.data, a->user_info.len) &&
              buffer_append_char(&href, '@') && buffer_append_text(&href, url->href + scheme) &&
              url_parse(&with, href.data, href.len, NULL) == URL_OK;
    if (href.data)
        explicit_bzero(href.data, href.len);
    buffer_release(&href);
    if (!ok)
        return false;
    url_release(url);
    *url = with;
    return true;
}

void accounts_release(struct accounts *accounts)
{
    for (size_t i = 0; i < ACCOUNTS_BUCKETS; i++) {
        for (struct account *a = accounts->buckets[i], *next; a; a = next) {
            next = a->next;
            account_free(a);
        }
        accounts->buckets[i] = NULL;
    }
}
