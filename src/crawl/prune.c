#include "crawl/prune.h"

#include "crawl/crawl.h"

#include <string.h>

/* Followed by the name and its NUL. */
struct pruned {
    uint64_t bytes;
    int64_t mtime_ns;
    size_t name_size;
};

bool prune_add(struct crawl *c, const struct state_page *row)
{
    struct pruned p = {row->file_bytes, row->file_mtime_ns, strlen(row->file) + 1};
    size_t before = c->pruned.len;
    if (buffer_append(&c->pruned, &p, sizeof p) && buffer_append(&c->pruned, row->file, p.name_size))
        return true;
    c->pruned.len = before;
    return false;
}

static void remove_file(struct crawl *c, const char *name, const struct pages_known *known)
{
    while (pages_remove(c->pages, name, known, NULL) == STORE_FULL)
        landing_wait(c);
}

void prune_files(struct crawl *c)
{
    struct pruned p;
    if (!c->pages || c->memory_failed)
        return;
    for (size_t at = 0; at + sizeof p < c->pruned.len; at += sizeof p + p.name_size) {
        memcpy(&p, c->pruned.data + at, sizeof p);
        remove_file(c, c->pruned.data + at + sizeof p, &(struct pages_known){NULL, p.bytes, p.mtime_ns});
    }
    landing_drain(c);
}
