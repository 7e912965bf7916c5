#ifndef STUB_TRAPS_H
#define STUB_TRAPS_H
#include "web/url/url.h"
#include <stdlib.h>
enum trap_kind { TRAP_COUNT = 8 };
struct trap { unsigned kind; char detail[200]; };
struct traps { int x; };
struct traps_options { uint64_t max_path_depth, max_repeats, max_query, max_chain, max_same, max_pages_per_host; };
static inline struct traps *traps_new(const struct traps_options *o) { (void)o; return calloc(1, sizeof(struct traps)); }
static inline bool traps_check(struct traps *t, const struct url *u, uint32_t p, uint32_t *own, struct trap *trap) { (void)t; (void)u; (void)trap; *own = p; return true; }
static inline void traps_free(struct traps *t) { free(t); }
#endif
