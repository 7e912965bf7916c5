#include "crawl/origin_table.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

void origin_table_init(struct origin_table *t)
{
    *t = (struct origin_table){.seed = hash_random_seed()};
}

static bool is_named(const struct origin *o, const char *name, size_t len)
{
    return strncmp(o->name, name, len) == 0 && !o->name[len];
}

/* The place of NAME: where it is, or the empty one where it belongs. */
static struct origin **place_of(const struct origin_table *t, const char *name, size_t len)
{
    size_t at = hash_bytes(name, len, t->seed) & (t->slots - 1);
    while (t->origins[at] && !is_named(t->origins[at], name, len))
        at = (at + 1) & (t->slots - 1);
    return &t->origins[at];
}

/* At most two thirds of the places are taken. */
static bool make_room(struct origin_table *t)
{
    if (t->count * 3 < t->slots * 2)
        return true;
    struct origin_table more = *t;
    more.slots = t->slots ? t->slots * 2 : FIRST_SLOTS;
    more.origins = calloc(more.slots, sizeof *more.origins);
    if (!more.origins)
        return false;
    for (size_t i = 0; i < t->slots; i++)
        if (t->origins[i])
            *place_of(&more, t->origins[i]->name, strlen(t->origins[i]->name)) = t->origins[i];
    free(t->origins);
    *t = more;
    return true;
}

struct origin *origin_table_get(struct origin_table *t, const char *name, size_t len)
{
    len = strnlen(name, len); /* a row may hold anything */
    if (t->last && is_named(t->last, name, len))
        return t->last;
    if (!make_room(t))
        return NULL;
    struct origin **place = place_of(t, name, len);
    if (!*place) {
        struct origin *o = calloc(1, sizeof *o + len + 1);
        if (!o)
            return NULL;
        memcpy(o->name, name, len);
        *place = o;
        t->count++;
    }
    return t->last = *place;
}

static int compare(const void *a, const void *b)
{
    const struct origin *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

void origin_table_sort(struct origin_table *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->slots; i++)
        if (t->origins[i])
            t->origins[n++] = t->origins[i];
    t->slots = n; /* what is behind was moved here */
    if (n)
        qsort(t->origins, n, sizeof(struct origin *), compare);
}

void origin_table_release(struct origin_table *t)
{
    for (size_t i = 0; i < t->slots; i++)
        free(t->origins[i]);
    free(t->origins);
    *t = (struct origin_table){0};
}
