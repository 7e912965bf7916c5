/* Turns: who may be asked now, and who has to wait until when. Those that may be asked are in a ring, those that time
 * alone holds back are in a heap; all others are in neither until something changes about them. */
#include "crawl/frontier/frontier_internal.h"

static const int64_t NEVER = INT64_MAX;

static void ring_insert(struct turn **ring, struct turn *t)
{
    if (!*ring) {
        *ring = t->prev = t->next = t;
        return;
    }
    t->next = *ring; /* behind all others */
    t->prev = t->next->prev;
    t->prev->next = t;
    t->next->prev = t;
}

static void ring_remove(struct turn **ring, struct turn *t)
{
    if (*ring == t)
        *ring = t->next == t ? NULL : t->next;
    t->prev->next = t->next;
    t->next->prev = t->prev;
    t->prev = t->next = NULL;
}

/* T may be asked at AT as far as it is concerned. */
static void arrange(struct frontier *f, struct turn **ring, struct turn *t, int64_t at)
{
    if (at <= f->now_ms) {
        heap_remove(&f->waiting, &t->wait);
        if (!t->next)
            ring_insert(ring, t);
        return;
    }
    if (t->next)
        ring_remove(ring, t);
    if (at == NEVER)
        heap_remove(&f->waiting, &t->wait);
    else if (t->wait.index)
        heap_update(&f->waiting, &t->wait, at);
    else
        heap_push(&f->waiting, &t->wait, at); /* room was made with the host or the group */
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
    if (!g->ready || g->turn.out >= f->options.per_ip || g->turn.starting)
        return NEVER;
    return g->next_start_ms;
}

static struct turn **ring_of(struct frontier *f, struct host *h)
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
    arrange(f, ring_of(f, h), &h->turn, host_at(f, h));
    if (h->group)
        group_changed(f, h->group);
    if (!stays)
        hosts_file(f, h, busy);
}

void host_hold_back(struct frontier *f, struct host *h)
{
    arrange(f, ring_of(f, h), &h->turn, NEVER);
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
