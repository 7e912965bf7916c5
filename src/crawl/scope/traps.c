#include "crawl/scope/traps_state.h"

#include "base/hash.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <forage/forage.h>

enum {
    DEFAULT_PATH_DEPTH = 32,
    DEFAULT_REPEATS = 3,
    DEFAULT_QUERY = 10,
    DEFAULT_CHAIN = 250,
    DEFAULT_SAME = 25,
    DEFAULT_PAGES = 1000000,
};

/* ---- Making ---- */

static uint64_t or_default(uint64_t limit, uint64_t when_zero)
{
    return limit ? limit : when_zero;
}

#define INIT_TABLE(name, size) tally_init(&t->name, (size_t)(size)*1024);

struct traps *traps_new(const struct traps_options *o)
{
    struct traps *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->limits = (struct traps_limits){
        .path_depth = or_default(o->max_path_depth, DEFAULT_PATH_DEPTH),
        .repeats = or_default(o->max_repeats, DEFAULT_REPEATS),
        .query = or_default(o->max_query, DEFAULT_QUERY),
        .chain = or_default(o->max_chain, DEFAULT_CHAIN),
        .same = or_default(o->max_same, DEFAULT_SAME),
        .pages = or_default(o->max_pages_per_host, DEFAULT_PAGES),
    };
    t->seed = hash_random_seed();
    TRAPS_TABLES(INIT_TABLE)
    return t;
}

uint64_t traps_mix(uint64_t a, uint64_t b)
{
    return hash_bytes(&b, sizeof b, a);
}

uint64_t traps_mix_pair(uint64_t a, uint64_t b)
{
    return a < b ? traps_mix(a, b) : traps_mix(b, a);
}

bool traps_refuse(struct traps *t, struct traps_verdict *verdict, enum traps_reason reason, const char *format, ...)
{
    va_list args;
    verdict->reason = reason;
    verdict->word = traps_word(reason);
    va_start(args, format);
    vsnprintf(verdict->detail, sizeof verdict->detail, format, args);
    va_end(args);
    t->refused[reason]++;
    return false;
}

/* ---- A link ---- */

/* The links of a page are asked about one after the other, so that its shape is made once. */
static const struct shape *parent_shape(struct traps *t, const struct url *parent)
{
    uint64_t key = shape_url_key(parent->href_public, strlen(parent->href_public), t->seed);
    if (t->parent.url != key)
        shape_of(&t->parent, parent, t->seed);
    return &t->parent;
}

/* A page of another site has no say: what it looks like is not this site's doing. */
static struct traps_link link_of(struct traps *t, const struct url *url, const struct url *parent, uint32_t number,
                                 struct shape *shape)
{
    shape_of(shape, url, t->seed);
    struct traps_link link = {.url = url, .shape = shape};
    const struct shape *of_parent = parent ? parent_shape(t, parent) : NULL;
    if (of_parent && of_parent->site == shape->site) {
        link.parent = parent;
        link.parent_shape = of_parent;
        link.parent_number = number;
    }
    return link;
}

static bool budget_is_left(struct traps *t, const struct shape *shape, struct traps_verdict *verdict)
{
    const struct tally_entry *host = tally_find(&t->hosts, shape->site);
    if (!host || host->a < t->limits.pages)
        return true;
    return traps_refuse(t, verdict, TRAPS_BUDGET, "%lu pages of this host, which is --max-pages-per-host",
                        (unsigned long)t->limits.pages);
}

/* The first URL of a pattern is a gain for the pattern of the page it was found on. */
static void add_pattern(struct traps *t, const struct traps_link *link)
{
    if (tally_find(&t->patterns, link->shape->pattern))
        return;
    tally_at(&t->patterns, link->shape->pattern);
    struct tally_entry *parent = link->parent ? tally_at(&t->patterns, link->parent_shape->pattern) : NULL;
    if (parent)
        tally_count(&parent->a);
}

static void add_link(struct traps *t, const struct traps_link *link)
{
    struct tally_entry *host = tally_at(&t->hosts, link->shape->site);
    if (host)
        tally_count(&host->a);
    add_pattern(t, link);
    traps_facets_add(t, link->shape);
}

bool traps_check(struct traps *t, const struct url *url, const struct url *parent, uint32_t parent_number,
                 struct traps_verdict *verdict)
{
    struct shape shape;
    *verdict = (struct traps_verdict){0};
    if (!traps_path_is_fine(t, url, verdict))
        return false;
    struct traps_link link = link_of(t, url, parent, parent_number, &shape);
    uint64_t parent_url = link.parent ? link.parent_shape->url : 0;
    if (!traps_query_is_fine(t, &link, verdict) || !traps_chain_is_fine(t, &link, verdict) ||
        !traps_content_is_fine(t, &shape, parent_url, verdict) || !traps_session_is_fine(t, &link, verdict) ||
        !traps_facets_are_fine(t, &shape, verdict) || !budget_is_left(t, &shape, verdict))
        return false;
    verdict->number = traps_number_of(t, &link);
    add_link(t, &link);
    traps_session_add(t, &link);
    return true;
}

/* Not counted as evidence of sessions, because links that were seen again are not told a second time either. */
void traps_recall(struct traps *t, const struct url *url, const struct url *parent)
{
    struct shape shape;
    struct traps_link link = link_of(t, url, parent, 0, &shape);
    add_link(t, &link);
}

bool traps_ask(struct traps *t, const struct url *url, const char *parent, size_t parent_len,
               struct traps_verdict *verdict)
{
    struct shape shape;
    *verdict = (struct traps_verdict){0};
    shape_of(&shape, url, t->seed);
    uint64_t parent_url = parent_len ? shape_url_key(parent, parent_len, t->seed) : 0;
    if (traps_content_is_fine(t, &shape, parent_url, verdict))
        return true;
    struct tally_entry *host = tally_find(&t->hosts, shape.site);
    if (host && host->a)
        host->a--;
    return false;
}

uint32_t traps_number(struct traps *t, const struct url *url, const struct url *parent, unsigned depth)
{
    struct shape shape;
    struct traps_link link = link_of(t, url, parent, 0, &shape);
    if (!link.parent)
        return 0;
    bool chained = shape.pattern == link.parent_shape->pattern;
    return traps_number_make(chained ? depth : 0, depth, 0);
}

/* ---- Looking at it ---- */

uint64_t traps_refused(const struct traps *t, enum traps_reason reason)
{
    return t->refused[reason];
}

#define REASON_WORD(name, word, option)   word,
#define REASON_OPTION(name, word, option) option,

const char *traps_word(enum traps_reason reason)
{
    static const char *const words[] = {TRAPS_TABLE(REASON_WORD)};
    return words[reason];
}

const char *traps_option(enum traps_reason reason)
{
    static const char *const options[] = {TRAPS_TABLE(REASON_OPTION)};
    return options[reason];
}

#define ADD_BYTES(name, size) bytes += tally_bytes(&t->name);

size_t traps_bytes(const struct traps *t)
{
    size_t bytes = sizeof *t + t->decoded.capacity;
    TRAPS_TABLES(ADD_BYTES)
    return bytes;
}

#define RELEASE_TABLE(name, size) tally_release(&t->name);

void traps_free(struct traps *t)
{
    if (!t)
        return;
    TRAPS_TABLES(RELEASE_TABLE)
    buffer_release(&t->decoded);
    free(t);
}
