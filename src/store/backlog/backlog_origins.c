#include "store/backlog/backlog_origins.h"

#include "base/hash.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 256 };

/* ---- Turns ---- */

static void turn_leave(struct turn *turn)
{
    turn->before->after = turn->after;
    turn->after->before = turn->before;
    turn->before = turn->after = turn;
}

static void turn_to_end(struct turn *list, struct turn *turn)
{
    turn_leave(turn);
    turn->before = list->before;
    turn->after = list;
    list->before->after = turn;
    list->before = turn;
}

static void all_to_end(struct turn *list, struct turn *from)
{
    struct turn *first = from->after, *last = from->before;
    if (first == from)
        return;
    from->before = from->after = from;
    first->before = list->before;
    last->after = list;
    list->before->after = first;
    list->before = last;
}

static void set_share(struct origins *t)
{
    size_t each = t->count ? t->out_max / t->count : t->share_max;
    unsigned share = each < t->share_max ? (unsigned)each : t->share_max;
    if (share < t->share_min)
        share = t->share_min;
    if (share > t->share)
        all_to_end(&t->ring, &t->parked);
    t->share = share;
}

/* Whether an entry of O with PRIORITY may go, whoever's turn it is. */
static bool may_go(const struct origins *t, const struct origin *o, unsigned priority)
{
    bool is_least = t->share_last && priority == t->last;
    unsigned share = is_least && t->share_last < t->share ? t->share_last : t->share;
    return o->out < share && (!t->by_level || !o->out || priority <= o->out_level);
}

struct origin *origins_turn(struct origins *t)
{
    for (struct turn *turn; (turn = t->ring.after) != &t->ring; turn_to_end(&t->parked, turn)) {
        struct origin *o = (struct origin *)turn;
        if (may_go(t, o, o->chain.priority))
            return o;
    }
    return NULL;
}

/* ---- The table ---- */

void origins_init(struct origins *t, unsigned out_max, unsigned share_min, unsigned share_max)
{
    *t = (struct origins){.out_max = out_max, .share_min = share_min, .share_max = share_max};
    t->seed = hash_random_seed();
    t->ring.before = t->ring.after = &t->ring;
    t->parked.before = t->parked.after = &t->parked;
    set_share(t);
}

void origins_order(struct origins *t, bool by_level, unsigned share_last, unsigned last)
{
    t->by_level = by_level;
    t->share_last = share_last;
    t->last = last;
}

static size_t power_below(size_t n)
{
    return (size_t)1 << (63 - __builtin_clzll(n));
}

/* Of USED buckets those from the last power of two on are split off already. */
static size_t bucket_of(const struct origins *t, uint32_t hash)
{
    size_t power = power_below(t->used), wide = hash & (2 * power - 1);
    return wide < t->used ? wide : hash & (power - 1);
}

static bool make_room(struct origins *t)
{
    if (t->used < t->room)
        return true;
    size_t room = t->room ? t->room * 2 : FIRST_ROOM;
    struct origin **buckets = realloc(t->buckets, room * sizeof(struct origin *));
    if (!buckets)
        return t->used > 0; /* the lists become longer */
    t->buckets = buckets;
    t->room = room;
    return true;
}

/* Add the bucket that is next in turn, with its share of the one that it is split off from. */
static bool add_bucket(struct origins *t)
{
    if (!make_room(t))
        return false;
    if (t->used == t->room)
        return true;
    size_t added = t->used++;
    t->buckets[added] = NULL;
    if (added == 0)
        return true;
    size_t power = power_below(added);
    struct origin **from = &t->buckets[added - power], **to = &t->buckets[added];
    while (*from) {
        struct origin *o = *from;
        if ((o->hash & (2 * power - 1)) != added) {
            from = &o->bucket_next;
            continue;
        }
        *from = o->bucket_next;
        o->bucket_next = NULL;
        *to = o;
        to = &o->bucket_next;
    }
    return true;
}

static uint32_t hash_of(const struct origins *t, const struct record_origin *name)
{
    return (uint32_t)hash_bytes(name->host, name->host_len, t->seed + name->scheme_len);
}

bool origin_is(const struct origin *o, const struct record_origin *name)
{
    return o->name_len == name->scheme_len + name->host_len && memcmp(o->name, name->scheme, name->scheme_len) == 0 &&
           memcmp(o->name + name->scheme_len, name->host, name->host_len) == 0;
}

static struct origin *find(const struct origins *t, const struct record_origin *name, uint32_t hash)
{
    if (!t->used)
        return NULL;
    for (struct origin *o = t->buckets[bucket_of(t, hash)]; o; o = o->bucket_next)
        if (o->hash == hash && origin_is(o, name))
            return o;
    return NULL;
}

