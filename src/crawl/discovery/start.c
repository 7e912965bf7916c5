/* The start and the end of a crawl's discovery: what it is made of, what an earlier run has left, and what is left for
 * the next one. */
#include "crawl/discovery/parts.h"

#include "base/clock.h"
#include "base/status.h"
#include "crawl/discovery/extent.h"
#include "crawl/page_key.h"
#include "crawl/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    OUT_MAX = 8 * 1024,
    OUT_OF_ORIGIN_MAX = 512,
    KNOWN_OUT_MAX = 8, /* of known pages of a host: few, so that new links of those that have changed come first */
};

/* ---- Making it ---- */

static enum forage_status make_rules(struct crawl *c, struct discovery *d, char *error, size_t size)
{
    const struct forage_options *o = &c->config.options;
    struct filter_options patterns = {o->accept, o->accept_count, o->reject, o->reject_count};
    enum filter_status s = filter_new(&d->filter, &patterns, error, size);
    if (s != FILTER_OK)
        return s == FILTER_NO_MEMORY ? FORAGE_NO_MEMORY : FORAGE_USAGE;
    struct traps_options limits = {
        .max_path_depth = o->max_path_depth,
        .max_repeats = o->max_repeats,
        .max_query = o->max_query,
        .max_chain = o->max_chain,
        .max_same = o->max_same,
        .max_pages_per_host = o->max_pages_per_host,
    };
    d->traps = traps_new(&limits);
    d->scope = scope_new(o->scope);
    d->strip = o->strip_query_count ? strip_new(o->strip_query, o->strip_query_count) : NULL;
    return d->traps && d->scope && (d->strip || !o->strip_query_count) ? FORAGE_OK : FORAGE_NO_MEMORY;
}

enum forage_status discovery_open(struct crawl *c, char *error, size_t size)
{
    if (!c->config.options.recursive)
        return FORAGE_OK;
    struct discovery *d = c->discovery = calloc(1, sizeof *d);
    if (!d)
        return FORAGE_NO_MEMORY;
    seen_init(&d->with_account);
    for (size_t i = 0; i < COUNT_OF(d->named_places); i++)
        seen_init(&d->named_places[i]);
    seen_init(&d->listed);
    seen_init(&d->taken);
    seen_init(&d->unchanged);
    seen_init(&d->mapped);
    return make_rules(c, d, error, size);
}

void discovery_failed(struct crawl *c, const char *reason)
{
    char file[PATH_MAX];
    if (c->discovery->failed)
        return;
    c->discovery->failed = true;
    snprintf(file, sizeof file, "%s/%s", c->config.options.output, BACKLOG_FILE);
    report_disaster(c, file, reason);
}

void discovery_broke(struct crawl *c)
{
    struct backlog_failure failure;
    if (backlog_failed(c->discovery->backlog, &failure))
        discovery_failed(c, failure.text);
}

/* ---- What is there ---- */

/* It waits again; whether it has been fetched meanwhile the state tells when its turn comes. What the user named is
 * named again. */
static bool replay(const struct backlog_entry *entry, void *context)
{
    struct crawl *c = context;
    struct url url = {0}, parent = {0};
    if (discovery_is_seed(entry) || seen_add(&c->seen, entry->url, entry->url_len) != SEEN_NEW)
        return false;
    bool has_parent = entry->parent_len && url_parse(&parent, entry->parent, entry->parent_len, NULL) == URL_OK;
    if (url_parse(&url, entry->url, entry->url_len, NULL) == URL_OK)
        traps_recall(c->discovery->traps, &url, has_parent ? &parent : NULL);
    url_release(&parent);
    url_release(&url);
    return true;
}

/* What was fetched has led somewhere; without the queue nobody knows where, so all is asked for again, and read again.
 * That holds until all of it is done, whatever becomes of this run. */
static void begin_anew(struct crawl *c)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", c->config.options.output, EXTENT_FILE);
    unlink(path);
    c->discovery->is_known_extent = false;
    memory_begin_anew(c);
}

