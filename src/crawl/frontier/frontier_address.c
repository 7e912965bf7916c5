/* Groups: hosts that share an address share places and starts. A group is a turn of its own, with a ring of its
 * hosts. */
#include "crawl/frontier/frontier_internal.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static struct group *group_new(struct frontier *f, const char *address, size_t len)
{
    struct group *g = calloc(1, sizeof *g + len + 1);
    if (!g)
        return NULL;
    memcpy(g->address, address, len);
    g->name = (struct name_node){.name = g->address, .len = len};
    g->turn.is_group = true;
    if (!heap_reserve(&f->waiting, f->hosts.count + f->groups.count + 1) || !name_table_add(&f->groups, &g->name)) {
        free(g);
        return NULL;
    }
    return g;
}

bool address_join(struct frontier *f, struct host *h, const char *address)
{
    size_t len = strlen(address);
    struct name_node *found = name_table_find(&f->groups, address, len);
    struct group *g = found ? HEAP_OWNER(found, struct group, name) : group_new(f, address, len);
    if (!g)
        return false;
    h->group = g;
    g->hosts++;
    return true;
}

bool address_join_literal(struct frontier *f, struct host *h, const struct url *url)
{
    char address[INET6_ADDRSTRLEN];
    if (!f->options.per_ip || url->host_kind == URL_HOST_IS_NAME)
        return true;
    int family = url->host_kind == URL_HOST_IS_IPV4 ? AF_INET : AF_INET6;
    return inet_ntop(family, url->address, address, sizeof address) && address_join(f, h, address);
}

void address_leave(struct frontier *f, struct host *h)
{
    struct group *g = h->group;
    h->group = NULL;
    if (!g || --g->hosts)
        return;
    heap_remove(&f->waiting, &g->turn.wait);
    name_table_remove(&f->groups, &g->name);
    free(g);
}

void address_release(struct frontier *f)
{
    for (struct name_node *node = name_table_next(&f->groups, NULL), *next; node; node = next) {
        next = name_table_next(&f->groups, node);
        free(HEAP_OWNER(node, struct group, name));
    }
    name_table_release(&f->groups);
}

bool frontier_needs_address(const struct frontier *f, const struct job *job)
{
    return f->options.per_ip && job->host && job->host->looking_up == job && !job->host->group;
}

bool frontier_set_address(struct frontier *f, struct host *h, const char *address, int64_t now_ms)
{
    frontier_tell_time(f, now_ms);
    if (!f->options.per_ip || h->group)
        return true;
    hosts_unfile(f, h);
    host_hold_back(f, h); /* out of the ring of all, into that of the group */
    bool joined = address_join(f, h, address);
    host_changed(f, h);
    return joined;
}
