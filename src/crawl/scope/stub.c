#include "crawl/scope/scope.h"
#include "crawl/scope/filter.h"
#include "crawl/scope/strip.h"
#include "crawl/scope/traps.h"
#include <stdlib.h>
#include <string.h>
struct scope { char host[1000]; };
struct scope *scope_new(enum forage_scope s) { (void)s; return calloc(1, sizeof(struct scope)); }
bool scope_add_seed(struct scope *s, const struct url *u) { memcpy(s->host, u->host.at, u->host.len); s->host[u->host.len] = 0; return true; }
bool scope_has(const struct scope *s, const struct url *u, const char **why) { (void)why; return u->host.len == strlen(s->host) && !memcmp(s->host, u->host.at, u->host.len); }
bool scope_has_requisite(const struct scope *s, const struct url *u, const char **why) { return scope_has(s,u,why); }
void scope_free(struct scope *s) { free(s); }
enum filter_status filter_new(struct filter **out, const struct filter_options *options, char *error, size_t error_size) {(void)out;(void)options;(void)error;(void)error_size; return FILTER_OK;}
enum filter_verdict filter_check(struct filter *filter, const struct url *url, struct filter_reason *reason) {(void)filter;(void)url;(void)reason; return FILTER_WANTED; }
void filter_free(struct filter *f) {(void)f;}
struct strip *strip_new(const char *const *names, size_t count) {(void)names;(void)count; return calloc(1,1);}
enum strip_result strip_query(struct strip *strip, struct url *url) {(void)strip;(void)url; return STRIP_UNCHANGED;}
void strip_free(struct strip *s) {free(s);}
struct traps *traps_new(const struct traps_options *options) {(void)options; return calloc(1,1);}
bool traps_check(struct traps *t, const struct url *url, const struct url *parent, uint32_t n, struct traps_verdict *v) {(void)t;(void)url;(void)parent;(void)n;(void)v; return true;}
void traps_known(struct traps *traps, const char *url, size_t len, const char *parent, size_t parent_len) {(void)traps;(void)url;(void)len;(void)parent;(void)parent_len;}
bool traps_ask(struct traps *traps, const struct url *url, const char *parent, size_t parent_len, struct traps_verdict *v) {(void)traps;(void)url;(void)v;(void)parent;(void)parent_len; return true;}
void traps_page(struct traps *traps, const struct url *url, const char *parent, size_t parent_len, const void *digest, size_t digest_len) {(void)traps;(void)url;(void)digest;(void)digest_len;(void)parent;(void)parent_len;}
void traps_recall(struct traps *traps, const struct url *url, const struct url *parent) {(void)traps;(void)url;(void)parent;}
uint32_t traps_number(struct traps *traps, const struct url *url, const struct url *parent, unsigned depth) {(void)traps;(void)url;(void)depth;(void)parent; return 0;}
void traps_free(struct traps *t) {free(t);}