/* True: what is there is to be replayed. */
static bool open_queue(struct crawl *c, bool goes_on)
{
    struct discovery *d = c->discovery;
    struct backlog_failure failure;
    struct backlog_options options = {
        .out_max = OUT_MAX,
        .share_max = OUT_OF_ORIGIN_MAX,
        .share_last = discovery_goes_by_level(c) ? 0 : KNOWN_OUT_MAX,
        .by_level = discovery_goes_by_level(c),
    };
    const char *dir = c->state ? c->config.options.output : NULL; /* nothing is remembered: a file without a name */
    enum backlog_status s = backlog_open(dir, goes_on, &options, &d->backlog, &failure);
    if (s == BACKLOG_DAMAGED) {
        report_file_failure(c, BACKLOG_FILE, 0, "damaged: the crawl begins anew");
        begin_anew(c);
        goes_on = false;
        s = backlog_open(dir, false, &options, &d->backlog, &failure);
    }
    if (s != BACKLOG_OK)
        discovery_failed(c, failure.text);
    return s == BACKLOG_OK && goes_on;
}

static bool has_queue(const struct crawl *c)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", c->config.options.output, BACKLOG_FILE);
    return faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool is_extent_of(const struct crawl *c, const char *file)
{
    return c->state && extent_is(c->config.options.output, file, extent_of(&c->config.options));
}

static void note_extent(struct crawl *c, const char *file)
{
    const struct forage_options *o = &c->config.options;
    if (c->state && !is_extent_of(c, file) && !extent_note(o->output, file, extent_of(o)))
        report_file_failure(c, file, 0, strerror(errno));
}

/* A queue that is there is not done, whoever has ended the cycle: a run that follows no links, or one whose clock was
 * another. */
void discovery_begin(struct crawl *c)
{
    struct discovery *d = c->discovery;
    if (!d)
        return;
    d->began_ms = clock_ms();
    d->is_known_extent = is_extent_of(c, EXTENT_FILE);
    bool goes_on = c->state && !c->config.options.fresh && has_queue(c);
    bool is_unfinished = goes_on || c->run.cycle_started_ms != c->run.started_ms;
    if (is_unfinished && !(goes_on && is_extent_of(c, EXTENT_BEGUN_FILE)))
        begin_anew(c);
    d->goes_on = open_queue(c, goes_on);
    note_extent(c, EXTENT_BEGUN_FILE);
    if (d->goes_on && backlog_replay(d->backlog, replay, c, NULL) != BACKLOG_OK)
        discovery_broke(c);
}

/* Links to where URL is are in scope. */
static void extend_scope(struct crawl *c, const struct url *url)
{
    struct discovery *d = c->discovery;
    bool ok = scope_add_seed(d->scope, url) && accounts_add(&d->accounts, url);
    if (ok && (url->username.len || url->password.len))
        ok = seen_add(&d->with_account, url->href_public, strlen(url->href_public)) != SEEN_NO_MEMORY;
    if (!ok)
        discovery_failed(c, "out of memory");
}

void discovery_seed(struct crawl *c, const struct url *url)
{
    if (!c->discovery)
        return;
    extend_scope(c, url);
    discovery_name(c, url);
}

void discovery_seed_led_to(struct crawl *c, const struct url *url)
{
    if (!c->discovery)
        return;
    extend_scope(c, url);
    if (seen_add(&c->seen, url->href_public, strlen(url->href_public)) == SEEN_NO_MEMORY)
        discovery_failed(c, "out of memory");
}

void discovery_know_seed(struct crawl *c, const struct job *job)
{
    struct url url = {0};
    if (!c->discovery || job->from.via != VIA_USER)
        return;
    c->discovery->seeds++;
    traps_recall(c->discovery->traps, &job->asked, NULL); /* it counts for its host as others do */
    const char *final = job->known ? job->known->row.final_url : "";
    if (*final && url_parse(&url, final, strlen(final), NULL) == URL_OK)
        discovery_seed_led_to(c, &url);
    url_release(&url);
}

/* ---- What is known from earlier runs ---- */

