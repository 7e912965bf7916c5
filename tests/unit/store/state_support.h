/* What the tests of the state share: records, and a look at the database from outside. */
#ifndef STATE_SUPPORT_H
#define STATE_SUPPORT_H

#include "scratch.h"
#include "store/state/state.h"

#include <sqlite3.h>

static inline struct state *open_state(const struct state_options *options)
{
    struct state *state = NULL;
    struct state_failure failure = {STATE_OK, 0, ""};
    enum state_status status = state_open(in_scratch("out"), options, &state, &failure);
    cr_assert_eq(status, STATE_OK, "%s: %s", state_status_text(status), failure.text);
    return state;
}

static inline void close_state(struct state *state)
{
    struct state_failure failure = {STATE_OK, 0, ""};
    cr_assert_eq(state_close(state, &failure), STATE_OK, "%s", failure.text);
}

/* The status of opening, which fails. */
static inline enum state_status refusal(const struct state_options *options, struct state_failure *failure)
{
    struct state *untouched = NULL;
    enum state_status status = state_open(in_scratch("out"), options, &untouched, failure);
    cr_assert_neq(status, STATE_OK);
    cr_assert_null(untouched);
    cr_assert_eq(failure->status, status);
    cr_assert_neq(failure->text[0], '\0');
    return status;
}

/* A page that differs from others in every field. */
static inline struct state_page page_of(const char *url, unsigned n)
{
    static char texts[8][8][64];
    char(*text)[64] = texts[n % 8];
    snprintf(text[0], 64, "site/page-%u.html", n);
    snprintf(text[1], 64, "W/\"tag-%u\"", n);
    snprintf(text[2], 64, "Wed, 21 Oct 2026 07:28:%02u GMT", n % 60);
    snprintf(text[3], 64, "error-%u", n);
    snprintf(text[4], 64, "http://www.example.net/final-%u", n);
    snprintf(text[5], 64, "http://www.example.com/parent-%u", n);
    snprintf(text[6], 64, "http://www.example.com/canonical-%u", n);
    snprintf(text[7], 64, "text/type-%u", n);
    struct state_page page = {
        .url = url,
        .url_len = strlen(url),
        .file = text[0],
        .final_url = text[4],
        .etag = text[1],
        .last_modified = text[2],
        .error = text[3],
        .has_digest = true,
        .bytes = 1000 + n,
        .status = 200 + n,
        .failures = 2000 + n,
        .gone = 3000 + n,
        .failing_since_ms = 4000 + n,
        .first_seen_ms = 5000 + n,
        .last_fetched_ms = 6000 + n,
        .last_changed_ms = 7000 + n,
        .next_due_ms = 8000 + n,
        .file_bytes = 9000 + n,
        .file_mtime_ns = 10000 + n,
        .parent = text[5],
        .canonical = text[6],
        .type = text[7],
        .depth = 11000 + n,
        .discovered = n % 2 == 0,
        .converted = n % 3 == 0,
        .noindex = n % 5 == 0,
        .nofollow = n % 7 == 0,
        .visits = 12000 + n,
        .changes = 13000 + n,
        .interval_ms = 14000 + n,
        .watched_ms = 15000 + n,
    };
    memset(page.digest, (int)(n & 0xff), sizeof page.digest);
    return page;
}

static inline void expect_text(const char *what, const char *found, const char *wanted)
{
    cr_expect_str_eq(found, wanted ? wanted : "", "%s is \"%s\"", what, found);
}

static inline void expect_number(const char *what, int64_t found, int64_t wanted)
{
    cr_expect_eq(found, wanted, "%s is %lld, not %lld", what, (long long)found, (long long)wanted);
}

