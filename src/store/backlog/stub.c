#include "store/backlog/backlog.h"
#include <stdlib.h>
#include <string.h>
struct be { struct be *next; struct backlog_entry e; };
struct backlog { struct be *first, **end; uint64_t waiting; };
enum backlog_status backlog_open(const char *d, bool g, const struct backlog_options *o, struct backlog **b, struct backlog_failure *f) { (void)d; (void)g; (void)f; (void)o; *b = calloc(1, sizeof **b); (*b)->end = &(*b)->first; return BACKLOG_OK; }
enum backlog_status backlog_replay(struct backlog *b, backlog_replay_fn *fn, void *c, struct backlog_replayed *f) { (void)b; (void)fn; (void)c; (void)f; return BACKLOG_OK; }
enum backlog_status backlog_add(struct backlog *b, const struct backlog_entry *e) { struct be *n = calloc(1, sizeof *n); n->e = *e; n->e.url = strndup(e->url, e->url_len); n->e.parent = e->parent_len ? strndup(e->parent, e->parent_len) : ""; *b->end = n; b->end = &n->next; b->waiting++; return BACKLOG_OK; }
bool backlog_next(struct backlog *b, struct backlog_entry *e) { struct be *n = b->first; if (!n) return false; b->first = n->next; if (!b->first) b->end = &b->first; b->waiting--; *e = n->e; return true; }
void backlog_done(struct backlog *b, const char *u, size_t l) { (void)b; (void)u; (void)l; }
enum backlog_status backlog_flush(struct backlog *b) { (void)b; return BACKLOG_OK; }
bool backlog_failed(const struct backlog *b, struct backlog_failure *f) { (void)b; (void)f; return false; }
uint64_t backlog_waiting(const struct backlog *b) { return b->waiting; }
enum backlog_status backlog_close(struct backlog *b, bool r, struct backlog_failure *f) { (void)r; (void)f; free(b); return BACKLOG_OK; }