bool discovery_has_canonical(struct crawl *c, const char *url, size_t len, const char *canonical)
{
    size_t canonical_len = strlen(canonical);
    if (!c->state || !canonical_len || (canonical_len == len && memcmp(canonical, url, len) == 0))
        return false;
    const struct state_page *row = state_find_page(c->state, canonical, canonical_len);
    return row && *row->file && !row->failures && (!*row->canonical || strcmp(row->canonical, canonical) == 0);
}

/* Of a page that was asked for with an account the row is called after that, too (crawl/page_key.h). It is of this
 * crawl if the user has named the same account. */
static bool find_account(const struct discovery *d, const struct state_page *row, struct offer *offer)
{
    struct url url = {0};
    struct buffer key = {0};
    const char *tag = memchr(row->url, '#', row->url_len);
    if (!tag)
        return true;
    offer->len = (size_t)(tag - row->url);
    offer->has_account = url_parse(&url, offer->url, offer->len, NULL) == URL_OK &&
                         accounts_put_in(&d->accounts, &url) && page_key(&url, &key) && key.len == row->url_len &&
                         memcmp(key.data, row->url, key.len) == 0;
    buffer_release(&key);
    url_release(&url);
    return offer->has_account;
}

static bool reseed_row(const struct state_page *row, void *context)
{
    struct crawl *c = context;
    struct offer offer = {
        .url = row->url,
        .len = row->url_len,
        .via = VIA_STATE,
        .depth = row->depth,
    };
    bool due = c->config.options.fresh || !c->discovery->is_known_extent || due_is(&c->due, row, c->run.started_ms);
    if (row->discovered && due && find_account(c->discovery, row, &offer) &&
        !discovery_has_canonical(c, offer.url, offer.len, row->canonical))
        discovery_offer(c, &offer);
    return !c->discovery->failed;
}

/* Pages that are due are asked for although no page may lead to them any more, for those that do may not have changed.
 * An earlier run of the cycle may have been killed before it had offered all of them. There may be millions, so some at
 * a time. */
void discovery_reseed(struct crawl *c)
{
    struct discovery *d = c->discovery;
    const struct state_filter filter = {.discovered = true};
    if (c->state && state_next_pages(c->state, &filter, &d->rows, reseed_row, c) != STATE_OK) {
        d->rows.done = true;
        memory_failed(c);
    }
    d->reseeded = !c->state || d->rows.done;
    discovery_flush(c);
}

/* ---- The end ---- */

bool discovery_knows_links(const struct crawl *c)
{
    return !c->discovery || c->discovery->is_known_extent;
}

static void close_queue(struct crawl *c, bool remove)
{
    struct discovery *d = c->discovery;
    struct backlog_failure failure;
    bool failed = backlog_close(d->backlog, remove, &failure) != BACKLOG_OK;
    d->backlog = NULL;
    if (failed)
        discovery_failed(c, failure.text);
}

/* What waits is left for the next run when this one ends early. When all is done, the run has yet to say so. */
void discovery_settle(struct crawl *c)
{
    struct discovery *d = c->discovery;
    if (!d || !d->backlog)
        return;
    if (c->end != END_DONE || d->failed)
        return close_queue(c, false);
    note_extent(c, EXTENT_FILE);
}

void discovery_end(struct crawl *c)
{
    if (c->discovery && c->discovery->backlog)
        close_queue(c, c->end == END_DONE);
}

void discovery_close(struct crawl *c)
{
    struct discovery *d = c->discovery;
    if (!d)
        return;
    backlog_close(d->backlog, false, NULL);
    scope_free(d->scope);
    filter_free(d->filter);
    strip_free(d->strip);
    traps_free(d->traps);
    accounts_release(&d->accounts);
    seen_release(&d->with_account);
    for (size_t i = 0; i < COUNT_OF(d->named_places); i++)
        seen_release(&d->named_places[i]);
    seen_release(&d->listed);
    seen_release(&d->taken);
    seen_release(&d->unchanged);
    seen_release(&d->mapped);
    free(d);
    c->discovery = NULL;
}