struct origin *origins_find(const struct origins *t, const struct record_origin *name)
{
    return find(t, name, hash_of(t, name));
}

struct origin *origins_get(struct origins *t, const struct record_origin *name)
{
    uint32_t hash = hash_of(t, name);
    struct origin *o = find(t, name, hash);
    if (o || (t->count >= t->used && !add_bucket(t)))
        return o;
    size_t len = name->scheme_len + name->host_len;
    o = malloc(sizeof *o + len + 1);
    if (!o)
        return NULL;
    *o = (struct origin){.hash = hash, .name_len = (uint32_t)len};
    memcpy(o->name, name->scheme, name->scheme_len);
    memcpy(o->name + name->scheme_len, name->host, name->host_len);
    o->name[len] = '\0';
    o->turn.before = o->turn.after = &o->turn;
    struct origin **bucket = &t->buckets[bucket_of(t, hash)];
    o->bucket_next = *bucket;
    *bucket = o;
    t->count++;
    set_share(t);
    return o;
}

void origins_forget(struct origins *t, struct origin *o)
{
    if (o->chain.waiting || o->out)
        return;
    struct origin **link = &t->buckets[bucket_of(t, o->hash)];
    while (*link != o)
        link = &(*link)->bucket_next;
    *link = o->bucket_next;
    turn_leave(&o->turn);
    free(o);
    t->count--;
    set_share(t);
}

void origins_release(struct origins *t)
{
    for (size_t i = 0; i < t->used; i++) {
        for (struct origin *o = t->buckets[i], *next; o; o = next) {
            next = o->bucket_next;
            for (struct chain *c = o->chain.more, *more; c; c = more) {
                more = c->more;
                free(c);
            }
            free(o);
        }
    }
    free(t->buckets);
    *t = (struct origins){0};
}

/* ---- Chains ---- */

static struct chain *insert_after(struct chain *chain, unsigned priority)
{
    struct chain *added = malloc(sizeof *added);
    if (!added)
        return NULL;
    *added = (struct chain){.more = chain->more, .priority = priority};
    chain->more = added;
    return added;
}

struct chain *origins_chain(struct origin *o, unsigned priority)
{
    struct chain *chain = &o->chain;
    if (!chain->waiting)
        chain->priority = priority;
    if (priority < chain->priority) { /* the new one takes the place in the origin */
        struct chain *moved = insert_after(chain, chain->priority);
        if (!moved)
            return NULL;
        struct chain *more = moved->more;
        *moved = *chain;
        moved->more = more;
        *chain = (struct chain){.more = moved, .priority = priority};
        return chain;
    }
    while (chain->more && chain->more->priority <= priority)
        chain = chain->more;
    return chain->priority == priority ? chain : insert_after(chain, priority);
}

/* The first of an origin that could not go is no longer the first. */
static bool is_let_go(const struct origins *t, const struct origin *o, const struct chain *chain)
{
    return chain == &o->chain && !chain->waiting && chain->more && !may_go(t, o, (unsigned)chain->more->priority) &&
           may_go(t, o, chain->priority);
}

void origins_waits(struct origins *t, struct origin *o, struct chain *chain, uint64_t offset)
{
    if (origin_waiting(o) == 0 || is_let_go(t, o, chain))
        turn_to_end(&t->ring, &o->turn);
    if (chain->waiting == 0)
        chain->head = offset;
    chain->tail = offset;
    chain->waiting++;
    t->waiting++;
}

bool origins_took(struct origins *t, struct origin *o, uint64_t next, bool out)
{
    struct chain *chain = &o->chain, *more = chain->more;
    if (out && (!o->out || chain->priority < o->out_level))
        o->out_level = (uint8_t)chain->priority;
    chain->head = next;
    chain->waiting--;
    t->waiting--;
    if (!chain->waiting && more) {
        *chain = *more;
        free(more);
    }
    if (out) {
        o->out++;
        t->out++;
        turn_to_end(&t->ring, &o->turn);
    }
    if (chain->waiting)
        return true;
    turn_leave(&o->turn);
    origins_forget(t, o);
    return false;
}

void origins_done(struct origins *t, struct origin *o)
{
    assert(o->out > 0);
    bool could = may_go(t, o, o->chain.priority);
    o->out--;
    t->out--;
    if (o->chain.waiting && !could && may_go(t, o, o->chain.priority))
        turn_to_end(&t->ring, &o->turn);
    origins_forget(t, o);
}

uint64_t origin_waiting(const struct origin *o)
{
    uint64_t waiting = 0;
    for (const struct chain *c = &o->chain; c; c = c->more)
        waiting += c->waiting;
    return waiting;
}
