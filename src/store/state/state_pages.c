/* Reading many pages, a stretch of keys at a time. A reader keeps the writer's log from being begun anew, and a table
 * of a million pages takes seconds to read, so each stretch is a transaction of its own. */
#include "base/clock.h"
#include "store/state/state_internal.h"

#include <errno.h>
#include <string.h>

enum { STRETCH_ROWS = 8192, STRETCH_MS = 50, ROWS_A_LOOK = 64 };

const char state_each_page_sql[] =
    "SELECT " STATE_PAGE_COLUMNS ", key FROM page WHERE key BETWEEN ? AND ? ORDER BY key";

static bool passes(const struct state_filter *filter, const struct state_page *page)
{
    if ((filter->failing && !page->failures) || (filter->discovered && !page->discovered) ||
        (filter->kept && !*page->file) || (filter->due_by_ms && page->next_due_ms > filter->due_by_ms))
        return false;
    if (!filter->origin)
        return true;
    size_t len = strlen(filter->origin);
    return state_origin_len(page->url, page->url_len) == len && memcmp(page->url, filter->origin, len) == 0;
}

/* Bind the keys that are left to S, after the transaction that lookups share has ended: one that is open would be gone
 * on with. False when there are none. */
static bool bind_rest(struct state *state, const struct state_filter *filter, const struct state_cursor *cursor,
                      sqlite3_stmt *s)
{
    int64_t first = INT64_MIN, last = INT64_MAX;
    state_reader_age(state, STATE_READER_AGE_MAX);
    if (filter->origin) {
        int64_t key = state->hooks.page_key(filter->origin, strlen(filter->origin));
        first = state_key_first(key);
        last = state_key_last(key);
    }
    if (cursor->done || (cursor->begun && cursor->after >= last))
        return false;
    if (cursor->begun && cursor->after >= first)
        first = cursor->after + 1;
    sqlite3_bind_int64(s, 1, first);
    sqlite3_bind_int64(s, 2, last);
    return true;
}

static void advance(struct state_cursor *cursor, int64_t key)
{
    cursor->after = key;
    cursor->begun = true;
}

struct stretch {
    const struct state_filter *filter;
    state_page_fn *fn;
    void *context;
    struct buffer texts;
    int64_t end_ms;
    unsigned rows;
    bool more;
};

static bool is_over(struct stretch *r)
{
    r->rows++;
    return !r->more || r->rows >= STRETCH_ROWS || (r->rows % ROWS_A_LOOK == 0 && clock_ms() >= r->end_ms);
}

/* Read until the stretch is over: SQLITE_ROW. Otherwise SQLITE_DONE, or what failed. */
static int read_rows(sqlite3_stmt *s, struct stretch *r, struct state_cursor *cursor)
{
    int rc;
    struct state_page page;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!state_read_page(s, &r->texts, &page))
            return SQLITE_NOMEM;
        advance(cursor, sqlite3_column_int64(s, STATE_PAGE_COLUMN_COUNT));
        if (passes(r->filter, &page))
            r->more = r->fn(&page, r->context);
        if (is_over(r))
            return SQLITE_ROW;
    }
    return rc;
}

static enum state_status read_stretch(struct state *state, struct state_cursor *cursor, struct stretch *r)
{
    sqlite3_stmt *s = state->reader.each_page;
    if (!bind_rest(state, r->filter, cursor, s)) {
        cursor->done = true;
        return STATE_OK;
    }
    r->end_ms = clock_ms() + STRETCH_MS;
    r->rows = 0;
    errno = 0;
    int rc = read_rows(s, r, cursor);
    sqlite3_reset(s);
    cursor->done = rc == SQLITE_DONE;
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? STATE_OK : state_read_failed(state, rc);
}

enum state_status state_next_pages(struct state *state, const struct state_filter *filter, struct state_cursor *cursor,
                                   state_page_fn *fn, void *context)
{
    const struct state_filter all = {0};
    struct stretch r = {.filter = filter ? filter : &all, .fn = fn, .context = context, .more = true};
    enum state_status status = read_stretch(state, cursor, &r);
    buffer_release(&r.texts);
    return status;
}

enum state_status state_each_page(struct state *state, const struct state_filter *filter, state_page_fn *fn,
                                  void *context)
{
    const struct state_filter all = {0};
    struct stretch r = {.filter = filter ? filter : &all, .fn = fn, .context = context, .more = true};
    struct state_cursor cursor = {0};
    enum state_status status = STATE_OK;
    while (status == STATE_OK && r.more && !cursor.done)
        status = read_stretch(state, &cursor, &r);
    buffer_release(&r.texts);
    return status;
}

static bool count_page(const struct state_page *page, void *context)
{
    (void)page;
    ++*(uint64_t *)context;
    return true;
}

enum state_status state_count_pages(struct state *state, const struct state_filter *filter, uint64_t *count)
{
    uint64_t pages = 0;
    enum state_status status = state_each_page(state, filter, count_page, &pages);
    if (status == STATE_OK)
        *count = pages;
    return status;
}
