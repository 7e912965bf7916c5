/* Keys, and what happens when two texts have the same. */
#include "store/state/state_key.h"

#include "state_support.h"
#include "store/state/state_internal.h"

TestSuite(state_key, .init = scratch_make, .fini = scratch_remove, .timeout = 60);

/* Databases outlive this program and move between machines: another key for the same URL would orphan its row. */
Test(state_key, never_changes)
{
    static const struct {
        const char *url;
        int64_t key;
    } rows[] = {
        {"http://www.example.com/", INT64_C(7501839393725411467)},
        {"https://www.example.com:8443/a/b?c=d", INT64_C(480386223616459581)},
        {"", INT64_C(-1578121400916013810)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t key = state_page_key(rows[i].url, strlen(rows[i].url));
        cr_expect_eq(key, rows[i].key, "%s: %lld", rows[i].url, (long long)key);
    }
    int64_t key = state_host_key("http://www.example.com:80", 25);
    cr_expect_eq(key, INT64_C(6032177811391877094), "%lld", (long long)key);
}

Test(state_key, begins_with_the_origin)
{
    static const struct {
        const char *url;
        const char *origin;
    } rows[] = {
        {"http://a/", "http://a"},
        {"http://a", "http://a"},
        {"https://a.example:8080/b/c", "https://a.example:8080"},
        {"http://[::1]/x", "http://[::1]"},
        {"http://a/http://b/", "http://a"},
        {"no scheme", "no scheme"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = state_origin_len(rows[i].url, strlen(rows[i].url));
        cr_expect_eq(len, strlen(rows[i].origin), "%s", rows[i].url);
        int64_t page = state_page_key(rows[i].url, strlen(rows[i].url));
        int64_t origin = state_page_key(rows[i].origin, len);
        cr_expect_eq(state_key_first(page), state_key_first(origin), "%s", rows[i].url);
        cr_expect(state_key_first(page) <= page && page <= state_key_last(page), "%s", rows[i].url);
    }
}

Test(state_key, the_next_one_stays_with_the_origin)
{
    int64_t last = state_key_last(state_page_key("http://a/", 9));
    cr_assert_eq(state_key_next(last - 1), last);
    cr_assert_eq(state_key_next(last), state_key_first(last));
    cr_assert_eq(state_key_next(INT64_MAX), state_key_first(INT64_MAX));
    cr_assert_eq(state_key_next(-1), state_key_first(-1));
}

/* ---- Collisions ---- */

static int64_t everything_alike(const char *text, size_t len)
{
    (void)text, (void)len;
    return state_key_last(5) - 2; /* so that the keys wrap around */
}

static struct state *open_alike(void)
{
    const struct state_hooks hooks = {.page_key = everything_alike, .host_key = everything_alike};
    struct state *state = NULL;
    struct state_failure failure;
    cr_assert_eq(state_open_with(in_scratch("out"), NULL, &hooks, &state, &failure), STATE_OK);
    return state;
}

static const char *url_number(unsigned n)
{
    static char url[32];
    snprintf(url, sizeof url, "http://h/%u", n);
    return url;
}

Test(state_key, pages_with_the_same_one_are_told_apart)
{
    enum { PAGES = 20 };
    struct state *state = open_alike();
    for (unsigned i = 0; i < PAGES; i++)
        put_url(state, url_number(i), i);
    close_state(state);
    state = open_alike();
    for (unsigned i = 0; i < PAGES; i += 3)
        put_url(state, url_number(i), 100 + i);
    cr_assert_eq(state_flush(state), STATE_OK);
    for (unsigned i = 0; i < PAGES; i++) {
        struct state_page wanted = page_of(url_number(i), i % 3 ? i : 100 + i);
        wanted.first_seen_ms = 5000 + i;
        expect_page(find(state, url_number(i)), &wanted);
    }
    cr_assert_null(find(state, url_number(PAGES)));
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), PAGES);
}

/* Whoever prepares more of them gains that his own pages are fetched anew each time, and nobody's time. */
Test(state_key, of_too_many_pages_with_the_same_one_the_first_are_kept)
{
    struct state *state = open_alike();
    for (unsigned i = 0; i < STATE_PROBES + 10; i++)
        put_url(state, url_number(i), i);
    cr_assert_eq(state_flush(state), STATE_OK);
    for (unsigned i = 0; i < STATE_PROBES + 10; i++)
        cr_expect_eq(find(state, url_number(i)) != NULL, i < STATE_PROBES, "%u", i);
    put_url(state, url_number(STATE_PROBES - 1), 7);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(find(state, url_number(STATE_PROBES - 1))->bytes, 1007);
    close_state(state);
    cr_assert_eq(raw_number("SELECT count(*) FROM page"), STATE_PROBES);
}

static bool count_origin(const struct state_page *page, void *context)
{
    ++*(int *)context;
    return strncmp(page->url, "http://b/", 9) == 0;
}

Test(state_key, origins_with_the_same_one_are_told_apart)
{
    struct state *state = open_alike();
    int count = 0;
    put_url(state, "http://a/1", 1);
    put_url(state, "http://b/1", 2);
    put_url(state, "http://b/2", 3);
    put_url(state, "http://b.example/1", 4);
    cr_assert_eq(state_flush(state), STATE_OK);
    cr_assert_eq(state_each_page(state, &(struct state_filter){.origin = "http://b"}, count_origin, &count), STATE_OK);
    cr_assert_eq(count, 2);
    close_state(state);
}

Test(state_key, hosts_with_the_same_one_are_told_apart)
{
    struct state *state = open_alike();
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(state_put_host(state, &(struct state_host){.origin = url_number(i), .delay_ms = i}), STATE_OK);
    cr_assert_eq(state_flush(state), STATE_OK);
    for (unsigned i = 0; i < 5; i++)
        cr_assert_eq(state_find_host(state, url_number(i))->delay_ms, i);
    cr_assert_null(state_find_host(state, url_number(5)));
    close_state(state);
}
