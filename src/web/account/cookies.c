#include "web/account/cookies.h"

#include <stdlib.h>
#include <string.h>

#include "web/account/cookies_jar.h"
#include "web/account/host_parent.h"

struct cookie_jar *cookie_jar_new(void)
{
    struct cookie_jar *jar = calloc(1, sizeof *jar);
    if (!jar)
        return NULL;
    name_table_init(&jar->domains);
    name_table_init(&jar->sites);
    jar->soonest_expiry = INT64_MAX;
    jar->suffixes = psl_builtin();
    return jar;
}

static struct cookie_domain *find_domain(const struct cookie_jar *jar, const char *name, size_t len)
{
    return (struct cookie_domain *)name_table_find(&jar->domains, name, len);
}

static struct cookie_site *find_site(const struct cookie_jar *jar, const char *name, size_t len)
{
    return (struct cookie_site *)name_table_find(&jar->sites, name, len);
}

/* The registrable domain, or the whole name of a host that has none: an address, a single name, a public suffix. */
static struct cookie_span site_name(const struct cookie_jar *jar, const struct cookie_draft *draft)
{
    const char *last = memrchr(draft->domain, '.', draft->domain_len);
    bool is_address = draft->domain[0] == '[' || (last && last[1] >= '0' && last[1] <= '9');
    const char *registrable = is_address ? NULL : psl_registrable_domain(jar->suffixes, draft->domain);
    if (!registrable || !*registrable)
        registrable = draft->domain;
    return (struct cookie_span){registrable, draft->domain_len - (size_t)(registrable - draft->domain)};
}

static void drop_site_if_empty(struct cookie_jar *jar, struct cookie_site *site)
{
    if (site->domains > 0)
        return;
    name_table_remove(&jar->sites, &site->node);
    free(site);
}

static void drop_domain_if_empty(struct cookie_jar *jar, struct cookie_domain *domain)
{
    if (domain->count > 0)
        return;
    struct cookie_site *site = domain->site;
    name_table_remove(&jar->domains, &domain->node);
    free(domain);
    site->domains--;
    drop_site_if_empty(jar, site);
}

static void cookie_free(struct cookie *cookie)
{
    explicit_bzero(cookie->text, cookie->text_len);
    free(cookie);
}

static void list_append(struct cookie_list *list, struct cookie *cookie, enum cookie_order order)
{
    cookie->before[order] = list->last;
    cookie->after[order] = NULL;
    if (list->last)
        list->last->after[order] = cookie;
    else
        list->first = cookie;
    list->last = cookie;
}

static void list_remove(struct cookie_list *list, struct cookie *cookie, enum cookie_order order)
{
    struct cookie *before = cookie->before[order], *after = cookie->after[order];
    *(before ? &before->after[order] : &list->first) = after;
    *(after ? &after->before[order] : &list->last) = before;
}

static void append_to_all(struct cookie_jar *jar, struct cookie *cookie)
{
    list_append(&jar->cookies, cookie, IN_JAR);
    list_append(&cookie->domain->site->cookies, cookie, IN_SITE);
    list_append(&cookie->domain->cookies, cookie, IN_DOMAIN);
}

static void remove_from_all(struct cookie_jar *jar, struct cookie *cookie)
{
    list_remove(&jar->cookies, cookie, IN_JAR);
    list_remove(&cookie->domain->site->cookies, cookie, IN_SITE);
    list_remove(&cookie->domain->cookies, cookie, IN_DOMAIN);
}

/* The domain and the site go with their last cookie. */
static void jar_remove(struct cookie_jar *jar, struct cookie *cookie)
{
    struct cookie_domain *domain = cookie->domain;
    remove_from_all(jar, cookie);
    jar->count--;
    domain->site->count--;
    domain->count--;
    cookie_free(cookie);
    drop_domain_if_empty(jar, domain);
}

static void jar_link(struct cookie_jar *jar, struct cookie_domain *domain, struct cookie *cookie)
{
    cookie->domain = domain;
    append_to_all(jar, cookie);
    jar->count++;
    domain->site->count++;
    domain->count++;
    if (cookie->expires < jar->soonest_expiry)
        jar->soonest_expiry = cookie->expires;
}

