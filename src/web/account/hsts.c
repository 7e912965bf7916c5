#include "web/account/hsts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "web/account/host_parent.h"
#include "web/account/hsts_table.h"

struct hsts *hsts_new(void)
{
    struct hsts *hsts = calloc(1, sizeof *hsts);
    if (!hsts)
        return NULL;
    name_table_init(&hsts->hosts);
    hsts->soonest_expiry = INT64_MAX;
    return hsts;
}

/* As a URL's host it would be an IPv4 address, by the URL Standard's "ends in a number". */
static bool ends_in_number(struct hsts_span name)
{
    size_t label = name.len;
    while (label > 0 && name.at[label - 1] != '.')
        label--;
    bool is_hex = name.len - label >= 2 && memcmp(name.at + label, "0x", 2) == 0;
    for (size_t i = label + (is_hex ? 2 : 0); i < name.len; i++)
        if (!(is_hex ? isxdigit((unsigned char)name.at[i]) : isdigit((unsigned char)name.at[i])))
            return false;
    return true;
}

/* The dots at the end are no part of the name. The host "0.." is one that names nothing, and without them an
 * address. */
bool hsts_table_name(const struct url *url, struct hsts_span *name)
{
    *name = (struct hsts_span){url->host.at, url->host.len};
    while (name->len > 0 && name->at[name->len - 1] == '.')
        name->len--;
    return url->host_kind == URL_HOST_IS_NAME && name->len > 0 && name->len <= HSTS_HOST_MAX && !ends_in_number(*name);
}

struct hsts_host *hsts_find(const struct hsts *hsts, struct hsts_span name)
{
    return (struct hsts_host *)name_table_find(&hsts->hosts, name.at, name.len);
}

static void remove_host(struct hsts *hsts, struct hsts_host *host)
{
    name_table_remove(&hsts->hosts, &host->node);
    free(host);
}

static void remove_expired(struct hsts *hsts, int64_t now)
{
    if (now < hsts->soonest_expiry)
        return;
    hsts->soonest_expiry = INT64_MAX;
    for (struct name_node *node = name_table_next(&hsts->hosts, NULL), *next; node; node = next) {
        struct hsts_host *host = (struct hsts_host *)node;
        next = name_table_next(&hsts->hosts, node);
        if (host->expires <= now)
            remove_host(hsts, host);
        else if (host->expires < hsts->soonest_expiry)
            hsts->soonest_expiry = host->expires;
    }
}

enum hsts_put_result hsts_put(struct hsts *hsts, struct hsts_span name, int64_t expires, bool with_subdomains,
                              int64_t now)
{
    struct hsts_host *host = hsts_find(hsts, name);
    if (!host) {
        if (hsts->hosts.count >= HSTS_HOSTS_MAX)
            remove_expired(hsts, now);
        if (hsts->hosts.count >= HSTS_HOSTS_MAX)
            return HSTS_PUT_FULL;
        if (!(host = calloc(1, sizeof *host + name.len + 1)))
            return HSTS_PUT_NO_MEMORY;
        memcpy(host->name, name.at, name.len);
        host->node.name = host->name;
        host->node.len = name.len;
        if (!name_table_add(&hsts->hosts, &host->node)) {
            free(host);
            return HSTS_PUT_NO_MEMORY;
        }
    }
    host->expires = expires;
    host->with_subdomains = with_subdomains;
    if (expires < hsts->soonest_expiry)
        hsts->soonest_expiry = expires;
    return HSTS_PUT_OK;
}

bool hsts_set(struct hsts *hsts, const struct url *from, const char *value, size_t len, int64_t now)
{
    struct hsts_policy policy;
    struct hsts_span name;
    if (from->scheme != URL_HTTPS || !hsts_table_name(from, &name) ||
        !hsts_read_policy((struct hsts_reader){value, value + len}, &policy))
        return false;
    if (policy.max_age == 0) {
        struct hsts_host *host = hsts_find(hsts, name);
        if (host)
            remove_host(hsts, host);
        return true;
    }
    int64_t expires = policy.max_age > INT64_MAX - now ? INT64_MAX : now + policy.max_age;
    return hsts_put(hsts, name, expires, policy.with_subdomains, now) == HSTS_PUT_OK;
}

bool hsts_applies(const struct hsts *hsts, const struct url *to, int64_t now)
{
    struct hsts_span name;
    if (hsts->hosts.count == 0 || !hsts_table_name(to, &name))
        return false;
    bool is_host = true;
    do {
        const struct hsts_host *host = hsts_find(hsts, name);
        if (host && host->expires > now && (is_host || host->with_subdomains))
            return true;
        is_host = false;
    } while (host_parent(&name.at, &name.len));
    return false;
}

enum url_status hsts_upgrade(const struct url *from, struct url *out)
{
    static const char plain[] = "http://";
    struct buffer href = {0};
    enum url_status status = URL_NO_MEMORY;
    if (from->scheme == URL_HTTPS)
        return url_copy(out, from);
    if (buffer_append_text(&href, "https://") &&
        buffer_append(&href, from->href + sizeof plain - 1, from->href_len - (sizeof plain - 1)))
        status = url_parse(out, href.data, href.len, NULL);
    if (href.data)
        explicit_bzero(href.data, href.len); /* the URL may have a password */
    buffer_release(&href);
    return status;
}

size_t hsts_count(const struct hsts *hsts)
{
    return hsts->hosts.count;
}

void hsts_free(struct hsts *hsts)
{
    if (!hsts)
        return;
    for (struct name_node *node = name_table_next(&hsts->hosts, NULL), *next; node; node = next) {
        next = name_table_next(&hsts->hosts, node);
        free(node);
    }
    name_table_release(&hsts->hosts);
    free(hsts);
}
