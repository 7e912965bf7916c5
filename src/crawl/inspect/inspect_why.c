/* One URL: what the state knows of it, and what a run would do with it now. The decisions are those of
 * crawl/record.c and crawl/gate.c, which make them while a run goes on. */
#include "crawl/inspect/inspect.h"

#include "base/clock.h"
#include "crawl/page_key.h"
#include "crawl/scope/scope.h"
#include "store/pages/folders.h"
#include "web/robots/robots.h"
#include "web/url/url.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROBOTS_TOKEN "forage" /* of a run that does not choose its user agent */

enum { RULE_MAX = 200, DEFAULT_MAX_WAIT_MS = 60000 };

/* Some bytes of a robots.txt. */
struct span {
    const char *data;
    size_t len;
};

struct look {
    struct inspection in;
    struct url url;
    struct buffer key;
    char origin[8192];
    struct forage_why why;
    char rule[RULE_MAX + sizeof "..."];
    struct buffer parent; /* of the queue's entry */
    const char *agent;    /* that robots.txt may name */
    struct scope *scope;  /* of the URLs that the user has named */
    bool by_tag;          /* the key is as given */
    bool crawled;         /* some page was found by following links */
    bool due;
    bool out_of_memory;
};

/* ---- The page ---- */

static enum forage_kept kept(const struct look *l, const struct state_page *row)
{
    struct buffer path = {0};
    struct stat st;
    if (!*row->file)
        return FORAGE_KEPT_NOTHING;
    if (state_has_file(l->in.state, row))
        return FORAGE_KEPT_INTACT;
    bool there =
        folders_name_ok(row->file) && buffer_printf(&path, "%s/%s", l->in.dir, row->file) && lstat(path.data, &st) == 0;
    buffer_release(&path);
    return there ? FORAGE_KEPT_CHANGED : FORAGE_KEPT_MISSING;
}

static void see_page(struct look *l)
{
    struct forage_why *w = &l->why;
    const struct state_page *row = state_find_page(l->in.state, l->key.data, l->key.len);
    w->final_url = w->file = w->etag = w->last_modified = w->error = "";
    w->canonical = w->type = "";
    if (!row)
        return;
    w->known = true;
    w->final_url = row->final_url;
    w->file = row->file;
    w->kept = kept(l, row);
    w->bytes = row->bytes;
    w->etag = row->etag;
    w->last_modified = row->last_modified;
    w->status = row->status;
    w->error = row->error;
    w->failures = row->failures;
    w->gone = row->gone;
    w->failing_since_ms = row->failing_since_ms;
    w->first_seen_ms = row->first_seen_ms;
    w->last_fetched_ms = row->last_fetched_ms;
    w->last_changed_ms = row->last_changed_ms;
    w->discovered = row->discovered;
    w->depth = row->depth;
    w->parent = row->parent;
    w->canonical = row->canonical;
    w->type = row->type;
    w->noindex = row->noindex;
    w->nofollow = row->nofollow;
    w->converted = row->converted;
    w->due_ms = row->discovered ? row->next_due_ms : 0;
    w->interval_ms = row->interval_ms;
    w->visits = row->visits;
    w->changes = row->changes;
    l->due = due_is(&l->in.due, row, l->in.now_ms);
}

/* ---- The crawl ---- */

static bool see_entry(const struct backlog_entry *entry, void *context)
{
    struct look *l = context;
    if (entry->url_len != l->key.len || memcmp(entry->url, l->key.data, entry->url_len) != 0)
        return true;
    l->why.found = true;
    l->why.depth = entry->depth;
    l->why.waiting = inspection_waits(&l->in, entry);
    l->out_of_memory = !buffer_append(&l->parent, entry->parent, entry->parent_len);
    return false;
}

/* Rows that no crawl has found are of URLs that the user has named. */
static bool see_seed(const struct state_page *row, void *context)
{
    struct look *l = context;
    struct url url = {0};
    l->crawled |= row->discovered;
    if (row->discovered || url_parse(&url, row->url, row->url_len, NULL) != URL_OK)
        return true;
    l->out_of_memory = !scope_add_seed(l->scope, &url);
    url_release(&url);
    return !l->out_of_memory;
}

static enum forage_status see_scope(struct look *l, enum forage_scope kind)
{
    l->scope = scope_new(kind);
    if (!l->scope || state_each_page(l->in.state, NULL, see_seed, l) != STATE_OK || l->out_of_memory) {
        l->out_of_memory |= !l->scope;
        return inspection_status(&l->in);
    }
    l->why.scope_known = l->crawled;
    if (l->crawled)
        scope_has(l->scope, &l->url, &l->why.no_scope);
    return FORAGE_OK;
}