static struct cookie_site *make_site(struct cookie_jar *jar, struct cookie_span name)
{
    struct cookie_site *site = find_site(jar, name.at, name.len);
    if (site)
        return site;
    if (!(site = calloc(1, sizeof *site + name.len + 1)))
        return NULL;
    memcpy(site->name, name.at, name.len);
    site->node.name = site->name;
    site->node.len = name.len;
    if (!name_table_add(&jar->sites, &site->node)) {
        free(site);
        return NULL;
    }
    return site;
}

static struct cookie_domain *make_domain(struct cookie_jar *jar, const struct cookie_draft *draft)
{
    struct cookie_domain *domain = find_domain(jar, draft->domain, draft->domain_len);
    if (domain)
        return domain;
    struct cookie_site *site = make_site(jar, site_name(jar, draft));
    if (!site)
        return NULL;
    domain = calloc(1, sizeof *domain + draft->domain_len + 1);
    if (domain) {
        memcpy(domain->name, draft->domain, draft->domain_len);
        domain->node.name = domain->name;
        domain->node.len = draft->domain_len;
        domain->site = site;
    }
    if (!domain || !name_table_add(&jar->domains, &domain->node)) {
        free(domain);
        drop_site_if_empty(jar, site);
        return NULL;
    }
    site->domains++;
    return domain;
}

static char *copy_span(char *to, struct cookie_span from, struct cookie_span *copy)
{
    memcpy(to, from.at, from.len);
    to[from.len] = '\0';
    *copy = (struct cookie_span){to, from.len};
    return to + from.len + 1;
}

static struct cookie *cookie_of(const struct cookie_draft *draft)
{
    size_t text_len = draft->name.len + draft->value.len + draft->path.len + draft->account.len + 4;
    struct cookie *cookie = calloc(1, sizeof *cookie + text_len);
    if (!cookie)
        return NULL;
    cookie->expires = draft->expires;
    cookie->host_only = draft->host_only;
    cookie->secure = draft->secure;
    cookie->http_only = draft->http_only;
    cookie->text_len = text_len;
    char *at = copy_span(cookie->text, draft->name, &cookie->name);
    at = copy_span(at, draft->value, &cookie->value);
    at = copy_span(at, draft->path, &cookie->path);
    copy_span(at, draft->account, &cookie->account);
    return cookie;
}

