/* Reading many pages: which ones, each of them once, and without holding up the writer. */
#include "state_support.h"
#include "store/state/state_internal.h"

TestSuite(state_pages, .init = scratch_make, .fini = scratch_remove, .timeout = 120);

enum { MANY = 20000 }; /* more than two stretches of 8,192 rows */

static void put_many(struct state *state, const struct state_page *page)
{
    enum state_status status;
    while ((status = state_put_page(state, page)) == STATE_FULL) {
        struct pollfd p = {.fd = state_fd(state), .events = POLLIN};
        cr_assert_eq(poll(&p, 1, WAIT_MS), 1);
        cr_assert_eq(state_collect(state), STATE_OK);
    }
    cr_assert_eq(status, STATE_OK, "%s", state_status_text(status));
}

static struct state *state_of_many(void)
{
    char url[64];
    struct state *state = open_state(NULL);
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(url, sizeof url, "http://host-%u.example/%u", i % 3, i);
        put_many(state, &(struct state_page){.url = url, .url_len = strlen(url), .bytes = i});
    }
    cr_assert_eq(state_flush(state), STATE_OK);
    return state;
}

/* How often each page was tally, and when to stop. */
struct tally {
    uint8_t times[MANY];
    unsigned count;
    unsigned stop_at; /* 0: never */
    struct state *state;
};

static bool tick(const struct state_page *page, void *context)
{
    struct tally *tally = context;
    cr_assert_lt(page->bytes, MANY);
    tally->times[page->bytes]++;
    return !(++tally->count == tally->stop_at);
}

static void expect_each_once(const struct tally *tally)
{
    cr_expect_eq(tally->count, MANY);
    for (unsigned i = 0; i < MANY; i++)
        cr_assert_eq(tally->times[i], 1, "page %u was seen %u times", i, tally->times[i]);
}

/* ---- Which ---- */

static const struct {
    const char *name;
    struct state_filter filter;
    unsigned wanted; /* of the rows below, a bit each */
} filters[] = {
    {"all", {0}, 0xff},
    {"discovered", {.discovered = true}, 0xf0},
    {"kept", {.kept = true}, 0xcc},
    {"failing", {.failing = true}, 0xaa},
    {"due by 40", {.due_by_ms = 40}, 0x1f},
    {"due by 9", {.due_by_ms = 9}, 0x01},
    {"discovered and due by 50", {.discovered = true, .due_by_ms = 50}, 0x30},
    {"all at once", {.origin = "http://b", .discovered = true, .kept = true, .failing = true, .due_by_ms = 70}, 0x80},
    {"of a", {.origin = "http://a"}, 0x55},
    {"of nobody", {.origin = "http://c"}, 0},
};

static bool collect(const struct state_page *page, void *context)
{
    *(unsigned *)context |= 1U << page->bytes;
    return true;
}

Test(state_pages, those_of_a_filter_are_read_and_counted)
{
    struct state *state = open_state(NULL);
    for (unsigned i = 0; i < 8; i++) {
        char url[16];
        snprintf(url, sizeof url, "http://%c/%u", i & 1 ? 'b' : 'a', i);
        put(state, &(struct state_page){.url = url,
                                        .url_len = strlen(url),
                                        .bytes = i,
                                        .failures = i & 1,
                                        .file = i & 2 ? "file" : "",
                                        .discovered = i & 4,
                                        .next_due_ms = 10 * i});
    }
    cr_assert_eq(state_flush(state), STATE_OK);
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        unsigned found = 0;
        uint64_t count = 99;
        cr_expect_eq(state_each_page(state, &filters[i].filter, collect, &found), STATE_OK);
        cr_expect_eq(found, filters[i].wanted, "%s: %02x", filters[i].name, found);
        cr_expect_eq(state_count_pages(state, &filters[i].filter, &count), STATE_OK);
        cr_expect_eq(count, (uint64_t)__builtin_popcount(filters[i].wanted), "%s: %d", filters[i].name, (int)count);
    }
    close_state(state);
}

/* ---- Each of them ---- */

Test(state_pages, each_is_seen_once_over_many_stretches)
{
    static struct tally tally;
    struct state *state = state_of_many();
    uint64_t count = 0;
    cr_assert_eq(state_each_page(state, NULL, tick, &tally), STATE_OK);
    expect_each_once(&tally);
    cr_assert_eq(state_count_pages(state, NULL, &count), STATE_OK);
    cr_assert_eq(count, MANY);
    close_state(state);
}