/* Before the page's row is looked up, which is lent only until the next one is. */
static enum forage_status see_crawl(struct look *l, const struct forage_options *o)
{
    l->why.parent = l->why.no_scope = "";
    enum forage_status status = inspection_queue(&l->in, see_entry, l);
    if (status != FORAGE_OK || l->out_of_memory)
        return status;
    l->why.parent = buffer_text(&l->parent);
    return state_find_page(l->in.state, l->key.data, l->key.len) ? FORAGE_OK : see_scope(l, o->scope);
}

/* ---- robots.txt ---- */

/* Cut the line at the front of *TEXT off; lines end with LF, CR or both, as web/robots/robots.h counts them. */
static struct span cut_line(struct span *text)
{
    struct span line = {text->data, 0};
    while (line.len < text->len && line.data[line.len] != '\n' && line.data[line.len] != '\r')
        line.len++;
    size_t used = line.len;
    if (used < text->len)
        used += text->data[used] == '\r' && used + 1 < text->len && text->data[used + 1] == '\n' ? 2 : 1;
    text->data += used;
    text->len -= used;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Copy line NUMBER without blanks around it, shortened if need be. It may hold a NUL, which is shown as a blank. */
static void copy_rule(struct look *l, struct span text, unsigned number)
{
    struct span line = {text.data, 0};
    if (text.len >= 3 && memcmp(text.data, "\xef\xbb\xbf", 3) == 0)
        text = (struct span){text.data + 3, text.len - 3};
    for (unsigned i = 0; i < number && text.len; i++)
        line = cut_line(&text);
    while (line.len && is_blank(*line.data))
        line = (struct span){line.data + 1, line.len - 1};
    while (line.len && is_blank(line.data[line.len - 1]))
        line.len--;
    size_t len = line.len < RULE_MAX ? line.len : RULE_MAX;
    for (size_t i = 0; i < len; i++)
        l->rule[i] = line.data[i] ? line.data[i] : ' ';
    memcpy(l->rule + len, line.len > len ? "..." : "", line.len > len ? 4 : 1);
}

static bool see_rule(struct look *l, const struct state_host *row)
{
    struct span text = {row->robots ? row->robots : "", row->robots_len};
    struct robots *robots = robots_parse(text.data, text.len, l->agent);
    if (!robots)
        return false;
    struct robots_verdict v = robots_check(robots, l->url.target.at, l->url.target.len);
    robots_free(robots);
    l->why.disallowed = !v.allowed;
    l->why.rule_line = v.line;
    if (v.line)
        copy_rule(l, text, v.line);
    return true;
}

/* False when memory is out. */
static bool see_host(struct look *l)
{
    l->why.rule = l->rule;
    if (l->url.origin.len >= sizeof l->origin) /* no host has such a name, and the state takes none */
        return true;
    snprintf(l->origin, sizeof l->origin, "%.*s", (int)l->url.origin.len, l->url.origin.at);
    const struct state_host *row = state_find_host(l->in.state, l->origin);
    if (!row)
        return true;
    l->why.host_known = true;
    l->why.host = inspection_host(row);
    return l->why.host.robots != FORAGE_ROBOTS_RULES || see_rule(l, row);
}

/* ---- The verdict ---- */

static bool is_not_due(struct look *l)
{
    struct forage_why *w = &l->why;
    if (!w->discovered || l->due)
        return false;
    w->verdict = FORAGE_WOULD_SKIP_NOT_DUE;
    w->next_ms = w->due_ms;
    return true;
}

/* Whether the page need not be asked for. One that fails, or whose file is not as it was, is asked for whatever
 * its age; one that fails and that a crawl has found, when it is due. */
static bool is_done(struct look *l, const struct forage_options *o)
{
    struct forage_why *w = &l->why;
    bool settled = w->kept == FORAGE_KEPT_INTACT || (w->kept == FORAGE_KEPT_NOTHING && w->last_fetched_ms);
    if (!w->known || o->fresh || o->no_state)
        return false;
    if (w->failures)
        return is_not_due(l);
    if (!settled)
        return false;
    bool goes_on = l->in.run.state != FORAGE_RUN_NONE && l->in.run.state != FORAGE_RUN_COMPLETE;
    if (goes_on && w->last_fetched_ms >= l->in.cycle_started_ms) {
        w->verdict = FORAGE_WOULD_SKIP_DONE;
        return true;
    }
    int64_t age_ms = l->in.now_ms - w->last_fetched_ms; /* below 0: the clock was put back since */
    if (age_ms < 0 || age_ms >= o->max_age_ms)
        return is_not_due(l);
    w->verdict = FORAGE_WOULD_SKIP_FRESH;
    w->next_ms = w->last_fetched_ms + o->max_age_ms;
    return true;
}

/* What time has to say: a host that wants to be left alone for longer than a run waits is left to the next one. */
static bool must_wait(struct look *l, const struct forage_options *o, bool for_long)
{
    struct forage_why *w = &l->why;
    int64_t max_wait_ms = o->max_wait_ms ? o->max_wait_ms : DEFAULT_MAX_WAIT_MS;
    int64_t wait_ms = o->no_state ? 0 : w->host.next_ask_ms - l->in.now_ms;
    if (wait_ms <= 0 || (for_long && wait_ms <= max_wait_ms))
        return false;
    w->verdict = for_long ? FORAGE_WOULD_PUT_OFF : FORAGE_WOULD_WAIT;
    w->next_ms = w->host.next_ask_ms;
    return true;
}

static enum forage_verdict how_to_ask(const struct look *l, const struct forage_options *o, bool rules_are_known)
{
    const struct forage_why *w = &l->why;
    bool has_validator = *w->etag || *w->last_modified;
    if (!rules_are_known)
        return FORAGE_WOULD_ASK_ROBOTS;
    return has_validator && w->kept == FORAGE_KEPT_INTACT && !o->fresh && !o->no_state ? FORAGE_WOULD_VALIDATE
                                                                                       : FORAGE_WOULD_ASK;
}

static void judge(struct look *l, const struct forage_options *o)
{
    struct forage_why *w = &l->why;
    bool is_fresh = w->host.robots_fetched_ms <= l->in.now_ms && w->host.robots_expires_ms > l->in.now_ms;
    bool rules = w->host.robots != FORAGE_ROBOTS_UNKNOWN && is_fresh && !o->no_state;
    if (is_done(l, o) || must_wait(l, o, true))
        return;
    if (rules && w->disallowed && !o->ignore_robots)
        w->verdict = FORAGE_WOULD_SKIP_DISALLOWED;
    else if (!must_wait(l, o, false))
        w->verdict = how_to_ask(l, o, rules || o->ignore_robots);
}

/* ---- All of it ---- */

/* A key of a URL with a user name, as --status prints it, instead of that URL: if there is such a row. */
static bool take_tag(struct look *l, const char *given)
{
    const char *tag = strrchr(given, '#');
    if (!tag || l->url.username.len || !page_key_is_tag(tag))
        return true;
    struct buffer key = {0};
    if (!buffer_append(&key, l->key.data, l->key.len) || !buffer_append_text(&key, tag)) {
        buffer_release(&key);
        return false;
    }
    l->by_tag = state_find_page(l->in.state, key.data, key.len) != NULL;
    buffer_release(l->by_tag ? &l->key : &key);
    if (l->by_tag)
        l->key = key;
    return true;
}

static enum forage_status look(struct look *l, const char *given, const struct forage_options *options)
{
    l->out_of_memory = !page_key(&l->url, &l->key) || !take_tag(l, given);
    if (!l->out_of_memory) {
        enum forage_status status = see_crawl(l, options);
        if (status != FORAGE_OK)
            return status;
        see_page(l);
    }
    if (l->out_of_memory || !see_host(l))
        return inspection_fail(&l->in, FORAGE_NO_MEMORY, NULL, "out of memory");
    l->why.url = l->by_tag ? buffer_text(&l->key) : l->url.href_public;
    judge(l, options);
    return inspection_status(&l->in);
}

enum forage_status forage_why(const char *dir, const char *url, const struct forage_options *options, forage_why_fn *fn,
                              void *context, char *error, size_t error_size)
{
    struct look l = {.in = {.error = error, .error_size = error_size}};
    enum url_status s = url_parse_line(&l.url, url, strlen(url));
    if (s != URL_OK)
        return inspection_fail(&l.in, s == URL_NO_MEMORY ? FORAGE_NO_MEMORY : FORAGE_USAGE, NULL, url_status_text(s));
    const struct forage_options defaults = {0};
    if (!options)
        options = &defaults;
    l.agent = options->user_agent ? options->user_agent : ROBOTS_TOKEN;
    enum forage_status status = inspection_open(&l.in, dir, options, error, error_size);
    if (status == FORAGE_OK) {
        status = look(&l, url, options);
        if (status == FORAGE_OK)
            fn(&l.why, context);
        inspection_close(&l.in);
    }
    scope_free(l.scope);
    buffer_release(&l.parent);
    buffer_release(&l.key);
    url_release(&l.url);
    return status;
}