static bool same_span(struct cookie_span a, struct cookie_span b)
{
    return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

static struct cookie *find_same(const struct cookie_jar *jar, const struct cookie_draft *draft)
{
    struct cookie_domain *domain = find_domain(jar, draft->domain, draft->domain_len);
    struct cookie *cookie = domain ? domain->cookies.first : NULL;
    while (cookie && !(cookie->host_only == draft->host_only && same_span(cookie->name, draft->name) &&
                       same_span(cookie->path, draft->path) && same_span(cookie->account, draft->account)))
        cookie = cookie->after[IN_DOMAIN];
    return cookie;
}

static void remove_expired(struct cookie_jar *jar, int64_t now)
{
    if (now < jar->soonest_expiry)
        return;
    jar->soonest_expiry = INT64_MAX;
    for (struct cookie *cookie = jar->cookies.first, *next; cookie; cookie = next) {
        next = cookie->after[IN_JAR];
        if (cookie->expires <= now)
            jar_remove(jar, cookie);
        else if (cookie->expires < jar->soonest_expiry)
            jar->soonest_expiry = cookie->expires;
    }
}

/* Whose turn it is in a full domain: the longest unused cookie without Secure, then the longest unused one; but what is
 * not Secure itself takes no Secure cookie's place, since anyone on the way can send it (6265bis section 5.7). */
static struct cookie *victim_of_domain(const struct cookie_domain *domain, bool secure)
{
    for (struct cookie *cookie = domain->cookies.first; cookie; cookie = cookie->after[IN_DOMAIN]) {
        if (!cookie->secure)
            return cookie;
    }
    return secure ? domain->cookies.first : NULL;
}

/* One of the limits that a further cookie for DRAFT's domain meets. VICTIM is the cookie that may go, if any. */
static bool is_full(const struct cookie_jar *jar, const struct cookie_draft *draft, struct cookie **victim)
{
    const struct cookie_domain *domain = find_domain(jar, draft->domain, draft->domain_len);
    if (domain && domain->count >= COOKIES_PER_DOMAIN) {
        *victim = victim_of_domain(domain, draft->secure);
        return true;
    }
    struct cookie_span name = site_name(jar, draft);
    const struct cookie_site *site = domain ? domain->site : find_site(jar, name.at, name.len);
    if (site && site->count >= COOKIES_PER_SITE) {
        *victim = site->cookies.first;
        return true;
    }
    *victim = jar->cookies.first;
    return jar->count >= COOKIES_MAX;
}

static bool make_room(struct cookie_jar *jar, const struct cookie_draft *draft, int64_t now, enum cookie_room room)
{
    struct cookie *victim;
    if (is_full(jar, draft, &victim))
        remove_expired(jar, now);
    while (is_full(jar, draft, &victim)) {
        if (room == COOKIE_ROOM_ONLY || !victim)
            return false;
        jar_remove(jar, victim);
    }
    return true;
}

enum cookie_status cookie_jar_put(struct cookie_jar *jar, const struct cookie_draft *draft, int64_t now,
                                  enum cookie_room room)
{
    struct cookie *old = find_same(jar, draft);
    if (draft->expires <= now) {
        if (old)
            jar_remove(jar, old);
        return COOKIE_OK;
    }
    struct cookie *cookie = cookie_of(draft);
    if (!cookie)
        return COOKIE_NO_MEMORY;
    if (!old && !make_room(jar, draft, now, room)) {
        cookie_free(cookie);
        return COOKIE_FULL;
    }
    struct cookie_domain *domain = make_domain(jar, draft);
    if (!domain) {
        cookie_free(cookie);
        return COOKIE_NO_MEMORY;
    }
    cookie->created = old ? old->created : jar->next_created++;
    jar_link(jar, domain, cookie);
    if (old)
        jar_remove(jar, old);
    return COOKIE_OK;
}

static bool domain_covers(const char *domain, size_t domain_len, const char *name, size_t len)
{
    return len >= domain_len && memcmp(name + len - domain_len, domain, domain_len) == 0 &&
           (len == domain_len || name[len - domain_len - 1] == '.');
}

bool cookie_jar_shadows_secure(const struct cookie_jar *jar, const struct cookie_draft *draft, int64_t now)
{
    struct cookie_span name = site_name(jar, draft);
    const struct cookie_site *site = find_site(jar, name.at, name.len);
    const struct cookie *cookie = site ? site->cookies.first : NULL;
    for (; cookie; cookie = cookie->after[IN_SITE]) {
        const struct name_node *domain = &cookie->domain->node;
        if (cookie->secure && cookie->expires > now && same_span(cookie->name, draft->name) &&
            same_span(cookie->account, draft->account) &&
            (domain_covers(draft->domain, draft->domain_len, domain->name, domain->len) ||
             domain_covers(domain->name, domain->len, draft->domain, draft->domain_len)) &&
            cookie_path_match(draft->path.at, draft->path.len, cookie->path.at, cookie->path.len))
            return true;
    }
    return false;
}

static struct cookie_span account_name(struct url_part account)
{
    return (struct cookie_span){account.len ? account.at : "", account.len};
}

enum cookie_status cookies_set(struct cookie_jar *jar, struct url_part account, const struct url *from,
                               const char *set_cookie, size_t len, int64_t now)
{
    struct cookie_draft draft;
    enum cookie_status status = cookie_draft_parse(&draft, jar->suffixes, from, set_cookie, len, now);
    draft.account = account_name(account);
    if (status == COOKIE_OK && draft.name.len + draft.value.len + account.len > COOKIE_BYTES_MAX)
        status = COOKIE_TOO_LONG;
    if (status == COOKIE_OK && from->scheme != URL_HTTPS && cookie_jar_shadows_secure(jar, &draft, now))
        status = COOKIE_INSECURE;
    return status == COOKIE_OK ? cookie_jar_put(jar, &draft, now, COOKIE_ROOM_BY_EVICTION) : status;
}

static bool make_place(struct cookie_jar *jar, size_t count)
{
    if (count <= jar->picked_room)
        return true;
    size_t room = count * 2;
    struct cookie **picked = realloc(jar->picked, room * sizeof(struct cookie *));
    if (!picked)
        return false;
    jar->picked = picked;
    jar->picked_room = room;
    return true;
}

/* A request, to be filled with cookies. */
struct asking {
    const struct url *to;
    struct cookie_span account;
    int64_t now;
};

static bool is_for(const struct cookie *cookie, const struct asking *a, bool is_host)
{
    const struct url *to = a->to;
    return cookie->expires > a->now && same_span(cookie->account, a->account) && (is_host || !cookie->host_only) &&
           (!cookie->secure || to->scheme == URL_HTTPS) &&
           cookie_path_match(to->path.at, to->path.len, cookie->path.at, cookie->path.len);
}

/* Collect the cookies of DOMAIN that are for A. */
static bool pick(struct cookie_jar *jar, struct cookie_domain *domain, const struct asking *a, size_t *count)
{
    bool is_host = domain->node.len == a->to->host.len;
    if (!make_place(jar, *count + domain->count))
        return false;
    for (struct cookie *cookie = domain->cookies.first; cookie; cookie = cookie->after[IN_DOMAIN]) {
        if (is_for(cookie, a, is_host))
            jar->picked[(*count)++] = cookie;
    }
    return true;
}

static int by_path_and_age(const void *a, const void *b)
{
    const struct cookie *one = *(const struct cookie *const *)a, *other = *(const struct cookie *const *)b;
    if (one->path.len != other->path.len)
        return one->path.len > other->path.len ? -1 : 1;
    return one->created < other->created ? -1 : one->created > other->created;
}

/* All the room is made first, so that no copy of a value is left where the buffer was before it grew. */
static bool write_picked(struct cookie_jar *jar, size_t count, struct buffer *out)
{
    size_t len = 0, kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct cookie *c = jar->picked[i];
        size_t more = (kept ? 2 : 0) + c->name.len + 1 + c->value.len;
        if (len + more > COOKIE_HEADER_MAX)
            continue;
        len += more;
        jar->picked[kept++] = c;
    }
    if (!buffer_reserve(out, len + 1))
        return false;
    for (size_t i = 0; i < kept; i++) {
        struct cookie *c = jar->picked[i];
        buffer_append(out, "; ", i ? 2 : 0);
        buffer_append(out, c->name.at, c->name.len);
        buffer_append(out, "=", 1);
        buffer_append(out, c->value.at, c->value.len);
        remove_from_all(jar, c);
        append_to_all(jar, c);
    }
    return true;
}

