/* Facets: queries that combine a few parameters in all ways. */
#include "crawl/scope/traps_state.h"

#include <forage/forage.h>

enum {
    COMBINED_MIN = 3,    /* parameters: two of them are a catalogue and its pages */
    COMBINATIONS = 1000, /* of known pairs, on one path, more than there were URLs with new pairs */
    NAME_SETS = 500,     /* on one path */
};

#define SALT_NAMES UINT64_C(0x6e616d6573)

static uint64_t pair_key(const struct shape *s, unsigned i, unsigned k)
{
    return traps_mix_pair(s->path ^ s->pairs[i], s->path ^ s->pairs[k]);
}

/* Whether each two of its parameters were there together before, on this path. */
static bool is_combination(struct traps *t, const struct shape *s)
{
    for (unsigned i = 0; i < s->pair_count; i++)
        for (unsigned k = 0; k < i; k++)
            if (!tally_find(&t->pairs, pair_key(s, i, k)))
                return false;
    return true;
}

/* As long as a set of names is known, it does not matter how many there are. */
static bool are_names_fine(struct traps *t, const struct shape *s)
{
    const struct tally_entry *sets = tally_find(&t->paths, traps_mix(s->path, SALT_NAMES));
    return !sets || sets->a < NAME_SETS || tally_find(&t->pairs, traps_mix(s->path, s->names));
}

bool traps_facets_are_fine(struct traps *t, const struct shape *s, struct traps_verdict *verdict)
{
    if (t->limits.query == FORAGE_NO_LIMIT)
        return true;
    if (s->names && !are_names_fine(t, s))
        return traps_refuse(t, verdict, TRAPS_FACETS, "%d different sets of parameters on one path; see --max-query",
                            NAME_SETS);
    if (s->pair_count < COMBINED_MIN)
        return true;
    const struct tally_entry *path = tally_find(&t->paths, s->path);
    if (!path || path->b < (uint64_t)path->a + COMBINATIONS || !is_combination(t, s))
        return true;
    return traps_refuse(t, verdict, TRAPS_FACETS, "%u URLs of one path combine the same parameters; see --max-query",
                        (unsigned)path->b);
}

static void add_names(struct traps *t, const struct shape *s)
{
    if (tally_find(&t->pairs, traps_mix(s->path, s->names)))
        return;
    struct tally_entry *sets = tally_at(&t->paths, traps_mix(s->path, SALT_NAMES));
    if (sets && tally_at(&t->pairs, traps_mix(s->path, s->names)))
        tally_count(&sets->a);
}

void traps_facets_add(struct traps *t, const struct shape *s)
{
    if (s->names)
        add_names(t, s);
    if (s->pair_count < 2)
        return;
    bool combination = is_combination(t, s);
    for (unsigned i = 0; i < s->pair_count; i++)
        for (unsigned k = 0; k < i; k++)
            tally_at(&t->pairs, pair_key(s, i, k));
    struct tally_entry *path = s->pair_count >= COMBINED_MIN ? tally_at(&t->paths, s->path) : NULL;
    if (path)
        tally_count(combination ? &path->b : &path->a);
}
