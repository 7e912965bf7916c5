/* Turns: who may be asked now, and who has to wait until when. Those that may be asked are in rings, those that time
 * alone holds back are in a heap; all others are in neither until something changes about them. */
#include "crawl/frontier/frontier_internal.h"

static const int64_t NEVER = INT64_MAX;

/* ---- Rings ---- */

static void ring_insert(struct turn **ring, struct turn *t)
{
    t->ring = ring;
    if (!*ring) {
        *ring = t->prev = t->next = t;
        return;
    }
    t->next = *ring; /* behind all others */
    t->prev = t->next->prev;
    t->prev->next = t;
    t->next->prev = t;
}

static void ring_remove(struct turn *t)
{
    if (*t->ring == t)
        *t->ring = t->next == t ? NULL : t->next;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = NULL;
}

static struct turn **ring_for(struct ready *ready, const struct turn *t)
{
    return &ready->rings[t->out < READY_RINGS ? t->out : READY_RINGS - 1];
}

/* T may be asked at AT as far as it is concerned. */
static void arrange(struct frontier *f, struct ready *ready, struct turn *t, int64_t at)
{
    struct turn **ring = at <= f->now_ms ? ring_for(ready, t) : NULL;
    if (t->next && t->ring != ring)
        ring_remove(t);
    if (ring && !t->next)
        ring_insert(ring, t);
    if (ring || at == NEVER)
        heap_remove(&f->waiting, &t->wait);
    else if (t->wait.index)
        heap_update(&f->waiting, &t->wait, at);
    else
        heap_push(&f->waiting, &t->wait, at); /* room was made with the host or the group */
}

struct turn *turns_take(struct ready *ready)
{
    for (size_t i = 0; i < READY_RINGS; i++) {
        struct turn *t = ready->rings[i];
        if (!t)
            continue;
        ready->rings[i] = t->next;
        return t;
    }
    return NULL;
}

bool turns_any(const struct ready *ready)
{
    for (size_t i = 0; i < READY_RINGS; i++)
        if (ready->rings[i])
            return true;
    return false;
}

/* ---- Hosts ---- */

static int64_t host_at(const struct frontier *f, const struct host *h)
{
    bool has_job = h->urgent.first || (h->jobs.first && !h->closed);
    bool has_place = !f->options.per_host || h->turn.out < f->options.per_host;
    if (!has_job || !has_place || h->turn.starting || h->looking_up)
        return NEVER;
    return host_next_ask_ms(h);
}

static int64_t group_at(const struct frontier *f, const struct group *g)
{
    if (!turns_any(&g->ready) || g->turn.out >= f->options.per_ip || g->turn.starting)
        return NEVER;
    return g->next_start_ms;
}

static struct ready *ready_of(struct frontier *f, struct host *h)
{
    return h->group ? &h->group->ready : &f->ready;
}

static void group_changed(struct frontier *f, struct group *g)
{
    arrange(f, &f->ready, &g->turn, group_at(f, g));
}

static bool is_busy(const struct host *h)
{
    return h->turn.out || h->jobs.first || h->urgent.first || h->later || h->closed;
}

void host_changed(struct frontier *f, struct host *h)
{
    bool busy = is_busy(h), stays = busy && h->kept == KEPT_BUSY;
    if (!stays)
        hosts_unfile(f, h);
    arrange(f, ready_of(f, h), &h->turn, host_at(f, h));
    if (h->group)
        group_changed(f, h->group);
    if (!stays)
        hosts_file(f, h, busy);
}

void host_hold_back(struct frontier *f, struct host *h)
{
    arrange(f, ready_of(f, h), &h->turn, NEVER);
    if (h->group)
        group_changed(f, h->group);
}

void turns_settle(struct frontier *f)
{
    for (struct heap_node *node; (node = heap_first(&f->waiting)) && node->key <= f->now_ms;) {
        struct turn *t = HEAP_OWNER(node, struct turn, wait);
        if (t->is_group)
            group_changed(f, (struct group *)t);
        else
            host_changed(f, (struct host *)t);
    }
}