bool cookies_header(struct cookie_jar *jar, struct url_part account, const struct url *to, int64_t now,
                    struct buffer *out)
{
    struct asking asking = {to, account_name(account), now};
    const char *name = to->host.at;
    size_t len = to->host.len, count = 0;
    if (jar->count == 0 || len > COOKIE_DOMAIN_MAX)
        return true;
    do {
        struct cookie_domain *domain = find_domain(jar, name, len);
        if (domain && !pick(jar, domain, &asking, &count))
            return false;
    } while (to->host_kind == URL_HOST_IS_NAME && host_parent(&name, &len));
    if (count == 0)
        return true;
    qsort(jar->picked, count, sizeof(struct cookie *), by_path_and_age);
    return write_picked(jar, count, out);
}

size_t cookie_jar_count(const struct cookie_jar *jar)
{
    return jar->count;
}

const char *cookie_status_text(enum cookie_status status)
{
    static const char *const texts[] = STATUS_TEXTS(COOKIE_STATUS_TABLE);
    return (unsigned)status < COOKIE_STATUS_COUNT ? texts[status] : "unknown status";
}

void cookie_jar_free(struct cookie_jar *jar)
{
    if (!jar)
        return;
    for (struct cookie *cookie = jar->cookies.first, *next; cookie; cookie = next) {
        next = cookie->after[IN_JAR];
        jar_remove(jar, cookie);
    }
    name_table_release(&jar->domains);
    name_table_release(&jar->sites);
    free(jar->picked);
    free(jar);
}
