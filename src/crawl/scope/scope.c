#include "crawl/scope/scope.h"

#include "base/hash.h"
#include "crawl/scope/percent.h"
#include "crawl/scope/site_key.h"
#include "crawl/seen.h"

#include <libpsl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Longer segments of a path are compared as they are written; domain names are shorter than that. */
enum { SEGMENT_MAX = 1024, DOMAIN_MAX = 255 };

/* Finding a domain takes microseconds, and most links lead to a host that was just asked about. */
enum { REMEMBERED = 256 };

struct remembered {
    uint64_t host, domain;
};

struct scope {
    enum forage_scope kind;
    const psl_ctx_t *suffixes; /* libpsl's own, never freed */
    struct seen places;        /* fingerprints: of sites, names or domains */
    struct seen folders;       /* of sites with folders */
    unsigned deepest;          /* folder of all */
    uint64_t seed;
    struct remembered remembered[REMEMBERED]; /* by hash of the host */
};

struct scope *scope_new(enum forage_scope kind)
{
    struct scope *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->kind = kind;
    s->suffixes = psl_builtin();
    s->seed = hash_random_seed();
    seen_init(&s->places);
    seen_init(&s->folders);
    return s;
}

/* The registrable domain, or the whole name of a host that has none. */
static struct url_part domain_of(const struct scope *s, const struct url *url)
{
    char name[DOMAIN_MAX + 1];
    struct url_part host = url->host;
    if (url->host_kind != URL_HOST_IS_NAME || host.len > DOMAIN_MAX || host.at[host.len - 1] == '.' || !s->suffixes)
        return host;
    memcpy(name, host.at, host.len);
    name[host.len] = '\0';
    const char *domain = psl_registrable_domain(s->suffixes, name);
    size_t skip = domain ? (size_t)(domain - name) : 0;
    return (struct url_part){host.at + skip, host.len - skip};
}

static uint64_t domain_key(struct scope *s, const struct url *url)
{
    uint64_t host = hash_bytes(url->host.at, url->host.len, s->seed);
    struct remembered *r = &s->remembered[host % REMEMBERED];
    if (r->host != host) {
        struct url_part domain = domain_of(s, url);
        *r = (struct remembered){host, hash_bytes(domain.at, domain.len, s->seed)};
    }
    return r->domain;
}

static uint64_t place_of(struct scope *s, const struct url *url)
{
    if (s->kind == FORAGE_SCOPE_DOMAIN)
        return domain_key(s, url);
    if (s->kind == FORAGE_SCOPE_LIST)
        return hash_bytes(url->host.at, url->host.len, s->seed);
    return site_key(url, s->seed);
}

/* ---- Folders ---- */

/* Go one folder down from the place that FOLDER stands for. */
static uint64_t enter(uint64_t folder, const char *segment, size_t len)
{
    char plain[SEGMENT_MAX];
    size_t n = 0;
    if (len > SEGMENT_MAX || !memchr(segment, '%', len))
        return hash_bytes(segment, len, folder);
    for (size_t i = 0; i < len; i++) {
        int byte = percent_byte(segment + i, len - i);
        plain[n++] = byte >= 0 ? (char)byte : segment[i];
        i += byte >= 0 ? 2 : 0;
    }
    return hash_bytes(plain, n, folder);
}

/* The folders of a path, from the root on. */
struct walk {
    const char *at, *end; /* behind the slash of the folder that was reached */
    uint64_t folder;
    unsigned depth;
};

static struct walk walk_begin(const struct url *url, uint64_t site)
{
    return (struct walk){url->path.at + 1, url->path.at + url->path.len, site, 0};
}

static bool walk_down(struct walk *w)
{
    const char *slash = memchr(w->at, '/', (size_t)(w->end - w->at));
    if (!slash)
        return false;
    w->folder = enter(w->folder, w->at, (size_t)(slash - w->at));
    w->at = slash + 1;
    w->depth++;
    return true;
}

static bool add_folder(struct scope *s, const struct url *seed, uint64_t site)
{
    struct walk w = walk_begin(seed, site);
    while (walk_down(&w))
        continue;
    if (w.depth > s->deepest)
        s->deepest = w.depth;
    return seen_add(&s->folders, &w.folder, sizeof w.folder) != SEEN_NO_MEMORY;
}

static bool is_below_folder(const struct scope *s, const struct url *url, uint64_t site)
{
    struct walk w = walk_begin(url, site);
    do {
        if (seen_has(&s->folders, &w.folder, sizeof w.folder))
            return true;
    } while (w.depth < s->deepest && walk_down(&w));
    return false;
}

/* ---- Questions ---- */

bool scope_add_seed(struct scope *s, const struct url *seed)
{
    if (s->kind == FORAGE_SCOPE_ANY)
        return true;
    uint64_t place = place_of(s, seed);
    if (s->kind == FORAGE_SCOPE_FOLDER && !add_folder(s, seed, place))
        return false;
    return seen_add(&s->places, &place, sizeof place) != SEEN_NO_MEMORY;
}

static bool refuse(const char **why, const char *reason)
{
    if (why)
        *why = reason;
    return false;
}

static bool has(struct scope *s, const struct url *url, bool in_folder, const char **why)
{
    if (s->kind == FORAGE_SCOPE_ANY)
        return true;
    uint64_t place = place_of(s, url);
    if (!seen_has(&s->places, &place, sizeof place))
        return refuse(why, s->kind == FORAGE_SCOPE_DOMAIN ? "another domain" : "another host");
    if (s->kind == FORAGE_SCOPE_FOLDER && in_folder && !is_below_folder(s, url, place))
        return refuse(why, "another folder");
    return true;
}

bool scope_has(struct scope *scope, const struct url *url, const char **why)
{
    return has(scope, url, true, why);
}

bool scope_has_requisite(struct scope *scope, const struct url *url, const char **why)
{
    return has(scope, url, false, why);
}

void scope_free(struct scope *scope)
{
    if (!scope)
        return;
    seen_release(&scope->places);
    seen_release(&scope->folders);
    free(scope);
}