Test(state_pages, a_reading_goes_on_where_it_was_stopped)
{
    static struct tally tally;
    struct state *state = state_of_many();
    struct state_cursor cursor = {0};
    unsigned calls = 0;
    for (; !cursor.done; calls++) {
        tally.stop_at = tally.count + 1 + calls * 700;
        cr_assert_eq(state_next_pages(state, NULL, &cursor, tick, &tally), STATE_OK);
    }
    cr_assert_gt(calls, 3);
    expect_each_once(&tally);
    cr_assert_eq(state_next_pages(state, NULL, &cursor, tick, &tally), STATE_OK, "nothing comes after the end");
    cr_assert_eq(tally.count, MANY);
    close_state(state);
}

static int64_t key_at_the_ends(const char *url, size_t len)
{
    return url[len - 1] == '0' ? INT64_MIN : url[len - 1] == '1' ? INT64_MAX : 0;
}

Test(state_pages, the_first_and_the_last_key_are_no_exception)
{
    struct state *state = NULL;
    struct state_failure failure;
    cr_assert_eq(
        state_open_with(in_scratch("out"), NULL, &(struct state_hooks){.page_key = key_at_the_ends}, &state, &failure),
        STATE_OK);
    static const char *const urls[] = {"http://a/0", "http://a/1", "http://a/2"};
    for (unsigned i = 0; i < COUNT_OF(urls); i++)
        put(state, &(struct state_page){.url = urls[i], .url_len = strlen(urls[i]), .bytes = i});
    cr_assert_eq(state_flush(state), STATE_OK);
    struct state_cursor cursor = {0};
    static struct tally tally;
    for (unsigned calls = 1; !cursor.done; calls++) {
        cr_assert_leq(calls, 5);
        tally.stop_at = calls;
        cr_assert_eq(state_next_pages(state, NULL, &cursor, tick, &tally), STATE_OK);
    }
    cr_assert(tally.times[0] == 1 && tally.times[1] == 1 && tally.times[2] == 1 && tally.count == 3);
    close_state(state);
}

/* ---- The writer meanwhile ---- */

/* Frames of the log that cannot be copied into the database because somebody reads what was before them. */
static int frames_held_back(void)
{
    sqlite3 *db = open_raw();
    int length = -1, copied = -1;
    raw(db, "SELECT count(*) FROM run"); /* which opens the log */
    cr_assert_eq(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &length, &copied), SQLITE_OK);
    sqlite3_close(db);
    cr_assert_geq(length, 0);
    return length - copied;
}

static void put_more(struct state *state)
{
    put_url(state, "http://host-0.example/0", 0);
    cr_assert_eq(state_flush(state), STATE_OK);
}

/* Something is put while the first rows are read, and the log is looked at when the last ones are. */
static bool put_and_look(const struct state_page *page, void *context)
{
    struct tally *tally = context;
    (void)page;
    if (++tally->count == 1) {
        put_more(tally->state);
        cr_assert_gt(frames_held_back(), 0, "one who reads does hold the log back");
    }
    if (tally->count == MANY)
        cr_assert_eq(frames_held_back(), 0);
    return true;
}

Test(state_pages, a_long_reading_does_not_hold_the_log_back)
{
    static struct tally tally;
    tally.state = state_of_many();
    cr_assert_eq(frames_held_back(), 0);
    cr_assert_eq(state_each_page(tally.state, NULL, put_and_look, &tally), STATE_OK);
    cr_assert_eq(tally.count, MANY);
    close_state(tally.state);
}

Test(state_pages, between_two_parts_of_a_reading_nothing_is_held)
{
    static struct tally tally = {.stop_at = 1};
    struct state *state = state_of_many();
    struct state_cursor cursor = {0};
    cr_assert(find(state, "http://host-0.example/3"), "which begins a transaction that lookups share");
    cr_assert_eq(state_next_pages(state, NULL, &cursor, tick, &tally), STATE_OK);
    put_more(state);
    cr_assert_eq(frames_held_back(), 0);
    close_state(state);
}

Test(state_pages, a_failure_leaves_the_count_as_it_was)
{
    struct state *state = state_of_many();
    sqlite3 *db = open_raw();
    raw(db, "DROP TABLE page");
    sqlite3_close(db);
    uint64_t count = 99;
    struct state_failure failure;
    cr_assert_neq(state_count_pages(state, NULL, &count), STATE_OK);
    cr_assert_eq(count, 99);
    cr_assert(state_failed(state, &failure));
    cr_assert_neq(state_close(state, NULL), STATE_OK);
}
