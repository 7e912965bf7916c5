/* Hosts: made when they are first heard of, busy while they have jobs or are closed, then idle and at last
 * forgotten. */
#include "crawl/frontier/frontier_internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- Lists ---- */

static void list_append(struct host_list *list, struct host *h)
{
    h->list_prev = list->last;
    h->list_next = NULL;
    if (list->last)
        list->last->list_next = h;
    else
        list->first = h;
    list->last = h;
}

static void list_remove(struct host_list *list, struct host *h)
{
    if (h->list_prev)
        h->list_prev->list_next = h->list_next;
    else
        list->first = h->list_next;
    if (h->list_next)
        h->list_next->list_prev = h->list_prev;
    else
        list->last = h->list_prev;
}

/* ---- Forgetting ---- */

static void host_free(struct frontier *f, struct host *h)
{
    if (f->options.free_robots && h->robots)
        f->options.free_robots(h->robots);
    free(h->reason);
    free(h);
}

static struct host *held_host(struct heap_node *node)
{
    return (struct host *)HEAP_OWNER(node, struct turn, wait);
}

/* Held hosts whose promises have ended are idle ones like any other, last used now. */
static void release_held(struct frontier *f)
{
    for (struct heap_node *node; (node = heap_first(&f->held)) && node->key <= f->now_ms;) {
        struct host *h = held_host(heap_pop(&f->held));
        h->kept = KEPT_IDLE;
        list_append(&f->idle, h);
    }
}

/* The least recently used without a promise, or else the one whose promise ends first. */
static void forget_one(struct frontier *f)
{
    release_held(f);
    struct host *h = f->idle.first ? f->idle.first : held_host(heap_first(&f->held));
    hosts_unfile(f, h);
    name_table_remove(&f->hosts, &h->name);
    address_leave(f, h);
    host_free(f, h);
}

/* ---- Filing ---- */

static int64_t promised_until(const struct host *h)
{
    return h->given_up ? INT64_MAX : host_next_ask_ms(h);
}

void hosts_file(struct frontier *f, struct host *h, bool busy)
{
    if (busy) {
        h->kept = KEPT_BUSY;
        list_append(&f->busy, h);
        return;
    }
    while (f->idle_count >= f->options.idle_hosts)
        forget_one(f);
    f->idle_count++;
    if (promised_until(h) > f->now_ms) {
        h->kept = KEPT_HELD;
        heap_push(&f->held, &h->turn.wait, promised_until(h)); /* room was made with the host */
    } else {
        h->kept = KEPT_IDLE;
        list_append(&f->idle, h);
    }
}

void hosts_unfile(struct frontier *f, struct host *h)
{
    if (h->kept == KEPT_BUSY)
        list_remove(&f->busy, h);
    else if (h->kept == KEPT_IDLE)
        list_remove(&f->idle, h);
    else if (h->kept == KEPT_HELD)
        heap_remove(&f->held, &h->turn.wait);
    if (h->kept == KEPT_IDLE || h->kept == KEPT_HELD)
        f->idle_count--;
    h->kept = KEPT_NOT;
}

/* ---- Making ---- */

static struct host *host_new(struct frontier *f, const struct url *url)
{
    struct host *h = calloc(1, sizeof *h + url->origin.len + 1);
    if (!h)
        return NULL;
    memcpy(h->origin, url->origin.at, url->origin.len);
    h->name = (struct name_node){.name = h->origin, .len = url->origin.len};
    h->last_start_ms = h->cooled_ms = FRONTIER_LONG_AGO;
    h->delay_ms = f->options.delay_ms;
    bool ok = heap_reserve(&f->waiting, f->hosts.count + f->groups.count + 1) &&
              heap_reserve(&f->held, f->hosts.count + 1) && name_table_add(&f->hosts, &h->name);
    if (!ok) {
        free(h);
        return NULL;
    }
    if (!address_join_literal(f, h, url)) {
        name_table_remove(&f->hosts, &h->name);
        free(h);
        return NULL;
    }
    return h;
}

struct host *hosts_get(struct frontier *f, const struct url *url)
{
    struct name_node *found = name_table_find(&f->hosts, url->origin.at, url->origin.len);
    return found ? HEAP_OWNER(found, struct host, name) : host_new(f, url);
}

struct host *frontier_host(struct frontier *f, const struct url *url)
{
    struct host *h = hosts_get(f, url);
    if (h)
        host_changed(f, h);
    return h;
}

void hosts_release(struct frontier *f)
{
    for (struct name_node *node = name_table_next(&f->hosts, NULL), *next; node; node = next) {
        next = name_table_next(&f->hosts, node);
        host_free(f, HEAP_OWNER(node, struct host, name));
    }
    name_table_release(&f->hosts);
    heap_release(&f->held);
}