static inline void expect_page(const struct state_page *found, const struct state_page *wanted)
{
    cr_assert(found, "%.60s is not known", wanted->url);
    cr_expect_eq(found->url_len, wanted->url_len);
    expect_text("url", found->url, wanted->url);
    expect_text("file", found->file, wanted->file);
    expect_text("final_url", found->final_url, wanted->final_url);
    expect_text("etag", found->etag, wanted->etag);
    expect_text("last_modified", found->last_modified, wanted->last_modified);
    expect_text("error", found->error, wanted->error);
    cr_expect_eq(found->has_digest, wanted->has_digest);
    cr_expect(!wanted->has_digest || memcmp(found->digest, wanted->digest, STATE_DIGEST_BYTES) == 0);
    expect_number("bytes", (int64_t)found->bytes, (int64_t)wanted->bytes);
    expect_number("status", found->status, wanted->status);
    expect_number("failures", found->failures, wanted->failures);
    expect_number("gone", found->gone, wanted->gone);
    expect_number("failing_since", found->failing_since_ms, wanted->failing_since_ms);
    expect_number("first_seen", found->first_seen_ms, wanted->first_seen_ms);
    expect_number("last_fetched", found->last_fetched_ms, wanted->last_fetched_ms);
    expect_number("last_changed", found->last_changed_ms, wanted->last_changed_ms);
    expect_number("next_due", found->next_due_ms, wanted->next_due_ms);
    expect_number("file_bytes", (int64_t)found->file_bytes, (int64_t)wanted->file_bytes);
    expect_number("file_mtime", found->file_mtime_ns, wanted->file_mtime_ns);
    expect_text("parent", found->parent, wanted->parent);
    expect_text("canonical", found->canonical, wanted->canonical);
    expect_text("type", found->type, wanted->type);
    expect_number("depth", found->depth, wanted->depth);
    expect_number("discovered", found->discovered, wanted->discovered);
    expect_number("converted", found->converted, wanted->converted);
    expect_number("noindex", found->noindex, wanted->noindex);
    expect_number("nofollow", found->nofollow, wanted->nofollow);
    expect_number("visits", found->visits, wanted->visits);
    expect_number("changes", found->changes, wanted->changes);
    expect_number("interval", found->interval_ms, wanted->interval_ms);
    expect_number("watched", found->watched_ms, wanted->watched_ms);
}

static inline void expect_run(const struct state_run *found, const struct state_run *wanted)
{
    expect_number("number", found->number, wanted->number);
    expect_number("started", found->started_ms, wanted->started_ms);
    expect_number("ended", found->ended_ms, wanted->ended_ms);
    expect_number("exit_status", found->exit_status, wanted->exit_status);
    expect_number("new", (int64_t)found->new, (int64_t)wanted->new);
    expect_number("changed", (int64_t)found->changed, (int64_t)wanted->changed);
    expect_number("unchanged", (int64_t)found->unchanged, (int64_t)wanted->unchanged);
    expect_number("failed", (int64_t)found->failed, (int64_t)wanted->failed);
    expect_number("gone", (int64_t)found->gone, (int64_t)wanted->gone);
    expect_number("skipped", (int64_t)found->skipped, (int64_t)wanted->skipped);
    expect_number("bytes", (int64_t)found->bytes, (int64_t)wanted->bytes);
    expect_number("cycle_started", found->cycle_started_ms, wanted->cycle_started_ms);
    expect_number("complete", found->complete, wanted->complete);
}

static inline const struct state_page *find(struct state *state, const char *url)
{
    return state_find_page(state, url, strlen(url));
}

static inline void put(struct state *state, const struct state_page *page)
{
    enum state_status status = state_put_page(state, page);
    cr_assert_eq(status, STATE_OK, "%s", state_status_text(status));
}

static inline void put_url(struct state *state, const char *url, unsigned n)
{
    struct state_page page = page_of(url, n);
    put(state, &page);
}

/* A connection of somebody else's, such as the user's sqlite3. */
static inline sqlite3 *open_raw(void)
{
    sqlite3 *db = NULL;
    mkdir(in_scratch("out"), 0755);
    mkdir(in_scratch("out/.forage"), 0700);
    cr_assert_eq(sqlite3_open(in_scratch("out/" STATE_FILE), &db), SQLITE_OK);
    sqlite3_busy_timeout(db, WAIT_MS);
    return db;
}

static inline void raw(sqlite3 *db, const char *sql)
{
    char *error = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &error), SQLITE_OK, "%s", error);
}

/* What SQL gives first, as text (static). */
static inline const char *raw_text(const char *sql)
{
    static char text[16 * 1024];
    sqlite3 *db = open_raw();
    sqlite3_stmt *s = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK, "%s", sqlite3_errmsg(db));
    cr_assert_eq(sqlite3_step(s), SQLITE_ROW, "%s", sqlite3_errmsg(db));
    snprintf(text, sizeof text, "%s", (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    sqlite3_close(db);
    return text;
}

static inline int raw_number(const char *sql)
{
    return atoi(raw_text(sql));
}

#endif
